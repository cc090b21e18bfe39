"""Prefix graphs by column against sets of bits, and planted faults."""

from __future__ import annotations

import re

import pytest

from hdlgen.arithmetic.prefix import PREFIX_NETWORKS
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_graph import Columns, depth, fan_outs, from_levels, nodes, size, trim, verify_columns

NAMES = sorted(PREFIX_FAMILIES)


def spanned(columns: Columns) -> dict[tuple[int, int], frozenset[int]]:
    """Follow which bits each span joins, by nothing but the joins."""
    spans = {(bit, bit): frozenset({bit}) for bit in range(len(columns))}
    for high, middle, low in nodes(columns):
        above, below = spans[high, middle], spans[middle - 1, low]
        assert not above & below
        spans[high, low] = above | below
    return spans


@pytest.mark.parametrize("name", NAMES)
def test_every_prefix_spans_every_bit_below_it(name: str) -> None:
    for width in range(1, 65):
        columns = PREFIX_FAMILIES[name](width)
        verify_columns(columns)
        spans = spanned(columns)
        assert all(spans[span] == frozenset(range(span[1], span[0] + 1)) for span in spans)
        assert all((bit, 0) in spans for bit in range(width))


@pytest.mark.parametrize("name", sorted(PREFIX_NETWORKS))
def test_levels_keep_their_nodes_and_depth(name: str) -> None:
    for width in (1, 2, 13, 64):
        levels = PREFIX_NETWORKS[name](width)
        columns = from_levels(levels, width)
        assert size(columns) == sum(map(len, levels))
        side_by_side = name == "brent_kung" and width > 2  # the first level down needs not wait for the last one up
        assert depth(columns) == len(levels) - side_by_side


def test_fan_out_counts_every_reader() -> None:
    assert fan_outs(((), (0,), (0,), (2, 0))) == {
        (0, 0): 1,
        (1, 1): 1,
        (1, 0): 2,
        (2, 2): 2,
        (2, 0): 0,
        (3, 3): 1,
        (3, 2): 1,
        (3, 0): 0,
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_trimmed_graph_is_whole_and_holds_nothing_that_nobody_reads(name: str) -> None:
    columns = PREFIX_FAMILIES[name](40)
    for width in range(1, 41):
        cut = trim(columns, width)
        verify_columns(cut)
        assert len(cut) == width
        assert all(set(kept) <= set(whole) for kept, whole in zip(cut, columns, strict=False))
        assert depth(cut) <= depth(columns)
        readers = fan_outs(cut)
        assert all(readers[high, low] for high, lows in enumerate(cut) for low in lows if low)
    assert trim(columns, 40) == columns


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (((), ()), "prefix graph: every prefix must reach bit 0, not stop short at bit 1"),
        (((0,),), "prefix graph: bit 0's spans must go down to bit 0, not from 0 to 0"),
        (((), (1, 0)), "prefix graph: bit 1's spans must go down to bit 0, not from 1 to 1"),
        (((), (-1,)), "prefix graph: bit 1's spans must go down to bit 0, not from 1 to -1"),
        (((), (0,), (0,), (1, 0)), "prefix graph: span 3:1 must join spans that exist, not 2:1"),
    ],
)
def test_a_bad_graph_is_refused(columns: Columns, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        verify_columns(columns)


@pytest.mark.parametrize("name", NAMES)
def test_a_node_left_out_anywhere_is_seen_or_not_needed(name: str) -> None:
    columns = PREFIX_FAMILIES[name](13)
    seen = 0
    for high, lows in enumerate(columns):
        for place in range(len(lows)):
            broken = (*columns[:high], lows[:place] + lows[place + 1 :], *columns[high + 1 :])
            try:
                verify_columns(broken)
            except ValueError:
                seen += 1
            else:  # another span of the column below serves as well: still a graph of all prefixes
                spans = spanned(broken)
                assert all(spans[bit, 0] == frozenset(range(bit + 1)) for bit in range(13))
    assert seen
