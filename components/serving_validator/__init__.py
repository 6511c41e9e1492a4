"""ServingValidator: the served model is asked before it is pushed."""
