"""The settings of the web page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from components.imaging.images import MAX_PIXELS
from serving.protocol.tls import Tls

MEGABYTE = 10**6
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")  # as in the Host header


@dataclass(frozen=True)
class Limits:
    """What one upload may be.

    Attributes:
        file_bytes: of one image.
        request_bytes: of all images of an upload, with the little around them.
        files: images in one upload.
        pixels: of one image (width x height); more are not decoded.
        seconds: until an upload has to be complete.
        uploads: that are decoded at the same time; others wait for their turn. So many of the
            largest size are in memory; beyond, an upload is refused.
    """

    file_bytes: int = 50 * MEGABYTE
    request_bytes: int = 200 * MEGABYTE
    files: int = 20
    pixels: int = MAX_PIXELS
    seconds: float = 120.0
    uploads: int = 4


@dataclass(frozen=True)
class Settings:
    """How the page works.

    Attributes:
        model: name of the model that is asked.
        address: returns 'host:port' of the model server's gRPC port, or None while it starts.
        tls: how the connection to the model server is encrypted; None for plain text.
        server_token: shown to the model server; None for `$MEDTFX_SERVING_TOKEN`, if it is set.
        label: returns the version label to ask for, or None for the highest version served. It is
            called for each image: a promotion must not wait until the page is started again.
        audit_log: JSON lines, one for each image; see `audit.py`.
        request_log: folder of the request log, or its address at s3://, or None.
        shadow: label of a version that is asked too, for the request log alone; None: no version.
        samples: folder of images that are offered to try, or None.
        token: that a visitor has to know; None lets everybody in.
        hosts: names under which the page may be addressed; '*' is any. With a fixed list, a
            foreign site can't send a browser here under its own name (DNS rebinding).
        language: of the page where the visitor did not choose; None asks the browser.
        timeout: seconds that the model server has for one image.
        limits: of an upload.
        refusal_pause: seconds before a wrong token gets its response.
    """

    model: str
    address: Callable[[], str | None]
    audit_log: Path
    request_log: Path | str | None = None
    shadow: str | None = None
    label: Callable[[], str | None] = lambda: None
    tls: Tls | None = None
    server_token: str | None = field(default=None, repr=False)
    samples: Path | None = None
    token: str | None = field(default=None, repr=False)
    hosts: tuple[str, ...] = LOOPBACK_NAMES
    language: str | None = None
    timeout: float = 30.0
    limits: Limits = Limits()
    refusal_pause: float = 1.0
