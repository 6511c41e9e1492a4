"""Where the nodes are wired, and nowhere else."""
