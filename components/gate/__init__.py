"""The recall gate: what the Evaluator found, the verdict in words, what may be pushed."""
