import pytest

from components.data_audit import remarks as module
from components.data_audit.remarks import Remark, Remarks, image_of, read_remarks
from tests.components.data_audit.cohort import image


def remark(name: str, kind: str = "blank") -> Remark:
    return Remark(kind, (name, 0), image(name), "why")


@pytest.fixture
def parts() -> list[Remarks]:
    """Five images, one without a remark, and one with two."""
    first, second = Remarks(), Remarks()
    first.add([remark("e"), remark("e", "tiny")])
    first.add([remark("caf\udce9")])
    second.add([remark("a")])
    second.add([])
    second.add([remark("d")])
    return [first, second]


def added_up(parts) -> Remarks:
    whole = Remarks()
    for part in parts:
        whole.merge(read_remarks(part.to_bytes()))
    return whole


def test_those_of_parts_add_up_in_order(parts):
    whole = added_up(parts)
    assert (whole.images, whole.kinds) == (4, {"blank": 4, "tiny": 1})
    assert [r.image.filename for r in whole.listed] == ["a", "caf\udce9", "d", "e", "e"]
    assert whole.first["tiny"] == [remark("e", "tiny")]


def test_of_many_all_are_counted_and_the_first_are_listed(parts, monkeypatch):
    monkeypatch.setattr(module, "LISTED", 2)
    whole = added_up(parts)
    assert whole.kinds["blank"] == 4
    assert [r.image.filename for r in whole.first["blank"]] == ["a", "caf\udce9"]


def test_an_image_is_named_with_the_file_it_is_in(one):
    named = image_of(one[0], "data-1.gz")
    assert (named.filename, named.patient) == (one[0].filename, one[0].patient)
    assert named.shard == "data-1.gz"
