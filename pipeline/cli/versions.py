"""The commands about pushed versions: `versions` lists them, `verify-model` checks one."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.environment import VERIFICATION_KEY
from components.runtime.errors import MedtfxError, VersionError
from components.runtime.exit_codes import ExitCode
from pipeline.cli.options import HomeOption

if TYPE_CHECKING:
    from serving.promotion.inventory import Found


def versions(
    model: Annotated[
        str | None, typer.Argument(help="Name of a pushed model. Default: all of them.")
    ] = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Remove versions without a manifest or with missing files, and what stopped "
            "pushes left, once nothing in them changed for an hour. Labelled ones stay.",
        ),
    ] = False,
    *,
    home: HomeOption,
) -> None:
    """List pushed versions, and what is changed or incomplete.

    With their labels, whether they are signed, and what stopped pushes left.

    Exit code 1: some are not as they were pushed.
    """
    from serving.promotion.inventory import prune as remove
    from serving.promotion.inventory import take_inventory

    names = [model] if model is not None else _models(home.models)
    found = [one for name in names for one in take_inventory(home.models / name)]
    _print_table(found)
    if prune:
        removed, kept = remove(found)
        for one in removed:
            typer.echo(f"Removed {one.folder}.")
        for one in kept:
            typer.echo(f"Kept {one.folder}: it has a label, or was changed within the last hour.")
        found = [one for one in found if one not in removed]
    for one in found:
        if one.fault:
            typer.echo(f"{one.folder}: {one.fault}", err=True)
    if any(one.fault for one in found):
        raise typer.Exit(ExitCode.FAILED)


def verify_model(
    version: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER|MODEL/VERSION",
            help="A version, or a folder of versions: then each of them is checked.",
        ),
    ],
    public_key: Annotated[
        Path | None,
        typer.Option(
            help="PEM file: the site's public key, or its authority's certificate. Default: "
            f"${VERIFICATION_KEY}; without it, digests alone are checked."
        ),
    ] = None,
    models_config: Annotated[
        Path | None,
        typer.Option(
            help="A models.config file of TensorFlow Serving: of a folder of versions, only those "
            "that it names are checked."
        ),
    ] = None,
    *,
    home: HomeOption,
) -> None:
    """Check that a pushed version is whole and unchanged.

    With a key, also that the site signed it.

    Exit code 1: it is not; the message names each file.
    """
    from components.saved_model.signature import check_model, is_signed

    keyed = public_key is not None or bool(VERIFICATION_KEY.get())
    faults = []
    for folder in _folders(version, home.models, models_config):
        try:
            check_model(folder, public_key)
        except MedtfxError as error:
            faults.append(str(error))
            continue
        signed = "signed by the site" if keyed else "its signature not checked, for lack of a key"
        typer.echo(f"{folder}: unchanged, {signed if is_signed(folder) else 'unsigned'}.")
    if faults:
        raise VersionError("\n".join(faults))


def _models(models: Path) -> list[str]:
    if not models.is_dir():
        raise VersionError(f"No model has been pushed to {models}. `medtfx run` trains one.")
    return sorted(path.name for path in models.iterdir() if path.is_dir())


def _folders(version: str, models: Path, models_config: Path | None) -> list[Path]:
    """Returns the folder that is meant, or those of the versions in it."""
    from serving.promotion.labels import served_versions
    from serving.promotion.models_config import find_model, read_models_config

    folder = next((one for one in (Path(version), models / version) if one.is_dir()), None)
    if folder is None:
        raise VersionError(
            "A version is a folder, or MODEL/VERSION of the home. Received: "
            f"{version!r}; there is neither this folder nor {models / version}."
        )
    numbers = [path for path in folder.iterdir() if re.fullmatch("[0-9]+", path.name)]
    if (folder / "saved_model.pb").exists() or not numbers:
        return [folder]
    if models_config is not None:
        named = served_versions(find_model(read_models_config(models_config), folder.name))
        if named is not None:
            return [folder / str(number) for number in named]
    return sorted(numbers, key=lambda path: int(path.name))


def _print_table(found: "list[Found]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "version", "state", "labels", "signature", box=None)
    for one in found:
        parent = one.folder.parent
        model = parent.parent.name if one.state == "withdrawn" else parent.name
        signature = "signed" if one.signed else "unsigned"
        table.add_row(model, one.folder.name, one.state, ", ".join(one.labels) or "-", signature)
    if found:
        Console().print(table)
    else:
        typer.echo("No version has been pushed.")
