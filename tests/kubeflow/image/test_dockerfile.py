import shlex

import pytest

from kubeflow.image.dockerfile import _PIP_SETTINGS, BASES, USER_ID, VARIANTS, dockerfile
from tests.doubles.image_builder import instructions

WAYS = [("cpu", "current"), ("cpu", "wide"), ("gpu", "current"), ("app", "current")]


@pytest.fixture(params=WAYS, ids="-".join)
def built(request):
    return instructions(dockerfile(*request.param, "1.2.3"))


def test_two_stages_of_the_same_base(built):
    bases = [rest for name, rest in built if name == "FROM"]
    assert bases == ["${BASE} AS build", "${BASE}"]
    default = next(rest for name, rest in built if name == "ARG").removeprefix("BASE=")
    assert default in BASES.values() and not default.endswith("latest")


def test_the_compiler_stays_behind(built):
    final = built[[name for name, _ in built].index("FROM", 2) :]
    assert not any("apt-get" in rest or "pip " in rest for _, rest in final)
    assert [rest.split()[1] for name, rest in final if name == "COPY"] == [
        "/opt/python",
        "/opt/medtfx",
    ]


def test_what_changes_often_comes_last(built):
    copied = [rest for name, rest in built if name == "COPY"]
    assert copied[0].startswith("requirements.txt") and copied[1].startswith("source")


def test_only_what_is_locked_is_installed(built):
    installs = [shlex.split(rest) for name, rest in built if " pip install " in rest]
    assert len(installs) == 2
    assert all("--no-deps" in words for words in installs)
    assert "--require-hashes" in installs[0]
    assert installs[1][-1] == "/build/source"
    assert "--no-compile" not in installs[0] + installs[1]


def test_it_runs_as_somebody_whom_kubernetes_sees_is_not_root(built):
    assert [rest for name, rest in built if name == "USER"] == [f"{USER_ID}:0"]
    assert int(USER_ID) > 1000


def test_no_secret_is_asked_for_or_kept(built):
    built = [(name, rest.replace(_PIP_SETTINGS, "")) for name, rest in built]
    words = ("PASSWORD", "TOKEN", "SECRET", "INDEX", "PATIENT_KEY")
    assert not [rest for _, rest in built if any(word in rest.upper() for word in words)]


@pytest.mark.parametrize(("variant", "stack"), WAYS)
def test_the_labels_say_what_it_is(variant, stack):
    rest = dict(instructions(dockerfile(variant, stack, "1.2.3")))["LABEL"]
    labels = dict(word.split("=", 1) for word in shlex.split(rest))
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["medtfx.variant"] == variant
    assert labels.get("medtfx.stack") == (None if variant == "app" else stack)
    assert VARIANTS[variant].purpose in labels["org.opencontainers.image.description"]
