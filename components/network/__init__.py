"""The classifier: backbones, weights, layers, losses and metrics."""
