"""What people say about logged images: recall by their labels, and images for the next training."""
