"""Evaluator: the recall gate and its verdict in words."""
