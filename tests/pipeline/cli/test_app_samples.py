import pytest

from components.imaging.images import read_image
from components.runtime.errors import VersionError
from pipeline.cli.app_samples import draw_samples
from pipeline.sample_data import CLASSES


def pushed(folder, labels):
    assets = folder / "chest" / "1" / "assets"
    assets.mkdir(parents=True)
    (assets / "labels.txt").write_text("\n".join(labels))
    return folder / "chest"


def test_two_readable_images_of_each_class(tmp_path):
    (tmp_path / "out").mkdir()
    assert draw_samples(pushed(tmp_path, CLASSES), tmp_path / "out") == tmp_path / "out"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == 2 * len(CLASSES)
    for label in CLASSES:
        assert sum(name.startswith(label.lower()) for name in names) == 2
    for name in names:
        assert read_image((tmp_path / "out" / name).read_bytes()).encoded


def test_a_model_of_other_classes_gets_none(tmp_path):
    (tmp_path / "out").mkdir()
    assert draw_samples(pushed(tmp_path, ["TUMOUR", "STROMA"]), tmp_path / "out") is None
    assert not list((tmp_path / "out").iterdir())


def test_without_a_model_it_is_an_error(tmp_path):
    with pytest.raises(VersionError):
        draw_samples(tmp_path / "chest", tmp_path)
