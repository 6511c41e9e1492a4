"""The comparison of two manifests, without images: run after run on a folder that changes."""

import random

import pytest

from components.image_example_gen.shards.earlier_shards import EarlierShard, compare
from components.image_example_gen.shards.shards import Shards, place_of
from components.storage.manifest import FOLDER, read_shard, write_rows


def row(path: str, **changes) -> dict:
    values = {"size": 9, "modified": 5, "label": "a", "patient": "p", "split": "train"}
    return {"path": path, "metadata": None, "reason": None, **values, **changes}


def listed(folder, rows: list[dict], size: int, tag: str = "") -> Shards:
    """Deals rows to shards of about `size`, as a listing does."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = Shards(max(1, len(rows) // size), str(folder), tag)
    placed = sorted(((place_of(one["path"]), one) for one in rows), key=lambda one: one[0])
    for part in shards.parts:
        low, high = shards.bounds(part)
        shards.write_part(part, [one for one in placed if low <= one[0] < high])
    return shards


def write(uri, shards: Shards) -> None:
    """Writes the manifest, as after the images have been read."""
    (uri / FOLDER).mkdir(parents=True, exist_ok=True)
    for number in range(shards.count):
        write_rows(f"{uri}/{FOLDER}/{shards.file_name(number, 'parquet')}", shards.read(number))


def test_every_file_is_kept_or_fresh_whatever_came_before(tmp_path):
    rng = random.Random(0)
    rows = {f"a/{n}.png": row(f"a/{n}.png") for n in range(900)}
    write(tmp_path / "0", listed(tmp_path / "list-0", [*rows.values()], 40))
    for run in range(1, 5):
        for path in rng.sample([*rows], 30):  # gone
            del rows[path]
        changed = rng.sample([*rows], 30)
        rows |= {path: row(path, modified=100 + run) for path in changed}
        added = [f"b/{run}-{n}.png" for n in range(70)]
        rows |= {path: row(path) for path in added}
        now = listed(tmp_path / f"list-{run}", [*rows.values()], 33)
        found = compare(str(tmp_path / str(run - 1)), now)
        assert found is not None and found.run == run
        assert {one["path"] for _, one in found.fresh} == {*changed, *added}
        assert sum(shard.kept for shard in found.shards) == len(rows) - 100
        # The next one compares with shards of all these runs.
        uri = tmp_path / str(run)
        for shard in found.shards:
            before = read_shard(str(tmp_path / str(run - 1)), shard.name)
            kept = [one for one in before if one["path"] not in shard.lost]
            (uri / FOLDER).mkdir(parents=True, exist_ok=True)
            write_rows(f"{uri}/{FOLDER}/{shard.name_in(run)}.parquet", kept)
        fresh = [one for _, one in found.fresh]
        write(uri, listed(tmp_path / f"fresh-{run}", fresh, 33, f"-added{run}"))


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        ({}, {}, True),
        ({}, {"split": "test"}, False),
        ({}, {"metadata": '{"age": 3}'}, False),
        ({"reason": "truncated"}, {}, True),
        ({"reason": "unreadable_file"}, {}, False),
        ({"reason": "over_cap_per_class"}, {}, False),
        ({"reason": "over_cap_per_class"}, {"reason": "over_cap_per_class"}, True),
        ({"modified": 0}, {"modified": 0}, False),
        ({"size": -1}, {"size": -1}, False),
    ],
)
def test_when_a_file_is_unchanged(tmp_path, before, now, kept):
    others = [row(f"b/{n}.png") for n in range(3)]
    write(tmp_path / "0", listed(tmp_path / "before", [*others, row("a.png", **before)], 10))
    shards = listed(tmp_path / "now", [*others, row("a.png", **now)], 10)
    found = compare(str(tmp_path / "0"), shards)
    assert [one["path"] for _, one in found.fresh] == ([] if kept else ["a.png"])


def test_names_say_where_a_shard_begins_and_which_run_wrote_it():
    shard = EarlierShard("data_tfrecord-00001-of-00004-added2-kept7", 10, frozenset({"a"}))
    assert (shard.bounds, shard.run, shard.kept) == ((0.25, 0.5), 7, 9)
    assert shard.name_in(8) == "data_tfrecord-00001-of-00004-added2-kept8"
    whole = EarlierShard("data_tfrecord-00000-of-00001", 10)
    assert (whole.bounds, whole.run, whole.name_in(8)) == ((0.0, 1.0), 0, whole.name)
