import pytest

from components.image_example_gen.listing.listing import Entry, Listing
from components.storage.files import FoundFile
from pipeline.looks.ledger import (
    JudgingImages,
    LookLedger,
    LooksError,
    WornTestSplitError,
    all_images,
    judging_images,
    look_sentence,
)

TESTED, OTHERS = JudgingImages("f00d", 317, True), JudgingImages("cafe", 12, True)


@pytest.fixture
def ledger(place):
    return LookLedger(f"{place}/artifacts")


def add(ledger: LookLedger, model: str, tested: JudgingImages = TESTED) -> int:
    return ledger.add(tested, model, recipe="chest", by="run", run="20260101-000000")


def test_each_model_is_one_look(ledger):
    assert ledger.read() == []
    assert [add(ledger, model) for model in "aabca"] == [1, 1, 2, 3, 1]
    assert [look.model for look in ledger.read()] == list("abc")


def test_other_images_are_counted_apart(ledger):
    assert (add(ledger, "a"), add(ledger, "a", OTHERS), add(ledger, "b")) == (1, 1, 2)
    assert [look.model for look in ledger.at("cafe")] == ["a"]


def test_the_limit_refuses_another_model_but_no_repeated_run(ledger):
    add(ledger, "a")
    add(ledger, "b")
    ledger.check(TESTED, ["b"], 2)
    ledger.check(TESTED, ["c"], 3)
    ledger.check(TESTED, ["c"], None)
    with pytest.raises(WornTestSplitError, match=r"2 models .*these 317 test images, 1 more"):
        ledger.check(TESTED, ["c"], 2)
    with pytest.raises(WornTestSplitError):
        ledger.check(TESTED, ["b", "c", "d"], 3)


def test_a_broken_ledger_is_an_error(tmp_path):
    (tmp_path / "looks.jsonl").write_text("{}\n")
    with pytest.raises(LooksError, match=r"looks\.jsonl is broken"):
        LookLedger(str(tmp_path)).read()


def listing(**splits: str) -> Listing:
    entries = [Entry(f"{name}.png", "COVID", name, split) for name, split in splits.items()]
    files = [FoundFile(f"{name}.png", 10, 0) for name in splits]
    return Listing(tuple(entries), (), "", tuple(files))


def test_only_the_test_images_are_in_the_fingerprint():
    first = judging_images(listing(a="test", b="train"))
    assert first.images == 1
    more = judging_images(listing(a="test", b="train", c="eval"))
    assert more.fingerprint == first.fingerprint and more.also != first.also
    assert judging_images(listing(a="test", b="test")).fingerprint != first.fingerprint


def test_a_look_at_all_images_is_one_at_the_test_split_and_the_other_way_round(ledger):
    images = listing(a="test", b="train")
    test, every = judging_images(images), judging_images(images, folds=True)
    assert (test.images, every.images) == (1, 2)
    assert [add(ledger, model, every) for model in "ab"] == [1, 2]
    assert add(ledger, "c", test) == 3 and add(ledger, "d", every) == 4
    assert [look.model for look in ledger.at(test.fingerprint)] == list("abcd")
    with pytest.raises(WornTestSplitError, match="by these 2 images") as refused:
        ledger.check(every, ["e"], 4)
    assert "data.split_seed" not in str(refused.value)  # folds use all images
    assert look_sentence(1, every) == "1st look at these 2 images."


def test_a_search_touches_the_images_of_folds_but_no_test_split(ledger):
    images = listing(a="test", b="train", c="eval")
    test, every = judging_images(images), judging_images(images, folds=True)
    assert [add(ledger, trial, all_images(images)) for trial in "ab"] == [1, 2]
    assert add(ledger, "m", every) == 3
    assert ledger.at(test.fingerprint) == ledger.at(every.fingerprint)[2:]
