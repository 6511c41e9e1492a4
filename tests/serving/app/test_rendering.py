from types import SimpleNamespace

from starlette.requests import Request

from serving.app.model import Health
from serving.app.rendering import breakable, render
from serving.protocol.model_metadata import VersionStatus

SPANISH = [(b"accept-language", b"es")]


def test_a_file_name_breaks_after_its_punctuation_and_stays_text():
    assert breakable("a_b-1.png") == "a_<wbr>b-<wbr>1.<wbr>png"
    assert breakable("<b>.png") == "&lt;b&gt;.<wbr>png"


def test_versions_are_named_in_the_visitors_language(make_settings):
    app = SimpleNamespace(state=SimpleNamespace(shared=SimpleNamespace(settings=make_settings())))
    request = Request({"type": "http", "headers": SPANISH, "app": app})
    versions = (VersionStatus(8, "LOADING", ""), VersionStatus(7, "AVAILABLE", ""))
    health = Health("ready", versions)
    text = render("status.html", request, health=health, seen="").body.decode()
    assert "la versión 8 se está cargando" in text
    assert "versión 7</span>" in text
    assert "AVAILABLE" not in text and "LOADING" not in text
