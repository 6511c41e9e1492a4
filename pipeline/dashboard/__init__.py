"""TFMA's own dashboard as one HTML file that loads nothing."""
