"""Transform: decode and resize, in the graph that is also served."""
