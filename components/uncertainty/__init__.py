"""How sure an answer is: calibration, risk_coverage_curve, out of distribution; intervals."""
