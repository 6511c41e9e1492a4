from dataclasses import replace

import numpy as np
import pytest

from components.data_audit.checks import candidate_pairs
from components.data_audit.checks.candidate_pairs import (
    PICTURE,
    TABLES,
    all_pairs,
    count_ones,
    neighbours,
    picture_rows,
    table_keys,
)

LENGTH = 1024


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def correlating(random, vectors, similarity):
    """Returns vectors whose correlation with the given ones is `similarity`."""
    other = random.standard_normal(vectors.shape)
    other = unit(other - np.sum(other * vectors, 1, keepdims=True) * vectors)
    return unit(similarity * vectors + np.sqrt(1 - similarity**2) * other)


def rows_of(vectors):
    """Returns the pictures that have these vectors as their fine detail, and one hash."""
    rows = np.zeros(len(vectors), PICTURE)
    rows["place"] = np.arange(len(vectors))
    rows["bands"] = np.packbits(vectors @ candidate_pairs._normals() > 0, axis=1)
    return rows


def in_all_tables(rows, distance=10, similarity=0.9):
    """Returns the pairs of all tables."""
    found = set()
    for table in range(TABLES):
        i, j = neighbours(rows, table_keys(rows, table), distance, similarity)
        found |= set(zip(i.tolist(), j.tolist(), strict=True))
    return found


def test_every_pair_of_near_hashes_is_found_once_across_blocks(monkeypatch):
    monkeypatch.setattr(candidate_pairs, "_BLOCK", 7)
    bits = np.random.default_rng(0).random((50, 64)) < 0.2
    expected = {
        (i, j)
        for i in range(50)
        for j in range(i + 1, 50)
        if np.count_nonzero(bits[i] != bits[j]) <= 17
    }
    rows = np.zeros(50, PICTURE)
    rows["hash"], rows["place"] = np.packbits(bits, axis=1).view("<u8")[:, 0], np.arange(50)
    found = [
        (int(a), int(b)) for i, j in all_pairs(rows, 17, 0.9) for a, b in zip(i, j, strict=True)
    ]
    assert len(found) == len(set(found)) and set(found) == expected != set()


def test_ones_are_counted():
    numbers = [0, 1, 2**64 - 1, 0x8000_0000_0000_0001, 0x0F0F_1234_5678_9ABC]
    expected = [bin(number).count("1") for number in numbers]
    assert count_ones(np.array(numbers, np.uint64)).tolist() == expected


def test_a_row_holds_what_the_record_does(one):
    blank = replace(one[0], std=0.0)
    (row,) = picture_rows([blank, one[0]], first=70)
    assert row["place"] == 71 and row["digest"].tobytes() == one[0].digest
    assert (np.unpackbits(np.array([row["hash"]]).view(np.uint8)) == one[0].hash).all()
    assert len(picture_rows([blank], first=0)) == 0


@pytest.mark.parametrize("similarity", [0.9, 0.95])
def test_pairs_at_the_limit_are_found_and_no_others(similarity, monkeypatch):
    random = np.random.default_rng(0)
    firsts = unit(random.standard_normal((1000, LENGTH)))
    monkeypatch.setattr(candidate_pairs, "_BLOCK", 2000)
    rows = rows_of(np.concatenate([firsts, correlating(random, firsts, similarity)]))
    found = in_all_tables(rows, similarity=similarity)
    expected = {(number, number + 1000) for number in range(1000)}
    assert found <= expected and len(found) >= 995
    ((i, j),) = all_pairs(rows, 10, similarity)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == expected


def test_pictures_whose_hashes_differ_are_no_pair():
    rows = rows_of(np.repeat(unit(np.random.default_rng(0).standard_normal((1, LENGTH))), 2, 0))
    rows["hash"][1] = 2**11 - 1
    assert in_all_tables(rows, distance=10) == set()
    assert in_all_tables(rows, distance=11) == {(0, 1)}


def test_many_alike_are_joined_by_a_number_of_pairs_that_grows_with_them():
    vectors = np.repeat(unit(np.random.default_rng(0).standard_normal((1, LENGTH))), 300, axis=0)
    found = in_all_tables(rows_of(vectors))
    assert {(i, i + 1) for i in range(299)} <= found
    assert len(found) < 300 * 17


@pytest.mark.parametrize("similarity", [0.0, 0.3, 1.0])
def test_any_limit_of_a_recipe_is_possible(similarity):
    vectors = np.repeat(unit(np.random.default_rng(0).standard_normal((1, LENGTH))), 2, axis=0)
    assert in_all_tables(rows_of(vectors), similarity=similarity) == {(0, 1)}
    assert in_all_tables(rows_of(vectors[:1])) == in_all_tables(rows_of(vectors[:0])) == set()
