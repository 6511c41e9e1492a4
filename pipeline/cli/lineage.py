"""The commands `approve`, `reject` and `lineage`: who let a model pass, and what it is made of."""

import json
import logging
from typing import Annotated, Any, Optional

import typer

from pipeline.home import Home

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Of `medtfx runs`.")]
ByOption = Annotated[str, typer.Option("--by", help="Who answers for it.")]
HomeOption = Annotated[
    Optional[str],  # noqa: UP045  (typer reads it)
    typer.Option("--home", help="The home whose runs are meant [$MEDTFX_HOME, medtfx-home]."),
]
ClusterOption = Annotated[
    bool, typer.Option("--cluster", help="Ask the ML Metadata that $MEDTFX_MLMD names.")
]


def approve(
    run: RunArgument,
    by: ByOption,
    note: Annotated[str, typer.Option(help="The reason, for the record.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Though a newer one is there, or it was rejected.")
    ] = False,
    cluster: ClusterOption = False,
    home: HomeOption = None,
) -> None:
    """Approve the validated model of a run, and push it."""
    from pipeline.approval.decide import decide

    place = Home.at(home)
    version = decide(place, run, True, by, note, force, _connection(cluster))
    typer.echo(f"Approved by {by}, and pushed as version {version}.")
    typer.echo(f"`medtfx lineage {version}` shows what is in it.")


def reject(
    run: RunArgument,
    by: ByOption,
    note: Annotated[str, typer.Option(help="The reason, for the record.")],
    cluster: ClusterOption = False,
    home: HomeOption = None,
) -> None:
    """Reject the validated model of a run: it is not pushed, nor compared with."""
    from pipeline.approval.decide import decide

    decide(Home.at(home), run, False, by, note, False, _connection(cluster))
    typer.echo(f"Rejected by {by}. Nothing is deleted; `medtfx approve --force` takes it back.")


def lineage(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="VERSION or MODEL/VERSION.")],
    image: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="A file of the data folder: which split was it in?"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    cluster: ClusterOption = False,
    home: HomeOption = None,
) -> None:
    """Show what a pushed version was made from, back to the images, and who let it pass."""
    from rich.console import Console

    from pipeline.lineage.trace import trace
    from pipeline.lineage.tree import command_line, lineage_tree

    for library in ("tensorflow", "absl"):  # what TFMA calls is deprecated, and it has no plots
        logging.getLogger(library).setLevel(logging.ERROR)
    found = trace(Home.at(home), version, _connection(cluster))
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


def _connection(cluster: bool) -> Any:
    """Returns the configuration of the cluster's ML Metadata; None for the home's."""
    if not cluster:
        return None
    from pipeline.metadata.connection import address, connection

    return connection(address())
