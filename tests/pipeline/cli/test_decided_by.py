"""Who decides; a user without a name can't be had here, so the system's answer is replaced."""

import os
import pwd

import pytest

from components.runtime.environment import ALLOW_BY
from components.runtime.errors import MedtfxError
from pipeline.cli.decided_by import decided_by, system_user

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(autouse=True)
def no_setting(monkeypatch):
    monkeypatch.delenv(ALLOW_BY.name, raising=False)


def test_it_is_the_user_of_the_system_whatever_the_environment_says(monkeypatch):
    for variable in ("USER", "LOGNAME"):
        monkeypatch.setenv(variable, "somebody")
    assert system_user() == ME
    assert decided_by(None) == decided_by(f" {ME} ") == ME


@pytest.mark.parametrize("setting", ["", "no", "YES"])
def test_another_name_is_refused(monkeypatch, setting):
    monkeypatch.setenv(ALLOW_BY.name, setting)
    with pytest.raises(MedtfxError) as caught:
        decided_by("Dr. Ruiz")
    for part in (f"who makes it: {ME}. Received: --by 'Dr. Ruiz'", "MEDTFX_ALLOW_BY=yes"):
        assert part in str(caught.value)


def test_a_site_may_allow_it(monkeypatch):
    monkeypatch.setenv(ALLOW_BY.name, "yes")
    assert decided_by("Dr. Ruiz ") == "Dr. Ruiz"
    assert decided_by(None) == ME


def test_an_empty_name_is_refused(monkeypatch):
    monkeypatch.setenv(ALLOW_BY.name, "yes")
    for name in ("", " "):
        with pytest.raises(MedtfxError, match="Received an empty name"):
            decided_by(name)


def test_a_user_without_a_name_needs_one(monkeypatch):
    def no_entry(number):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", no_entry)
    assert system_user() is None
    for name in (None, str(os.getuid())):
        with pytest.raises(MedtfxError, match=f"none for user {os.getuid()}"):
            decided_by(name)
    monkeypatch.setenv(ALLOW_BY.name, "yes")
    assert decided_by("Dr. Ruiz") == "Dr. Ruiz"
