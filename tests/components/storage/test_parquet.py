import pyarrow as pa

from components.storage.parquet import open_parquet, read_parquet, write_parquet


def table(*numbers):
    return pa.table({"number": pa.array(numbers, pa.int64())})


def test_groups_are_read_one_by_one(tmp_path):
    write_parquet(f"{tmp_path}/t.parquet", table(1, 2), table(), table(3))
    with open_parquet(f"{tmp_path}/t.parquet") as file:
        groups = [file.read_row_group(n)["number"].to_pylist() for n in range(3)]
    assert groups == [[1, 2], [], [3]]
    assert read_parquet(f"{tmp_path}/t.parquet") == table(1, 2, 3)


def test_an_earlier_file_is_replaced(tmp_path):
    for rows in ((1, 2, 3), (4,)):
        write_parquet(f"{tmp_path}/t.parquet", table(*rows))
    assert read_parquet(f"{tmp_path}/t.parquet") == table(4)
