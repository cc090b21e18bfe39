"""Tables of few inputs: what `part` finds gives the function back, and it finds the largest set that there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from hdlgen.bits import Words
from search.learn.tables import Parted, part, table_of, table_question


def _rows(table: NDArray[np.uint8], inner: tuple[int, ...]) -> set[tuple[int, ...]]:
    """Give the distinct rows over some inputs, by plain arithmetic on the indices."""
    inputs = len(table).bit_length() - 1
    mask = sum(1 << place for place in inner)
    rows: dict[int, list[int]] = {}
    for index in range(1 << inputs):
        rows.setdefault(index & mask, []).append(int(table[index]))
    return {tuple(row) for row in rows.values()}


def _again(table: NDArray[np.uint8], parted: Parted) -> NDArray[np.uint8]:
    """Build the function from its two parts alone."""
    inputs = len(table).bit_length() - 1

    def at(index: int, places: tuple[int, ...], values: NDArray[np.uint8]) -> int:
        for place, value in zip(places, values.tolist(), strict=True):
            index = index & ~(1 << place) | value << place
        return index

    return np.array(
        [
            table[at(i, parted.inner, parted.one if table[at(i, parted.outer, parted.column)] else parted.zero)]
            for i in range(1 << inputs)
        ],
        dtype=np.uint8,
    )


@pytest.mark.parametrize("inputs", [3, 4, 5])
def test_the_largest_set_is_found_and_gives_the_function_back(inputs: int) -> None:
    random = np.random.default_rng(inputs)
    found = 0
    for _ in range(200):
        inner = random.permutation(inputs)[: inputs - 1]
        index = np.arange(1 << inputs)
        select = random.integers(0, 2, 1 << inputs, dtype=np.uint8)[index & sum(1 << int(p) for p in inner)]
        last = (index >> int(set(range(inputs)).difference(inner.tolist()).pop()) & 1).astype(np.uint8)
        structured = random.integers(0, 2, 4, dtype=np.uint8)[2 * select + last]
        table = structured if random.integers(2) else random.integers(0, 2, 1 << inputs, dtype=np.uint8)
        parted = part(table)
        sizes = [
            size
            for size in range(2, inputs)
            for places in combinations(range(inputs), size)
            if len(_rows(table, places)) == 2
        ]
        assert (parted is None) == (not sizes)
        if parted is not None:
            found += 1
            assert len(parted.inner) == max(sizes)
            assert np.array_equal(_again(table, parted), table)
    assert found > 50


@pytest.mark.parametrize("places", [(2,), (0, 3, 4), (7, 1, 2, 3, 4, 5, 6)])
def test_a_table_is_asked_for_in_order(places: tuple[int, ...]) -> None:
    row = np.array([1, 0, 1, 1, 0, 0, 1, 0], dtype=np.uint8)
    question: Words = table_question(row, np.array(places))
    for bit in range(8):
        shown = table_of(question[bit], len(places))
        wanted = [(i >> places.index(bit)) & 1 if bit in places else row[bit] for i in range(1 << len(places))]
        assert shown.tolist() == wanted
