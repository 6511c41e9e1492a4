"""Shared by all rooms: errors, environment variables, progress, threads, the stack, code hashes."""
