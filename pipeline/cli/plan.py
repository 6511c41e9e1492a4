"""The command `plan`: can a model pass the gate at all?"""

from pipeline.cli.options import DataOption
from pipeline.recipes.options import RecipeArgument, SetOption


def plan(recipe: RecipeArgument, data: DataOption, overrides: SetOption = None) -> None:
    """Show what the gate can decide, without training.

    It lists the images, and computes for each class the smallest recall that can pass, and the
    chance to pass with the expected recall. Exit code 1: some floor can't be reached even if all
    images are right.
    """
    from rich.console import Console

    from components.image_example_gen.listing.listing import list_folders
    from pipeline.paths import data_address
    from pipeline.plan.plan import check_floors, print_plan
    from pipeline.plan.plan import plan as plan_gate
    from pipeline.recipes.loader import load_recipe

    values = load_recipe(recipe, overrides)
    listing = list_folders(data_address(data), values.data)
    found = plan_gate(values, listing)
    print_plan(Console(), values, found)
    check_floors(values, found)
