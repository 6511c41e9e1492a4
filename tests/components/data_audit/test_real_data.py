"""What is known of four public data sets is found in them."""

import pytest

from components.image_example_gen.listing.listing import list_folders
from components.image_example_gen.shards.examples import features
from components.imaging.images import read_image
from components.imaging.measures.image_record import ImageRecord, describe, measure
from components.recipe.audit import AuditSection
from pipeline.recipes.loader import load_recipe

pytestmark = [pytest.mark.real_data, pytest.mark.end_to_end]

# The file stems of pictures that stand twice; each pair was looked at.
TWICE = {
    "covid19-3class": {
        ("00002658_001", "00002658_002"),
        ("E63574A7-4188-4C8D-8D17-9D67A18A1AFA", "F4341CE7-73C9-45C6-99C8-8567A5484B63"),
    },
    "pneumonia-3class": {("person162_virus_321", "person162_virus_322")},
    "covid-radiography": {("COVID-3573", "COVID-3574"), ("COVID-1017", "COVID-1156")},
    "crc-tissue": set(),
}
TWO_CLASSES = {"covid19-3class": 17, "pneumonia-3class": 75}
# Of size and format alone, for the class they give away.
SHORTCUT = {"covid19-3class": ("Covid-19", 0.9), "covid-radiography": ("Viral Pneumonia", 0.99)}


def pictures_of(recipe: str, folder) -> list[ImageRecord]:
    data = load_recipe(recipe).data
    pictures = []
    for entry in list_folders(str(folder), data).entries:
        image = read_image((folder / entry.relative).read_bytes())
        values = features(entry, image, data).items()
        plain = {name: v.encode() if isinstance(v, str) else v for name, v in values}
        pictures.append(describe(plain, entry.split, measure(image.picture)))
    return pictures


@pytest.mark.parametrize("recipe", TWICE)
def test_what_is_known_is_found(recipe, real_data, audited, monkeypatch):
    pictures, section = pictures_of(recipe, real_data / recipe), AuditSection()
    result = audited(pictures, section)
    findings = {finding.check: finding for finding in result.findings}
    pairs = {
        tuple(sorted(name.rsplit("/", 1)[1].rsplit(".", 1)[0] for name in case.files))
        for check in ("leaks", "duplicates")
        for case in findings[check].cases
    }
    assert pairs == {tuple(sorted(pair)) for pair in TWICE[recipe]}
    assert not findings["contradictions"].cases and not findings["patients_in_two_splits"].cases
    assert len(findings["patients_in_two_classes"].cases) == TWO_CLASSES.get(recipe, 0)
    by_size = next(row for row in result.shortcuts if row.features == "size and format")
    if recipe in SHORTCUT:
        label, least = SHORTCUT[recipe]
        assert by_size.auc[label] > least
    else:
        assert max(by_size.auc.values()) < 0.6

    # === As if they were too many to compare all pairs ===
    monkeypatch.setattr("components.data_audit.passes.pairs.ALL_PAIRS", 0)
    again = audited(pictures, section.model_copy(update={"shortcuts": "off"}))
    for finding in again.findings:
        assert finding == findings[finding.check]
