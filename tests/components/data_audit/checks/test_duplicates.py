"""The same picture under another name, however it was saved."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from components.data_audit.checks.duplicates import find_groups
from tests.components.data_audit.cohort import encode, picture_of, png


def find(pictures):
    return find_groups(pictures, hash_distance=10, similarity=0.9)


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


def test_a_clean_set_has_none(clean):
    assert find(clean) == []


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found(clean, one, how):
    (original, image), (exact, save) = one, COPIES[how]
    (group,) = find([*clean, picture_of(save(image))])
    assert {picture.filename for picture in group.pictures} == {
        "COVID/added.png",
        original.filename,
    }
    assert group.exact == exact
    assert (group.similarity == 1) == exact


def test_many_copies_are_one_group_whatever_the_order(clean, one):
    added = [picture_of(save(one[1]), f"COVID/{how}.png") for how, (_, save) in COPIES.items()]
    (group,) = find([*reversed(added), *clean])
    assert len(group.pictures) == len(COPIES) + 1 and not group.exact


def test_blank_pictures_are_alike_but_no_duplicates():
    blanks = [picture_of(png(Image.new("L", (32, 32))), f"COVID/{n}.png") for n in range(3)]
    assert find(blanks) == find([]) == []


def test_blocks_do_not_lose_pairs(clean, one, monkeypatch):
    """A pair whose halves are compared in different blocks, each group once."""
    monkeypatch.setattr("components.data_audit.checks.duplicates._BLOCK", 7)
    copies = [picture_of(png(one[1]), "A/first.png"), picture_of(png(one[1]), "Z/last.png")]
    brighter = picture_of(COPIES["brighter"][1](one[1]), "ZZ/brighter.png")
    (group,) = find([*clean, *copies, brighter])
    assert len(group.pictures) == 4
    assert np.isclose(group.similarity, find([*clean, brighter])[0].similarity, atol=1e-4)
