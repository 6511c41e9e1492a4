"""Whether there is enough new data to train again."""
