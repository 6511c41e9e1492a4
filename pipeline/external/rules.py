"""The recipe that a model is held to: the one that was pushed with it, or the one that is named."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from components.gate.pushed_gate import GATE, read_gate
from components.gate.results import ClassResult
from components.image_example_gen.listing.dicom_headers import may_be_dicom
from components.image_example_gen.listing.metadata import HEADER_COLUMNS
from components.imaging.candidates import image_files
from components.recipe.data import Metadata
from components.recipe.recipe import Recipe
from components.saved_model.assets import RECIPE_ASSET
from components.storage import files
from pipeline.external.errors import ExternalError
from pipeline.recipes.loader import load_recipe, parse_recipe
from pipeline.runs.records import RunRecord

_OWN_IMAGES = (
    "These are NOT images of another place: the version was made from this folder, and trained on "
    "most of it. The figures say nothing about other images."
)


@dataclass(frozen=True)
class Rules:
    """What decides about a model on other images.

    Attributes:
        recipe: its sections `data` and `evaluation` are used.
        home: result of each class on the test split of the run that made the model; empty if it is
            not known.
        notes: sentences about what is left out.
    """

    recipe: Recipe
    home: tuple[ClassResult, ...]
    notes: tuple[str, ...] = ()


def rules_of(folder: Path, named: str | None, overrides: Sequence[str]) -> Rules:
    """Returns the rules of a version.

    Args:
        folder: where the version was pushed; it need not be on this machine.
        named: name or path of a recipe; None for the one in the version.
        overrides: of its values, `section.key=value` each.

    Raises:
        ExternalError: no recipe is named, and the folder holds none.
        RecipeError: the recipe is not valid.
    """
    gate = read_gate(folder)
    home = gate.classes if gate else ()
    if named is not None:
        return Rules(load_recipe(named, list(overrides)), home)
    try:
        asset = json.loads(Path(folder, "assets", RECIPE_ASSET).read_bytes())
    except (OSError, ValueError):
        asset = None
    if not isinstance(asset, dict) or gate is None:
        raise ExternalError(
            f"The recipe of a model lies in its pushed version, as assets/{RECIPE_ASSET} and "
            f"{GATE}. Received: {folder}, which does not hold both. A server does not say its "
            "recipe: name it with --recipe."
        )
    pushed: dict[str, Any] = {
        "name": asset["recipe"],
        "summary": "as pushed",
        "data": asset["data"],
        "model": asset["model"],
        "evaluation": gate.evaluation.plain(),
    }
    return Rules(parse_recipe(pushed, list(overrides), str(folder)), home)


def with_metadata(rules: Rules, data: Path, table: Path | None) -> Rules:
    """Returns the rules with the metadata table of the other place.

    Args:
        rules: of the model.
        data: folder of the images.
        table: CSV with a row for each image; None for the one in the folder, by the recipe's name
            of it. Where there is none, slices are by what DICOM headers say.

    Raises:
        ExternalError: the recipe does not say what the columns of the table mean, or needs one.
    """
    section = rules.recipe.data.metadata
    if table is not None:
        if section is None:
            raise ExternalError(
                f"The recipe {rules.recipe.name} has no data.metadata, so no column of {table} is "
                "used. Name columns with --set 'data.metadata={columns: [site]}' and --set "
                "'evaluation.slices=[site]'."
            )
        # Absolute, so that it may lie elsewhere than the images.
        return _with_section(rules, section.model_copy(update={"file": str(table.absolute())}))
    if section is None or Path(data, section.file).is_file():
        return rules
    if rules.recipe.data.patient.source == "metadata":
        raise ExternalError(
            f"The recipe {rules.recipe.name} finds the patient in a metadata table, and there is "
            f"no {section.file} in {data}. Name the table with --metadata, or say where the "
            "patient is, for example --set 'data.patient={from: dicom}'."
        )
    note = f"There is no {section.file} in {data}, and none is named with --metadata."
    if not _holds_dicom(data):
        return _with_section(rules, None, note)
    return _with_section(rules, _of_headers(section), f"{note} DICOM headers take its place.")


def with_own_images(
    rules: Rules, data: Path, model: str, version: int, records: Iterable[RunRecord]
) -> Rules:
    """Returns the rules with a note if the images are those that the version was made from.

    Args:
        rules: of the model.
        data: folder of the images.
        model: name.
        version: of the model.
        records: of the runs of this home.
    """
    made = any((one.model, one.version) == (model, version) and _same(one, data) for one in records)
    notes = (*rules.notes, _OWN_IMAGES) if made else rules.notes
    return replace(rules, notes=notes)


def _same(record: RunRecord, data: Path) -> bool:
    return Path(record.data_folder).resolve() == data.resolve()


def _holds_dicom(data: Path) -> bool:
    names = [found.relative for found in files.walk(str(data))]
    return any(map(may_be_dicom, image_files(str(data), names)))


def _of_headers(section: Metadata) -> Metadata:
    """Returns the section with the columns that DICOM headers fill, and no others."""
    columns = tuple(name for name in section.columns if name in HEADER_COLUMNS)
    bands = {name: edges for name, edges in section.bands.items() if name in HEADER_COLUMNS}
    return section.model_copy(update={"columns": columns, "bands": bands})


def _with_section(rules: Rules, section: Metadata | None, *notes: str) -> Rules:
    data = rules.recipe.data.model_copy(update={"metadata": section})
    recipe = rules.recipe.model_copy(update={"data": data})
    return Rules(recipe, rules.home, (*rules.notes, *notes))
