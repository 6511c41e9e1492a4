"""Whether there is enough that is new to train again."""
