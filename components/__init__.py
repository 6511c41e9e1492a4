"""The nodes of the pipeline: one folder a node, in plain functions that run without TFX."""
