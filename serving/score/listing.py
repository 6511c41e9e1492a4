"""The images below a folder, in the order of the rows."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from components.imaging.candidates import image_files, may_be_unnamed
from components.runtime.text import one_line
from components.storage import files
from serving.score.errors import ScoreError

NO_SUFFIX = "without suffix"


@dataclass(frozen=True)
class ImageFolder:
    """What a folder holds. Only names are kept.

    Attributes:
        root: the folder.
        images: paths below it with forward slashes, in the order of `one_line(path)`.
        left_out: suffix (or `NO_SUFFIX`) → number of files that are no image.
    """

    root: Path
    images: tuple[str, ...]
    left_out: Counter[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The images as the CSV names them, ascending."""
        return tuple(map(one_line, self.images))


def list_images(folder: Path) -> ImageFolder:
    """Lists the images of a local folder, however deep; hidden files are not looked at.

    A known suffix decides, otherwise the first bytes do, as for training.

    Raises:
        ScoreError: the folder is missing, or holds no image.
        OSError: a folder can't be listed.
    """
    if not folder.is_dir():
        raise ScoreError(f"There is no folder {str(folder)!r} to score. Check the path.")
    names = [found.relative for found in files.walk(str(folder))]
    images = image_files(str(folder), names)
    left_out = Counter(suffix_of(name) for name in names if name not in images)
    if not images:
        others = f" but {left_out_text(left_out)}" if left_out else ""
        raise ScoreError(
            f"No image lies below {str(folder)!r}{others}. An image has the suffix .png, .jpg, "
            ".bmp, .tif, .gif, .webp or .dcm; or none, and begins as one of them."
        )
    return ImageFolder(folder, tuple(sorted(images, key=one_line)), left_out)


def suffix_of(name: str) -> str:
    """Returns the suffix of a file that is no image, for counting: '.txt', or `NO_SUFFIX`."""
    if may_be_unnamed(name):
        return NO_SUFFIX
    return one_line(PurePosixPath(name).suffix.lower()) or NO_SUFFIX


def left_out_text(left_out: Counter[str]) -> str:
    """Returns '3 files that are no images (2 .txt, 1 without suffix)'."""
    total = left_out.total()
    kinds = ", ".join(f"{number} {kind}" for kind, number in left_out.most_common(5))
    more = ", ..." if len(left_out) > 5 else ""
    what = "file that is no image" if total == 1 else "files that are no images"
    return f"{total} {what} ({kinds}{more})"
