"""Two passes over the records of the images, on this machine or on the workers of an engine."""
