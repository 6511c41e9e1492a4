"""The commands that choose the served version: `promote`, `canary`, `rollback`, `promotions`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.decided_by import ByOption, decided_by
from pipeline.cli.options import HomeOption, TlsOptions

if TYPE_CHECKING:
    from serving.promotion.label_move import Move, PromotionTarget
    from serving.promotion.promote import Approval

ModelArgument = Annotated[str, typer.Argument(help="Name of the pushed model.")]
NewestVersionArgument = Annotated[
    int | None, typer.Argument(help="Version to serve. Default: the newest.")
]


@dataclass(frozen=True, kw_only=True)
class MoveOptions(TlsOptions):
    """What the three commands that move a label take."""

    config: Annotated[
        Path | None,
        typer.Option(
            help="The models.config file to change. Default: models/models.config in the home."
        ),
    ] = None
    server: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST:PORT",
            help="gRPC port of a model server: apply the change there now. Repeatable.",
        ),
    ] = None
    timeout: Annotated[
        float, typer.Option(help="Seconds for a server to load a version.", min=1.0)
    ] = 300.0
    by: ByOption = None
    note: Annotated[str, typer.Option(help="The reason, for the journal.")] = ""
    home: HomeOption

    def target(self) -> "PromotionTarget":
        """Returns what is changed."""
        from serving.promotion.label_move import PromotionTarget
        from serving.promotion.models_config import FILE_NAME

        models = self.home.models
        servers = tuple(self.server or ())
        tls = self.encryption() if servers else None
        return PromotionTarget(
            models, self.config or models / FILE_NAME, servers, self.timeout, tls
        )

    def approval(self) -> "Approval":
        """Returns who decided, and why.

        Raises:
            MedtfxError: `--by` is not allowed here.
        """
        from serving.promotion.promote import Approval

        return Approval(decided_by(self.by), self.note)


def promote(
    model: ModelArgument,
    version: NewestVersionArgument = None,
    *,
    label: Annotated[str, typer.Option(help="The label to move.")] = "stable",
    shadow: Annotated[
        bool,
        typer.Option(
            "--shadow",
            help="The same as --label shadow: `--log FOLDER --shadow` asks the version beside the "
            "stable one, unseen. `rollback --label shadow` ends it.",
        ),
    ] = False,
    options: MoveOptions,
) -> None:
    """Move a label, such as stable, to a version.

    Exit code 3: repeat the command when the servers have loaded the version.
    """
    from serving.promotion import promote as promotion
    from serving.promotion.labels import SHADOW
    from serving.protocol.errors import ServingError

    if shadow and label not in ("stable", SHADOW):
        raise ServingError(
            f"A version gets one label at a time. Received: --shadow and --label {label}. Leave "
            "one out."
        )
    target = options.target()
    move = promotion.promote(
        target, model, version, SHADOW if shadow else label, options.approval()
    )
    _print_move(move, target)


def canary(
    model: ModelArgument, version: NewestVersionArgument = None, *, options: MoveOptions
) -> None:
    """Serve a version beside the stable one, labelled canary.

    Exit code 3: repeat the command when the servers have loaded the version.
    """
    promote(model, version, label="canary", options=options)


def rollback(
    model: ModelArgument,
    version: Annotated[
        int | None, typer.Argument(help="Version to serve. Default: the one before.")
    ] = None,
    *,
    label: Annotated[str, typer.Option(help="The label to move back.")] = "stable",
    options: MoveOptions,
) -> None:
    """Serve an earlier version again. Newer versions are not deleted.

    Exit code 3: repeat the command when the servers have loaded the version.
    """
    from serving.promotion import promote as promotion
    from serving.promotion.models_config import read_labels

    target, approval = options.target(), options.approval()
    explicit = options.config is not None or bool(target.servers)
    if explicit or label in read_labels(target.config, model):
        move = promotion.roll_back_label(target, model, version, label, approval)
        _print_move(move, target, " again")
    else:
        _withdraw(target.models / model, version, approval)


def promotions(model: ModelArgument, home: HomeOption) -> None:
    """List promotions and rollbacks: who, when and why."""
    from rich.console import Console
    from rich.table import Table

    from serving.promotion.journal import read
    from serving.promotion.versions import list_versions

    folder = home.models / model
    list_versions(folder)  # its error names the models that exist
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


def _withdraw(folder: Path, version: int | None, approval: "Approval") -> None:
    from serving.promotion import journal
    from serving.promotion.versions import list_versions, roll_back

    before = list_versions(folder).current
    journal.check(folder)
    after = roll_back(folder, version)
    if after.current is not None and after.current != before:
        entry = journal.Entry(
            journal.now(), approval.by, "rollback", None, before, after.current, approval.note
        )
        journal.append(folder, entry)
    typer.echo(f"{folder.name}: version {after.current} is served now, before it was {before}.")
    typer.echo(f"Served: {list(after.served)}. Withdrawn: {list(after.withdrawn)}.")


# === What is printed ===


def _print_move(move: "Move", target: "PromotionTarget", again: str = "") -> None:
    if move.waiting:
        _print_waiting(move, target)
        raise typer.Exit(ExitCode.NOT_LOADED)
    label = f"{move.model}: `{move.label}`"
    if move.before == move.after:
        typer.echo(f"{label} means version {move.after}, as before.")
    elif move.before is not None:
        typer.echo(f"{label} now means version {move.after}{again}, no longer {move.before}.")
    else:
        first = " From now on, a pushed version is served when it is promoted."
        typer.echo(
            f"{label} now means version {move.after}.{first if len(move.labels) == 1 else ''}"
        )
    typer.echo(_served(move))
    if target.servers:
        typer.echo(f"Applied at {', '.join(target.servers)}.")
    typer.echo(_written(target))


def _print_waiting(move: "Move", target: "PromotionTarget") -> None:
    typer.echo(
        f"{move.model}: `{move.label}` still means version {move.before}: a server refuses a label "
        f"of a version that it has not loaded. The configuration now asks servers to load version "
        f"{move.after}."
    )
    typer.echo(_served(move))
    typer.echo(
        f"{_written(target)} When version {move.after} is AVAILABLE there, repeat the command; "
        "with --server HOST:PORT it waits for that."
    )


def _written(target: "PromotionTarget") -> str:
    folder = target.config.absolute().parent.parent
    if (folder / "kustomization.yaml").is_file():
        return f"Written to {target.config}; `kubectl apply -k {folder}` applies it to Kubernetes."
    return f"Written to {target.config}; a server that polls this file applies it."


def _served(move: "Move") -> str:
    names: dict[int, list[str]] = {version: [] for version in move.served}
    for label, version in move.labels.items():
        names[version].append(label)
    served = ", ".join(f"{version} ({', '.join(labels)})" for version, labels in names.items())
    return f"Served: {served}. A request without a label gets the highest, {max(move.served)}."
