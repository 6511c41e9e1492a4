import pytest

from serving.score.errors import ScoreError
from serving.score.output_path import check_place


def test_a_new_file_and_an_old_table_are_fine(make_folder, tmp_path):
    folder = make_folder({"a.png": 1})
    check_place(tmp_path / "out.csv", folder)
    (tmp_path / "out.csv").write_text(
        "file,label,p_a,p_b,uncertain,out_of_distribution,version,error\n"
    )
    check_place(tmp_path / "out.csv", folder)


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("images/out.csv", "lie in the folder that is scored"),
        ("images/../images/sub/out.csv", "lie in the folder that is scored"),
        ("nowhere/out.csv", "no folder .*nowhere"),
        ("other", "is no file"),
        ("foreign.csv", "no table of scores"),
    ],
)
def test_a_place_that_does_not_do(make_folder, tmp_path, out, why):
    folder = make_folder({"a.png": 1})
    (tmp_path / "other").mkdir()
    (tmp_path / "foreign.csv").write_text("name,age\n")
    with pytest.raises(ScoreError, match=why):
        check_place(tmp_path / out, folder)
