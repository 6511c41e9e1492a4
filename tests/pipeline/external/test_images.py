from components.recipe.data import Metadata
from components.recipe.evaluation import SliceRule
from pipeline.external.images import labelled_images
from tests.components.imaging.dicom_files import make


def test_images_become_columns(draw, images, make_rules):
    (images.root / "NORMAL" / "notes.txt").touch()
    pairs = zip(images.names, images.features["site"], strict=True)
    rows = [f"{name},{site}" for name, site in pairs]
    (images.root / "metadata.csv").write_text("\n".join(["filename,site", *rows]))
    found = labelled_images(images.root, make_rules(slices=["site", "label"]).recipe)
    assert found.names == images.names and found.labels.tolist() == images.labels.tolist()
    assert found.features["site"].tolist() == images.features["site"].tolist()
    assert set(found.features["label"]) == {"COVID", "NORMAL"}
    # p00 to p14 in both folders: the same people.
    assert len(set(found.patients)) == 15 and "p00" not in set(found.patients)
    assert found.left_out == (("NORMAL/notes.txt", "not_an_image_name"),)
    assert found.folder.left_out == {".txt": 1}


def test_a_missing_class_is_no_error(draw, images, make_rules):
    recipe = make_rules().recipe
    recipe = recipe.model_copy(update={"data": recipe.data.model_copy(update={"metadata": None})})
    (images.root / "NORMAL").rename(images.root.parent / "NORMAL")
    assert set(labelled_images(images.root, recipe).labels.tolist()) == {0}


def test_what_the_table_does_not_say_the_files_do(tmp_path, make_rules):
    for label, number in (("COVID", 1), ("COVID", 2), ("NORMAL", 3)):
        (tmp_path / label).mkdir(exist_ok=True)
        header = {"PatientSex": "F", "PatientAge": f"0{number}9Y"} if number > 1 else {}
        (tmp_path / label / f"p{number}.dcm").write_bytes(make(**header))
    recipe = make_rules().recipe
    section = Metadata(columns=("sex",), bands={"age": (40,)})
    data = recipe.data.model_copy(update={"metadata": section})
    (tmp_path / "NORMAL" / "p4.dcm").write_bytes(b"no image")
    slices = {name: SliceRule() for name in ("sex", "age_band", "format")}
    rules = recipe.evaluation.model_copy(update={"slices": slices})
    changed = recipe.model_copy(update={"data": data, "evaluation": rules})
    found = labelled_images(tmp_path, changed)
    assert found.features["sex"].tolist() == ["", "F", "F", ""]
    assert found.features["age_band"].tolist() == ["", "0-39", "0-39", ""]
    assert found.features["format"].tolist() == ["DICOM", "DICOM", "DICOM", ""]
