"""The token that a caller shows a model server: from an argument, the environment or a file."""

import os
import secrets
from pathlib import Path

from components.runtime.environment import RELOAD_TOKEN, SERVING_TOKEN
from serving.protocol.errors import ServingError

TOKEN_FILE = "reload.token"
MIN_TOKEN = 16  # characters
_OTHERS = 0o077


def token_from_environment() -> str | None:
    """Returns `$MEDTFX_SERVING_TOKEN`, or None."""
    return SERVING_TOKEN.get() or None


def bearer(token: str) -> str:
    """Returns the value of `authorization` for a token."""
    return f"Bearer {token}"


def metadata_of(token: str | None) -> tuple[tuple[str, str], ...]:
    """Returns the gRPC metadata that shows a token."""
    return () if token is None else (("authorization", bearer(token)),)


def check_length(token: str | None) -> None:
    """Checks that a token is long enough, if there is one.

    Raises:
        ServingError: it is not.
    """
    if token is not None and len(token) < MIN_TOKEN:
        raise ServingError(
            f"A token has at least {MIN_TOKEN} characters. Received: one of {len(token)}. "
            "`openssl rand -hex 24` makes a good one."
        )


def new_token() -> str:
    """Makes a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def reload_token(models: Path) -> str:
    """Returns the token that a request for another configuration has to show.

    Without `$MEDTFX_RELOAD_TOKEN` it lies in `<models>/reload.token`, which is made if it is
    missing: so a server and the commands of the same user share it, and nobody types it.

    Raises:
        ServingError: others can read the file, it holds no token, or it can't be written.
    """
    token, path = RELOAD_TOKEN.get(), models / TOKEN_FILE
    if token:
        return token
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_token(path)
    except OSError as error:
        raise ServingError(
            f"A reload needs a token, and {path} can't be written: {error.strerror}. Give one in "
            f"${RELOAD_TOKEN}."
        ) from error
    token = new_token()
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{token}\n")
    return token


def read_token(path: Path) -> str:
    """Reads a file that `reload_token` made.

    Raises:
        ServingError: others can read the file, or it holds no token.
        OSError: it can't be read.
    """
    if path.stat().st_mode & _OTHERS:
        raise ServingError(
            f"A token is a secret, but others can read {path}. Delete the file; the server makes "
            "another."
        )
    token = path.read_text(encoding="utf-8").strip()
    if len(token) < MIN_TOKEN or not (token.isascii() and token.isprintable()):
        raise ServingError(f"{path} holds no token. Delete the file; the server makes another.")
    return token
