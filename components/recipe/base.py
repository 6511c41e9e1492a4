"""What the sections of a recipe have in common."""

import inspect
import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Rate = Annotated[float, Field(gt=0.0, lt=1.0)]

_ENTRY = re.compile(r"^    (\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


class Section(BaseModel):
    """A part of a recipe: immutable, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def plain(self) -> dict:
        """Returns the section as JSON-able values, for a node's `custom_config`."""
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def meanings(cls) -> dict[str, str]:
        """Returns key → what it means, as the docstring's `Attributes` say: for the reference."""
        entries = inspect.cleandoc(cls.__doc__ or "").partition("Attributes:\n")[2]
        return {
            cls.model_fields[name].alias or name: " ".join(text.split())
            for name, text in _ENTRY.findall(entries)
        }
