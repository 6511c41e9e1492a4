"""A person approves or rejects the model of a run."""
