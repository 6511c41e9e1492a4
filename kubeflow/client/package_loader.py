"""Opens the package that a command names, or compiles the recipe that it names."""

import contextlib
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kubeflow.client.pipeline_package import PipelinePackage, holds_recipe, read_package
from kubeflow.errors import PipelinesError

if TYPE_CHECKING:
    from kubeflow.package.container import OnAlarm

_PACKED = (".zip", ".gz", ".tgz")


def check_reaction(on_alarm: str | None) -> "OnAlarm | None":
    """Returns what follows an alarm of the monitor, checked.

    Raises:
        PipelinesError: it is something else.
    """
    if on_alarm not in (None, "fail", "retrain"):
        raise PipelinesError(
            f"After an alarm of the monitor a run can fail or retrain. Received: {on_alarm!r}."
        )
    return cast("OnAlarm | None", on_alarm)


@contextlib.contextmanager
def open_package(
    source: str, image: str | None = None, on_alarm: "OnAlarm | None" = None
) -> Iterator[PipelinePackage]:
    """Yields the package of a YAML file, or of a recipe, which is compiled to a temporary file.

    Args:
        source: a package, or a recipe's name or file.
        image: of the nodes of a recipe; the recipe's by default.
        on_alarm: of a package that monitors the model of the recipe: 'fail' or 'retrain'.

    Raises:
        PipelinesError: the file is missing or no package.
        RecipeError: the recipe is not known or not valid.
        KubeflowError: the recipe can't be compiled.
    """
    path = Path(source)
    if path.suffix in _PACKED:
        raise PipelinesError(f"A package is a .yaml file here: unpack {source!r} first.")
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise PipelinesError(f"There is no file {source!r}. Check the path.")
        if not holds_recipe(path):
            if image:
                raise PipelinesError(f"{source!r} is compiled already, with its image: no --image.")
            if on_alarm:
                raise PipelinesError(
                    "The package of a monitor is made from the recipe whose model it watches. "
                    f"Received: {source!r}, which is compiled already. Name the recipe."
                )
            yield read_package(path)
            return
    with tempfile.TemporaryDirectory() as folder:
        yield _compile(source, image, on_alarm, Path(folder, "pipeline.yaml"))


def _compile(
    recipe: str, image: str | None, on_alarm: "OnAlarm | None", out: Path
) -> PipelinePackage:
    from kubeflow.package.compile import compile_package
    from kubeflow.package.container import PackageOptions
    from pipeline.recipes.loader import load_recipe

    options = PackageOptions(image, version=metadata.version("medtfx"), on_alarm=on_alarm)
    compile_package(load_recipe(recipe), options, out)
    return read_package(out)
