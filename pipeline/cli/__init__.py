"""The command line `medtfx`: one file a group of commands, which parses, calls and prints."""
