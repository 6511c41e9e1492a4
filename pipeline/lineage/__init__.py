"""From a pushed version back to its images, its code and its recipe."""
