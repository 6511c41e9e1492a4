"""The command `dicom-fetch`: images of a PACS as a training folder, de-identified."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.errors import MedtfxError
from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import HomeOption, TlsOptions
from serving.dicom.fetch.profile import Retain

if TYPE_CHECKING:
    from serving.dicom.fetch.archive import Archive


def dicom_fetch(
    *,
    labels: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="CSV with the columns `accession` and `label`: what to fetch."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Gets a folder of images per label, and manifest.csv."),
    ],
    pacs: Annotated[
        str | None,
        typer.Option(metavar="AET@HOST:PORT", help="The PACS, asked by C-FIND and C-GET."),
    ] = None,
    move_port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Fetch by C-MOVE instead of C-GET: images arrive on this port."
        ),
    ] = None,
    ae_title: Annotated[str, typer.Option(help="Own AE title, as the PACS knows it.")] = "MEDTFX",
    dicomweb: Annotated[
        str | None,
        typer.Option(metavar="URL", help="The PACS instead by its DICOMweb services."),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="What must match besides, such as Modality=DX or StudyDate=20260101-. Repeatable.",
        ),
    ] = None,
    retain: Annotated[
        list[Retain] | None,
        typer.Option(help="Option of the confidentiality profile. Repeatable. Default: none."),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds after which a silent PACS counts as away.")
    ] = 60.0,
    connection: TlsOptions,
    home: HomeOption,
) -> None:
    """Make a training folder of images of a PACS, de-identified.

    By the Basic Application Level Confidentiality Profile (DICOM PS3.15, annex E); the pixels stay
    as they are. The same command again goes on where it stopped. Exit code 1: something is missing
    or failed, see manifest.csv.
    """
    from components.storage.patient_key import patient_key
    from serving.dicom.fetch.archive import parse_query
    from serving.dicom.fetch.fetch import Fetcher
    from serving.dicom.fetch.labels import read_labels
    from serving.dicom.fetch.manifest import Outcome
    from serving.dicom.fetch.profile import read_profile
    from serving.dicom.fetch.pseudonyms import Pseudonyms

    _check_retain(retain or [])
    wanted, keys = read_labels(labels), parse_query(query or [])
    archive = _archive(pacs, move_port, ae_title, dicomweb, timeout, connection)
    pseudonyms = Pseudonyms(patient_key(str(home.root)))
    fetcher = Fetcher(archive, out, read_profile(set(retain or [])), pseudonyms)
    with typer.progressbar(wanted, label="Studies", show_pos=True) as studies:
        counts = fetcher.fetch(studies, keys)
    said = ", ".join(f"{counts[one]} {one.value}" for one in Outcome if counts[one])
    typer.echo(f"{said or 'Nothing is left to fetch'}. See {fetcher.manifest_file}.")
    if fetcher.last_failure:
        typer.echo(f"The PACS failed: {fetcher.last_failure}.", err=True)
    if counts[Outcome.MISSING] or counts[Outcome.FAILED]:
        raise typer.Exit(ExitCode.FAILED)


def _check_retain(retain: list[Retain]) -> None:
    if {Retain.FULL_DATES, Retain.MODIFIED_DATES} <= set(retain):
        raise MedtfxError(
            "Dates are kept or moved. Received: --retain full-dates and --retain modified-dates. "
            "Leave one out."
        )


def _archive(
    pacs: str | None,
    move_port: int | None,
    ae_title: str,
    dicomweb: str | None,
    timeout: float,
    connection: TlsOptions,
) -> "Archive":
    if (pacs is None) == (dicomweb is None):
        raise MedtfxError(
            "Images come from one PACS: --pacs AET@HOST:PORT, or --dicomweb URL. Received: "
            f"{'neither' if pacs is None else 'both'}."
        )
    tls = connection.encryption()
    if pacs is not None:
        from serving.dicom.fetch.address import check_title, parse_address
        from serving.dicom.fetch.dimse import DimseArchive, Node

        title, host, port = parse_address(pacs)
        context = tls.context() if tls else None
        own = check_title(ae_title)
        return DimseArchive(Node(title, host, port, own, move_port, context, timeout))
    from components.runtime.environment import DICOMWEB_TOKEN
    from serving.dicom.fetch.dicom_web import DicomWebArchive

    if not (dicomweb or "").startswith(("http://", "https://")):
        raise MedtfxError(
            "--dicomweb is the address of the services, such as https://pacs.example/dicom-web. "
            f"Received: {dicomweb!r}."
        )
    if move_port is not None:
        raise MedtfxError("C-MOVE is of --pacs. Leave --move-port out with --dicomweb.")
    return DicomWebArchive(dicomweb or "", DICOMWEB_TOKEN.get() or None, tls, timeout)
