"""The same picture under another name, however it was saved."""

import pytest
from PIL import Image, ImageEnhance

from tests.components.data_audit.cohort import encode, picture_of, png


@pytest.fixture
def find(gathered):
    """Returns a function from pictures to the groups of those that are alike."""
    return lambda pictures: gathered(pictures).groups


COPIES = {
    "the same bytes": (True, png),
    "another format": (True, lambda image: encode(image, "BMP")),
    "three channels": (True, lambda image: png(image.convert("RGB"))),
    "saved as a poor JPEG": (False, lambda image: encode(image, "JPEG", quality=40)),
    "half the size": (False, lambda image: png(image.resize((48, 48), Image.Resampling.LANCZOS))),
    "twice the size": (False, lambda image: png(image.resize((192, 192)))),
    "brighter": (False, lambda image: png(ImageEnhance.Brightness(image).enhance(1.1))),
    "less contrast": (False, lambda image: png(ImageEnhance.Contrast(image).enhance(0.7))),
}


def test_a_clean_set_has_none(clean, find):
    assert find(clean) == []


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found(clean, one, how, find):
    (original, image), (exact, save) = one, COPIES[how]
    (group,) = find([*clean, picture_of(save(image))])
    assert {picture.filename for picture in group.images} == {
        "COVID/added.png",
        original.filename,
    }
    assert group.exact == exact
    assert (group.similarity == 1) == exact


def test_many_copies_are_one_group_whatever_the_order(clean, one, find):
    added = [picture_of(save(one[1]), f"COVID/{how}.png") for how, (_, save) in COPIES.items()]
    (group,) = find([*reversed(added), *clean])
    assert len(group.images) == len(COPIES) + 1 and not group.exact


def test_blank_pictures_are_alike_but_no_duplicates(find):
    blanks = [picture_of(png(Image.new("L", (32, 32))), f"COVID/{n}.png") for n in range(3)]
    assert find(blanks) == []


def test_so_many_that_not_all_pairs_are_compared_have_the_same_groups(
    clean, one, monkeypatch, find
):
    added = [picture_of(save(one[1]), f"COVID/{how}.png") for how, (_, save) in COPIES.items()]
    pictures = [*clean, *added, picture_of(png(one[1]), "ZZ/last.png")]
    before = find(pictures)
    monkeypatch.setattr("components.data_audit.passes.pairs.ALL_PAIRS", 0)
    (group,), (compared,) = find(pictures), before
    assert [one.filename for one in group.images] == [one.filename for one in compared.images]
    # A pair may be joined by others; the lowest correlation of those that were found counts.
    assert group.similarity == pytest.approx(compared.similarity, abs=1e-4)
