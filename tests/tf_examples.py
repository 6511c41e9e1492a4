"""Files of tf.Examples, as the nodes write them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_examples(path: Path, rows: Iterable[Mapping[str, Any]]) -> str:
    """Writes a row as an Example; a list is a feature of several floats. Returns the path."""
    from components.storage.examples import open_writer, to_example

    path.parent.mkdir(parents=True, exist_ok=True)
    with open_writer(str(path)) as writer:
        for row in rows:
            example = to_example({k: v for k, v in row.items() if not isinstance(v, list)})
            for name, values in row.items():
                if isinstance(values, list):
                    example.features.feature[name].float_list.value.extend(values)
            writer.write(example.SerializeToString())
    return str(path)
