"""Searches for better values of a recipe and writes them into a new one."""
