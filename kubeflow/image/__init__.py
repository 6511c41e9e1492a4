"""The folder that a container image is built from."""
