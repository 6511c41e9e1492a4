from pipeline.cli.recipes import resolved_yaml
from pipeline.recipes.loader import recipe_names, recipe_path
from tests.command_line import assert_one_message, medtfx


def test_every_recipe_is_in_the_table_with_its_summary():
    code, out, _ = medtfx("recipes")
    assert code == 0
    for name in recipe_names():
        assert f" {name} " in out
    assert "Nine tissue types of colorectal cancer histology" in out
    assert "mobilenet_v2" in out


def test_show_takes_overrides():
    code, out, _ = medtfx("show", "quickstart", "--set", "training.epochs=3", "--set", "name=mine")
    assert code == 0
    assert "name: mine\n" in out
    assert "  epochs: 3\n" in out


def test_the_resolved_recipe_keeps_its_leading_comment(tmp_path):
    path = tmp_path / "own.yaml"
    text = recipe_path("crc-tissue").read_text()
    path.write_text("# Whose it is.\n# What it reached.\n\n# Not leading.\n" + text)
    shown = resolved_yaml(str(path), ["training.epochs=3"])
    assert shown.startswith("# Whose it is.\n# What it reached.\nname: crc-tissue\n")
    assert "Not leading" not in shown
    assert "\n  epochs: 3\n" in shown
    assert "\n    from: each_file\n" in shown


def test_sample_data_is_drawn_once(tmp_path):
    out = tmp_path / "films"
    assert medtfx("sample-data", out, "--patients", 5)[1].endswith(" broken files drawn.\n")
    assert {path.name for path in out.iterdir() if path.is_dir()} == {
        "COVID",
        "NORMAL",
        "PNEUMONIA",
    }
    code, text, _ = medtfx("sample-data", out, "--patients", 5)
    assert code == 0
    images = len(list(out.glob("*/*")))
    good, _, broken = (int(word) for word in text.split() if word.isdigit())
    assert good + broken == images
    assert text.endswith("are already there.\n")


def test_sample_data_refuses_a_foreign_folder(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    result = medtfx("sample-data", tmp_path, "--patients", 5)
    assert_one_message(result, "empty folder", "'holiday.jpg'")
    assert result[2].count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]
