import pytest
from typer.testing import CliRunner

from components.saved_model.manifest import MANIFEST
from components.saved_model.signature import sign
from pipeline.cli.main import app
from tests.signing import CHANGES, write_model


@pytest.fixture
def version(tmp_path):
    """A home with chest/5, a model of three files."""
    return write_model(tmp_path / "models" / "chest" / "5")


@pytest.fixture
def run(tmp_path):
    def call(*arguments):
        done = CliRunner().invoke(app, [*arguments, "--home", str(tmp_path)])
        return done.exit_code, done.output

    return call


# === verify-model ===


def test_a_version_is_named_or_shown(run, version):
    for name in ("chest/5", str(version), "chest"):
        code, output = run("verify-model", name)
        assert code == 0 and "5: unchanged, unsigned." in output


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_ends_with_the_name_of_the_file(run, version, change):
    CHANGES[change](version)
    code, output = run("verify-model", "chest/5")
    assert code == 1 and change in output


def test_every_version_of_a_folder_is_checked(run, version):
    code, output = run("verify-model", str(version.parent))
    assert code == 0
    (version.parent / "6").mkdir()
    code, output = run("verify-model", str(version.parent))
    assert code == 1 and "5: unchanged" in output and f"6 has no {MANIFEST}" in output


def test_of_a_folder_only_what_the_servers_load_is_checked(run, version, tmp_path):
    config = tmp_path / "models" / "models.config"
    given = ("verify-model", "chest", "--models-config", str(config))
    assert run("promote", "chest", "5")[0] == 0
    (version.parent / "6").mkdir()
    assert run(*given)[0] == 0
    CHANGES["extra.so was added"](version)
    code, output = run(*given)
    assert code == 1 and "extra.so was added" in output and "chest/6" not in output


def test_the_signature_is_checked_with_a_key(run, version, keys, monkeypatch):
    key = ("--public-key", str(keys.public))
    assert run("verify-model", "chest/5", *key)[0] == 1
    monkeypatch.setenv("MEDTFX_SIGNING_KEY", str(keys.private))
    sign(version)
    code, output = run("verify-model", "chest/5", *key)
    assert code == 0 and "signed by the site" in output
    assert "not checked" in run("verify-model", "chest/5")[1]
    assert run("verify-model", "chest/5", "--public-key", str(keys.other))[0] == 1


def test_what_is_not_there(run):
    code, output = run("verify-model", "chest/7")
    assert code == 1 and "'chest/7'" in output


# === versions ===


def test_the_table_says_what_is_usable(run, version):
    code, output = run("versions")
    assert code == 0
    assert [line.split() for line in output.splitlines()] == [
        ["model", "version", "state", "labels", "signature"],
        ["chest", "5", "served", "-", "unsigned"],
    ]


def test_a_changed_version_is_said_and_stays(run, version):
    CHANGES["extra.so was added"](version)
    code, output = run("versions", "chest", "--prune")
    assert code == 1 and "changed" in output and "extra.so was added" in output
    assert version.is_dir()


def test_a_leftover_that_may_be_a_push_stays(run, version):
    (version.parent / ".6.00ff00ff.part").mkdir()
    code, output = run("versions", "--prune")
    assert code == 1 and "Kept" in output and "unfinished" in output
