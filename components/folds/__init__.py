"""Folds of a cross-validation: which patients are in which part of which round."""
