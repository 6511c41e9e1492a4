import re
import string
from pathlib import Path

import pytest
import yaml

from components.imaging.images import REASONS
from serving.app.language import LANGUAGES, choose_language, texts

APP = Path(__file__).parents[3] / "serving" / "app"
CATALOGUES = {
    language: yaml.safe_load((APP / "texts" / f"{language}.yaml").read_text())
    for language in LANGUAGES
}


def placeholders(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_every_language_has_the_same_keys_and_placeholders():
    shapes = {
        language: {key: placeholders(text) for key, text in catalogue.items()}
        for language, catalogue in CATALOGUES.items()
    }
    assert shapes["en"] == shapes["es"]
    assert {path.stem for path in (APP / "texts").iterdir()} == set(LANGUAGES)


def test_every_text_is_used_and_every_used_text_is_there():
    sources = [*APP.glob("*.py"), *APP.glob("templates/*.html")]
    code = "\n".join(path.read_text() for path in sources)
    used = set(re.findall(r"[\"']([a-z_]+\.[a-z_.]+)[\"']", code)) & set(CATALOGUES["en"])
    composed = ("error.", "status.", "results.answered.", "results.failed.")
    unused = {key for key in CATALOGUES["en"] if key not in used and not key.startswith(composed)}
    asked = set(re.findall(r"\bt\(\s*[\"']([a-z_.]+[a-z_])[\"'][,)\s]", code))
    assert unused == set()
    assert asked - set(CATALOGUES["en"]) == set()


def test_every_reason_to_refuse_an_image_has_words():
    assert {f"error.{reason}" for reason in REASONS} <= set(CATALOGUES["en"])


@pytest.mark.parametrize(
    ("share", "english", "spanish"),
    [
        (0.9342, "93.4%", "93,4 %"),
        (0.99999, "> 99.9%", "> 99,9 %"),
        (1.0, "> 99.9%", "> 99,9 %"),
        (0.0001, "< 0.1%", "< 0,1 %"),
        (0.0, "< 0.1%", "< 0,1 %"),
    ],
)
def test_no_probability_reads_as_certainty(share, english, spanish):
    assert texts("en").percent(share) == english
    assert texts("es").percent(share) == spanish


@pytest.mark.parametrize(
    ("cookie", "default", "accepted", "language"),
    [
        ("es", "en", "en", "es"),
        ("xx", "es", "en", "es"),
        (None, None, "de;q=0.9, es-MX;q=0.8, en;q=0.1", "es"),
        (None, None, "es;q=0.2,en-GB", "en"),
        (None, None, "es;q=0", "en"),
        (None, None, "es;q=a lot", "en"),
        (None, None, None, "en"),
    ],
)
def test_who_decides_on_the_language(cookie, default, accepted, language):
    assert choose_language(cookie, default, accepted) == language
