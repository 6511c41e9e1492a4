import io

import pytest
from PIL import Image

from components.runtime.errors import MedtfxError
from serving.app.samples import Samples


@pytest.fixture
def folder(tmp_path, dark, bright, deep_png):
    folder = tmp_path / "samples"
    folder.mkdir()
    contents = {
        "b.png": dark, "a.png": deep_png, "c.png": bright,
        "broken.png": b"junk", "notes.txt": b"text", ".hidden.png": dark,
    }  # fmt: skip
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def test_readable_images_are_offered_by_name(folder):
    offered = [(sample.number, sample.name) for sample in Samples(folder)]
    assert offered == [(1, "a.png"), (2, "b.png"), (3, "c.png")]


def test_a_sample_is_answered_like_an_upload(make_page, folder, log_lines):
    page = make_page(samples=folder)
    assert '<strong class="label">bright</strong>' in page.post("/samples/3").text
    assert len(log_lines()) == 1
    picture = Image.open(io.BytesIO(page.get("/samples/1/thumbnail").content))
    assert (picture.format, picture.size) == ("WEBP", (32, 24))


@pytest.mark.parametrize("number", ["0", "4", "-1", "..%2f..%2fetc%2fpasswd", "b.png"])
def test_nothing_else_comes_out_of_the_folder(make_page, folder, number):
    page = make_page(samples=folder)
    assert page.get(f"/samples/{number}/thumbnail").status_code == 404
    assert page.post(f"/samples/{number}").status_code == 404


def test_a_sample_that_is_gone_is_said_so(make_page, folder):
    page = make_page(samples=folder)
    (folder / "b.png").unlink()
    answer = page.post("/samples/2")
    assert answer.status_code == 404 and "no such sample any more" in answer.text


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"junk")
    for folder, words in ((tmp_path, "holds none"), (tmp_path / "none", "no folder")):
        with pytest.raises(MedtfxError, match=words):
            Samples(folder)
