"""The commands around a pushed model: `serve` and `predict`."""

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from components.runtime.errors import MedtfxError
from pipeline.cli.options import (
    MEGAPIXELS,
    ClientCertificateOption,
    ClientKeyOption,
    MegapixelsOption,
    RootCertificatesOption,
    TlsOption,
    tls_of,
)
from pipeline.home import Home

if TYPE_CHECKING:
    from serving.client.prediction import Prediction

SOME_FAILED = 1

HomeOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option("--home", help="The home whose models are meant [$MEDTFX_HOME, medtfx-home]."),
]


def serve(
    model_base: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--model-base", help="Folder of pushed models [<home>/models]."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="gRPC port.")] = 8500,
    rest_port: Annotated[int, typer.Option(help="REST port.")] = 8501,
    models_config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--models-config", help="A models.config as TensorFlow Serving reads it."),
    ] = None,
    certificate: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="PEM of the certificate (chain), for TLS on both ports."),
    ] = None,
    key: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="FILE", help="PEM of the certificate's key."),
    ] = None,
    allow_reload: Annotated[
        bool, typer.Option("--allow-reload", help="Take over what `promote --server` sends.")
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Beyond loopback without TLS or a token.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Serve pushed models with TensorFlow Serving's protocol, until Ctrl-C.

    With a token in $MEDTFX_SERVING_TOKEN, every request has to show it.
    """
    from serving.embedded.server import Settings, serve
    from serving.protocol.token import reload_token, token_from_environment

    base = model_base or Home.at(home).models
    token = token_from_environment()
    settings = Settings(
        host=host, grpc_port=port, rest_port=rest_port, models_config=models_config,
        certificate=certificate, key=key, token=token, insecure=insecure,
        reload_token=reload_token(base) if allow_reload else None,
    )  # fmt: skip
    serve(
        base,
        settings,
        when_ready=lambda server: typer.echo(
            f"Serving {base}: gRPC on {server.address}, REST on port {server.rest_port}. "
            "Ctrl-C ends it."
        ),
    )


def predict(
    images: Annotated[list[Path], typer.Argument(help="Image files, DICOM too.")],
    server: Annotated[str, typer.Option(help="HOST:PORT of the gRPC port.")] = "localhost:8500",
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the model [the only one in the home]."),
    ] = None,
    version: Annotated[Optional[int], typer.Option(help="Of the model [as --label].")] = None,  # noqa: UP045
    label: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Such as canary [stable once promoted, else the newest]."),
    ] = None,
    explain: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(metavar="OUT_DIR", help="Write Grad-CAM overlays there."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds for a request.")] = 30.0,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV.")] = False,
    home: HomeOption = None,
) -> None:
    """Ask a model server about images. Exit code 1 if any image has no answer."""
    from serving.client import Client
    from serving.promotion.model_selection import choose_model, label_to_ask

    if as_json and as_csv:
        raise MedtfxError("An answer is printed in one format. Received: --json and --csv.")
    models = Home.at(home).models
    name = choose_model(models, model)
    label = label_to_ask(models, name, version, label)
    encryption = tls_of(tls, root_certificates, client_certificate, client_key)
    pixels = max_megapixels * 10**6
    with Client(server, name, timeout=timeout, tls=encryption, max_pixels=pixels) as client:
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
        raise typer.Exit(SOME_FAILED)


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
    """Returns 'ward_film.dcm_COVID'; the label is a server's word, and must not lead elsewhere."""
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
        typer.echo(json.dumps(_as_row(prediction), ensure_ascii=False))


def _print_csv(predictions: list["Prediction"]) -> None:
    classes = next((list(p.probabilities) for p in predictions if p.probabilities), [])
    plain = ["file", "label", "uncertain", "out_of_distribution", "version", "error"]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*plain, *(f"p_{name}" for name in classes)])
    for prediction in predictions:
        row = _as_row(prediction)
        values = [prediction.probabilities.get(name, "") for name in classes]
        writer.writerow([*("" if row[key] is None else row[key] for key in plain), *values])


def _print_lines(predictions: Iterable["Prediction"]) -> None:
    for prediction in predictions:
        if prediction.error:
            typer.echo(f"{prediction.source}: no answer: {prediction.error}")
            continue
        shares = ", ".join(
            f"{name} {value:.3f}" for name, value in prediction.probabilities.items()
        )
        uncertainty = " (uncertain)" if prediction.uncertain else ""
        uncertainty = " (out of distribution)" if prediction.out_of_distribution else uncertainty
        answer = f"{prediction.label}{uncertainty}: {shares}"
        typer.echo(f"{prediction.source}: {answer} [version {prediction.version}]")
