"""The tree of combinations against every product, filtered by the conditions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hdlgen.counting import Combinations, Indices, Listing, Needs, Tree, repaired


def random_needs(seed: int) -> list[list[Needs]]:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 5, int(random.integers(1, 6)))
    needs: list[list[Needs]] = []
    for place, size in enumerate(sizes):
        choices: list[Needs] = []
        for _ in range(size):
            earlier = [other for other in range(place) if random.random() < 0.4]
            choices.append(
                tuple(
                    (other, frozenset(np.flatnonzero(random.random(sizes[other]) < 0.6).tolist())) for other in earlier
                )
            )
        needs.append(choices)
    return needs


def valid(needs: list[list[Needs]]) -> list[Indices]:
    products = itertools.product(*(range(len(choices)) for choices in needs))
    return [c for c in products if all(c[other] in group for p, at in enumerate(c) for other, group in needs[p][at])]


@pytest.mark.parametrize("seed", range(60))
def test_both_trees_equal_the_filtered_products(seed: int) -> None:
    needs = random_needs(seed)
    expected = valid(needs)
    trees: tuple[Tree, ...] = (Combinations(needs, limit=1000), Listing([*expected[::-1], *expected[:1]]))
    for tree in trees:
        assert tree.count() == len(expected)
        assert list(tree) == expected
        assert [tree.at(number) for number in range(len(expected))] == expected
        for combination in expected[:40]:
            for length in range(len(needs)):
                prefix = combination[:length]
                inside = [other for other in expected if other[:length] == prefix]
                assert tree.count(prefix) == len(inside)
                assert tree.allowed(prefix) == sorted({other[length] for other in inside})
            assert repaired(tree, (), combination) == combination


def test_repair_takes_the_nearest_and_of_two_the_earlier() -> None:
    tree = Listing([(0, 0), (2, 1), (2, 4)])
    assert repaired(tree, (), (1, 3)) == (0, 0)
    assert repaired(tree, (2,), (0, 2)) == (2, 1)
    assert repaired(tree, (), (9, 3)) == (2, 4)


def test_counting_keeps_to_its_limit() -> None:
    everything = frozenset(range(3))
    pairwise = [[tuple((other, everything - {at}) for other in range(place)) for at in range(3)] for place in range(6)]
    with pytest.raises(OverflowError, match="^Combinations: at most 10 counts may be remembered$"):
        Combinations(pairwise, limit=10).count()
    assert Combinations(pairwise[:3], limit=100).count() == 6  # three places, all different
