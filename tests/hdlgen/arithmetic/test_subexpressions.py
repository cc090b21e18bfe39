"""Shared subexpressions: networks give the matrix that was asked for, within their ranges, for no more than it cost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.constants import signed_digits
from hdlgen.arithmetic.subexpressions import Combination, Network, find_network

I8 = (-128, 127)


def rows_of(matrix: Sequence[Sequence[int]]) -> list[dict[int, int]]:
    return [{place: int(c) for place, c in enumerate(row) if c} for row in matrix]


def vectors(network: Network) -> list[np.ndarray]:
    """Give each value of a network as coefficients of the inputs, and then each output."""
    found = list(np.eye(network.inputs, dtype=object))
    for combination in network.shared:
        found.append(combined(combination, found, network.inputs))
    return found + [combined(combination, found, network.inputs) for combination in network.outputs]


def combined(combination: Combination, values: Sequence[np.ndarray], inputs: int) -> np.ndarray:
    total = np.zeros(inputs, dtype=object)
    for value, coefficient in combination.items():
        total = total + coefficient * values[value]
    return total


def check(network: Network, matrix: Sequence[Sequence[int]], ranges: Sequence[tuple[int, int]]) -> None:
    """Check that a network makes a matrix, that its ranges are those that occur, and that all it shares is used."""
    made = vectors(network)
    values = len(network.ranges)
    assert [list(vector) for vector in made[values:]] == [list(map(int, row)) for row in matrix]
    for vector, (low, high) in zip(made[:values], network.ranges, strict=True):
        corners = [(c * ranges[n][0], c * ranges[n][1]) for n, c in enumerate(vector)]
        assert (low, high) == (sum(map(min, corners)), sum(map(max, corners)))
    for value, combination in enumerate(network.shared, network.inputs):
        assert max(combination) < value
        readers = [row.get(value, 0) for row in (*network.shared, *network.outputs)]
        assert sum(len(signed_digits(c)) for c in readers) > 1


def random_matrix(rows: int, columns: int, seed: int) -> list[list[int]]:
    matrix: list[list[int]] = np.random.default_rng(seed).integers(-128, 128, (rows, columns)).tolist()
    return matrix


@pytest.mark.parametrize(("rows", "columns", "seed"), [(8, 8, 0), (5, 16, 1), (1, 8, 2), (8, 1, 3), (12, 4, 4)])
@pytest.mark.parametrize("depth", [1, 2, 8])
def test_a_random_matrix_is_made_exactly_and_for_less(rows: int, columns: int, seed: int, depth: int) -> None:
    matrix, ranges = random_matrix(rows, columns, seed), [I8] * columns
    network = find_network(rows_of(matrix), ranges, adder_cost=1.0, depth=depth)
    check(network, matrix, ranges)
    assert network.cost(1.0) < find_network(rows_of(matrix), ranges, adder_cost=1e9, depth=depth).cost(1.0)
    assert max(depths(network), default=0) <= depth


def depths(network: Network) -> list[int]:
    """Count for each shared value the shared values on the longest way to it, itself among them."""
    found: dict[int, int] = {}
    for value, combination in enumerate(network.shared, network.inputs):
        found[value] = 1 + max(found.get(part, 0) for part in combination)
    return list(found.values())


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.lists(st.integers(-300, 300), min_size=3, max_size=3), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(-20, 0), st.integers(0, 40)), min_size=3, max_size=3),
    st.sampled_from([0.1, 1.0, 1.7]),
)
def test_small_matrices_are_made_exactly(
    matrix: list[list[int]], ranges: list[tuple[int, int]], adder_cost: float
) -> None:
    check(find_network(rows_of(matrix), ranges, adder_cost=adder_cost, depth=8), matrix, ranges)


def test_where_an_adder_is_too_dear_nothing_is_shared() -> None:
    matrix = random_matrix(6, 6, 5)
    network = find_network(rows_of(matrix), [I8] * 6, adder_cost=1e9, depth=8)
    assert network.shared == () and list(network.outputs) == rows_of(matrix)
    assert network.cost(1.0) == 8 * sum(len(signed_digits(c)) for row in matrix for c in row)


def test_the_dearer_an_adder_the_fewer_are_made() -> None:
    matrix = random_matrix(10, 10, 6)
    counts = [
        len(find_network(rows_of(matrix), [I8] * 10, adder_cost=cost, depth=8).shared) for cost in (0.8, 1.5, 3, 9)
    ]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]


def test_a_hadamard_matrix_becomes_the_fast_transform_but_for_its_last_stage() -> None:
    matrix = np.array([[1]])
    for _ in range(3):
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    network = find_network(rows_of(matrix.tolist()), [I8] * 8, adder_cost=1.0, depth=8)
    check(network, matrix.tolist(), [I8] * 8)
    assert len(network.shared) == 16
    assert all(sum(map(abs, row.values())) == 2 for row in (*network.shared, *network.outputs))


def test_a_sum_that_two_outputs_share_is_one_value_of_all_its_terms() -> None:
    common = [3, -5, 7, 9]
    network = find_network(rows_of([[*common, 1, 0], [*common, 0, 1]]), [I8] * 6, adder_cost=1.0, depth=8)
    (wide,) = (value for value in range(6, len(network.ranges)) if all(value in row for row in network.outputs))
    assert {*map(abs, vectors(network)[wide])} == {0, *map(abs, common)}
    check(network, [[*common, 1, 0], [*common, 0, 1]], [I8] * 6)


def test_nothing_wanted_takes_nothing() -> None:
    network = find_network([{}, {0: 4}], [I8], adder_cost=1.0, depth=8)
    assert network == Network(ranges=(I8,), shared=(), outputs=({}, {0: 4}))


def test_the_check_sees_a_wrong_coefficient_and_a_wrong_range() -> None:
    matrix = random_matrix(6, 6, 7)
    network = find_network(rows_of(matrix), [I8] * 6, adder_cost=1.0, depth=8)
    wrong: list[Mapping[int, int]] = [dict(network.shared[0]), *network.shared[1:]]
    wrong[0] = {value: -coefficient for value, coefficient in wrong[0].items()}
    narrow = (*network.ranges[:-1], (network.ranges[-1][0] + 1, network.ranges[-1][1]))
    for faulty in (
        Network(ranges=network.ranges, shared=tuple(wrong), outputs=network.outputs),
        Network(ranges=narrow, shared=network.shared, outputs=network.outputs),
    ):
        with pytest.raises(AssertionError):
            check(faulty, matrix, [I8] * 6)


def test_the_order_of_hashes_changes_nothing() -> None:
    program = (
        "from tests.hdlgen.arithmetic.test_subexpressions import *;"
        "print(find_network(rows_of(random_matrix(8, 8, 8)), [I8] * 8, adder_cost=1.0, depth=8))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1 and "shared" in texts.pop()
