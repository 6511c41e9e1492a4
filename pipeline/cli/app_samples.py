"""Artificial radiographs to try the web page with, for a model that was trained on such."""

from pathlib import Path

# Other patients than those of `medtfx sample-data`, so that the model has not seen them.
_SEED, _PATIENTS, _SIDE = 2026, 20, 320
_FORMATS = {"COVID": ("png", "dicom"), "NORMAL": ("dicom", "jpeg"), "PNEUMONIA": ("jpeg", "png-16")}


def draw_samples(model: Path, out: Path) -> Path | None:
    """Draws two images of each class, if the model has these classes; takes about a second.

    Args:
        model: folder of a pushed model, `<models>/<name>`.
        out: an empty folder.

    Returns:
        `out`, or None for a model of other classes.

    Raises:
        VersionError: there is no such model.
    """
    from pipeline.sample_data import CLASSES, draw_radiograph, plan_films
    from pipeline.sample_data.encode import encode
    from serving.promotion.versions import list_versions

    labels = model / str(list_versions(model).current) / "assets" / "labels.txt"
    if not labels.is_file() or tuple(labels.read_text(encoding="utf-8").split()) != CLASSES:
        return None
    films = plan_films(_PATIENTS, _SEED, _SIDE)
    for label, formats in _FORMATS.items():
        for number, kind in enumerate(formats, 1):
            film = next(f for f in films if (f.patient.label, f.format) == (label, kind))
            name = f"{label.lower()}-{number}{Path(film.path).suffix}"
            (out / name).write_bytes(encode(draw_radiograph(film, _SEED), film, _SEED))
    return out
