"""The command `monitor`: whether a model still works as it was judged."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.runtime.exit_codes import ExitCode
from pipeline.cli.monitor_retraining import Retraining
from pipeline.cli.options import HomeOption
from pipeline.cli.promotion import ModelArgument

if TYPE_CHECKING:
    from pipeline.home import Home
    from pipeline.monitor.labels.export import Exported
    from pipeline.monitor.outputs.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Options of the labels."""

    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Labels by a person: the columns label, sha256, study or file, and patient if "
            "known.",
        ),
    ] = None
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of the files that were sent, for the column file of --truth and for "
            "--export.",
        ),
    ] = None
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Copy the labelled images there, a folder a class, for the next training.",
        ),
    ] = None

    def check(self) -> None:
        """Refuses options that need another one.

        Raises:
            MonitorError: it is missing.
        """
        from pipeline.monitor.errors import MonitorError

        if self.truth is None and (self.images or self.export):
            given = "--export" if self.export else "--images"
            raise MonitorError(f"{given} belongs to --truth. Received: {given} without it.")
        if self.export and not self.images:
            raise MonitorError(
                "The log holds no pixels. Name the folder of the files that were sent with "
                "--images. Received: --export without it."
            )

    def export_pairs(self, outcome: "Outcome", home: "Home") -> "Exported | None":
        """Exports the labelled images, if that is asked for.

        Raises:
            MedtfxError: the images or the version can't be used.
        """
        if outcome.matched is None or self.export is None or self.images is None:
            return None
        from datetime import datetime, timezone

        from components.storage.patient_key import patient_key
        from pipeline.external.rules import rules_of
        from pipeline.monitor.labels.export import Exporter

        data = rules_of(outcome.folder, None, ()).recipe.data
        exporter = Exporter(data, self.images, self.export, patient_key(str(home.root)))
        return exporter.export(outcome.matched, datetime.now(timezone.utc))


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """Options of what is written."""

    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page of HTML there.")
    ] = None
    prometheus: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write gauges for Prometheus there, as text."),
    ] = None


def monitor(
    model: ModelArgument,
    *,
    log: Annotated[
        str,
        typer.Option(metavar="FOLDER_OR_S3", help="The request log, of `--log` or Client(log=)."),
    ],
    since: Annotated[
        str, typer.Option(help="Length of the span: hours, days or weeks, e.g. 24h, 7d, 2w.")
    ] = "7d",
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of the span, UTC. Default: now.")
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(help="Version. Default: stable once one is promoted, else the newest."),
    ] = None,
    false_alarms: Annotated[
        float,
        typer.Option(
            min=0.01, help="False alarms a year that you accept, if you run it once a span."
        ),
    ] = 1.0,
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="CHECK", help="Leave out a check, e.g. 'file format'. Repeatable."),
    ] = None,
    shadow: Annotated[
        int | None,
        typer.Option(
            metavar="VERSION",
            help="Compare this version, which was asked too. Default: the one labelled shadow.",
        ),
    ] = None,
    labels: Labels,
    retraining: Retraining,
    outputs: Outputs,
    home: HomeOption,
) -> None:
    """Compare logged predictions with those the gate judged.

    Past days of the log become Parquet files.

    Exit code 0: quiet, 3: an alarm, or a recall by labels below its floor for certain, whatever
    came of --retrain, 1: error, also of the training.
    """
    from rich.console import Console

    from pipeline.monitor.run import Question, run_monitor

    labels.check()
    retraining.check()
    outcome = run_monitor(
        Question(
            models=home.models,
            model=model,
            log=log,
            version=version,
            since=since,
            until=until,
            false_alarms=false_alarms,
            skip=tuple(skip or ()),
            truth=labels.truth,
            images=labels.images,
            shadow=shadow,
        )
    )
    exported = labels.export_pairs(outcome, home)
    _write(outcome, exported, outputs)
    if outcome.alarm:
        retraining.start(outcome, home, Console(stderr=outputs.as_json))
        raise typer.Exit(ExitCode.ALARM)


def _write(outcome: "Outcome", exported: "Exported | None", outputs: Outputs) -> None:
    from rich.console import Console

    from components.storage.atomic_write import write_atomically
    from pipeline.monitor.outputs.display import print_result
    from pipeline.monitor.outputs.json_object import to_json
    from pipeline.monitor.outputs.prometheus import to_prometheus
    from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

    if outputs.prometheus is not None:
        write_atomically(outputs.prometheus, to_prometheus(outcome))
    if outputs.page is not None:
        from pipeline.monitor.outputs.page import render_page

        write_atomically(outputs.page, render_page(outcome).encode(errors="replace"))
    if outputs.as_json:
        typer.echo(to_json(outcome, exported))
        return
    console = Console()
    print_result(console, outcome)
    if exported is not None:
        console.print(exported.sentence, highlight=False, markup=False, soft_wrap=True)
    if outputs.page is not None:
        console.print(
            f"  {'page':<15}{outputs.page}", highlight=False, markup=False, soft_wrap=True
        )
    console.print(NOT_A_MEDICAL_DEVICE, highlight=False)
