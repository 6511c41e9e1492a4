from collections import Counter

import pytest

from components.image_example_gen.listing.listing import Entry, Listing
from components.image_example_gen.shards.parts import write_listing
from components.image_example_gen.shards.shards import IMAGES, Shards, entry_of, place_of
from components.storage.files import FoundFile
from components.storage.patient_key import hash_patient

KEY = b"key"


def entries(count: int) -> list[Entry]:
    return [
        Entry(f"{'ab'[n * 2 // count]}/{n}.png", "ab"[n * 2 // count], f"P{n}", "train", {"age": n})
        for n in range(count)
    ]


def written(entries, folder, left_out=()):
    files = [FoundFile(entry.relative, 5, 7) for entry in entries]
    files += [FoundFile(path, 1, 2) for path, _ in left_out]
    shards = Shards.of(len(files), str(folder))
    write_listing(Listing(tuple(entries), left_out, "", tuple(files)), shards, KEY)
    return shards


def read(shards):
    return [[entry_of(row) for row in shards.read(n)] for n in range(shards.count)]


@pytest.mark.parametrize(("images", "count"), [(1, 1), (IMAGES, 1), (205 * IMAGES + 3, 205)])
def test_every_entry_is_in_one_shard(images, count, tmp_path):
    shards = written(entries(images), tmp_path)
    assert shards.count == count
    found = [entry.relative for shard in read(shards) for entry in shard]
    assert Counter(found) == Counter(entry.relative for entry in entries(images))
    assert len({shards.file_name(number, "gz") for number in range(count)}) == count


def test_no_shard_names_a_patient(tmp_path):
    (shard,) = read(written(entries(9), tmp_path))
    for entry in shard:
        number = int(entry.relative.split("/")[1].split(".")[0])
        assert entry.patient == hash_patient(f"P{number}", KEY)
        assert entry.metadata == {"age": number}


def test_each_shard_is_a_sample_of_the_set(tmp_path):
    """Sorted by path, one class follows the other."""
    for shard in read(written(entries(4 * IMAGES), tmp_path)):
        labels = [entry.label for entry in shard]
        assert 0.7 * IMAGES < len(labels) < 1.3 * IMAGES
        assert 0.3 < labels.count("a") / len(labels) < 0.7
        assert 0.2 < labels[:50].count("a") / 50 < 0.8


def test_names_that_are_no_text_come_back(tmp_path):
    odd = Entry("a/caf\udce9.png", "a", "caf\udce9", "train")
    ((found,),) = read(written([odd], tmp_path))
    assert found.relative == odd.relative


def test_what_is_left_out_is_there_with_its_reason(tmp_path):
    shards = written(entries(1), tmp_path, (("notes.txt", "not_an_image_name"),))
    rows = {row["path"]: row for row in shards.read(0)}
    assert rows["notes.txt"]["reason"] == "not_an_image_name"
    assert rows["a/0.png"] | {"size": 5, "modified": 7, "reason": None} == rows["a/0.png"]


def test_another_listing_of_the_same_files_gives_the_same_shards(tmp_path):
    (tmp_path / "again").mkdir()
    first = written(entries(700), tmp_path)
    assert read(first) == read(written(entries(700)[::-1], tmp_path / "again"))


def test_a_mask_lies_beside_its_image():
    assert place_of("a/1_mask.png") == place_of("a/1.jpg") != place_of("a/2.jpg")
