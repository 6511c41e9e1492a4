import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils

from components.storage.examples import open_writer, records, to_example
from components.transform.transform_shard import Shard, TransformShard

ROWS = 19  # more than two batches


def graph(folder: str) -> str:
    """Returns the folder of a transform graph that doubles a number and keeps a name."""
    import tensorflow_transform.beam as tft_beam

    spec = {
        "number": tf.io.FixedLenFeature([1], tf.int64),
        "name": tf.io.FixedLenFeature([1], tf.string),
    }
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [{"number": [1], "name": ["a"]}]
    with tft_beam.Context(temp_dir=f"{folder}/beam"):
        made = (rows, metadata) | tft_beam.AnalyzeDataset(
            lambda inputs: {
                "double": inputs["number"][:, 0] * 2,
                "half": tf.cast(inputs["number"][:, 0], tf.float32) / 2,
                "name": inputs["name"][:, 0],
            }
        )
        _ = made | tft_beam.WriteTransformFn(f"{folder}/graph")
    raw = f"{folder}/graph/{tft.TFTransformOutput.RAW_METADATA_DIR}"
    metadata_io.write_metadata(metadata, raw)
    return f"{folder}/graph"


def test_every_example_is_transformed_in_its_order_and_a_second_time_replaces(tmp_path):
    shard = Shard(str(tmp_path / "in.gz"), str(tmp_path / "out.gz"))
    with open_writer(shard.source) as writer:
        for number in range(ROWS):
            values: dict[str, int | str] = {"number": number, "name": f"{number}.png"}
            writer.write(to_example(values).SerializeToString())
    write = TransformShard(graph(str(tmp_path)))
    write.setup()
    for _ in range(2):
        assert write.process(shard) == [shard.target]
    examples = [
        tf.train.Example.FromString(record).features.feature
        for record in records([shard.target]).as_numpy_iterator()
    ]
    assert [one["double"].int64_list.value[0] for one in examples] == list(range(0, 2 * ROWS, 2))
    assert examples[3]["half"].float_list.value[0] == 1.5
    assert examples[18]["name"].bytes_list.value[0] == b"18.png"
