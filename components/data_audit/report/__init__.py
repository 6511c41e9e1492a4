"""The audit as files: a page for people, JSON and CSV for programs."""
