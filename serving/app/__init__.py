"""The web page: a person asks a model server about images, and sees where the model looked."""
