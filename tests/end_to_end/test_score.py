"""A folder without labels: the server and the TFX pipeline give the same CSV."""

import csv
import os
import shutil

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.end_to_end

TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def folder(machine):
    """Phantoms in nested folders, broken ones among them, a 16-bit PNG, a DICOM, other files."""
    folder = machine.data.parent / "worklist"
    shutil.copytree(machine.data / "COVID", folder / "2024" / "spring")
    shutil.copytree(machine.data / "NORMAL", folder / "2024" / "summer")
    levels = np.linspace(500, 3800, 96 * 80).astype(np.uint16).reshape(96, 80)
    Image.fromarray(levels).save(folder / "sixteen bits.png")
    (folder / "corrupt.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (folder / "readme.txt").write_text("not an image")
    secret = folder / "unreadable.png"
    secret.symlink_to(folder / "nowhere.png")
    assert list(folder.rglob("*.dcm"))
    return folder


@pytest.fixture(scope="module")
def scored(machine, folder):
    """What `medtfx score` printed, and the rows it wrote."""
    out = folder.parent / "predicted.csv"
    return machine.medtfx(machine.command("score", str(folder), "--out", str(out)), 1), read(out)


@pytest.fixture(scope="module")
def bulk(machine, folder):
    """What `medtfx bulk-score` printed, and the rows it wrote."""
    out = folder.parent / "bulk.csv"
    command = machine.command("bulk-score", str(folder), "--out", str(out))
    return machine.medtfx(command, 1), read(out)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_image_has_its_row(machine, folder, scored):
    text, rows = scored
    images = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    assert [row["file"] for row in rows] == sorted(images - {"readme.txt"})
    assert "1 .txt" in text
    by_file = {row["file"]: row for row in rows}
    assert by_file["corrupt.png"]["error"].split(":")[0] in ("truncated", "corrupt")
    assert by_file["unreadable.png"]["error"].startswith("the file can't be read: No such file")
    assert by_file["sixteen bits.png"]["label"]
    (version,) = machine.versions()
    for row in rows:
        assert bool(row["label"]) != bool(row["error"])
        if row["label"]:
            shares = {name[2:]: float(row[name]) for name in row if name.startswith("p_")}
            assert row["label"] == max(shares, key=shares.__getitem__)
            assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)
            assert row["version"] == str(version)


def test_the_pipeline_gives_the_same_table(scored, bulk):
    _, rows = scored
    _, others = bulk
    assert len(rows) == len(others) > 100
    for row, other in zip(rows, others, strict=True):
        assert list(row) == list(other)
        for name in row:
            if name.startswith("p_") and row[name]:
                assert float(row[name]) == pytest.approx(float(other[name]), abs=TOLERANCE)
            else:
                assert row[name] == other[name], row["file"]


def test_the_pipeline_is_cached_and_its_rows_can_be_gone_on_from(machine, folder, bulk):
    text, _ = bulk
    assert "[3/3] BulkInferrer" in text and "from the cache" not in text
    out = folder.parent / "bulk.csv"
    before = out.read_bytes()
    command = machine.command("bulk-score", str(folder), "--out", str(out))
    assert machine.medtfx(command, 1).count("from the cache") >= 2
    assert out.read_bytes() == before
    os.remove(folder / "unreadable.png")
    shutil.copy(folder / "sixteen bits.png", folder / "unreadable.png")
    text = machine.medtfx(machine.command("score", str(folder), "--out", str(out)), 1)
    assert "1 rows by version" in text
    rows = {row["file"]: row for row in read(out)}
    assert rows["unreadable.png"]["p_COVID"] == rows["sixteen bits.png"]["p_COVID"]
