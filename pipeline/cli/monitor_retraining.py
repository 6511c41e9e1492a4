"""Options of `monitor` that say what an alarm starts, here or on Kubeflow Pipelines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from kubeflow.cli.options import ConnectionOptions
from pipeline.home import Home

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.monitor.outputs.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Retraining(ConnectionOptions):
    """What an alarm starts."""

    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain",
            help="After an alarm, train if there is enough new data; the reason is in the lineage.",
        ),
    ] = False
    recipe: Annotated[
        str | None,
        typer.Option(help="Recipe of --retrain. Default: of the run that pushed the version."),
    ] = None
    data: Annotated[
        str | None,
        typer.Option(help="Images of --retrain. Default: of the run that pushed the version."),
    ] = None
    package: Annotated[
        str | None,
        typer.Option(
            help="With --retrain, run this package (.yaml), or recipe, on Kubeflow Pipelines "
            "instead of here."
        ),
    ] = None
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Parameter of --package. Repeatable."),
    ] = None

    def check(self) -> None:
        """Refuses options that need another one, before anything is compared.

        Raises:
            MonitorError: it is missing.
        """
        from pipeline.monitor.errors import MonitorError

        given = {"--recipe": self.recipe, "--data": self.data, "--package": self.package}
        for name, value in given.items():
            if value and not self.retrain:
                raise MonitorError(f"{name} belongs to --retrain. Received: {name} without it.")
        if self.package and (self.recipe or self.data):
            raise MonitorError(
                "--package has its recipe, and --param data=... names the images. Received: "
                "--package with --recipe or --data. Leave them out."
            )

    def start(self, outcome: "Outcome", home: Home, console: "Console") -> None:
        """Starts a training, if that is asked for.

        Raises:
            MedtfxError: it can't be started, or fails.
        """
        from pipeline.monitor.retrain import retrain

        if not self.retrain:
            return
        if self.package is None:
            retrain(outcome, home, self.recipe, self.data, console)
            return
        from kubeflow.cli.options import RunOptions
        from kubeflow.cli.runs import start_run

        given = {"if_new": True, "reason": outcome.reason}
        for line in start_run(self.package, RunOptions(param=self.param), self, given).lines:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
