"""Uncertainty of predictions and of metrics: calibration, risk-coverage, OOD, intervals."""
