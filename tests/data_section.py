"""The section `data` of a recipe in which each image is of a patient of its own."""

from components.recipe.data import DataSection


def data_section(*classes: str, **changes: object) -> DataSection:
    """Returns the section with these classes, by default a and b, and other values in place."""
    values = {"classes": classes or ("a", "b"), "patient": {"from": "each_file"}}
    return DataSection.model_validate(values | changes)
