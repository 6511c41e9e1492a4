"""ML Metadata: its address, and the graph of nodes and artifacts that it holds."""
