"""From a pushed version back to the images, the code and the recipe that it was made from."""
