"""The commands `medtfx kubeflow ...`."""
