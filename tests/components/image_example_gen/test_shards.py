from collections import Counter

import pytest

from components.image_example_gen.listing import Entry
from components.image_example_gen.patients import hash_patient
from components.image_example_gen.shards import (
    IMAGES,
    read_list,
    read_remarks,
    write_lists,
    write_remarks,
)
from components.imaging.quarantine import Quarantined

KEY = b"key"


def entries(count: int) -> list[Entry]:
    return [
        Entry(f"{'ab'[n * 2 // count]}/{n}.png", "ab"[n * 2 // count], f"P{n}", "train", {"age": n})
        for n in range(count)
    ]


@pytest.mark.parametrize(("images", "shards"), [(1, 1), (IMAGES, 1), (5 * IMAGES + 3, 5)])
def test_every_entry_is_in_one_list(images, shards, tmp_path):
    written = write_lists(entries(images), KEY, str(tmp_path))
    assert [shard.number for shard in written] == list(range(shards))
    found = [entry.relative for shard in written for entry in read_list(shard)]
    assert Counter(found) == Counter(entry.relative for entry in entries(images))
    assert len({shard.file_name() for shard in written}) == shards


def test_no_list_names_a_patient(tmp_path):
    (shard,) = write_lists(entries(9), KEY, str(tmp_path))
    for entry in read_list(shard):
        number = int(entry.relative.split("/")[1].split(".")[0])
        assert entry.patient == hash_patient(f"P{number}", KEY)
        assert entry.metadata == {"age": number}


def test_each_list_is_a_sample_of_the_set(tmp_path):
    """Sorted by path, one class follows the other."""
    for shard in write_lists(entries(4 * IMAGES), KEY, str(tmp_path)):
        labels = [entry.label for entry in read_list(shard)]
        assert 0.3 < labels.count("a") / len(labels) < 0.7
        assert 0.2 < labels[:50].count("a") / 50 < 0.8


def test_names_that_are_no_text_come_back(tmp_path):
    odd = Entry("a/caf\udce9.png", "a", "caf\udce9", "train")
    (shard,) = write_lists([odd], KEY, str(tmp_path))
    (found,) = read_list(shard)
    assert found.relative == odd.relative


def test_another_listing_of_the_same_files_gives_the_same_lists(tmp_path):
    (tmp_path / "again").mkdir()
    first = write_lists(entries(700), KEY, str(tmp_path))
    again = write_lists(entries(700)[::-1], KEY, str(tmp_path / "again"))
    assert [read_list(shard) for shard in first] == [read_list(shard) for shard in again]


def test_remarks_come_back_and_those_of_another_attempt_are_replaced(tmp_path):
    (shard,) = write_lists(entries(2), KEY, str(tmp_path))
    odd = Quarantined("a/caf\udce9.png", "corrupt", 'it says "no"\n')
    for remarks in ([odd], [odd, Quarantined("b/1.png", "truncated")]):
        write_remarks(shard, remarks)
        assert read_remarks(shard) == remarks
    assert len(read_list(shard)) == 2
