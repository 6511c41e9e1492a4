from components.gate.evaluation_files import _messages, metric, read_slices, slice_of

metrics_for_slice_pb2, _ = _messages()


def slice_with(*keys):
    """Returns a slice whose metrics have these keys and the values 0, 1, 2 ..."""
    made = metrics_for_slice_pb2.MetricsForSlice()
    for number, values in enumerate(keys):
        item = made.metric_keys_and_values.add()
        for name in ("name", "model_name", "is_diff"):
            setattr(item.key, name, values.get(name, getattr(item.key, name)))
        if "class_id" in values:
            item.key.sub_key.class_id.value = values["class_id"]
        if "top_k" in values:
            item.key.sub_key.top_k.value = values["top_k"]
        item.value.double_value.value = number
    return made


def value(found):
    return None if found is None else found.double_value.value


def test_a_metric_of_the_candidate_is_found_by_name_and_class():
    found = slice_with(
        {"name": "recall", "class_id": 0, "top_k": 1},
        {"name": "recall", "class_id": 0},
        {"name": "recall", "class_id": 1},
        {"name": "recall", "model_name": "candidate", "is_diff": True},
        {"name": "recall", "model_name": "baseline"},
        {"name": "recall", "model_name": "candidate"},
    )
    assert value(metric(found, "recall", 0)) == 1
    assert value(metric(found, "recall", 1)) == 2
    assert value(metric(found, "recall")) == 5
    assert metric(found, "recall", 2) is None and metric(found, "auc") is None


def test_the_files_are_read_as_tensorflow_writes_them(tmp_path):
    import tensorflow as tf

    slices = [slice_with({"name": "a"}), slice_with({"name": "b"}, {"name": "c"})]
    for number, one in enumerate(slices):  # a shard each, as of a runner with several workers
        path = tmp_path / f"metrics-0000{number}-of-00002.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(one.SerializeToString())
            writer.write(one.SerializeToString())
    (tmp_path / "plots-00000-of-00001.tfrecord").write_bytes(b"not read")
    assert list(read_slices(str(tmp_path))) == [slices[0], slices[0], slices[1], slices[1]]


def test_the_key_of_a_slice_as_text():
    made = metrics_for_slice_pb2.MetricsForSlice()
    assert slice_of(made.slice_key) == ()
    made.slice_key.single_slice_keys.add(column="site", bytes_value=b"a")
    made.slice_key.single_slice_keys.add(column="year", int64_value=2024)
    assert slice_of(made.slice_key) == (("site", "a"), ("year", "2024"))
