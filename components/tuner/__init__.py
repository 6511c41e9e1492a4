"""Searches for better values of a recipe's sections `model` and `training`."""
