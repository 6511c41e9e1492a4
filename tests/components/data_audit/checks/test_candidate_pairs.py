import numpy as np
import pytest

from components.data_audit.checks import candidate_pairs
from components.data_audit.checks.candidate_pairs import DetailBuckets, pairs_by_hash

LENGTH = 64


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def correlating(random, vectors, similarity):
    """Returns vectors whose correlation with the given ones is `similarity`."""
    other = random.standard_normal(vectors.shape)
    other = unit(other - np.sum(other * vectors, 1, keepdims=True) * vectors)
    return unit(similarity * vectors + np.sqrt(1 - similarity**2) * other)


def all_of(pairs):
    return {(int(a), int(b)) for i, j in pairs for a, b in zip(i, j, strict=True)}


def test_every_pair_of_near_hashes_is_found_once_across_blocks(monkeypatch):
    monkeypatch.setattr(candidate_pairs, "_BLOCK", 7)
    hashes = np.random.default_rng(0).random((50, 16)) < 0.5
    expected = {
        (i, j)
        for i in range(50)
        for j in range(i + 1, 50)
        if np.count_nonzero(hashes[i] != hashes[j]) <= 4
    }
    found = [
        (int(a), int(b)) for i, j in pairs_by_hash(hashes, 4) for a, b in zip(i, j, strict=True)
    ]
    assert len(found) == len(set(found)) and set(found) == expected != set()


@pytest.mark.parametrize("similarity", [0.8, 0.9, 0.95])
def test_pairs_at_the_limit_share_a_bucket_and_few_others_do(similarity):
    random = np.random.default_rng(0)
    firsts = unit(random.standard_normal((1000, LENGTH)))
    vectors = np.concatenate([firsts, correlating(random, firsts, similarity)])
    buckets = DetailBuckets(len(vectors), LENGTH, similarity)
    for start in range(0, len(vectors), 300):
        buckets.put(start, vectors[start : start + 300])
    found = all_of(buckets.pairs())
    assert all(i < j for i, j in found)
    missed = sum((number, number + 1000) not in found for number in range(1000))
    assert missed <= 5  # one is expected, and six or more happen in one of 1,700 draws
    assert len(found) < 0.1 * 2000 * 1999 / 2


def test_many_equal_vectors_are_all_paired():
    vectors = np.repeat(unit(np.random.default_rng(0).standard_normal((1, LENGTH))), 9, axis=0)
    buckets = DetailBuckets(9, LENGTH, 0.9)
    buckets.put(0, vectors)
    assert len(all_of(buckets.pairs())) == 9 * 8 / 2


@pytest.mark.parametrize("similarity", [0.0, 0.3, 1.0])
def test_any_limit_of_a_recipe_has_buckets(similarity):
    buckets = DetailBuckets(2, LENGTH, similarity)
    assert 1 <= buckets.tables <= 160 and 1 <= buckets.planes <= 24
