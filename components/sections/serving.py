"""The section `serving`: what is served."""

import re

from pydantic import field_validator

from components.sections.base import Section, Share


class ServingSection(Section):
    """What is served.

    Attributes:
        model_name: of the pushed model; by default the recipe's name.
        uncertain_below: an answer whose top probability is lower says `uncertain`.
    """

    model_name: str | None = None
    uncertain_below: Share = 0.5

    @field_validator("model_name")
    @classmethod
    def _plain_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is a folder name: letters, digits, `_`, `.` and `-`")
        return name
