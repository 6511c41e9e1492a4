from importlib import metadata

from tests.command_line import medtfx


def test_versions_of_the_stack_are_printed_and_what_is_missing(monkeypatch):
    def installed(package):
        if package == "kfp":
            raise metadata.PackageNotFoundError
        return "1.2.3"

    monkeypatch.setattr(metadata, "version", installed)
    lines = medtfx("version")[1].splitlines()
    assert lines[0] == "medtfx 1.2.3"
    assert lines[1] == "No stack of medtfx is installed"  # 1.2.3 is no TFX we know
    assert lines[2].startswith("Python 3.")
    assert {"tfx 1.2.3", "tensorflow 1.2.3", "kfp is not installed"} <= set(lines)
