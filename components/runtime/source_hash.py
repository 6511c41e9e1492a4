"""A hash of the code behind a node, so that TFX's cache sees edits of the code.

Nodes name their code by import path. TFX caches by parameters and inputs: without this hash among
the parameters, a node would take its old result from the cache after an edit of its code.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKAGES = ("components", "pipeline", "serving", "kubeflow")


def source_hash(*modules: str, root: Path = ROOT) -> str:
    """Returns 16 hex digits over the source that the modules depend on.

    Args:
        *modules: import paths such as `components.trainer.run_fn`; they are read, not imported.
        root: folder that contains the packages.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    digest = hashlib.sha256()
    for path in source_files(*modules, root=root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def package_hash(root: Path = ROOT) -> str:
    """Returns 16 hex digits over all files of medtfx, of whatever node.

    Args:
        root: folder that contains the packages.
    """
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted(root.joinpath(package).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def source_files(*modules: str, root: Path = ROOT) -> list[Path]:
    """Returns the files that modules depend on, sorted.

    These are the modules, all modules of medtfx that they import, at the top or in a function, and
    the `__init__.py` of their packages; modules whose dotted path is a string in them (a TFX
    `run_fn`); and files and folders in the same folder whose name is a string in them (a template,
    a script).

    Args:
        *modules: import paths; they are read, not imported.
        root: folder that contains the packages.

    Raises:
        ModuleNotFoundError: there is no such module.
    """
    found: set[Path] = set()
    waiting: list[Path] = []
    for module in modules:
        if (path := _file_of(module, root)) is None:
            raise ModuleNotFoundError(f"There is no module {module!r} to hash the source of.")
        waiting += [path, *_packages_of(path, root)]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".py":
            state = path.stat()
            waiting += _depends_on(path, root, (state.st_mtime_ns, state.st_size))
    return sorted(found)


@lru_cache(maxsize=4096)
def _depends_on(path: Path, root: Path, state: tuple[int, int]) -> tuple[Path, ...]:
    """Returns the files that one module depends on. `state` changes when the file is edited."""
    del state
    files: set[Path] = set()
    for node in _nodes(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node, path, root):
                if (module := _file_of(name, root)) is not None:
                    files |= {module, *_packages_of(module, root)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            files |= set(_named(node.value, path, root))
    return tuple(files)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes of a module, except those that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _nodes(node)


def _imported(node: ast.Import | ast.ImportFrom, path: Path, root: Path) -> Iterator[str]:
    """Yields the modules that an import may mean: `from a import b` means a, or a.b."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    module = node.module or ""
    if node.level:
        package = path.relative_to(root).parts[: -node.level]
        module = ".".join([*package, module]).rstrip(".")
    yield module
    yield from (f"{module}.{alias.name}" for alias in node.names)


def _named(text: str, path: Path, root: Path) -> Iterator[Path]:
    """Yields the files that a string names: of a module, or in the folder of the module."""
    if text.startswith(tuple(f"{package}." for package in _PACKAGES)):
        # `components.trainer.run_fn.run_fn` names a function.
        for name in (text, text.rpartition(".")[0]):
            if (module := _file_of(name, root)) is not None:
                yield from (module, *_packages_of(module, root))
                return
    elif text and "/" not in text and "\0" not in text and len(text) < 100:
        beside = path.parent / text
        if beside.is_file():
            yield beside
        elif text not in (".", "..") and beside.is_dir() and not (beside / "__init__.py").exists():
            yield from (file for file in beside.rglob("*") if file.is_file())


def _file_of(module: str, root: Path) -> Path | None:
    """Returns the file of a module or package of medtfx; None if there is none."""
    parts = module.split(".")
    if parts[0] not in _PACKAGES or not all(part.isidentifier() for part in parts):
        return None
    path = root.joinpath(*parts)
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def _packages_of(file: Path, root: Path) -> Iterator[Path]:
    """Yields the `__init__.py` of the packages that a module lies in."""
    for folder in file.relative_to(root).parents[:-1]:
        init = root / folder / "__init__.py"
        if init.is_file():
            yield init
