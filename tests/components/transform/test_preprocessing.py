import numpy as np
import tensorflow as tf

from components.imaging.preprocessing import decode_and_resize, unpack
from components.transform.preprocessing import preprocessing_fn
from tests.components.transform.examples import DATA, images, png

CONFIG = {"data": DATA.plain(), "pixel_mean": 120.5, "pixel_std": 40.0}


def test_each_image_is_packed_beside_its_label_and_the_statistics_of_all():
    encoded = tf.constant([[png(pixels)] for pixels in images()])
    names = [[b"0.png"], [b"1.png"], [b"2.png"], [b"3.png"]]
    found = preprocessing_fn(
        {
            "image": encoded,
            "label_index": tf.constant([[0], [1], [0], [1]], tf.int64),
            "filename": tf.constant(names),
        },
        CONFIG,
    )
    expected = decode_and_resize(encoded[:, 0], DATA.image_size, 1, "stretch")
    np.testing.assert_array_equal(unpack(found["image"], DATA.image_size, 1), expected)
    assert found["label_index"].numpy().tolist() == [0, 1, 0, 1]
    assert found["filename"].numpy().tolist() == [name for (name,) in names]
    assert found["pixel_mean"].numpy().tolist() == [120.5] * 4
    assert found["pixel_std"].numpy().tolist() == [40.0] * 4
