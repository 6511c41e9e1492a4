"""How HTML pages are made of templates."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def html_environment(folder: Path) -> Environment:
    """Returns Jinja's environment for the templates of a folder.

    Values are escaped, so that a file name or a label can't become markup; an unknown name in a
    template is an error; lines that hold only a tag of Jinja leave no empty line.

    Args:
        folder: of the templates.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
