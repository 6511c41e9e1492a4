"""Recipes, the wiring of the nodes, runs on this machine, and the command line."""
