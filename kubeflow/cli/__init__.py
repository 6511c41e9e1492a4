"""The commands `medtfx kubeflow ...`; the table of all commands names them."""
