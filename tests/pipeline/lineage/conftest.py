"""The lineage of a version that was approved and promoted."""

import pytest

from pipeline.lineage.model import Lineage, Step
from pipeline.looks.ledger import Look
from pipeline.retraining.reasons import Reason
from serving.promotion.journal import Entry


@pytest.fixture
def lineage(make_gate):
    return Lineage(
        model="chest",
        version=17,
        state="served",
        destination="/srv/models/chest/17",
        pushed_at="2026-01-02T03:04:05+00:00",
        run="20260102-030000",
        pipeline="covid",
        tfx_version="1.21.0",
        data={
            "folder": "/data/my films",
            "fingerprint": "0123456789abcdef",
            "images_read": 30,
            "images_unreadable": 1,
            "images_taken_over": 20,
            "splits": {"train": {"a": 10, "b": 11}, "test": {"a": 4, "b": 5}},
        },
        recipe={
            "training": {"epochs": 3, "schedule": None},
            "evaluation": {"floor_on": "lower_bound"},
        },
        recipe_file="",
        overrides=["training.epochs=3", "data.patient={from: each_file}"],
        gates=(make_gate("a", cases=4, recall=0.75, low=0.3, floor=0.25),),
        validation={"images_asked": 9, "images_compared": 6, "largest_difference": 2e-7},
        approvals=(
            {"approved": True, "by": "Dr. Ruiz", "at": "2026-01-02", "note": "the [old] one"},
        ),
        looks=(
            Look("f00d", 9, "", "aa", "covid", "compare", "20251230-010000", "2025-12-30"),
            Look("f00d", 9, "", "bb", "covid", "run", "20260102-030000", "2026-01-02"),
        ),
        reasons=(Reason("20260102-030000", "2026-01-02", "medtfx monitor of chest/9: ALARM"),),
        promotions=(Entry("2026-01-03", "Dr. Ono", "promote", "stable", 9, 17),),
        steps=(Step("Trainer", "20260101-010000", "2026-01-01", "cafe", {}),),
        model_uri="/artifacts/model/6",
        examples_uri="/artifacts/examples/1",
        quarantine_uri="/artifacts/quarantine/1",
    )
