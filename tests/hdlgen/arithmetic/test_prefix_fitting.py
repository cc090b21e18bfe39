"""Fitted graphs: whole for any arrival times, never later than the classic networks by more than they may."""

from __future__ import annotations

import random

import pytest

from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_fitting import fitted, prefix_time
from hdlgen.arithmetic.prefix_graph import nodes, size, verify_columns


def random_arrivals(width: int, seed: int) -> tuple[float, ...]:
    chance = random.Random(f"{width} {seed}")
    return tuple(round(chance.uniform(0, 2 * width**0.5), 1) for _ in range(width))


@pytest.mark.parametrize("width", [1, 2, 3, 7, 16, 33])
def test_whatever_comes_when_the_graph_is_whole_and_nearly_the_fastest(width: int) -> None:
    large = ("kogge_stone", "han_carlson", "han_carlson_4")
    small = [make(width) for name, make in PREFIX_FAMILIES.items() if name not in large]
    for arrivals in [(0.0,) * width, *(random_arrivals(width, seed) for seed in range(3))]:
        graph = fitted(arrivals)
        verify_columns(graph)
        assert len(graph) == width
        fastest = min(prefix_time(columns, arrivals) for columns in small)
        assert prefix_time(graph, arrivals) - min(arrivals) <= 1.04 * (fastest - min(arrivals)) + 1e-9


def test_bits_that_come_one_after_the_other_need_a_chain_and_no_more() -> None:
    assert size(fitted(tuple(3.0 * bit for bit in range(24)))) <= 30
    assert size(fitted((0.0,) * 24)) > 40


def test_the_time_is_that_of_the_slowest_way_through_the_graph() -> None:
    graph, arrivals = PREFIX_FAMILIES["brent_kung"](11), random_arrivals(11, 9)
    reads: dict[tuple[int, int], int] = {}
    parents = {(node.high, node.low): ((node.high, node.middle), (node.middle - 1, node.low)) for node in nodes(graph)}
    for above, below in parents.values():
        reads[above] = reads.get(above, 0) + 1
        reads[below] = reads.get(below, 0) + 1

    def slowest(span: tuple[int, int]) -> float:
        if span not in parents:
            return arrivals[span[0]]
        doublings = (0.0, 1.0, 1.584962500721156, 2.0)[reads.get(span, 0)]
        return max(map(slowest, parents[span])) + 1.0 + 0.6 * doublings

    assert max(reads.get(span, 0) for span in parents) <= 3
    assert prefix_time(graph, arrivals) == pytest.approx(max(slowest(span) for span in parents))
