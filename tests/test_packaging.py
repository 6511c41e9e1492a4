"""The promises of pyproject.toml, the locks, the changelog and the scripts to each other."""

import datetime
import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from components.runtime.stack import TFX_VERSIONS
from tests.paths import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = ["current.txt", "wide.txt", "uv.txt"]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if not path.suffix)


def in_scripts(code: str, environment: dict | None = None) -> subprocess.CompletedProcess:
    """Runs a line of shell that knows what the scripts know."""
    return subprocess.run(
        ["bash", "-c", f". scripts/lib.sh; {code}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=False,
    )


ON = [
    (stack, python)
    for stack in TFX_VERSIONS
    for python in in_scripts(f"stack_pythons {stack}").stdout.split()
]


def applies(requirement: Requirement, python: str) -> bool:
    """Whether its marker holds on such a Python, wherever the tests run."""
    seen = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    return requirement.marker is None or requirement.marker.evaluate(seen)


def lock_text(name: str) -> str:
    return (ROOT / "requirements" / name).read_text()


def lock_entries(name: str) -> list[str]:
    """Each requirement with its hashes, as one line without comments."""
    joined = re.sub(r"^\s*#.*\n", "", lock_text(name), flags=re.MULTILINE).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip()]


def locked_versions(stack: str, python: str) -> dict[str, Version]:
    locked: dict[str, Version] = {}
    for entry in lock_entries(f"{stack}.txt"):
        requirement = Requirement(entry.split("--hash")[0])
        if applies(requirement, python):
            name = canonicalize_name(requirement.name)
            assert name not in locked, f"{name} is locked twice for Python {python}"
            locked[name] = Version(str(requirement.specifier).removeprefix("=="))
    return locked


