"""TFMA's own dashboard as one HTML file that works offline."""
