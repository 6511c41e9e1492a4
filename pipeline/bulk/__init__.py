"""Scores a folder by a TFX pipeline, for data sets that are too large for one machine."""
