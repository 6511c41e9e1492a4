"""YAML files with a comment on top."""

from collections.abc import Mapping
from typing import Any

import yaml

_MADE = "Made by `medtfx serving-config` from a recipe: edit that, and make it again."


class _Plain(yaml.SafeDumper):
    """Writes as people do: lines stay lines, and what occurs twice is there twice, without `&`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Plain.add_representer(str, _text)


def to_yaml(comment: str, *documents: Mapping[str, Any]) -> str:
    """Returns the text of a YAML file.

    Args:
        comment: for the top of the file; lines are separated by newlines.
        documents: in their order, keys in theirs.
    """
    head = "".join(f"# {line}".rstrip() + "\n" for line in (_MADE, *comment.splitlines()))
    texts = [
        yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
        for document in documents
    ]
    return head + "---\n".join(texts)
