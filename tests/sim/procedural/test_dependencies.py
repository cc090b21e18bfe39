"""The order of nodes: against reachability by brute force."""

from __future__ import annotations

import random

import pytest

from sim.procedural.dependencies import components


@pytest.mark.parametrize("seed", range(40))
def test_components_are_those_that_reach_each_other_and_come_in_order(seed: int) -> None:
    draw = random.Random(seed)
    count = draw.randint(1, 14)
    before = [[other for other in range(count) if draw.random() < draw.choice((0.05, 0.2))] for _ in range(count)]
    reaches = [[node == other or other in before[node] for other in range(count)] for node in range(count)]
    for middle in range(count):
        for node in range(count):
            for other in range(count):
                reaches[node][other] |= reaches[node][middle] and reaches[middle][other]

    found = components(before)
    assert sorted(node for one in found for node in one) == list(range(count))
    for place, one in enumerate(found):
        for node in one:
            assert {other for other in range(count) if reaches[node][other] and reaches[other][node]} == set(one)
            assert not any(reaches[node][other] for later in found[place + 1 :] for other in later)


def test_a_long_chain_needs_no_recursion() -> None:
    assert components([[node + 1] for node in range(5000)] + [[]]) == [[node] for node in range(5000, -1, -1)]
