"""The checks: properties of the log against those of the reference, their scores and limits."""
