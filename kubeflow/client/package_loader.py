"""Opens the package that a command names, or compiles the recipe that it names."""

import contextlib
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from kubeflow.client.pipeline_package import PipelinePackage, holds_recipe, read_package
from kubeflow.errors import PipelinesError

_PACKED = (".zip", ".gz", ".tgz")


@contextlib.contextmanager
def open_package(source: str, image: str | None = None) -> Iterator[PipelinePackage]:
    """Yields the package of a YAML file, or of a recipe, which is compiled to a temporary file.

    Args:
        source: a package, or a recipe's name or file.
        image: of the nodes of a recipe; the recipe's by default.

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
            yield read_package(path)
            return
    with tempfile.TemporaryDirectory() as folder:
        yield _compile(source, image, Path(folder, "pipeline.yaml"))


def _compile(recipe: str, image: str | None, out: Path) -> PipelinePackage:
    from kubeflow.package.compile import compile_package
    from kubeflow.package.container import PackageOptions
    from pipeline.recipes.loader import load_recipe

    values = load_recipe(recipe)
    compile_package(values, PackageOptions(image=image, version=metadata.version("medtfx")), out)
    return read_package(out)
