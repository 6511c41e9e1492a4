"""Writes the folder that an image is built from: Dockerfile, locked dependencies, sources.

It holds what the image needs and nothing else, so that no data, key or checkout can get in.
"""

import shlex
import shutil
from importlib import metadata
from pathlib import Path

from kubeflow.errors import KubeflowError

PACKAGES = ("components", "kubeflow", "pipeline", "serving")
# Beside the packages, for pip.
_FILES = ("pyproject.toml", "LICENSE")
_MARK = "# Written by `medtfx kubeflow image`\n"
# What a build must not pick up, should somebody put it into the folder.
_IGNORED = ("**/__pycache__", "**/.*", "**/*.key", "**/*.pem", "medtfx-home")
# Of stack `wide`; the other's is the default in the Dockerfile.
_WIDE_BASE = "python:3.10-slim-bookworm"


def write_context(out: Path, variant: str, stack: str) -> None:
    """Writes the build context.

    Args:
        out: a new or empty folder, or one that this function wrote.
        variant: `cpu`, `gpu` or `app`.
        stack: `current` or `wide`.

    Raises:
        KubeflowError: there is no such image, no checkout to take it from, or `out` holds
            something else.
    """
    root = Path(__file__).parents[2]
    lock = root / "requirements" / lock_name(variant, stack)
    if not lock.is_file():
        raise KubeflowError(
            f"An image is built from a checkout of medtfx, and {root} has no requirements/"
            f"{lock.name}. Run the command of the checkout's .venv."
        )
    _make_empty(out)
    shutil.copy(dockerfile(variant), out / "Dockerfile")
    (out / ".dockerignore").write_text(_MARK + "".join(f"{line}\n" for line in _IGNORED))
    shutil.copy(lock, out / "requirements.txt")
    (out / "source").mkdir()
    for name in _FILES:
        shutil.copy(root / name, out / "source")
    for name in PACKAGES:
        shutil.copytree(
            root / name,
            out / "source" / name,
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.pyc"),
        )


def dockerfile(variant: str) -> Path:
    """Returns the Dockerfile of an image."""
    return Path(__file__).with_name("Dockerfile.app" if variant == "app" else "Dockerfile")


def build_arguments(variant: str, stack: str) -> dict[str, str]:
    """Returns the build arguments of an image, beside the defaults in its Dockerfile."""
    arguments = {"VERSION": metadata.version("medtfx")}
    if variant == "gpu":
        arguments |= {"VARIANT": "gpu", "NVIDIA_VISIBLE_DEVICES": "all"}
    if variant != "app" and stack == "wide":
        arguments |= {"BASE": _WIDE_BASE, "STACK": "wide"}
    return arguments


def build_commands(out: Path, variant: str, stack: str) -> list[str]:
    """Returns the commands, one a builder, that build the image from its folder."""
    arguments = build_arguments(variant, stack)
    words = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
    suffix = "" if variant == "cpu" else f"-{variant}"
    words += ["--tag", f"REGISTRY/medtfx:{arguments['VERSION']}{suffix}", str(out)]
    # Without --layers, buildah makes one layer of all, which each change of the code moves again.
    return [
        shlex.join([*builder, *words])
        for builder in (["docker", "build"], ["buildah", "build", "--layers"])
    ]


def lock_name(variant: str, stack: str) -> str:
    """Returns the name of the lock of an image.

    Raises:
        KubeflowError: there is no such image.
    """
    if variant == "app":
        return "image-app.txt"
    if variant == "gpu" and stack != "current":
        raise KubeflowError("The image with CUDA libraries exists for --stack current only.")
    return f"image-{stack}{'-gpu' if variant == 'gpu' else ''}.txt"


def _make_empty(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()):
        ours = out / ".dockerignore"
        if not ours.is_file() or not ours.read_text(encoding="utf-8").startswith(_MARK):
            raise KubeflowError(
                f"--out must be a new or empty folder: {str(out)!r} holds something else."
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
