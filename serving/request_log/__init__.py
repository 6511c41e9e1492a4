"""The request log: one line for each prediction, without pixels and names, for the monitor."""
