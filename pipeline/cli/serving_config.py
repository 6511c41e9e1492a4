"""The command `serving-config`: what TensorFlow Serving needs in production, from a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import HomeOption
from pipeline.recipes.options import RecipeArgument, SetOption

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from serving.production.plan import Plan


def serving_config(
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")],
    storage: Annotated[
        str,
        typer.Option(help="Where the servers find the models: pvc://CLAIM/PATH, gs:// or s3://."),
    ] = "pvc://medtfx-models",
    service_account: Annotated[
        str | None, typer.Option(help="Kubernetes service account that may read the bucket.")
    ] = None,
    app_image: Annotated[
        str | None,
        typer.Option(
            help="Container image of medtfx: verifies the models before the server starts, and "
            "runs the web page beside it, and the DICOM node if the recipe has a "
            "dicom.destination."
        ),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(help="PEM file: the public key that the models have to be signed with."),
    ] = None,
    service_monitor: Annotated[
        bool, typer.Option("--service-monitor", help="Write a ServiceMonitor for Prometheus.")
    ] = False,
    overrides: SetOption = None,
    *,
    home: HomeOption,
) -> None:
    """Write the configuration of TensorFlow Serving.

    Its own files, and those of Docker Compose, Kubernetes and KServe. In the same folder, every
    file is written again, and what has been promoted stays promoted.
    """
    import yaml

    from pipeline.recipes.loader import load_recipe
    from serving.production.plan import Plan
    from serving.production.storage import Storage
    from serving.production.writing import write_serving_config

    values = load_recipe(recipe, overrides)
    plan = Plan(
        model=values.model_name,
        section=values.serving,
        storage=Storage.parse(storage),
        models=home.models,
        service_account=service_account,
        app_image=app_image,
        public_key=None if public_key is None else public_key.read_text(encoding="utf-8"),
        dicom=values.dicom,
        recipe=yaml.safe_dump(values.plain(), sort_keys=False, allow_unicode=True, width=100),
        **_machines(values),
    )
    files = write_serving_config(plan, out, service_monitor)
    typer.echo(f"{out}: {', '.join(str(file) for file in files)}.")
    _print_next_steps(plan, out)


def _machines(recipe: "Recipe") -> dict:
    """Returns the machines of the section `serving`, completed by the section `platform`."""
    platform, serving = recipe.platform, recipe.serving
    # A server with a GPU runs on the machines of the Trainer; without one, on those of all nodes.
    pod = platform.resources("Trainer") if serving.gpu else platform.defaults
    selector = serving.node_selector if serving.node_selector is not None else pod.node_selector
    tolerations = serving.tolerations if serving.tolerations is not None else pod.tolerations
    return {
        "gpu_type": platform.gpu_type,
        "node_selector": selector or {},
        "tolerations": [one.model_dump(exclude_none=True) for one in tolerations or ()],
        "pull_secrets": platform.image_pull_secrets,
    }


def _print_next_steps(plan: "Plan", out: Path) -> None:
    if not plan.storage.readable:
        typer.echo(
            "Only the manifest of KServe: KServe copies the models from the bucket, while "
            "TensorFlow Serving has not read s3:// since 2.7. For the other files, mount the "
            "bucket as a claim and pass --storage pvc://CLAIM."
        )
        return
    typer.echo(f"One machine: docker compose -f {out}/compose.yaml --profile cpu up -d")
    typer.echo(f"Kubernetes:  kubectl apply -k {out}")
    typer.echo(
        f"Promote:     medtfx promote {plan.model} VERSION --config {out}/config/models.config"
    )
