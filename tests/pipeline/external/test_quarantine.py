import dataclasses

from components.imaging.quarantine import from_csv
from pipeline.external.quarantine import write_quarantine


def test_every_unused_file_is_listed(tmp_path, predicted):
    images = dataclasses.replace(predicted.images, left_out=(("a.txt", "not_an_image_name"),))
    found = dataclasses.replace(predicted, images=images)
    line = write_quarantine(tmp_path, found, 0.05)
    listed = from_csv((tmp_path / "quarantine.csv").read_text())
    assert [(one.file, one.reason) for one in listed] == [
        (images.names[7], "truncated"),
        ("a.txt", "not_an_image_name"),
    ]
    assert line.startswith("2 files not used:")
