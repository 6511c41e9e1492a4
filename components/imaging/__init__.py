"""From the bytes of an image file to pixels, and why a file can't be read."""
