"""The commands that decide which version answers: `promote`, `canary`, `rollback`, `promotions`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pipeline.cli.options import (
    ClientCertificateOption,
    ClientKeyOption,
    RootCertificatesOption,
    TlsOption,
    tls_of,
)
from pipeline.home import Home

if TYPE_CHECKING:
    from serving.promotion.label_move import Move, PromotionTarget
    from serving.promotion.promote import Approval
    from serving.protocol.tls import Tls

NOT_YET = 3

ModelArgument = Annotated[str, typer.Argument(help="Name of the pushed model.")]
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it)
    typer.Option("--config", help="The models.config to change [<home>/models/models.config]."),
]
ServerOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--server", help="HOST:PORT (gRPC) of a server to take over at once. Repeatable."),
]
ByOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--by", help="Who answers for it [the user of this machine]."),
]
NoteOption = Annotated[str, typer.Option("--note", help="The reason, for the journal.")]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", help="Seconds for a server to load a version.", min=1.0)
]
HomeOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--home", help="The home whose models are meant [$MEDTFX_HOME, medtfx-home]."),
]


def promote(
    model: ModelArgument,
    version: Annotated[Optional[int], typer.Argument(help="Default: the newest.")] = None,  # noqa: UP045
    label: Annotated[str, typer.Option(help="The label to move.")] = "stable",
    config: ConfigOption = None,
    server: ServerOption = None,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    by: ByOption = None,
    note: NoteOption = "",
    timeout: TimeoutOption = 300.0,
    home: HomeOption = None,
) -> None:
    """Move a label to a version. Exit code 3: to be repeated once servers have loaded it."""
    from serving.promotion import promote as promotion

    encryption = tls_of(tls, root_certificates, client_certificate, client_key) if server else None
    place = _target(home, config, server, timeout, encryption)
    move = promotion.promote(place, model, version, label, _approval(by, note))
    _tell(move, place, "promote")


def canary(
    model: ModelArgument,
    version: Annotated[Optional[int], typer.Argument(help="Default: the newest.")] = None,  # noqa: UP045
    config: ConfigOption = None,
    server: ServerOption = None,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    by: ByOption = None,
    note: NoteOption = "",
    timeout: TimeoutOption = 300.0,
    home: HomeOption = None,
) -> None:
    """Serve a version beside the stable one, under the label canary."""
    files = (root_certificates, client_certificate, client_key)
    promote(model, version, "canary", config, server, tls, *files, by, note, timeout, home)


def rollback(
    model: ModelArgument,
    version: Annotated[Optional[int], typer.Argument(help="Default: the one before.")] = None,  # noqa: UP045
    label: Annotated[str, typer.Option(help="The label to move back.")] = "stable",
    config: ConfigOption = None,
    server: ServerOption = None,
    tls: TlsOption = None,
    root_certificates: RootCertificatesOption = None,
    client_certificate: ClientCertificateOption = None,
    client_key: ClientKeyOption = None,
    by: ByOption = None,
    note: NoteOption = "",
    timeout: TimeoutOption = 300.0,
    home: HomeOption = None,
) -> None:
    """Serve an earlier version again. Newer ones are set aside, not deleted."""
    from serving.promotion import promote as promotion

    encryption = tls_of(tls, root_certificates, client_certificate, client_key) if server else None
    place = _target(home, config, server, timeout, encryption)
    if config is not None or server or promotion.has_label(place.config, model, label):
        approval = _approval(by, note)
        move = promotion.roll_back_label(place, model, version, label, approval)
        _tell(move, place, "rollback")
    else:
        _withdraw(place.models / model, version, _approval(by, note))


def promotions(model: ModelArgument, home: HomeOption = None) -> None:
    """List who promoted or rolled back which version when, and why."""
    from rich.console import Console
    from rich.table import Table

    from serving.promotion.journal import read
    from serving.promotion.versions import list_versions

    folder = Home.at(home).models / model
    list_versions(folder)  # says which models there are, if not this one
    table = Table("when (UTC)", "by", "action", "label", "from", "to", "note", box=None)
    for entry in read(folder):
        when = entry.at.replace("T", " ").removesuffix("+00:00")
        before = "-" if entry.before is None else str(entry.before)
        table.add_row(
            when, entry.by, entry.action, entry.label or "-", before, str(entry.after), entry.note
        )
    if table.row_count:
        Console().print(table)
    else:
        typer.echo(f"{model}: nothing has been promoted or rolled back.")


# === What the commands share ===


def _target(
    home: str | None,
    config: Path | None,
    servers: list[str] | None,
    timeout: float,
    tls: "Tls | None",
) -> "PromotionTarget":
    from serving.promotion.label_move import PromotionTarget
    from serving.promotion.models_config import FILE_NAME

    models = Home.at(home).models
    return PromotionTarget(models, config or models / FILE_NAME, tuple(servers or ()), timeout, tls)


def _approval(by: str | None, note: str) -> "Approval":
    import getpass

    from serving.promotion.promote import Approval

    return Approval(by or getpass.getuser(), note)


def _withdraw(folder: Path, version: int | None, approval: "Approval") -> None:
    from serving.promotion import journal
    from serving.promotion.versions import list_versions, roll_back

    before = list_versions(folder).current
    journal.check(folder)
    after = roll_back(folder, version)
    if after.current is not None and after.current != before:
        journal.append(folder, journal.Entry(
            journal.now(), approval.by, "rollback", None, before, after.current, approval.note
        ))  # fmt: skip
    typer.echo(f"{folder.name}: version {before} answered before, version {after.current} answers "
               "now.")  # fmt: skip
    typer.echo(f"Served: {list(after.served)}. Withdrawn: {list(after.withdrawn)}.")


def _tell(move: "Move", place: "PromotionTarget", command: str) -> None:
    if move.waiting:
        typer.echo(
            f"{move.model}: `{move.label}` still means version {move.before}. Servers are told to "
            f"load version {move.after}; they refuse a label of a version that is not loaded."
        )
        typer.echo(_served(move))
        typer.echo(
            f"{_written(place)} Once version {move.after} is AVAILABLE there, give the same "
            "command again; with --server HOST:PORT it waits for that."
        )
        raise typer.Exit(NOT_YET)
    if move.before == move.after:
        typer.echo(f"{move.model}: `{move.label}` means version {move.after}, as before.")
    elif move.before is None:
        first = " From now on, a version that is pushed is served once it is promoted."
        typer.echo(
            f"{move.model}: `{move.label}` now means version {move.after}."
            f"{first if len(move.labels) == 1 else ''}"
        )
    else:
        back = " again" if command == "rollback" else ""
        typer.echo(
            f"{move.model}: `{move.label}` now means version {move.after}{back}, no longer "
            f"{move.before}."
        )
    typer.echo(_served(move))
    if place.servers:
        typer.echo(f"In force at {', '.join(place.servers)}.")
    typer.echo(_written(place))


def _written(place: "PromotionTarget") -> str:
    folder = place.config.absolute().parent.parent
    if (folder / "kustomization.yaml").is_file():
        return f"Written to {place.config}; `kubectl apply -k {folder}` brings it to Kubernetes."
    return f"Written to {place.config}; a server that polls this file follows by itself."


def _served(move: "Move") -> str:
    names: dict[int, list[str]] = {version: [] for version in move.served}
    for label, version in move.labels.items():
        names[version].append(label)
    served = ", ".join(f"{version} ({', '.join(labels)})" for version, labels in names.items())
    return (
        f"Served: {served}. A request that names no label is answered by the highest, "
        f"{max(move.served)}."
    )
