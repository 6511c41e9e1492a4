"""Files of an exported model in addition to its graph, and beside it."""
