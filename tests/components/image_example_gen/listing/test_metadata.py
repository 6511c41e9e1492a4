import unicodedata

import pytest

from components.image_example_gen.listing.metadata import MetadataTable, band, read_metadata
from components.recipe.data import Metadata
from components.runtime.errors import DataError


@pytest.fixture
def read(tmp_path):
    """Writes a CSV and reads it by a section with the given values."""

    def write_and_read(content, **section):
        raw = content.encode() if isinstance(content, str) else content
        (tmp_path / "metadata.csv").write_bytes(raw)
        return read_metadata(str(tmp_path), Metadata.model_validate(section))

    return write_and_read


@pytest.mark.parametrize("key", ["COVID/a.png", "a.png", "a", "./COVID/a.png", "COVID\\a.png"])
def test_a_row_is_found_by_path_name_or_stem(read, key):
    table = read(f"filename,sex\n{key},F\n", columns=["sex"])
    assert table.features("COVID/a.png") == {"sex": "F"}
    assert table.features("COVID/b.png") == {}


def test_the_path_goes_before_the_name(read):
    table = read("filename,sex\na.png,F\nCOVID/a.png,M\n", columns=["sex"])
    assert table.features("COVID/a.png") == {"sex": "M"}
    assert table.features("NORMAL/a.png") == {"sex": "F"}


