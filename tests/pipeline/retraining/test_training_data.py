from components.image_example_gen.listing.listing import list_folders
from pipeline.recipes.loader import load_recipe
from pipeline.retraining.training_data import TrainingData, describe_data

RECIPE = ["data.min_per_class=2", "data.min_per_split=1", "data.split_seed=158"]


def describe(folder, key=b"key", *overrides):
    recipe = load_recipe("quickstart", [*RECIPE, *overrides])
    listing = list_folders(str(folder), recipe.data)
    return describe_data(recipe, listing, key)


def make_films(folder):
    rows = ["filename,age,sex,view,site"]
    for index, label in enumerate(("COVID", "NORMAL", "PNEUMONIA")):
        (folder / label).mkdir()
        for patient in range(100 * index, 100 * index + 20):
            for image in (1, 2):
                name = f"P{patient:04d}_{image}.png"
                (folder / label / name).write_bytes(b"film")
                rows.append(f"{name},50,f,PA,A")
    (folder / "metadata.csv").write_text("\n".join(rows))


def test_the_description_names_nobody_and_can_be_read_back(tmp_path):
    make_films(tmp_path)
    seen = describe(tmp_path)
    assert {label: len(found) for label, found in seen.patients.items()} == {
        "COVID": 20,
        "NORMAL": 20,
        "PNEUMONIA": 20,
    }
    assert len(seen.images) == 120
    assert "P0" not in str(seen.plain()) and ".png" not in str(seen.plain())
    assert TrainingData.of_plain(seen.plain()) == seen


def test_another_key_gives_other_hashes(tmp_path):
    make_films(tmp_path)
    one, other = describe(tmp_path), describe(tmp_path, b"other")
    assert one.key != other.key
    assert not one.images.keys() & other.images.keys()
    assert not one.patients["COVID"] & other.patients["COVID"]
    assert one.listing == other.listing


def test_a_rewritten_metadata_table_shows(tmp_path):
    make_films(tmp_path)
    before = describe(tmp_path)
    table = tmp_path / "metadata.csv"
    table.write_text(table.read_text().replace(",50,", ",51,", 1) + "\n")
    after = describe(tmp_path)
    assert before.images == after.images
    assert before.tables.keys() == after.tables.keys()
    assert before.tables != after.tables
