"""What the command refuses before it listens. Running: tests/serving/dicom/test_killed.py."""

import pytest
import yaml

from tests.command_line import assert_one_message, medtfx

PACS = {"ae_title": "ORTHANC", "host": "127.0.0.1", "port": 104}


@pytest.fixture
def node(tmp_path):
    """Runs the command with a recipe whose section `dicom` is given."""

    def run(*line, **dicom):
        recipe = {"extends": "quickstart", "name": "tiny", "summary": "tiny", "dicom": dicom}
        file = tmp_path / "tiny.yaml"
        file.write_text(yaml.safe_dump(recipe))
        return medtfx("dicom-node", file, "--home", tmp_path / "home", *line)

    return run


def test_results_need_a_destination(node):
    assert_one_message(node(), "dicom.destination", "--set dicom.destination.ae_title=AET")


def test_no_such_model(node):
    assert_one_message(node(destination=PACS), "No model 'tiny' has been pushed")


@pytest.mark.parametrize(
    ("line", "dicom", "missing"),
    [
        ([], {}, ("--caller", "MEDTFX_DICOM_NODE_TOKEN")),
        (["--caller", "CT1"], {}, ("MEDTFX_DICOM_NODE_TOKEN", "--insecure")),
        (["--token", "x" * 32], {}, ("--caller with the AE titles", "--insecure")),
        (["--token", "short"], {"callers": ["CT1"]}, ("at least", "one of 5")),
    ],
)
def test_who_may_send_to_a_node_that_others_reach(node, line, dicom, missing):
    found = node("--host", "0.0.0.0", *line, destination=PACS, **dicom)
    assert_one_message(found, *missing)


def test_findings_are_of_the_classes(node):
    code = {"value": "1", "scheme": "99X", "meaning": "z"}
    found = node(destination=PACS, report={"findings": {"ZEBRA": code}})
    assert_one_message(found, "dicom.report.findings names ['ZEBRA']")
