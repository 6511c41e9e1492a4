import tensorflow as tf

from components.storage.examples import open_writer, records, to_example
from components.transform.transform_shard import Shard, TransformShard
from tests.components.transform.examples import DATA, images, rows

TIMES = 5  # more than two batches


def test_every_example_is_transformed_in_its_order_and_a_second_time_replaces(tmp_path):
    shard = Shard(str(tmp_path / "in.gz"), str(tmp_path / "out.gz"))
    given = rows() * TIMES
    with open_writer(shard.source) as writer:
        for row in given:
            writer.write(to_example(row).SerializeToString())
    write = TransformShard({"data": DATA.plain(), "pixel_mean": 1.5, "pixel_std": 2.5})
    write.setup()
    for _ in range(2):
        write.process(shard)
    written = [
        tf.train.Example.FromString(record).features.feature
        for record in records([shard.target]).as_numpy_iterator()
    ]
    assert [one["filename"].bytes_list.value[0] for one in written] == [
        row["filename"] for row in given
    ]
    assert written[3]["label_index"].int64_list.value[0] == 1
    assert written[3]["pixel_std"].float_list.value[0] == 2.5
    pixels = tf.io.parse_tensor(written[0]["image"].bytes_list.value[0], tf.uint8)
    assert pixels.shape == (16, 16, 1)
    assert abs(pixels.numpy().mean() - images()[0].mean()) < 5
