"""Sorting networks by the 0-1 principle on every input, and against the published sizes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from hdlgen.sorting_networks import MEDIANS, SMALLEST, Network, layered, merged, pruned, sorting_network

SIZES = (0, 1, 3, 5, 9, 12, 16, 19, 25, 29, 35, 39, 45, 51, 56, 60)
"""The fewest comparators known for 1 to 16 wires (Knuth, section 5.3.4; Codish et al.; Dobbelaere's list)."""

DEPTHS = (0, 1, 3, 3, 5, 5, 6, 6, 7, 8, 8, 9, 10, 10, 10, 10)
"""Layers of those networks, as they are published."""


def sorts(network: Network, bits: np.ndarray[tuple[int, int], np.dtype[np.uint8]], ranks: Iterable[int]) -> bool:
    """Run columns of bits through a network: each rank must hold what sorting puts there."""
    wires = [column.copy() for column in bits.T]
    for layer in network:
        for low, high in layer:
            wires[low], wires[high] = wires[low] & wires[high], wires[low] | wires[high]
    ones = bits.sum(axis=1)
    return all(np.array_equal(wires[rank], ones >= bits.shape[1] - rank) for rank in ranks)


def every_input(count: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return ((np.arange(1 << count)[:, None] >> np.arange(count)) & 1).astype(np.uint8)


def size(network: Network) -> int:
    return sum(map(len, network))


def is_standard(network: Network) -> bool:
    """Tell whether layers compare each wire once at most, and smaller values go to lower wires."""
    return all(
        len({wire for pair in layer for wire in pair}) == 2 * len(layer) and all(low < high for low, high in layer)
        for layer in network
    )


@pytest.mark.parametrize("count", range(1, 17))
def test_up_to_16_wires_every_input_is_sorted_with_the_fewest_comparators_known(count: int) -> None:
    network = sorting_network(count)
    assert size(network) == SIZES[count - 1]
    assert len(network) == DEPTHS[count - 1]
    assert is_standard(network)
    assert sorts(network, every_input(count), range(count))


@pytest.mark.parametrize("count", [5, 9, 12, 16])
def test_a_network_without_one_of_its_comparators_is_seen(count: int) -> None:
    pairs = [pair for layer in sorting_network(count) for pair in layer]
    inputs = every_input(count)
    for left_out in range(0, len(pairs), 5):
        assert not sorts(layered(pairs[:left_out] + pairs[left_out + 1 :]), inputs, range(count))


@pytest.mark.parametrize("count", range(17, 21))
def test_beyond_16_wires_every_input_is_sorted(count: int) -> None:
    network = sorting_network(count)
    assert is_standard(network)
    assert sorts(network, every_input(count), range(count))


def two_runs(first: int, second: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """List every pair of runs of zeros and ones that are in order, the only inputs that a merge is for."""
    rows = [
        [0] * zeros + [1] * (first - zeros) + [0] * others + [1] * (second - others)
        for zeros in range(first + 1)
        for others in range(second + 1)
    ]
    return np.array(rows, dtype=np.uint8)


@pytest.mark.parametrize("count", [25, 31, 32, 33, 47, 64, 100])
def test_halves_that_are_sorted_are_merged(count: int) -> None:
    # The 0-1 principle holds for merging too, and there are few inputs; the halves are smaller networks of this kind.
    network = sorting_network(count)
    half = (count + 1) // 2
    halves = size(sorting_network(half)) + size(sorting_network(count - half))
    assert is_standard(network)
    assert sorts(network, two_runs(half, count - half), range(count))
    bits = np.random.default_rng(count).integers(0, 2, (4000, count), dtype=np.uint8)
    assert sorts(network, bits, range(count))
    assert size(network) > halves


def test_merges_have_batchers_sizes() -> None:
    # Knuth, section 5.3.4: C(n, n) for n = 1, 2, 4, 8, 16; and C(m, n) of small runs.
    sizes = [len(merged(range(n), range(n, 2 * n))[0]) for n in (1, 2, 4, 8, 16)]
    assert sizes == [1, 3, 9, 25, 65]
    uneven = [len(merged(range(m), range(m, m + n))[0]) for m, n in ((1, 2), (1, 3), (2, 3), (3, 3), (2, 5))]
    assert uneven == [2, 3, 5, 6, 8]
    assert size(sorting_network(32)) == 2 * 60 + 65


@pytest.mark.parametrize("count", range(2, 17))
def test_the_middle_value_alone_comes_out_with_fewer_comparators(count: int) -> None:
    for ranks in ((count // 2,), (0,), (count - 1,), ((count - 1) // 2, count // 2)):
        network = sorting_network(count, ranks)
        assert is_standard(network)
        assert sorts(network, every_input(count), ranks)
        assert size(network) <= SIZES[count - 1]


def test_the_median_of_nine_takes_19_comparators() -> None:
    assert size(sorting_network(9, (4,))) == 19
    assert not sorts(MEDIANS[9], every_input(9), (3,))


@pytest.mark.parametrize("count", [2, 9, 16, 30])
def test_the_smallest_value_is_reached_from_every_wire(count: int) -> None:
    assert count - 1 <= size(sorting_network(count, (0,))) < size(sorting_network(count)) or count == 2


def test_pruning_leaves_out_what_no_rank_depends_on() -> None:
    network = SMALLEST[4]
    assert pruned(network, range(4)) == network
    assert pruned(network, [0]) == (((0, 2), (1, 3)), ((0, 1),))
    assert pruned(network, []) == ()


def test_comparators_are_laid_into_the_fewest_layers() -> None:
    assert layered([(0, 1), (2, 3), (1, 2), (0, 3), (4, 5)]) == (((0, 1), (2, 3), (4, 5)), ((1, 2), (0, 3)))


@pytest.mark.parametrize(
    ("count", "ranks", "message"),
    [
        (0, None, "sorting_network: count must be at least 1 wire, not 0"),
        (4, (4,), "sorting_network: ranks must be 0 to 3, not (4,)"),
        (4, (-1, 2), "sorting_network: ranks must be 0 to 3, not (-1, 2)"),
        (4, (), "sorting_network: ranks must be 0 to 3, not ()"),
    ],
)
def test_what_is_no_order_is_refused(count: int, ranks: tuple[int, ...] | None, message: str) -> None:
    with pytest.raises(ValueError) as error:
        sorting_network(count, ranks)
    assert str(error.value) == message
