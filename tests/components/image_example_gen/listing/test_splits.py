import math
import random
import re
from collections import Counter, defaultdict

import pytest

from components.image_example_gen.listing import splits
from components.image_example_gen.listing.listing import list_folders
from components.recipe.data import SPLITS, DataSection, Split
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit
from pipeline.recipes.loader import load_recipe


def section(**changes):
    values = {
        "classes": ["COVID", "NORMAL"],
        "patient": {"from": "filename", "regex": r"^(?P<patient>P\d+)_"},
    }
    return DataSection.model_validate(values | changes)


def write_films(base, patients, films=3):
    """Films of the patients; every tenth patient has films in both classes."""
    for number in patients:
        for film in range(films):
            both = number % 10 == 0 and film == 0
            label = "COVID" if (number % 2 == 1) != both else "NORMAL"
            path = base / label / f"P{number:04}_{film}.png"
            path.parent.mkdir(exist_ok=True)
            path.touch()


def splits_of_patients(entries):
    found = defaultdict(set)
    for entry in entries:
        found[entry.patient].add(entry.split)
    return found


# === One patient, one split, for good ===


def test_no_patient_is_in_two_splits(tmp_path):
    write_films(tmp_path, range(200))
    entries = list_folders(str(tmp_path), section()).entries
    found = splits_of_patients(entries)
    assert len(found) == 200
    assert all(len(names) == 1 for names in found.values())
    both = {e.patient for e in entries if e.label == "COVID"} & {
        e.patient for e in entries if e.label == "NORMAL"
    }
    assert len(both) == 20


def test_a_tenth_more_files_moves_no_old_one(tmp_path):
    write_films(tmp_path, range(200))
    before = {e.relative: e.split for e in list_folders(str(tmp_path), section()).entries}
    write_films(tmp_path, range(200, 215))  # new patients
    write_films(tmp_path, range(5), films=6)  # and new films of old ones
    after = {e.relative: e.split for e in list_folders(str(tmp_path), section()).entries}
    assert len(after) == len(before) + 60
    assert before.items() <= after.items()


def test_another_seed_is_another_split(tmp_path):
    write_films(tmp_path, range(200))
    one, two = (list_folders(str(tmp_path), section(split_seed=seed)).entries for seed in (0, 1))
    assert [e.split for e in one] != [e.split for e in two]


def test_a_split_is_fixed_across_versions():
    # Whoever changes this moves test patients of every existing model into its training.
    found = [splits.split_of(f"P{number}", Split(), 0) for number in range(24)]
    assert [n for n in range(24) if found[n] == "eval"] == [1, 10, 11, 16, 20, 22]
    assert [n for n in range(24) if found[n] == "test"] == [14, 15, 18, 19, 21]


def test_shares_are_met_on_a_large_set():
    shares = Split(train=0.7, eval=0.1, test=0.2)
    found = Counter(splits.split_of(f"patient {n}", shares, 3) for n in range(20_000))
    for name in SPLITS:
        # Four standard deviations of a share of 20,000 are below 0.013.
        assert found[name] / 20_000 == pytest.approx(getattr(shares, name), abs=0.013)


def test_positions_of_two_salts_do_not_hang_together():
    # Else the cap, which has a salt of its own, would keep patients of one split.
    one = [hash_to_unit(f"P{n}", "cap") for n in range(2_000)]
    two = [hash_to_unit(f"P{n}", 0) for n in range(2_000)]
    assert min(one) >= 0.0 and max(one) < 1.0
    both_low = sum(a < 0.5 and b < 0.5 for a, b in zip(one, two, strict=True))
    assert both_low == pytest.approx(500, abs=80)


def test_a_patient_that_is_not_utf8_has_a_place():
    assert splits.split_of("caf\udce9", Split(), 0) in SPLITS


# === Too few ===


def patients_of(**numbers):
    return [(label, f"{label}{n}") for label, number in numbers.items() for n in range(number)]


def counts_of(patients, data):
    table = {}
    for label, patient in patients:
        split = splits.split_of(patient, data.split, data.split_seed)
        table.setdefault(label, Counter())[split] += 1
    return table


def check(patients, data):
    splits.check_counts(counts_of(patients, data), data, lambda: patients)


def test_enough_is_enough():
    check(patients_of(COVID=100, NORMAL=100), section())


def test_a_class_that_is_too_small_is_named():
    with pytest.raises(DataError, match=r"Class 'NORMAL' has 9 images, .*data\.min_per_class = 10"):
        check(patients_of(COVID=100, NORMAL=9), section())
    with pytest.raises(DataError, match="Class 'NORMAL' has 0 images"):
        check(patients_of(COVID=100), section())


