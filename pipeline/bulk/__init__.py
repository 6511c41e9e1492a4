"""Scores a folder by a TFX pipeline, for sets that are too large for one machine."""
