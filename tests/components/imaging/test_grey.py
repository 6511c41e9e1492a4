"""Grey values of any depth to 8 bits."""

import numpy as np

from components.imaging.grey import stretch


def test_stretch() -> None:
    ramp = np.arange(1000, dtype=np.uint16)
    assert stretch(ramp)[[0, 4, 499, 995, 999]].tolist() == [0, 0, 127, 255, 255]
    assert stretch(ramp, inverted=True)[[0, 999]].tolist() == [255, 0]
    assert stretch(np.full((9, 9), 4095, np.uint16)).max() == 0  # constant: no division by zero
    mask = np.zeros(1000, np.int16)
    mask[7] = 500  # rarer than 0.5 %: the extremes count
    assert stretch(mask)[[6, 7]].tolist() == [0, 255]
    hot = np.append(ramp, 65535).astype(np.uint16)
    assert stretch(hot)[500] > 120  # one hot pixel does not make the rest black