@pytest.mark.parametrize("normal", [10, 12, 15])
def test_the_seed_that_is_named_works_and_is_as_good_as_promised(normal):
    patients = patients_of(COVID=100, NORMAL=normal)
    seed = next(s for s in range(100) if counts_of_split(patients, s)["NORMAL", "eval"] < 2)
    data = section(split_seed=seed)
    number = counts_of_split(patients, seed)["NORMAL", "eval"]
    with pytest.raises(DataError) as caught:
        check(patients, data)
    message = str(caught.value)
    assert f"Class 'NORMAL' has {number} images in the eval split" in message
    assert "data.min_per_split = 2" in message

    named, percent = re.search(r"split_seed=(\d+) .* more than (\d+)%", message).groups()
    better = section(split_seed=int(named))
    check(patients, better)
    assert largest_distance(patients, better) <= int(percent) / 100 + 0.005


def counts_of_split(patients, seed):
    return Counter((label, splits.split_of(patient, Split(), seed)) for label, patient in patients)


def largest_distance(patients, data):
    """Relative distance of a class's share of a split from the wanted one, by another way."""
    distances = []
    for label, table in counts_of(patients, data).items():
        total = sum(
            number for name, number in Counter(n for n, _ in patients).items() if name == label
        )
        for name in SPLITS:
            distances.append(abs(table[name] / total / getattr(data.split, name) - 1))
    return max(distances)


def test_too_few_patients_for_any_seed_says_so():
    # Fifty films, but of two patients: no seed makes three splits of them.
    patients = [("COVID", f"P{n}") for n in range(100)]
    patients += [("NORMAL", f"Q{n % 2}") for n in range(50)]
    with pytest.raises(DataError, match="add images of other patients"):
        check(patients, section())


def test_imbalance_is_the_largest_relative_distance():
    patients = patients_of(COVID=60, NORMAL=40)
    for seed in (0, 1, 2):
        data = section(split_seed=seed, min_per_split=1)
        assert splits.imbalance(data, patients, seed) == pytest.approx(
            largest_distance(patients, data)
        )


def test_imbalance_without_the_least_number_is_infinite():
    patients = patients_of(COVID=60, NORMAL=40)
    assert splits.imbalance(section(min_per_split=30), patients, 0) == math.inf


def test_the_best_seed_is_the_best():
    patients = patients_of(COVID=60, NORMAL=40)
    random.Random(0).shuffle(patients)  # the order of the files plays no part
    seed, score = splits.best_seed(section(), patients)
    scores = [splits.imbalance(section(), patients, s) for s in range(200)]
    assert score == scores[seed] == min(scores)
    assert score < scores[0]
    assert splits.best_seed(section(), sorted(patients)) == (seed, score)


# === On the real folders ===


def patient_by_hand(recipe, name):
    """The patient as DATA's description of the file names has it, not as the recipe's regex."""
    stem = name.rsplit(".", 1)[0]
    if recipe == "covid19-3class":
        digits, _, number = stem.partition("_")
        nih = len(digits) == 8 and digits.isdigit() and len(number) == 3 and number.isdigit()
        return digits if nih else name
    if recipe == "pneumonia-3class":
        if stem.startswith("person"):
            return stem.split("_")[0]
        parts = stem.split("-")  # IM-0429-0001-0002, NORMAL2-IM-0385-0001: what follows IM
        return "-".join(parts[: parts.index("IM") + 2])
    return name


@pytest.fixture(params=["covid19-3class", "pneumonia-3class", "covid-radiography", "crc-tissue"])
def real_listing(request, real_data):
    data = load_recipe(request.param).data
    return request.param, data, list_folders(str(real_data / request.param), data)


@pytest.mark.real_data
def test_real_patients_are_in_one_split_and_classes_in_all(real_listing):
    recipe, data, listing = real_listing
    found = defaultdict(set)
    for entry in listing.entries:
        found[patient_by_hand(recipe, entry.relative.rsplit("/", 1)[-1])].add(entry.split)
    assert {patient: names for patient, names in found.items() if len(names) > 1} == {}
    counts = listing.counts()
    assert set(counts) == set(data.classes)
    for label, table in counts.items():
        total = sum(table.values())
        for name in SPLITS:
            assert table[name] / total == pytest.approx(getattr(data.split, name), rel=0.45), label


@pytest.mark.real_data
def test_patients_of_two_classes_are_in_one_split(real_data):
    # The known trap of this set: NIH patients with a film in No_findings and one in Pneumonia.
    data = load_recipe("covid19-3class").data
    found = defaultdict(set)
    classes = defaultdict(set)
    for entry in list_folders(str(real_data / "covid19-3class"), data).entries:
        digits = entry.relative.rsplit("/", 1)[-1].split("_")[0]
        if len(digits) == 8 and digits.isdigit():
            found[digits].add(entry.split)
            classes[digits].add(entry.label)
    both = [patient for patient, names in classes.items() if len(names) == 2]
    assert len(both) >= 17  # of the 21 in the whole set, those of the development part
    assert {len(found[patient]) for patient in both} == {1}
