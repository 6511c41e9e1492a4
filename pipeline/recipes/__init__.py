"""The recipes of the product, and how a recipe is read."""
