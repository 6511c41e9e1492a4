import json
import unicodedata

import pytest
from pydantic import ValidationError

from components.recipe.data import DataSection, Fold, Metadata, PatientSource, Split

EACH_FILE = {"from": "each_file"}


def data(**changes):
    values = {"classes": ["COVID", "NORMAL"], "patient": EACH_FILE} | changes
    return DataSection.model_validate(values)


def test_a_node_reads_back_what_the_recipe_wrote():
    section = data(
        patient={"from": "metadata", "column": "id"},
        metadata={"columns": ["age"], "bands": {"age": [40, 65]}},
        merge={"NORMAL": ["healthy", "control"]},
    )
    # Through JSON, as `custom_config` goes; `from` is a keyword, so its alias must survive.
    plain = json.loads(json.dumps(section.plain()))
    assert plain["patient"]["from"] == "metadata"
    assert DataSection.model_validate(plain) == section


def test_shares_add_up_to_one():
    assert Split(train=0.7, eval=0.1, test=0.2).eval == 0.1
    with pytest.raises(ValidationError, match=r"must add up to 1, not 1\.1"):
        Split(train=0.8, eval=0.1, test=0.2)


def test_a_fold_is_one_of_its_number():
    assert Fold(of=5, number=5).number == 5
    with pytest.raises(ValidationError, match="there are 5 folds, and number is 6"):
        Fold(of=5, number=6)
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        Fold(of=1, number=1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"from": "filename"}, "needs `regex`"),
        ({"from": "path", "regex": "(?P<patient>"}, "is not valid"),
        ({"from": "filename", "regex": r"(?P<person>\d+)"}, "no group named `patient`"),
        ({"from": "metadata"}, "needs `column`"),
        ({"from": "guess"}, "'filename', 'path', 'metadata', 'dicom' or 'each_file'"),
    ],
)
def test_a_patient_source_is_complete(source, message):
    with pytest.raises(ValidationError, match=message):
        PatientSource.model_validate(source)


def test_a_slash_at_the_end_of_an_ignored_folder_is_no_path():
    assert data(ignore=["masks/"]).ignore == ("masks",)


@pytest.mark.parametrize("column", ["image", "label", "patient", "filename", "mean", ""])
def test_a_column_can_not_replace_a_feature_of_the_examples(column):
    with pytest.raises(ValidationError, match="features of these names already"):
        Metadata(columns=("age", column))


@pytest.mark.parametrize("file", ["/etc/passwd", "../metadata.csv", "a/../../b.csv", "C:\\b.csv"])
def test_the_csv_lies_in_the_data_folder(file):
    # The cache of a run goes by the files in the data folder, and would not see another change.
    with pytest.raises(ValidationError, match="must lie in the data folder"):
        Metadata(file=file)


@pytest.mark.parametrize("edges", [[], [65, 40], [40, 40], [0, 40], [-1]])
def test_bands_have_positive_ascending_edges(edges):
    with pytest.raises(ValidationError, match="'age' must be positive and ascending"):
        Metadata(bands={"age": edges})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ["COVID"]}, "two or more different names"),
        ({"classes": [False, True]}, "YAML reads NO, YES, ON and OFF as true or false"),
        ({"merge": {"COVID": [False]}}, "YAML reads NO, YES, ON and OFF as true or false"),
        ({"merge": {False: ["no"]}}, "YAML reads NO, YES, ON and OFF as true or false"),
        ({"classes": [{"NO": 1}, "A"]}, "YAML reads NO, YES, ON and OFF as true or false"),
        ({"ignore": [0]}, "YAML reads NO, YES, ON and OFF as true or false"),
        ({"ignore": "masks"}, r"a list of names is due, as in \[masks\]"),
        ({"classes": "COVID"}, "a list of names is due"),
        ({"classes": ["COVID", ""]}, "must have at least one character"),
        ({"classes": ["COVID", "a\nb"]}, "no control character"),
        ({"ignore": ["COVID/masks"]}, r"ignore takes names of folders, not paths"),
        ({"classes": [0, 1]}, "put names of classes and folders into quotes"),
        ({"classes": ["COVID", "covid"]}, "two or more different names"),
        ({"merge": {"COVD": ["a"]}}, r"merge names \['COVD'\]"),
        ({"merge": {"COVID": ["x"], "NORMAL": ["X"]}}, "folder 'X' belongs to two classes"),
        ({"merge": {"COVID": ["normal"]}}, "folder 'NORMAL' belongs to two classes"),
        ({"patient": {"from": "metadata", "column": "id"}}, "needs a `metadata` section"),
        ({"image_size": 8}, "greater than or equal to 16"),
        ({"color": "gray"}, "'grayscale' or 'rgb'"),
    ],
)
def test_a_data_section_is_consistent(changes, message):
    with pytest.raises(ValidationError, match=message):
        data(**changes)


def test_folders_are_compared_in_any_case_and_either_form_of_accents():
    decomposed = unicodedata.normalize("NFD", "Größe é")
    section = data(classes=["Größe é", "NORMAL"], merge={"NORMAL": ["Healthy", "Control"]})
    assert section.class_of_folder() == {
        "grösse é": "Größe é",
        "healthy": "NORMAL",
        "control": "NORMAL",
    }
    with pytest.raises(ValidationError, match="two or more different names"):
        data(classes=["Größe é", decomposed])


def test_channels_follow_the_color():
    assert data(color="grayscale").channels == 1
    assert data(color="rgb").channels == 3


def test_size_and_colour_do_not_change_what_is_read():
    small = data(image_size=64, color="grayscale", resize="pad")
    assert small.as_read() == data().as_read() != data(cap_per_class=9).as_read()
