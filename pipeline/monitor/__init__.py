"""The monitor: whether the images and predictions of today are like those that the gate judged."""
