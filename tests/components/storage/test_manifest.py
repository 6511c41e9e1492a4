import pytest

from components.storage.manifest import FOLDER, SCHEMA, read_rows, read_tables, write_rows

USED = {"path": "a/1.png", "size": 5, "modified": 7, "label": "a", "patient": "f00d",
        "split": "train", "digest": b"\0" * 16, "notes": ["inverted"]}  # fmt: skip
LEFT = {"path": "a/caf\udce9.txt", "size": -1, "modified": 0, "reason": "not_an_image_name"}


@pytest.fixture
def examples(tmp_path):
    (tmp_path / FOLDER).mkdir()
    write_rows(f"{tmp_path}/{FOLDER}/1.parquet", [LEFT])
    write_rows(f"{tmp_path}/{FOLDER}/0.parquet", [USED])
    write_rows(f"{tmp_path}/{FOLDER}/2.parquet", [])
    return str(tmp_path)


def test_rows_come_back_in_the_order_of_the_files(examples):
    empty = dict.fromkeys(SCHEMA.names)
    assert list(read_rows(examples)) == [{**empty, **USED}, {**empty, **LEFT}]


def test_only_the_columns_that_are_asked_for(examples):
    assert [table.num_rows for table in read_tables(examples, ["label"])] == [1, 1, 0]
    assert next(read_rows(examples, ["label", "split"])) == {"label": "a", "split": "train"}
