"""What came, and whether it is answered."""
