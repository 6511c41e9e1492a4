import hashlib
import json
import re
import subprocess
import sys

import pytest

from serving.app.security import HEADERS
from serving.promotion.label_move import PromotionTarget
from serving.promotion.models_config import FILE_NAME
from serving.promotion.promote import Approval, promote
from tests.paths import ROOT


def test_the_page_without_tensorflow():
    done = subprocess.run(
        [sys.executable, "-c",
         "import sys, tempfile; from pathlib import Path\n"
         "from fastapi.testclient import TestClient\n"
         "from serving.app.application import create_app\n"
         "from serving.app.settings import Settings\n"
         "log = Path(tempfile.mkdtemp()) / 'log'\n"
         "with TestClient(create_app(Settings('m', lambda: '127.0.0.1:1', log)),\n"
         "                'http://127.0.0.1') as page:\n"
         "    page.post('/predictions', files=[('images', ('a', b'junk'))])\n"
         "    print(page.get('/').status_code, 'tensorflow' in sys.modules)"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "200 False", done.stderr


def test_an_answer_shows_all_that_is_known(page, ask, bright):
    text = ask(page, ("scan.png", bright)).text
    assert '<strong class="label">bright</strong>' in text
    assert "80.0%" in text and "20.0%" in text
    assert "tiny, version 2" in text
    assert "PNG, 16 × 16 pixels, sent unchanged" in text
    assert text.count("data:image/") == 2  # the scan and its heatmap
    assert "Uncertain" not in text


def test_an_uncertain_answer_says_what_that_means(page, ask, tools):
    text = ask(page, ("scan.png", tools.png(128))).text
    assert "Uncertain" in text and "Do not rely on this prediction" in text


def test_an_unfamiliar_image_says_what_that_means(page, ask, tools):
    text = ask(page, ("cat.png", tools.stranger())).text
    assert "Unlike the training images" in text and "Do not rely on this prediction" in text
    assert ">Uncertain<" not in text


def test_without_scripts_the_whole_page_comes_back(make_page, ask, bright):
    text = ask(make_page(headers={}), ("scan.png", bright)).text
    assert text.startswith("<!doctype html>")
    assert '<strong class="label">bright</strong>' in text


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "ready"),
        ({"address": lambda: None}, "loading"),
        ({"address": lambda: "127.0.0.1:1"}, "unavailable"),
        ({"model": "other"}, "unknown"),
    ],
)
def test_the_line_about_the_model(make_page, changes, state):
    page = make_page(**changes)
    first = page.get("/status")
    assert f'class="status {state}"' in first.text
    seen = first.text.split("seen=")[1].split('"')[0]
    assert page.get("/status", params={"seen": seen}).status_code == 204


def test_every_answer_carries_the_headers(page, ask, bright):
    answers = [
        page.get("/"), page.get("/healthz"), page.get("/static/page.css"), page.get("/nowhere"),
        page.get("/docs"), page.get("/openapi.json"), ask(page, ("a", bright)),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 404, 404, 200]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_the_page_holds_no_inline_code(make_page, ask, bright):
    page = make_page(headers={})
    for text in (page.get("/").text, ask(page, ("a", bright)).text):
        assert " style=" not in text and "<style" not in text
        assert text.count("<script") == text.count('<script src="/static/')
        assert not re.search(r" on[a-z]+=|javascript:|hx-on", text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1"}, 200),
    ],
)
def test_what_another_site_sends_is_refused(page, ask, bright, log_lines, headers, status):
    assert ask(page, ("a", bright), headers=headers).status_code == status
    assert len(log_lines()) == (status == 200)


def test_a_defect_is_admitted_without_its_traceback(make_page):
    def broken():
        raise RuntimeError("a secret")

    answer = make_page(headers={}, raise_server_exceptions=False, address=broken).get("/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text and "secret" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_the_language_is_chosen_and_kept(make_page, ask):
    page = make_page(headers={})
    assert '<html lang="en">' in page.get("/").text
    assert page.get("/language", params={"to": "es"}).status_code == 303
    assert '<html lang="es">' in page.get("/").text
    assert "Esto no es una imagen" in ask(page, ("a", b"junk")).text


def test_the_request_log_has_the_digest_of_the_upload(make_page, ask, deep_png, tmp_path):
    ask(make_page(request_log=tmp_path / "log"), ("Mary_Smith.png", deep_png))
    (file,) = (tmp_path / "log").glob("*.jsonl")
    (line,) = file.read_text().splitlines()
    values = json.loads(line)
    assert values["image"] == hashlib.sha256(deep_png).hexdigest()
    assert values["model"] == "tiny" and "Smith" not in line


def test_a_shadow_is_asked_and_not_shown(base, push, start, make_page, ask, dark, tools, tmp_path):
    push(base, 2)
    place = PromotionTarget(base, base / FILE_NAME)
    for version, label in ((1, "stable"), (2, "shadow")):
        promote(place, "tiny", version, label, Approval("anna"))
    served = start(base, models_config=place.config)
    page = make_page(
        address=lambda: served.address,
        label=lambda: "stable",
        shadow="shadow",
        request_log=tmp_path / "log",
    )
    shown = ask(page, ("a.png", dark)).text

    def versions():
        (file,) = (tmp_path / "log").glob("*.jsonl")
        return [json.loads(line)["version"] for line in file.read_text().splitlines()]

    tools.eventually(lambda: versions() == [1, 2])
    assert "version 1" in shown and "version 2" not in shown
