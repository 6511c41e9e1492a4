from pipeline.monitor.labels.labels import Label
from tests.pipeline.monitor.conftest import judged, labels_of


def test_agreement_reaches_the_floors(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged))
    assert (truth.unmatched, truth.images, truth.patients) == (0, 200, 100)
    assert [one.verdict for one in truth.classes] == ["reaches", "reaches"]
    assert [one.result.recall for one in truth.classes] == [1.0, 1.0]
    assert truth.corrections == () and truth.below == ()


def test_a_class_is_below_its_floor_only_when_that_is_certain(make_logged):
    logged = make_logged()
    verdicts = [
        {one.result.label: one.verdict for one in judged(logged, labels_of(logged, wrong)).classes}
        for wrong in (30, 120)
    ]
    assert "below" not in verdicts[0].values() and "open" in verdicts[0].values()
    assert verdicts[1] == {"ill": "below", "well": "below"}


def test_corrections_come_with_the_surest_first(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged, wrong=12))
    assert len(truth.corrections) == 12
    sure = [one.probability for one in truth.corrections]
    assert sure == sorted(sure, reverse=True)
    assert all({one.predicted, one.label} == {"ill", "well"} for one in truth.corrections)
    assert {one.image for one in truth.corrections} == {x.decode() for x in logged.images[:12]}


def test_images_without_a_prediction_are_counted(make_logged):
    logged = make_logged()
    truth = judged(logged, labels_of(logged) | {"ff" * 32: Label(0, "x")})
    assert (truth.unmatched, truth.images) == (1, 200)
