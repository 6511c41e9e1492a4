"""Evaluator: metrics and thresholds for TFMA, and the baseline."""
