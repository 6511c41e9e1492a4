import random
from collections import Counter, defaultdict

import pytest

from components.folds.deal import assign, deal, shares
from components.image_example_gen.listing.listing import list_folders
from components.recipe.data import DataSection, Fold, Split
from components.runtime.errors import DataError
from pipeline.sample_data import write_sample_data


def cohort(seed: int = 3) -> list[tuple[str, str]]:
    """(class, patient) of a few hundred images: 1 to 6 each, some patients in two classes."""
    generator = random.Random(seed)
    images = []
    for number in range(150):
        label = generator.choice(["COVID"] + ["NORMAL"] * 4 + ["PNEUMONIA"] * 2)
        for _ in range(generator.randint(1, 6)):
            second = "NORMAL" if generator.random() < 0.1 else label
            images.append((second, f"P{number}"))
    return images


def rounds(images, of, seed=0):
    return [assign(images, Fold(of=of, number=n), Split(), seed) for n in range(1, of + 1)]


@pytest.mark.parametrize("of", [2, 3, 10])
def test_every_patient_is_tested_once_and_never_in_two_splits(of):
    images = cohort()
    tested = Counter()
    for found in rounds(images, of):
        assert set(found) == {patient for _, patient in images}
        tested.update(patient for patient, split in found.items() if split == "test")
    assert set(tested.values()) == {1} and len(tested) == 150


@pytest.mark.parametrize("of", [2, 5])
def test_every_split_of_every_fold_has_its_share_of_every_class(of):
    images = cohort()
    totals = Counter(label for label, _ in images)
    wanted = shares(Fold(of=of, number=1), Split())
    for found in rounds(images, of):
        table = defaultdict(Counter)
        for label, patient in images:
            table[label][found[patient]] += 1
        for label, total in totals.items():
            for split, number in table[label].items():
                assert number / total == pytest.approx(getattr(wanted, split), abs=0.06), label


def test_the_order_of_the_images_does_not_matter_and_the_seed_does():
    images = cohort()
    shuffled = random.Random(1).sample(images, len(images))
    assert rounds(images, 2) == rounds(shuffled, 2)
    assert rounds(images, 2) != rounds(images, 2, seed=1)


def test_patients_who_are_alike_are_not_dealt_by_name():
    images = [(label, f"{label}{n:03d}") for label in "AB" for n in range(200)]
    dealt = deal(images, 2, "salt")
    early = [dealt[f"A{n:03d}"] for n in range(100)]
    assert 30 < sum(early) < 70
    assert Counter(dealt.values()) == {0: 200, 1: 200}


def test_a_class_with_fewer_patients_than_folds_is_refused():
    images = [("A", f"a{n}") for n in range(20)] + [("B", f"b{n % 3}") for n in range(20)]
    with pytest.raises(DataError, match="class 'B' has 3 patients for 4 folds"):
        assign(images, Fold(of=4, number=1), Split(), 0)


def test_folders_are_listed_in_folds_whatever_the_size(tmp_path):
    write_sample_data(tmp_path, patients_per_class=20, size=32)
    values = {
        "classes": ["COVID", "NORMAL", "PNEUMONIA"],
        "patient": {"from": "filename", "regex": r"^(?P<patient>P\d{4})"},
    }
    tested = Counter()
    for number in (1, 2, 3):
        fold = {"of": 3, "number": number}
        small, large = (
            list_folders(
                str(tmp_path),
                DataSection.model_validate(values | {"fold": fold, "image_size": size}),
            )
            for size in (32, 64)
        )
        assert small.entries == large.entries
        of_patient = defaultdict(set)
        for entry in small.entries:
            of_patient[entry.patient].add(entry.split)
        assert all(len(found) == 1 for found in of_patient.values())
        tested.update(entry.relative for entry in small.entries if entry.split == "test")
    assert set(tested.values()) == {1} and len(tested) == len(small.entries)