# === The locks ===


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_is_pinned_and_hashed(name):
    entry = re.compile(r"[a-z0-9.-]+==\S+(\s+;[^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    entries = lock_entries(name)
    assert entries
    assert [line for line in entries if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_place(name):
    """Not in a comment either: an address, an option of an index, a path."""
    comments = re.findall(r"#.*", lock_text(name))
    assert [line for line in comments if re.search(r"://|--|(?<![\w.])/\w", line)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_the_command_that_writes_it(name):
    assert lock_text(name).splitlines()[1] == "#    scripts/lock"


def with_own_extras(extra):
    """Returns the requirements of an extra, where `medtfx[app]` stands for those of `app`."""
    found = []
    for text in EXTRAS[extra]:
        own = Requirement(text)
        is_ours = own.name == PROJECT["name"]
        found += (
            [line for name in own.extras for line in with_own_extras(name)] if is_ours else [text]
        )
    return found


@pytest.mark.parametrize(("stack", "python"), ON)
def test_lock_satisfies_pyproject(stack, python):
    locked = locked_versions(stack, python)
    for text in [*PROJECT["dependencies"], *with_own_extras(stack), *EXTRAS["dev"]]:
        requirement = Requirement(text)
        if not applies(requirement, python):
            continue
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text}: not in requirements/{stack}.txt; run scripts/lock"
        assert version in requirement.specifier, f"{text}: locked is {version}; run scripts/lock"


@pytest.mark.parametrize(("stack", "python"), ON)
def test_kubeflow_of_pypi_is_not_installed_beside_ours(stack, python):
    assert "kubeflow" not in locked_versions(stack, python)


@pytest.mark.parametrize(("stack", "python"), ON)
def test_the_locked_tfx_identifies_the_stack(stack, python):
    assert str(locked_versions(stack, python)["tfx"]) == TFX_VERSIONS[stack]


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


def test_every_python_of_a_stack_is_supported():
    for _, python in ON:
        assert Version(f"{python}.0") in SpecifierSet(PROJECT["requires-python"])


def test_style_and_types_are_checked_for_the_oldest_python():
    oldest = str(min(Version(python) for _, python in ON))
    assert PYPROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")


def test_pyenv_and_uv_get_the_python_of_the_stack_that_runs_everywhere():
    # Our scripts look further: they take any Python that the stack runs on.
    named = (ROOT / ".python-version").read_text().strip()
    assert ("wide", named) in ON


# === What is installed ===


@pytest.mark.parametrize("name", ["components", "kubeflow", "pipeline", "serving"])
def test_nothing_installed_has_our_package_names(name):
    elsewhere = [entry for entry in sys.path if entry and Path(entry).resolve() != ROOT]
    assert PathFinder.find_spec(name, elsewhere) is None


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_script_is_executable_and_parses(script):
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


# === The choice of a stack ===


@pytest.mark.parametrize(
    ("libc", "runs"),
    [
        ("glibc 2.39", True),
        ("glibc 2.41", True),
        ("glibc 3.0", True),
        ("glibc 2.36", False),
        ("glibc 2.4", False),  # not 2.40
        ("none", False),
    ],
)
def test_the_current_stack_needs_a_recent_c_library(libc, runs):
    done = in_scripts(f"glibc_version() {{ echo {libc}; }}; runs_current")
    assert (done.returncode == 0) == runs, done.stderr


def folder_without(pattern: str, folder: Path) -> Path:
    """Fills a folder with links to every command on PATH whose name doesn't match the pattern."""
    for place in os.environ["PATH"].split(os.pathsep):
        for command in Path(place).glob("*"):
            link = folder / command.name
            if not re.fullmatch(pattern, command.name) and not link.is_symlink():
                link.symlink_to(command)
    return folder


@pytest.fixture
def run_script(tmp_path, tmp_path_factory):
    """Runs a script of a fresh copy, as a user on an older machine; it must fail with one line."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    older = tmp_path / "bin"
    older.mkdir()
    for command, answer in (("getconf", "glibc 2.36"), ("id", "1000")):
        (older / command).write_text(f"#!/bin/sh\necho {answer}\n")
        (older / command).chmod(0o755)

    inherited = {name: value for name, value in os.environ.items() if name != "STACK"}

    def run(name: str, *, without: str = "", **environment: str) -> str:
        path = f"{older}:{os.environ['PATH']}"
        if without:
            path = f"{older}:{folder_without(without, tmp_path_factory.mktemp('tools'))}"
        done = subprocess.run(
            ["bash", tmp_path / "scripts" / name],
            env={**inherited, "PATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        assert sorted(path.name for path in tmp_path.glob(".*")) == []
        return done.stderr

    return run


def test_an_unknown_stack_is_refused_by_name(run_script):
    message = run_script("setup", STACK="newest")
    assert "current" in message and "wide" in message and "'newest'" in message


def test_the_current_stack_is_refused_where_the_c_library_is_older(run_script):
    message = run_script("setup", STACK="current")
    assert "2.39 or newer" in message and "has glibc 2.36" in message
    assert "STACK=wide" in message


def test_testing_the_current_stack_on_an_older_machine_takes_root(run_script):
    message = run_script("test-current")
    assert "has glibc 2.36" in message and "sudo make test-current" in message


def test_a_missing_compiler_is_named_with_its_packages_before_anything_else(run_script):
    message = run_script("setup", without=r"([cg]|clang)\+\+")
    assert "apt-get install g++" in message and "dnf install gcc-c++" in message


# === Certificates ===


def trust(tmp_path: Path, bundle: str, **environment: str) -> tuple[str, dict[str, str]]:
    """Returns what `trust_system` says and exports where the system's certificates are `bundle`."""
    code = f"system_certificates() {{ echo '{bundle}'; }}; trust_system; env"
    bare = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment}
    done = in_scripts(code, bare)
    assert done.returncode == 0, done.stderr
    return done.stderr, dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_uv_trusts_the_certificates_of_the_system(tmp_path):
    said, exported = trust(tmp_path, "/etc/bundle.pem")
    assert "the system's, /etc/bundle.pem" in said
    assert exported["UV_SYSTEM_CERTS"] == exported["UV_NATIVE_TLS"] == "true"


@pytest.mark.parametrize("bundle", ["/etc/bundle.pem", ""])
def test_the_certificates_that_a_user_set_stay(tmp_path, bundle):
    own = {"SSL_CERT_FILE": "/own.pem", "PIP_CERT": "/pip.pem", "UV_SYSTEM_CERTS": "false"}
    said, exported = trust(tmp_path, bundle, **own)
    assert "/own.pem" in said
    assert {name: exported[name] for name in own} == own


def test_without_certificates_of_the_system_uv_takes_its_own(tmp_path):
    said, exported = trust(tmp_path, "")
    assert "come with uv and pip" in said
    assert not {"UV_SYSTEM_CERTS", "UV_NATIVE_TLS"} & exported.keys()


@pytest.mark.parametrize(
    ("message", "next_step"),
    [
        ("invalid peer certificate: UnknownIssuer", "trying pip"),
        ("no space left on device", "uv could not install"),
    ],
)
def test_pip_is_tried_where_uv_fails_by_certificates(tmp_path, message, next_step):
    # A uv that fails so: no index with an untrusted certificate can be reached here.
    source = (ROOT / "scripts" / "setup").read_text().removesuffix("main\n")
    (tmp_path / "setup").write_text(source.replace('$(dirname "$0")', str(ROOT / "scripts")))
    code = f"""
        . {tmp_path}/setup; TOOLS={tmp_path}; VENV={tmp_path}; LOCK=lock; STACK=wide
        reason= uv=uv; mark_unfinished() {{ :; }}; pip_has_own_sources() {{ false; }}
        prepare_with_pip() {{ echo "reached pip"; }}; venv_says() {{ echo /usr; }}
        install_with_uv() {{ echo '{message}' >&2; return 2; }}
        prepare_with_uv
    """
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert message in done.stderr and next_step in done.stderr
    assert (done.stdout == "reached pip\n") == (next_step == "trying pip")
