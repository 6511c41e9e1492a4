"""Nothing about patients and films shows the class."""

import operator
from collections import Counter

import numpy as np
import pytest

from pipeline.sample_data import CLASSES, plan_films


def per_class(films, attribute):
    read = operator.attrgetter(attribute)
    return [Counter(read(film) for film in films if film.patient.label == name) for name in CLASSES]


@pytest.mark.parametrize(
    "attribute",
    ["format", "view", "height", "width", "index"],
)
def test_film_attributes_are_the_same_in_every_class(drawn, attribute):
    first, *others = per_class(drawn.films, attribute)
    assert len(first) > 1
    assert others == [first, first]


@pytest.mark.parametrize("attribute", ["sex", "site", "age"])
def test_patient_attributes_are_the_same_in_every_class(drawn, attribute):
    once = [film for film in drawn.films if film.index == 1]
    first, *others = per_class(once, f"patient.{attribute}")
    assert len(first) > 1
    assert others == [first, first]


def test_patient_numbers_do_not_show_the_class():
    once = [film for film in plan_films(70, 7, 160) if film.index == 1]
    middles = [
        np.mean([film.patient.number for film in once if film.patient.label == name])
        for name in CLASSES
    ]
    assert np.ptp(middles) < 0.15 * len(once)


def test_patients_have_one_to_three_films(drawn):
    counts = Counter(film.patient for film in drawn.films)
    assert Counter(counts.values()) == {1: 15, 2: 15, 3: 15}


def test_another_seed_deals_other_people(drawn):
    assert plan_films(15, 4, 40) != drawn.films
    assert plan_films(15, 3, 40) == drawn.films
