"""Changes to prefix graphs: whatever is wanted comes out whole, with what was wanted or what serves as well."""

from __future__ import annotations

import random

import pytest

from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_graph import depth, size, verify_columns
from hdlgen.arithmetic.prefix_moves import changed, completed, crossed


def test_nothing_wanted_gives_the_chain() -> None:
    assert completed([()] * 5) == ((), (0,), (0,), (0,), (0,))
    assert completed([()]) == ((),)


def test_what_a_span_reads_is_added() -> None:
    assert completed([(), (), (), (1,)]) == ((), (0,), (0,), (0,)), "2:1 would serve nothing but the span wanted"
    wanted = completed([(), (), (), (), (), (), (), (6, 4)])
    assert wanted[7] == (6, 4, 0)
    assert wanted[5] == (4, 0)


@pytest.mark.parametrize("name", sorted(PREFIX_FAMILIES))
def test_whole_graphs_stay_or_lose_what_nobody_reads(name: str) -> None:
    for width in (1, 2, 9, 40):
        columns = PREFIX_FAMILIES[name](width)
        again = completed(columns)
        verify_columns(again)
        assert size(again) <= size(columns)
        assert depth(again) <= depth(columns)
        assert completed(again) == again


def test_any_change_leaves_a_whole_graph_and_most_are_changes() -> None:
    chance = random.Random(5)
    columns = PREFIX_FAMILIES["ladner_fischer"](20)
    different = 0
    for _ in range(300):
        following = changed(columns, chance)
        verify_columns(following)
        assert len(following) == 20
        different += following != columns
        if size(following) < 60:
            columns = following
    assert different > 150
    assert changed(((), (0,)), chance) == ((), (0,))


def test_a_crossing_has_the_lower_columns_of_one_and_is_whole() -> None:
    chance = random.Random(6)
    lower, upper = PREFIX_FAMILIES["brent_kung"](16), PREFIX_FAMILIES["kogge_stone"](16)
    found = {crossed(lower, upper, chance) for _ in range(60)}
    for columns in found:
        verify_columns(columns)
        assert len(columns) == 16
        assert size(lower) <= size(columns) <= size(upper)
    assert len(found) > 3
