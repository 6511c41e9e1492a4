"""ML Metadata: where it is, and the graph that it keeps."""
