from components.image_example_gen.outcome import read_outcome
from components.imaging.quarantine import NOTED, Quarantined
from components.storage.manifest import FOLDER, write_rows


def row(path, **columns):
    return {"path": path, "size": 1, "modified": 1, **columns}


def test_every_row_is_an_example_or_not_used(tmp_path):
    (tmp_path / FOLDER).mkdir()
    used = {"label": "A", "patient": "f00d", "split": "test", "digest": b"0"}
    first = [row("A/1.png", **used), row("A/2.png", **used, notes=["inverted", "cropped"])]
    second = [
        row("A/3.png", label="A", split="test", reason="corrupt", detail="no pixels"),
        row("caf\udce9.txt", reason="not_an_image_name"),
        row("A/4.png", **{**used, "split": "train"}),
    ]
    for number, rows in enumerate((first, second)):
        write_rows(f"{tmp_path}/{FOLDER}/{number}.parquet", rows)
    outcome = read_outcome(str(tmp_path))
    assert outcome.counts == {"A": {"test": 2, "train": 1}}
    assert outcome.images == 3
    assert outcome.not_used == [
        Quarantined("A/3.png", "corrupt", "no pixels"),
        Quarantined("caf\udce9.txt", "not_an_image_name"),
    ]
    assert [item.file for item in outcome.unreadable] == ["A/3.png"]
    assert outcome.notes == [Quarantined("A/2.png", NOTED, n) for n in ("inverted", "cropped")]
