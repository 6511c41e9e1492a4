import pandas as pd
import tensorflow_data_validation as tfdv

from components.imaging.quarantine import Quarantined
from components.run_report.counts import by_reason, count_splits


def test_images_and_patients_are_counted_from_the_statistics(tmp_path):
    frame = pd.DataFrame({"label": list("aab"), "patient": ["p", "p", "q"]})
    folder = tmp_path / "Split-train"
    folder.mkdir()
    statistics = tfdv.generate_statistics_from_dataframe(frame)
    (folder / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    (found,) = count_splits(str(tmp_path), ["train"]).values()
    assert (found.images, found.patients, found.by_class) == (3, 2, {"a": 2, "b": 1})


def test_unreadable_files_come_first_then_the_most_frequent_reason():
    files = [
        ("z", "over_cap_per_class"),
        ("y", "over_cap_per_class"),
        ("b", "truncated"),
        ("a", "empty"),
    ]
    files += [("c", "truncated")]
    found = by_reason(Quarantined(*file) for file in files)
    assert [(one.reason, one.files, one.unreadable) for one in found] == [
        ("truncated", 2, True),
        ("empty", 1, True),
        ("over_cap_per_class", 2, False),
    ]
