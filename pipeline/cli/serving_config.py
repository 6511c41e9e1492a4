"""The command `serving-config`: what TensorFlow Serving needs in production, from a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from pipeline.home import Home

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from serving.production.plan import Plan

Text = Optional[str]  # noqa: UP045  (typer reads it)


def serving_config(
    recipe: Annotated[str, typer.Argument(help="A name of `medtfx recipes`, or a .yaml file.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")],
    storage: Annotated[
        str, typer.Option(help="Where servers find the models: pvc://CLAIM/PATH, gs:// or s3://.")
    ] = "pvc://medtfx-models",
    service_account: Annotated[
        Text, typer.Option(help="Kubernetes service account that may read the bucket.")
    ] = None,
    app_image: Annotated[
        Text, typer.Option(help="Image with medtfx, to run the web page beside the server.")
    ] = None,
    service_monitor: Annotated[
        bool, typer.Option("--service-monitor", help="For the Prometheus operator.")
    ] = False,
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="Override a value of the recipe, e.g. serving.gpu=1."),
    ] = None,
    home: Annotated[
        Text, typer.Option("--home", help="The home with the models [$MEDTFX_HOME, medtfx-home].")
    ] = None,
) -> None:
    """Write configuration of TensorFlow Serving: its own, compose, Kubernetes and KServe.

    Again into the same folder: all is made anew, and what has been promoted stays promoted.
    """
    from pipeline.recipes.loader import load_recipe
    from serving.production.plan import Plan
    from serving.production.storage import Storage
    from serving.production.writing import write_serving_config

    values = load_recipe(recipe, overrides)
    plan = Plan(
        model=values.model_name,
        section=values.serving,
        storage=Storage.parse(storage),
        models=Home.at(home).models,
        service_account=service_account,
        app_image=app_image,
        **_machines(values),
    )
    files = write_serving_config(plan, out, service_monitor)
    typer.echo(f"{out}: {', '.join(str(file) for file in files)}.")
    _tell(plan, out)


def _machines(recipe: "Recipe") -> dict:
    """What the section `platform` says of the machines, where `serving` does not."""
    platform, serving = recipe.platform, recipe.serving
    # Machines with a GPU are those that train; others serve where the other nodes run.
    pod = platform.resources("Trainer") if serving.gpu else platform.defaults
    selector = serving.node_selector if serving.node_selector is not None else pod.node_selector
    tolerations = serving.tolerations if serving.tolerations is not None else pod.tolerations
    return {
        "gpu_type": platform.gpu_type,
        "node_selector": selector or {},
        "tolerations": [one.model_dump(exclude_none=True) for one in tolerations or ()],
        "pull_secrets": platform.image_pull_secrets,
    }


def _tell(plan: "Plan", out: Path) -> None:
    if not plan.storage.readable:
        typer.echo(
            "KServe's manifest alone: KServe copies the models out of the bucket, while TensorFlow "
            "Serving has not read s3:// since 2.7. For the rest, mount the bucket as a claim and "
            "name that: --storage pvc://CLAIM."
        )
        return
    typer.echo(f"One machine: docker compose -f {out}/compose.yaml --profile cpu up -d")
    typer.echo(f"Kubernetes:  kubectl apply -k {out}")
    typer.echo(
        f"Promote:     medtfx promote {plan.model} VERSION --config {out}/config/models.config"
    )
