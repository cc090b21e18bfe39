"""Families of prefix graphs against the bounds that are known of them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hdlgen.arithmetic.prefix_families import (
    PREFIX_FAMILIES,
    han_carlson,
    ladner_fischer,
    least_zero_deficiency_depth,
    zero_deficiency,
)
from hdlgen.arithmetic.prefix_graph import Columns, depth, size, verify_columns


def fibonacci(number: int) -> int:
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


@pytest.mark.parametrize("name", sorted(PREFIX_FAMILIES))
def test_no_graph_beats_the_bound_of_snir(name: str) -> None:
    for width in range(1, 65):
        columns = PREFIX_FAMILIES[name](width)
        assert size(columns) + depth(columns) >= 2 * width - 2


def test_zero_deficiency_attains_the_bound_at_every_width_and_depth_it_exists_for() -> None:
    for width in range(2, 49):
        for wanted in range(least_zero_deficiency_depth(width), width):
            columns = zero_deficiency(width, wanted)
            verify_columns(columns)
            assert (depth(columns), size(columns)) == (wanted, 2 * width - 2 - wanted)
        assert zero_deficiency(width) == zero_deficiency(width, least_zero_deficiency_depth(width))
    assert zero_deficiency(1) == ((),)


def test_a_depth_reaches_as_far_as_its_fibonacci_number() -> None:
    for levels in range(1, 12):
        furthest = fibonacci(levels + 3) - 1
        assert least_zero_deficiency_depth(furthest) == levels
        assert least_zero_deficiency_depth(furthest + 1) == levels + 1


def test_ladner_fischer_keeps_to_its_published_size_and_depth() -> None:
    for width in range(1, 97):
        for slack in range(5):
            columns = ladner_fischer(width, slack=slack)
            verify_columns(columns)
            assert depth(columns) <= max(width - 1, 0).bit_length() + slack
            assert size(columns) < 2 * (1 + 2**-slack) * width


@pytest.mark.parametrize(
    ("make", "nodes", "levels"),
    [
        (lambda: ladner_fischer(16, slack=0), 31, 4),
        (lambda: ladner_fischer(64, slack=0), 168, 6),
        (lambda: han_carlson(64, sparsity=1), 321, 6),
        (lambda: han_carlson(16, sparsity=2), 32, 5),
        (lambda: han_carlson(64, sparsity=2), 192, 7),
        (lambda: zero_deficiency(64), 118, 8),
        (lambda: zero_deficiency(33), 58, 6),
        (lambda: PREFIX_FAMILIES["sklansky"](64), 192, 6),
        (lambda: PREFIX_FAMILIES["kogge_stone"](64), 321, 6),
        (lambda: PREFIX_FAMILIES["brent_kung"](64), 120, 10),
    ],
)
def test_sizes_and_depths_are_the_published_ones(make: Callable[[], Columns], nodes: int, levels: int) -> None:
    assert (size(make()), depth(make())) == (nodes, levels)


def test_han_carlson_is_kogge_stone_at_sparsity_1_and_checked_at_every_other() -> None:
    assert han_carlson(50, sparsity=1) == PREFIX_FAMILIES["kogge_stone"](50)
    for width in range(1, 65):
        for sparsity in (1, 2, 4, 8):
            columns = han_carlson(width, sparsity=sparsity)
            verify_columns(columns)
            assert size(columns) <= size(han_carlson(width, sparsity=1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ladner_fischer(8, slack=-1), "ladner_fischer: slack must be at least 0 levels, not -1"),
        (lambda: han_carlson(8, sparsity=3), "han_carlson: sparsity must be a power of two, not 3"),
        (lambda: han_carlson(8, sparsity=0), "han_carlson: sparsity must be a power of two, not 0"),
        (lambda: zero_deficiency(64, 7), "zero_deficiency: depth must be 8 to 63 at 64 bits, not 7"),
        (lambda: zero_deficiency(64, 64), "zero_deficiency: depth must be 8 to 63 at 64 bits, not 64"),
    ],
)
def test_a_bad_parameter_is_refused(make: Callable[[], Columns], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()