@pytest.mark.parametrize(("in_csv", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_are_found_in_either_form(read, in_csv, on_disk):
    name = "Größe.png"
    row = f"{unicodedata.normalize(in_csv, name)},F"
    table = read(f"filename,sex\n{row}\n", columns=["sex"])
    assert table.features(f"COVID/{unicodedata.normalize(on_disk, name)}") == {"sex": "F"}


def test_whole_numbers_become_numbers_and_bands(read):
    csv = "filename,age,sex\na,39,F\nb,40,M\nc,64,F\nd,65,F\ne,0,M\n"
    table = read(csv, columns=["age", "sex"], bands={"age": [40, 65]})
    assert table.features("a.png") == {"age": 39, "sex": "F", "age_band": "0-39"}
    bands = [table.features(name)["age_band"] for name in "abcde"]
    assert bands == ["0-39", "40-64", "40-64", "65+", "0-39"]


def test_ages_of_a_table_with_gaps_are_still_numbers(read):
    # pandas writes a whole-number column as floats as soon as one cell is empty.
    table = read("filename,age\na,45.0\nb,\n", columns=["age"], bands={"age": [40]})
    assert table.features("a") == {"age": 45, "age_band": "40+"}
    assert table.features("b") == {}


@pytest.mark.parametrize(
    ("content", "columns", "features"),
    [
        (b"\xef\xbb\xbffilename,sex\r\na,F\r\n", ["sex"], {"a": {"sex": "F"}}),
        ("filename,age\na,45\nb,unknown\n", ["age"], {"a": {"age": "45"}, "b": {"age": "unknown"}}),
        # Accession numbers; a tf.Example holds 64 bits.
        ("filename,study\na,12345678901234567890\n", ["study"], {"a": {"study": "1234567890" * 2}}),
        ("filename,sex,age\na,  ,\nb\n", ["sex", "age"], {"a": {}, "b": {}}),
        ("filename,sex\n a , F \n", ["sex"], {"a": {"sex": "F"}}),
    ],
    ids=["byte order mark of Excel", "one word makes it text", "too long for a number",
         "empty cells and short rows", "spaces"],
)  # fmt: skip
def test_what_a_cell_becomes(read, content, columns, features):
    table = read(content, columns=columns)
    assert {name: table.features(name) for name in features} == features


def test_a_word_in_a_column_of_bands_is_refused(read):
    with pytest.raises(DataError, match=r"the age of 'b\.png' is '60s', not a whole number"):
        read("filename,age\na.png,45\nb.png,60s\n", bands={"age": [40]})


def test_only_the_columns_of_the_recipe_become_features(read):
    table = read("filename,name,sex\na,Erika Mustermann,F\n", columns=["sex"])
    assert table.features("a") == {"sex": "F"}
    assert table.value("a", "name") == "Erika Mustermann"


def test_without_a_section_there_are_no_features():
    table = MetadataTable()
    assert table.file is None
    assert table.features("a.png") == {}


def test_the_same_row_twice_is_fine_another_is_not(read):
    assert read("filename,sex\na,F\na,F\n", columns=["sex"]).features("a") == {"sex": "F"}
    with pytest.raises(DataError, match=r"line 3: 'a\.png' stands there twice"):
        read("filename,sex\na.png,F\n./a.png,M\n", columns=["sex"])


@pytest.mark.parametrize(
    "content",
    [
        "filename;age;sex\na.png;40;M\n",
        "filename\tage\tsex\na.png\t40\tM\n",
        "filename|age|sex\na.png|40|M\n",
        "sep=;\nfilename;age;sex\na.png;40;M\n",
        "sep=;\r\nfilename;age;sex\r\na.png;40;M\r\n",
        "SEP=;\nfilename;age;sex\na.png;40;M\n",
        '"sep=;"\nfilename;age;sex\na.png;40;M\n',
        "sep=;;;\nfilename;age;sex\na.png;40;M\n",
        "\nfilename, age, sex\na.png, 40, M\n",
        "filename,age,sex\ra.png,40,M\r",
    ],
)
def test_the_separator_is_found(read, content):
    table = read(content, columns=["age", "sex"])
    assert table.features("a.png") == {"age": 40, "sex": "M"}


def test_a_folder_that_all_keys_begin_with_may_be_unknown(read):
    csv = "filename,sex\nv1/train/p1/a.png,F\nv1/train/p2/a.png,M\n"
    paths = ["train/COVID/p1/a.png", "train/NORMAL/p2/a.png"]
    table = read(csv, columns=["sex"]).fitted(paths)
    assert [table.features(path)["sex"] for path in paths] == ["F", "M"]


def test_one_row_for_two_images_is_ambiguous(read):
    table = read("filename,sex\na.png,F\n", columns=["sex"])
    with pytest.raises(DataError, match=r"row of 'a\.png' fits two images.*COVID/a.*NORMAL/a"):
        table.fitted(["COVID/a.png", "NORMAL/a.png"])


def test_a_table_of_a_header_alone_is_refused_unless_no_image_needs_a_row(read):
    with pytest.raises(DataError, match="has a header and no rows"):
        read("filename,sex\n", columns=["sex"])
    table = read("filename,sex\n", columns=["sex"], min_share=0)
    assert table.fitted(["COVID/a.png"]).rows == {}


def test_a_column_that_stands_twice_is_refused(read):
    with pytest.raises(DataError, match=r"has the columns \['sex'\] twice"):
        read("filename,sex,sex\na,F,M\n", columns=["sex"])


def test_a_row_with_a_cell_too_many_is_refused(read):
    with pytest.raises(DataError, match=r"line 3: the row has more cells than the header"):
        read("filename,sex\na.png,F\nx,y.png,M\n", columns=["sex"])
    assert read("filename,sex\na.png,F,,\n", columns=["sex"]).features("a.png") == {"sex": "F"}


def test_the_column_of_the_patient_has_to_be_there(tmp_path):
    (tmp_path / "metadata.csv").write_text("filename,sex\na,F\n")
    with pytest.raises(DataError, match=r"lacks the columns \['pid'\]"):
        read_metadata(str(tmp_path), Metadata(), patient="pid")


def test_a_missing_file_says_the_remedy(tmp_path):
    with pytest.raises(DataError, match=r"no such file.*--set data\.metadata=null") as caught:
        read_metadata(str(tmp_path), Metadata())
    assert "Errno" not in str(caught.value)


def test_a_folder_of_that_name_is_no_csv(tmp_path):
    (tmp_path / "metadata.csv").mkdir()
    with pytest.raises(DataError, match="can't be read: Is a directory"):
        read_metadata(str(tmp_path), Metadata())


def test_missing_columns_are_named_beside_those_there_are(read):
    with pytest.raises(DataError, match=r"lacks the columns \['age', 'sex'\].*'filename', 'Sex'"):
        read("filename,Sex\na,F\n", columns=["sex"], bands={"age": [40]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks the columns"),
        ("file;sex\na;F\n", "lacks the columns"),
        ("filename,sex\nGröße,F\n".encode("latin-1"), "must be a CSV in UTF-8"),
        ("filename,sex\na,F\n".encode("utf-16"), "must be a CSV in UTF-8"),
        ('filename,sex\na,"' + "x" * 200_000, "a quote that is never closed"),
        ('filename,sex\n"a.png,F\nb.png,M\n', "after line 1.*a quote that is never closed"),
        ("filename,sex\na\0,F\n", "line 2 holds a zero byte"),
    ],
)
def test_what_is_no_csv_is_refused_in_words(read, content, message):
    with pytest.raises(DataError, match=f"(?i){message}"):
        read(content, columns=["sex"])


@pytest.mark.parametrize(
    ("value", "name"), [(0, "0-39"), (39, "0-39"), (40, "40-64"), (64, "40-64"), (65, "65+")]
)
def test_band(value, name):
    assert band(value, (40, 65)) == name
