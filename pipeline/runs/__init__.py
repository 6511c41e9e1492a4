"""A run on this machine: its nodes, its record, its summary and its page."""
