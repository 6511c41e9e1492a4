"""The web page: predictions of a model server for images, each with its heatmap."""
