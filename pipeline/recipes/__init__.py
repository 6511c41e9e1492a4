"""The recipes that come with medtfx, and their loader."""
