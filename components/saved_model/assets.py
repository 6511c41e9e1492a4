"""Names of the files in the assets of an exported model."""

LABELS_ASSET = "labels.txt"
RECIPE_ASSET = "recipe.json"
