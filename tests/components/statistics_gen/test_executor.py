import json

from tfx.types import standard_artifacts

from components.statistics_gen.executor import Executor
from components.storage.examples import open_writer, to_example
from components.storage.split_statistics import read_statistics


def test_each_split_of_the_examples_has_its_statistics(tmp_path):
    examples, statistics = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
    examples.uri, statistics.uri = str(tmp_path / "examples"), str(tmp_path / "statistics")
    examples.split_names = json.dumps(["train", "eval"])
    for split, labels in (("train", "aab"), ("eval", "b")):
        folder = tmp_path / "examples" / f"Split-{split}"
        folder.mkdir(parents=True)
        with open_writer(str(folder / "data.gz")) as writer:
            for label in labels:
                writer.write(to_example({"label": label}).SerializeToString())
    Executor().Do({"examples": [examples]}, {"statistics": [statistics]}, {})
    assert statistics.split_names == examples.split_names
    counts = {}
    for split in ("train", "eval"):
        (dataset,) = read_statistics([statistics], split).datasets
        (label,) = dataset.features
        counts[split] = {value.value: value.frequency for value in label.string_stats.top_values}
    assert counts == {"train": {"a": 2, "b": 1}, "eval": {"b": 1}}
