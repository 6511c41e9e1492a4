"""How a pool's worker reads its arguments; `tests/components/storage` runs one against a pool."""

import pytest

from pipeline.beam.worker import main


def test_it_needs_the_arguments_of_the_pool(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--logging_endpoint=localhost:1"])
    assert end.value.code == 2
    assert "--id, --control_endpoint" in capsys.readouterr().err
