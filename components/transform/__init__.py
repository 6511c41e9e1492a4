"""Transform: decodes and resizes images, in the graph that is served too."""
