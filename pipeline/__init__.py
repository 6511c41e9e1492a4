"""The recipe, the wiring of the nodes, the local runner and the command line."""
