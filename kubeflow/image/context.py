"""Writes the folder that an image is built from: Dockerfile, locked dependencies, sources.

It holds what the image needs and nothing else, so that no data, key or checkout can get in.
"""

import shutil
from importlib import metadata
from pathlib import Path

from kubeflow.errors import KubeflowError
from kubeflow.image.dockerfile import dockerfile

PACKAGES = ("components", "kubeflow", "pipeline", "serving")
# Beside the packages, for pip.
_FILES = ("pyproject.toml", "LICENSE")
_MARK = "Written by `medtfx kubeflow image`"
# Last things that a build may pick up by mistake, should somebody put them here.
_IGNORED = ("**/__pycache__", "**/.*", "**/*.key", "**/*.pem", "medtfx-home")


def write_context(out: Path, variant: str, stack: str) -> list[Path]:
    """Writes the build context and returns its files and folders.

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
    text = dockerfile(variant, stack, metadata.version("medtfx"))
    (out / "Dockerfile").write_text(text, encoding="utf-8")
    (out / ".dockerignore").write_text("".join(f"{line}\n" for line in _IGNORED))
    shutil.copy(lock, out / "requirements.txt")
    for name in _FILES:
        (out / "source").mkdir(exist_ok=True)
        shutil.copy(root / name, out / "source")
    for name in PACKAGES:
        shutil.copytree(
            root / name,
            out / "source" / name,
            ignore=shutil.ignore_patterns("__pycache__", ".*", "*.pyc"),
        )
    return [out / name for name in ("Dockerfile", ".dockerignore", "requirements.txt", "source")]


def lock_name(variant: str, stack: str) -> str:
    """Returns the name of the lock of an image.

    Raises:
        KubeflowError: there is no such image.
    """
    if variant == "app":
        return "image-app.txt"
    if variant == "gpu" and stack != "current":
        raise KubeflowError("The image with CUDA libraries is of --stack current alone.")
    return f"image-{stack}{'-gpu' if variant == 'gpu' else ''}.txt"


def _make_empty(out: Path) -> None:
    if out.is_dir() and any(out.iterdir()):
        ours = out / "Dockerfile"
        if not ours.is_file() or _MARK not in ours.read_text(encoding="utf-8", errors="replace"):
            raise KubeflowError(
                f"--out is to be a new or empty folder: {str(out)!r} holds something else."
            )
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
