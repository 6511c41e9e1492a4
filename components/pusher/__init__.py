"""Puts a model where servers find it: whole, unchanged and signed."""
