"""Prefix networks against sets of bits, published node counts, and planted faults."""

from __future__ import annotations

import re

import pytest

from hdlgen.arithmetic.prefix import PREFIX_NETWORKS, Level, brent_kung, kogge_stone, sklansky, verify

NAMES = sorted(PREFIX_NETWORKS)


def spans(levels: tuple[Level, ...], width: int) -> list[frozenset[int]]:
    """Follow which bits each carry spans; a bit that is joined in twice would count twice."""
    current = [frozenset({bit}) for bit in range(width)]
    for level in levels:
        before = list(current)
        for high, low in level:
            assert not before[high] & before[low]
            assert min(before[high]) == max(before[low]) + 1
            current[high] = before[high] | before[low]
    return current


@pytest.mark.parametrize("name", NAMES)
def test_every_prefix_reaches_bit_0_at_widths_1_to_64(name: str) -> None:
    for width in range(1, 65):
        levels = PREFIX_NETWORKS[name](width)
        verify(levels, width)
        assert spans(levels, width) == [frozenset(range(bit + 1)) for bit in range(width)]
        assert all(levels), "a level must join something"


@pytest.mark.parametrize(
    ("name", "nodes", "depth"), [("sklansky", 192, 6), ("kogge_stone", 321, 6), ("brent_kung", 120, 11)]
)
def test_node_counts_at_64_bits_are_the_published_ones(name: str, nodes: int, depth: int) -> None:
    levels = PREFIX_NETWORKS[name](64)
    assert sum(map(len, levels)) == nodes
    assert len(levels) == depth


def test_fan_out_is_what_tells_the_networks_apart() -> None:
    def fan_out(levels: tuple[Level, ...]) -> int:
        return max(sum(low == bit for _, low in level) for level in levels for bit in range(64))

    assert fan_out(sklansky(64)) == 32
    assert fan_out(kogge_stone(64)) == fan_out(brent_kung(64)) == 1


@pytest.mark.parametrize(
    ("levels", "width", "message"),
    [
        ((), 2, "prefix network: every prefix must reach bit 0, not stop short at bit 1"),
        (((), ((2, 1),)), 4, "prefix network: every prefix must reach bit 0, not stop short at bit 1"),
        ((((1, 0), (1, 0)),), 2, "prefix network: level 0 must join a span once, not twice"),
        ((((2, 0),),), 3, "prefix network: level 0 must join neighbouring spans, not 2 with 0"),
        ((((1, 0),), ((2, 0),)), 3, "prefix network: level 1 must join neighbouring spans, not 2 with 0"),
        ((((0, 1),),), 2, "prefix network: level 0 must join neighbouring spans, not 0 with 1"),
        ((((2, 1),),), 2, "prefix network: level 0 must join neighbouring spans, not 2 with 1"),
        ((((0, -1),),), 1, "prefix network: level 0 must join neighbouring spans, not 0 with -1"),
    ],
)
def test_a_bad_network_is_refused(levels: tuple[Level, ...], width: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        verify(levels, width)


@pytest.mark.parametrize("name", NAMES)
def test_a_node_left_out_anywhere_is_seen(name: str) -> None:
    levels = PREFIX_NETWORKS[name](13)
    for number, level in enumerate(levels):
        for place in range(len(level)):
            shorter = level[:place] + level[place + 1 :]
            with pytest.raises(ValueError, match=r"^prefix network: "):
                verify((*levels[:number], shorter, *levels[number + 1 :]), 13)
