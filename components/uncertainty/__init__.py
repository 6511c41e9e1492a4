"""How sure an answer is: calibration, deferral, out of distribution; intervals."""
