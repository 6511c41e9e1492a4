"""ServingValidator: serves the candidate and tests it before it is pushed."""
