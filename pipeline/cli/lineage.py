"""The commands `approve`, `reject` and `lineage`: who approved a model, and what it is made of."""

import json
import logging
from typing import Annotated, Any

import typer

from pipeline.cli.decided_by import ByOption, decided_by
from pipeline.cli.options import HomeOption
from pipeline.home import Home

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, see `medtfx runs`.")]
ClusterOption = Annotated[
    bool, typer.Option("--cluster", help="Use the ML Metadata of a cluster, at $MEDTFX_MLMD.")
]


def approve(
    run: RunArgument,
    by: ByOption = None,
    note: Annotated[str, typer.Option(help="The reason, for the record.")] = "",
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Approve it although it was rejected or there is a newer model."
        ),
    ] = False,
    cluster: ClusterOption = False,
    *,
    home: HomeOption,
) -> None:
    """Approve the validated model of a run, and push it."""
    by = decided_by(by)
    version = _decide(run, True, by, note, force, cluster, home)
    typer.echo(f"Approved by {by}, and pushed as version {version}.")
    typer.echo(f"`medtfx lineage {version}` shows what it was made from.")


def reject(
    run: RunArgument,
    note: Annotated[str, typer.Option(help="The reason, for the record.")],
    by: ByOption = None,
    cluster: ClusterOption = False,
    *,
    home: HomeOption,
) -> None:
    """Reject the validated model of a run.

    It is not pushed, and no later model is compared to it.
    """
    by = decided_by(by)
    _decide(run, False, by, note, False, cluster, home)
    typer.echo(f"Rejected by {by}. Nothing is deleted; `medtfx approve --force` reverses it.")


def lineage(
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION", help="A pushed version: VERSION or MODEL/VERSION; MODEL: its latest."
        ),
    ],
    image: Annotated[
        str | None, typer.Option(help="A file of the data folder: print the splits that it was in.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    cluster: ClusterOption = False,
    *,
    home: HomeOption,
) -> None:
    """Show what a pushed version was made from.

    It shows the images, the evaluation, and the people who approved and promoted it.
    """
    from rich.console import Console

    from pipeline.lineage.trace import trace
    from pipeline.lineage.tree import command_line, lineage_tree

    for library in ("tensorflow", "absl"):  # what TFMA calls is deprecated, and it has no plots
        logging.getLogger(library).setLevel(logging.ERROR)
    found = trace(home, version, _connection(cluster))
    uses = None
    if image is not None:
        from pipeline.lineage.image_use import find_image

        uses = find_image(found, image)
    if as_json:
        typer.echo(json.dumps(found.plain(uses), indent=2, ensure_ascii=False))
    elif uses is not None:
        for use in uses:
            typer.echo(use.sentence(found))
    else:
        Console().print(lineage_tree(found), highlight=False)
        typer.echo(command_line(found))


def _decide(
    run: str, approved: bool, by: str, note: str, force: bool, cluster: bool, home: Home
) -> int | None:
    from pipeline.approval.decide import decide

    return decide(home, run, approved, by, note, force, _connection(cluster))


def _connection(cluster: bool) -> Any:
    """Returns the configuration of the cluster's ML Metadata; None for the home's."""
    if not cluster:
        return None
    from pipeline.metadata.connection import address, connection

    return connection(address())
