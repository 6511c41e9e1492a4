import signal
import subprocess
import sys
import time

import pytest
from pydicom import dcmread

from serving.dicom.fetch.manifest import read_manifest
from tests.command_line import assert_one_message, medtfx
from tests.doubles.orthanc import orthanc
from tests.serving.dicom.images import chest_image, encoded

MANY = 60


@pytest.fixture(scope="module")
def pacs(tmp_path_factory):
    with orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        for number in range(1, MANY + 1):
            study = f"1.2.826.0.2.{number % 3}"
            image = chest_image(number, study=study, AccessionNumber=f"A-{number % 3}")
            server.post("/instances", encoded(image))
        server.add_modality("MEDTFX", 4242)
        yield server


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("accession,label\nA-0,COVID\nA-1,Normal\nA-2,Normal\n")
    return path


@pytest.fixture
def line(pacs, labels, tmp_path):
    def make(*more, way=None):
        default = ("--pacs", f"{pacs.ae_title}@127.0.0.1:{pacs.dicom_port}")
        named = ("--labels", labels, "--out", tmp_path / "out", "--home", tmp_path / "home")
        return ["dicom-fetch", *named, *(way or default), *more]

    return make


def test_a_folder_to_train_on(line, pacs, tmp_path):
    code, out, _ = medtfx(*line("--query", "Modality=DX", "--retain", "patient-characteristics"))
    assert code == 0 and f"{MANY} fetched" in out
    files = list((tmp_path / "out").glob("*/*.dcm"))
    assert len(files) == MANY
    assert dcmread(files[0]).PatientAge == "076Y"
    again = line("--retain", "patient-characteristics", way=("--dicomweb", pacs.dicom_web))
    code, out, _ = medtfx(*again)
    assert code == 0 and "Nothing is left to fetch" in out


def test_after_a_kill_it_goes_on_and_nothing_comes_twice(line, tmp_path):
    manifest = tmp_path / "out" / "manifest.csv"
    start = "from pipeline.cli.main import main; import sys; sys.argv[0] = 'medtfx'; main()"
    command = [sys.executable, "-c", start, *map(str, line())]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        if manifest.exists() and manifest.read_bytes().count(b"\n") > 5:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {entry.instance for entry in read_manifest(manifest)}
    assert 4 < len(before) < MANY
    code, out, _ = medtfx(*line())
    assert code == 0 and f"{MANY - len(before)} fetched" in out
    entries = read_manifest(manifest)
    assert len(entries) == len({entry.instance for entry in entries}) == MANY
    files = [path for path in (tmp_path / "out").rglob("*") if path.suffix != ".json"]
    assert sum(path.is_file() for path in files) == MANY + 1  # and no half file


def test_what_is_missing_makes_exit_code_1(line, labels):
    labels.write_text("accession,label\nA-0,COVID\nA-77,Normal\n")
    code, out, _ = medtfx(*line())
    assert code == 1 and "1 missing" in out and "manifest.csv" in out


def test_a_pacs_that_is_away_is_said(line, labels):
    labels.write_text("accession,label\nA-0,COVID\n")
    code, out, err = medtfx(*line(way=("--pacs", "PACS@127.0.0.1:9")))
    assert code == 1 and "1 failed" in out
    assert "The PACS failed: nothing answers at 127.0.0.1:9" in err


@pytest.mark.parametrize(
    ("more", "way", "words"),
    [
        ((), ("--move-port", 104), ["neither"]),
        (("--dicomweb", "http://x"), None, ["both"]),
        ((), ("--dicomweb", "ftp://x"), ["ftp://x"]),
        ((), ("--dicomweb", "http://x", "--move-port", 104), ["--move-port"]),
        ((), ("--pacs", "x:104"), ["ORTHANC@pacs.example:4242"]),
        (("--query", "Nonsense=1"), None, ["Modality=DX"]),
        (("--retain", "full-dates", "--retain", "modified-dates"), None, ["Leave one out"]),
        (("--ae-title", "x" * 17), None, ["16 ASCII"]),
    ],
)
def test_a_mistake_is_a_sentence(line, more, way, words):
    assert_one_message(medtfx(*line(*more, way=way)), *words)


def test_it_loads_no_tensorflow():
    rooms = "fetch", "dimse", "dicom_web"
    lines = ["import pipeline.cli.dicom_fetch, sys"]
    lines += [f"import serving.dicom.fetch.{room}" for room in rooms]
    lines += ["assert not {'tensorflow', 'tfx', 'apache_beam', 'pandas'} & set(sys.modules)"]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
