"""The texts of the page: one file for each language in `texts/`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml

LANGUAGES = ("en", "es")
COOKIE = "medtfx_language"


class Translations:
    """The texts of one language.

    Attributes:
        language: its code.
    """

    def __init__(self, language: str, texts: dict[str, str]) -> None:
        self.language, self._texts = language, texts

    def __call__(self, key: str, **values: object) -> str:
        """Returns a text with its placeholders filled in.

        Raises:
            KeyError: there is no such text.
        """
        return self._texts[key].format(**values)

    def count(self, key: str, number: int) -> str:
        """Returns the text `<key>.one` or `<key>.many`, with `{number}` filled in."""
        return self(f"{key}.{'one' if number == 1 else 'many'}", number=number)

    def number(self, value: float, digits: int = 1) -> str:
        """Writes a number with the decimal mark of the language."""
        return f"{value:.{digits}f}".replace(".", self._texts["number.decimal_mark"])

    def percent(self, share: float) -> str:
        """Writes a probability of 0..1 in per cent, never as 0 or 100: no prediction is certain."""
        if share >= 0.9995:
            return self("number.above", value=self.number(99.9))
        if share < 0.0005:
            return self("number.below", value=self.number(0.1))
        return self("number.percent", value=self.number(100 * share))


@lru_cache
def texts(language: str) -> Translations:
    """Returns the texts of one of `LANGUAGES`."""
    file = Path(__file__).parent / "texts" / f"{language}.yaml"
    return Translations(language, yaml.safe_load(file.read_text(encoding="utf-8")))


def choose_language(cookie: str | None, default: str | None, accepted: str | None) -> str:
    """Returns the language for a visitor.

    Args:
        cookie: what the visitor chose on the page, or None.
        default: the language that was set when the page started, or None.
        accepted: the Accept-Language header of the browser, or None.
    """
    for wanted in (cookie, default, *_preferred(accepted or "")):
        if wanted in LANGUAGES:
            return wanted
    return LANGUAGES[0]


def _preferred(accepted: str) -> list[str]:
    """Reads 'es-MX,es;q=0.9,en;q=0.8' as ['es', 'es', 'en'], the best first."""
    weighted = []
    for part in accepted.split(","):
        name, _, quality = part.partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if weight > 0:
            weighted.append((weight, name.strip().partition("-")[0].lower()))
    return [name for _, name in sorted(weighted, key=lambda pair: -pair[0])]
