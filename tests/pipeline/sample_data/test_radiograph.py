"""What is drawn: only the lungs show the class."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.sample_data import CLASSES, draw_radiograph, plan_films


def as_if(film, label):
    return draw_radiograph(replace(film, patient=replace(film.patient, label=label)), 3)


@pytest.mark.parametrize("label", ["COVID", "PNEUMONIA"])
def test_an_ill_person_differs_from_a_healthy_one_in_the_lungs_alone(drawn, label):
    for film in drawn.films[:10]:
        differs = np.abs(as_if(film, "NORMAL") - as_if(film, label)) > 0.02
        assert 0.03 < differs.mean() < 0.4
        inner = differs[1:-1, 1:-1]
        assert inner.sum() == differs.sum()


def test_covid_lies_in_both_lungs_and_pneumonia_in_one(drawn):
    for film in drawn.films[:10]:
        # The person leans a little, so the middle of the body is not the middle of the film.
        both, one = (as_if(film, label) - as_if(film, "NORMAL") for label in ("COVID", "PNEUMONIA"))
        shares = [
            np.array([np.maximum(change[:, half], 0).sum() for half in _halves(film)])
            for change in (both, one)
        ]
        assert shares[0].min() > 0.2 * shares[0].sum()
        assert shares[1].min() < 0.1 * shares[1].sum()


def _halves(film):
    middle = film.width // 2
    return slice(0, middle), slice(middle, None)


def test_mean_brightness_does_not_show_the_class():
    films = plan_films(40, 7, 40)
    means = {
        label: [draw_radiograph(film, 7).mean() for film in films if film.patient.label == label]
        for label in CLASSES
    }
    spread = max(np.std(values) for values in means.values())
    assert np.ptp([np.mean(values) for values in means.values()]) < spread


def test_the_seed_the_patient_and_the_film_make_the_picture(drawn):
    film = drawn.films[0]
    first = draw_radiograph(film, 3)
    assert first.shape == (film.height, film.width)
    assert np.array_equal(first, draw_radiograph(film, 3))
    assert not np.array_equal(first, draw_radiograph(film, 4))
    assert not np.array_equal(first, draw_radiograph(replace(film, index=2), 3))


def test_an_unknown_label_is_refused(drawn):
    with pytest.raises(ValueError, match="Received: 'FRACTURE'"):
        as_if(drawn.films[0], "FRACTURE")
