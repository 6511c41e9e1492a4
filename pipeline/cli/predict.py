"""The command `predict`: the predictions of a model server for some images."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.errors import MedtfxError
from components.runtime.exit_codes import ExitCode
from components.runtime.text import one_line, quoted_cell
from pipeline.cli.options import (
    MEGAPIXELS,
    HomeOption,
    LabelOption,
    LogOption,
    MegapixelsOption,
    ModelOption,
    ShadowOption,
    TlsOptions,
    shadow_label,
)

if TYPE_CHECKING:
    from serving.protocol.prediction import Prediction


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files, DICOM included.")],
    *,
    server: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="gRPC port of a model server.")
    ] = "localhost:8500",
    model: ModelOption = None,
    version: Annotated[
        int | None, typer.Option(help="Version of the model. Default: the label's.")
    ] = None,
    label: LabelOption = None,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write the images with Grad-CAM heatmaps there."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for a request.")] = 30.0,
    connection: TlsOptions,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    log: LogOption = None,
    shadow: ShadowOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object per line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    home: HomeOption,
) -> None:
    """Get predictions for images from a model server.

    Exit code 1: an image has no prediction, or another error.
    """
    from serving.client import Client
    from serving.promotion.model_selection import choose_model, label_to_ask

    if as_json and as_csv:
        raise MedtfxError(
            "Predictions are printed in one format. Received: --json and --csv. Leave one out."
        )
    models = home.models
    name = choose_model(models, model)
    label = label_to_ask(models, name, version, label)
    encryption, pixels = connection.encryption(), max_megapixels * 10**6
    beside = shadow_label(shadow, log, server)
    with Client(
        server, name, timeout=timeout, tls=encryption, max_pixels=pixels, log=log, shadow=beside
    ) as client:
        predictions = client.predict(images, version, label, explain=explain is not None)
    if explain is not None:
        _write_overlays(predictions, explain, pixels)
    if as_json:
        _print_json(predictions)
    elif as_csv:
        _print_csv(predictions)
    else:
        _print_lines(predictions)
    if any(prediction.error for prediction in predictions):
        raise typer.Exit(ExitCode.FAILED)


def _write_overlays(predictions: Iterable["Prediction"], folder: Path, max_pixels: int) -> None:
    from components.imaging.images import read_image
    from serving.client.overlay import draw_overlay

    folder.mkdir(parents=True, exist_ok=True)
    names: Counter[str] = Counter()
    for prediction in predictions:
        if prediction.heatmap is not None:
            source = Path(prediction.source)
            read = read_image(source.read_bytes(), max_pixels=max_pixels)
            name = _overlay_name(source, prediction.label or "")
            names[name] += 1
            number = f"_{names[name]}" if names[name] > 1 else ""
            draw_overlay(read.encoded, prediction.heatmap).save(folder / f"{name}{number}.png")


def _overlay_name(source: Path, label: str) -> str:
    """Returns e.g. 'ward_film.dcm_COVID'.

    The label comes from a server, and must not lead to another folder.
    """
    return "_".join(filter(None, (source.parent.name, source.name, label.replace("/", "-"))))


def _as_row(prediction: "Prediction") -> dict[str, object]:
    return {
        "file": prediction.source,
        "label": prediction.label,
        "uncertain": prediction.uncertain,
        "out_of_distribution": prediction.out_of_distribution,
        "version": prediction.version,
        "error": prediction.error,
        "probabilities": dict(prediction.probabilities),
    }


def _print_json(predictions: Iterable["Prediction"]) -> None:
    for prediction in predictions:
        typer.echo(json.dumps(_as_row(prediction)))


def _print_csv(predictions: list["Prediction"]) -> None:
    classes = next((list(p.probabilities) for p in predictions if p.probabilities), [])
    plain = ["file", "label", "uncertain", "out_of_distribution", "version", "error"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*plain, *(f"p_{one_line(name)}" for name in classes)])
    for prediction in predictions:
        row = _as_row(prediction)
        values = [prediction.probabilities.get(name, "") for name in classes]
        cells = ("" if row[key] is None else _cell(row[key]) for key in plain)
        writer.writerow([*cells, *values])


def _cell(value: object) -> object:
    return quoted_cell(one_line(value)) if isinstance(value, str) else value


def _print_lines(predictions: Iterable["Prediction"]) -> None:
    for prediction in predictions:
        if prediction.error:
            typer.echo(one_line(f"{prediction.source}: no prediction: {prediction.error}"))
            continue
        shares = ", ".join(
            f"{name} {value:.3f}" for name, value in prediction.probabilities.items()
        )
        caution = " (uncertain)" if prediction.uncertain else ""
        if prediction.out_of_distribution:
            caution = " (unlike the training images)"
        typer.echo(
            one_line(
                f"{prediction.source}: {prediction.label}{caution}: {shares} "
                f"[version {prediction.version}]"
            )
        )
