"""Keys of a site, a model of three files, and the ways in which its files can change."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from components.saved_model.manifest import write_manifest


class Keys:
    """PEM files: `private` and `public` belong together, `other` is somebody else's public key."""

    def __init__(self, folder: Path):
        self.private, self.public, self.other = (
            folder / name for name in ("key.pem", "key.pub.pem", "other.pub.pem")
        )
        own, another = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.private.write_bytes(
            own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.private.chmod(0o600)
        for path, key in ((self.public, own), (self.other, another)):
            public = key.public_key()
            path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def write_model(folder: Path) -> Path:
    """Writes three files, which no server could load, and their manifest; returns the folder."""
    for name in ("saved_model.pb", "variables/variables.index", "assets/labels.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("covid\nnormal" if name.startswith("assets") else name)
    write_manifest(folder)
    return folder


def _flip(folder: Path) -> None:
    content = bytearray((folder / "variables/variables.index").read_bytes())
    content[0] ^= 1
    (folder / "variables/variables.index").write_bytes(content)


def _swap(folder: Path) -> None:
    labels = folder / "assets/labels.txt"
    labels.write_text("\n".join(reversed(labels.read_text().split())))


def _link(folder: Path) -> None:
    graph = folder / "saved_model.pb"
    os.rename(graph, folder.parent / "graph")
    graph.symlink_to(folder.parent / "graph")


# What the error says → what is done to the folder.
CHANGES: dict[str, Callable[[Path], object]] = {
    "variables/variables.index was changed": _flip,
    "assets/labels.txt was changed": _swap,
    "assets/labels.txt is missing": lambda folder: (folder / "assets/labels.txt").unlink(),
    "extra.so was added": lambda folder: (folder / "extra.so").write_text(""),
    ".hidden was added": lambda folder: (folder / ".hidden").write_text(""),
    "elsewhere was added": lambda folder: (folder / "elsewhere").symlink_to("/"),
    "saved_model.pb was changed": _link,
}
