from pathlib import Path

from tfx.types import artifact_utils, standard_artifacts

from components.storage.split_files import declare_splits, split_files


def test_declared_splits_are_found_with_their_files(tmp_path):
    examples = standard_artifacts.Examples()
    examples.uri = str(tmp_path)
    declare_splits(examples, ["train", "eval"])
    assert artifact_utils.decode_split_names(examples.split_names) == ["train", "eval"]
    written = []
    for split in ("train", "eval"):
        folder = Path(artifact_utils.get_split_uri([examples], split))
        folder.mkdir()
        written.append(folder / "data.gz")
        written[-1].touch()
    assert split_files([examples], "train", "eval") == [str(path) for path in written]
    assert split_files([examples], "eval") == [str(written[1])]
