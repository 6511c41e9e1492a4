"""How often the images of a test split have judged a model."""
