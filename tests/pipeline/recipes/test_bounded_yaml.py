import pytest
import yaml

from pipeline.recipes.bounded_yaml import in_words, load_yaml

TEN = ",".join(["*{}"] * 10)
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{TEN.replace('{}', f'a{n - 1}')}]\n" for n in range(1, 10)
)


def test_values_and_a_few_aliases():
    assert load_yaml("a: &a [1, 2]\nb: *a") == {"a": [1, 2], "b": [1, 2]}
    assert load_yaml("3e-4x") == "3e-4x" and load_yaml("") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "at most 10000 values"),
        ("&a [*a]", "at most 10000 values"),
        ("[" * 600 + "]" * 600, "nested too deeply"),
        ("a: " + "9" * 5_000, "digits"),
        ("a: 2026-02-31", "day is out of range"),
        ("x" * 100_001, "at most 100000 characters"),
        ("a: [", "expected"),
    ],
    ids=["laughs", "circle", "nested", "digits", "date", "long", "broken"],
)
def test_what_is_too_much(text, says):
    with pytest.raises(yaml.YAMLError, match=says):
        load_yaml(text)


def problem(text):
    with pytest.raises(yaml.YAMLError) as caught:
        load_yaml(text)
    return in_words(caught.value)


def test_a_key_that_stands_twice_is_refused_and_a_merge_is_not():
    assert problem("a: {b: 1}\nc: 2\na: {d: 3}") == (
        "line 3, column 1: the key 'a' stands here twice; keep one"
    )
    assert load_yaml("a: &a {b: 1}\nc: {<<: *a, b: 2}")["c"] == {"b": 2}


def test_a_problem_is_told_with_its_place_and_in_plain_words():
    assert problem("a:\n\tb: 1").startswith("line 2, column 1: found character")
    assert problem(r'a: "\d"').endswith("put a text with a backslash into single quotes")
    assert "at most 10000 values" in problem(LAUGHS)
