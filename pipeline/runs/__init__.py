"""A run on this machine: session, nodes, record, summary and page."""
