"""Trial: a training with other values, and what it reaches on the eval split."""
