"""How the nodes on Beam run."""
