import pytest
from tfx.types import standard_artifacts

from components.statistics_gen.executor import Executor
from components.storage.split_files import declare_splits
from components.storage.split_statistics import read_statistics
from tests.tf_examples import write_examples


@pytest.mark.parametrize("options", [[], ["--runner=DirectRunner"]], ids=["alone", "on Beam"])
def test_each_split_of_the_examples_has_its_statistics(tmp_path, options):
    examples, statistics = standard_artifacts.Examples(), standard_artifacts.ExampleStatistics()
    examples.uri, statistics.uri = str(tmp_path / "examples"), str(tmp_path / "statistics")
    declare_splits(examples, ["train", "eval"])
    for split, labels in (("train", "aab"), ("eval", "b")):
        path = tmp_path / "examples" / f"Split-{split}" / "data.gz"
        write_examples(path, ({"label": label} for label in labels))
    context = Executor.Context(beam_pipeline_args=options) if options else None
    Executor(context).Do({"examples": [examples]}, {"statistics": [statistics]}, {})
    assert statistics.split_names == examples.split_names
    counts = {}
    for split in ("train", "eval"):
        (dataset,) = read_statistics([statistics], split).datasets
        (label,) = dataset.features
        counts[split] = {value.value: value.frequency for value in label.string_stats.top_values}
    assert counts == {"train": {"a": 2, "b": 1}, "eval": {"b": 1}}
