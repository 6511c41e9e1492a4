"""All checks together, and what follows from them."""

from dataclasses import replace

import pytest

from components.recipe.audit import AuditSection
from tests.components.data_audit.cohort import picture_of, png


@pytest.fixture
def leaky(clean, one):
    return [*clean, picture_of(png(one[1]), "NORMAL/copy.png", "NORMAL", "test")]


def test_a_clean_set_raises_no_alarm(clean, audited):
    result = audited(clean, AuditSection(min_cell=1))
    assert {finding.severity for finding in result.findings} == {"ok"}
    assert result.summary == "nothing found by 11 checks"
    assert sum(result.counts["COVID"].values()) == sum(p.label == "COVID" for p in clean)


def test_a_leak_stops_and_a_contradiction_is_reported(leaky, audited):
    result = audited(leaky, AuditSection(min_cell=1))
    assert [finding.check for finding in result.stops] == ["leaks"]
    assert [finding.check for finding in result.reports] == ["contradictions"]
    assert result.summary == "1 finding stops the run: leaks (1)"


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(("patient", "leaks"), [("another", True), ("the same", False)])
def test_where_folds_decide_a_leak_is_between_two_of_them(
    clean, one, split, patient, leaks, audited
):
    patient = one[0].patient if patient == "the same" else patient
    copy = picture_of(png(one[1]), "COVID/copy.png", "COVID", split, patient)
    section = AuditSection(shortcuts="off", patients_in_two_splits="off")
    # Some of the seeds deal two patients to different folds.
    results = [audited([*clean, copy], section, folds=5, seed=seed) for seed in range(8)]
    assert any(result.stops for result in results) == leaks


def test_the_recipe_has_the_last_word(leaky, audited):
    result = audited(leaky, AuditSection(leaks="report", contradictions="off", min_cell=1))
    assert not result.stops
    assert [finding.check for finding in result.reports] == ["leaks"]
    assert "contradictions" not in {finding.check for finding in result.findings}
    assert audited(leaky, AuditSection(contradictions="stop")).stops[1].check == "contradictions"


def test_pairs_are_only_searched_for_a_check_that_is_on(leaky, audited, monkeypatch):
    searched = []
    monkeypatch.setattr(
        "components.data_audit.passes.pairs.all_pairs",
        lambda rows, distance, similarity: searched.append(len(rows)) or [],
    )
    only_duplicates = AuditSection(leaks="off", contradictions="off", shortcuts="off")
    audited(leaky, only_duplicates.model_copy(update={"duplicates": "off"}))
    assert not searched
    audited(leaky, only_duplicates)
    assert searched == [len(leaky) - 1]  # the copy is compared by its original


def test_a_patient_in_two_splits_stops(clean, one, audited):
    torn = [replace(p, split="test") if p is one[0] else p for p in clean]
    torn.append(replace(one[0], filename="COVID/z.png", digest=b"other", hash=~one[0].hash))
    result = audited(torn, AuditSection(min_cell=1))
    assert [finding.check for finding in result.stops] == ["patients_in_two_splits"]


def test_small_classes_are_named(clean, audited):
    result = audited(clean, AuditSection(min_cell=1000))
    (finding,) = result.reports
    assert finding.check == "small_cells" and len(finding.cases) == 9
    assert "and others, fewer than 1000" in finding.sentence


def test_slices_with_the_fewest_test_images_come_first(clean, audited):
    cells = audited(clean, AuditSection()).cells
    assert {cell.feature for cell in cells} == {"sex", "site"}  # every film has one format
    assert [cell.images[-1] for cell in cells] == sorted(cell.images[-1] for cell in cells)
    by_sex = [sum(c.images) for c in cells if c.feature == "sex" and c.label == "COVID"]
    assert sum(by_sex) == sum(p.label == "COVID" for p in clean)
