import pytest

from components.storage import files
from components.storage.folders import Folder, parted
from tests.tiny_files import write


@pytest.fixture
def base(tmp_path):
    for patient in range(3):
        for study in "ab":
            write(tmp_path, f"COVID/{patient}/{study}/1.dcm", f"COVID/{patient}/{study}/2.dcm")
    write(tmp_path, "metadata.csv", "NORMAL/1.png", "NORMAL/odd/2.png")
    return tmp_path


@pytest.mark.parametrize("wanted", [1, 2, 4, 1000])
def test_the_parts_hold_every_file_once(base, wanted):
    found = [
        file.relative
        for part in parted(str(base), wanted)
        for file in files.walk(str(base), part.path, part.deep)
    ]
    assert sorted(found) == [file.relative for file in files.walk(str(base))]


def test_folders_are_opened_until_there_are_enough(base):
    assert set(parted(str(base), 3)) == {
        Folder("", False), Folder("COVID", False), Folder("NORMAL", True),
        *(Folder(f"COVID/{patient}", True) for patient in range(3)),
    }  # fmt: skip
    assert Folder("COVID/2/b", True) in parted(str(base), 100)


def test_a_folder_of_files_is_one_part(tmp_path):
    write(tmp_path, *(f"{number}.png" for number in range(30)))
    assert parted(str(tmp_path), 10) == [Folder("", False)]
