"""Who decides: the user of the system, or the name of `--by` where the site allows it."""

import os
import pwd
from typing import Annotated

import typer

from components.runtime.environment import ALLOW_BY
from components.runtime.errors import MedtfxError

ByOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Who decides. Default: the user of the system; another name needs ${ALLOW_BY}=yes.",
    ),
]


def decided_by(by: str | None) -> str:
    """Returns the name that goes on record.

    Args:
        by: the value of `--by`.

    Raises:
        MedtfxError: the name is empty, or not that of the user, or the user has none.
    """
    if by is not None and not by.strip():
        raise MedtfxError("A decision needs a name: --by NAME. Received an empty name.")
    user = system_user()
    name = user if by is None else by.strip()
    if name is not None and (name == user or ALLOW_BY.get() == "yes"):
        return name
    if user is None:
        raise MedtfxError(
            f"A decision needs a name, and the system has none for user {os.getuid()}. Give "
            f"--by NAME, and set {ALLOW_BY}=yes, which allows it."
        )
    raise MedtfxError(
        f"A decision is recorded under the name of the user who makes it: {user}. Received: "
        f"--by {by!r}. Leave --by out; a site whose people share a user sets {ALLOW_BY}=yes."
    )


def system_user() -> str | None:
    """Returns who runs this process by the system, whatever $USER says.

    Returns:
        The name; None where the system has only a number, as in a container.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None
