"""External validation: a served model on the labelled images of another place."""
