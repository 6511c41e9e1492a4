"""The promises of pyproject.toml, the locks, the changelog and the scripts to each other."""

import datetime
import os
import re
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
LOCKS = ["wide.txt", "uv.txt"]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.suffix != ".sh")
# What the markers of the wide stack see, wherever the tests run.
WIDE = {"python_version": "3.10", "sys_platform": "linux", "platform_machine": "x86_64"}


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text()


def lock_entries(name: str) -> list[str]:
    """Each requirement with its hashes, as one line without comments."""
    joined = re.sub(r"^\s*#.*\n", "", lock_text(name), flags=re.MULTILINE).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip()]


def locked_versions(name: str) -> dict[str, Version]:
    requirements = [Requirement(entry.split("--hash")[0]) for entry in lock_entries(name)]
    return {
        canonicalize_name(requirement.name): Version(str(requirement.specifier).removeprefix("=="))
        for requirement in requirements
    }


# === The locks ===


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_and_hashed(name):
    entry = re.compile(r"[a-z0-9.-]+==\S+(\s+;[^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    entries = lock_entries(name)
    assert entries
    assert [line for line in entries if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize(
    "forbidden",
    [r"://", r"^\s*-[a-z-]", r" @ ", r"(?<![\w.])/\w", r"--(extra-)?index|find-links"],
    ids=["address", "option", "direct reference", "path", "index"],
)
def test_lock_names_no_place(name, forbidden):
    without_hashes = re.sub(r"^\s+--hash=.*\n", "", lock_text(name), flags=re.MULTILINE)
    assert re.findall(forbidden, without_hashes, flags=re.MULTILINE) == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_says_how_to_write_it_anew(name):
    assert lock_text(name).splitlines()[1] == "#    scripts/lock"


def test_wide_lock_satisfies_pyproject():
    extras = PROJECT["optional-dependencies"]
    locked = locked_versions("wide.txt")
    for text in [*PROJECT["dependencies"], *extras["wide"], *extras["dev"]]:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(WIDE):
            continue
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text}: not in requirements/wide.txt; run scripts/lock"
        assert version in requirement.specifier, f"{text}: locked is {version}; run scripts/lock"


def test_kubeflow_of_pypi_is_not_installed_beside_ours():
    assert "kubeflow" not in locked_versions("wide.txt")


# === Versions ===


def test_version_is_the_newest_of_the_changelog():
    released = re.findall(
        r"^## \[(\d+\.\d+\.\d+)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    versions = [Version(version) for version, _ in released]
    dates = [datetime.date.fromisoformat(date) for _, date in released]
    assert PROJECT["version"] == str(versions[0])
    assert versions == sorted(versions, reverse=True)
    assert dates == sorted(dates, reverse=True)


def test_python_version_is_the_wide_stack_s():
    python = (ROOT / ".python-version").read_text().strip()
    assert python == WIDE["python_version"]
    assert Version(f"{python}.0") in SpecifierSet(PROJECT["requires-python"])
    # The oldest Python we support is the one that style and types are checked for.
    assert PYPROJECT["tool"]["mypy"]["python_version"] == python
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + python.replace(".", "")


# === What is installed ===


@pytest.mark.parametrize("name", ["components", "kubeflow", "pipeline", "serving"])
def test_nothing_installed_has_our_package_names(name):
    elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() != ROOT]
    assert PathFinder.find_spec(name, elsewhere) is None


def test_command_leads_to_a_function():
    module, function = PROJECT["scripts"]["medtfx"].split(":")
    source = ROOT / Path(*module.split(".")).with_suffix(".py")
    assert f"def {function}(" in source.read_text()


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_script_is_executable_and_parses(script):
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
