"""The contract of every method, and what each one is for."""

from __future__ import annotations

import numpy as np
import pytest

from search.portfolio.cases import Cases
from search.portfolio.methods import METHODS
from search.portfolio.methods.algebraic import solve
from search.portfolio.methods.cover import expand
from search.portfolio.methods.ordered import influences
from search.portfolio.neighbours import neighbours
from search.portfolio.study import Study
from tests.search.portfolio.functions import number, sampled, whole

MIXED = sampled(10, lambda bits: (bits[:, 0] & bits[:, 3] | bits[:, 5] & (1 - bits[:, 7])) > 0, count=600)
PARITY = sampled(12, lambda bits: bits[:, [0, 3, 4, 9]].sum(axis=1) % 2 == 0)
COUNT = sampled(12, lambda bits: np.isin(bits.sum(axis=1), (2, 3, 7, 9)))
CARRY = sampled(20, lambda bits: (number(bits[:, :10]) + number(bits[:, 10:])) >> 9 & 1 > 0)
PRODUCT = sampled(12, lambda bits: number(bits[:, :6]) * number(bits[:, 6:]) >> 5 & 1 > 0)
ROOT = sampled(12, lambda bits: np.floor(np.sqrt(number(bits))).astype(int) % 2 > 0)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_method_keeps_the_contract(name: str) -> None:
    method = METHODS[name]
    study, again = (Study(MIXED, seed=1, limit=5000) for _ in range(2))
    for variant in method.variants[:2]:
        network = method.make(study, variant)
        if network is None:
            continue
        assert network.interface.input_bits == 10 and network.interface.output_bits == 1
        assert MIXED.accuracy(network) >= max(MIXED.answers.mean(), 1 - MIXED.answers.mean()) - 0.02
        same = method.make(again, variant)
        assert same is not None and np.array_equal(network.gates, same.gates)
    assert method.exact <= set(method.variants)


@pytest.mark.parametrize("name", sorted(METHODS))
@pytest.mark.parametrize("answer", [0, 1])
def test_no_method_fails_on_a_constant(name: str, answer: int) -> None:
    cases = Cases(inputs=MIXED.inputs[:40], answers=np.full(40, answer, dtype=np.uint8))
    study = Study(cases, seed=1, limit=5000)
    for variant in METHODS[name].variants:
        network = METHODS[name].make(study, variant)
        assert network is None or cases.accuracy(network) == 1.0


@pytest.mark.parametrize(
    ("name", "cases", "least"),
    [
        ("tree", MIXED, 1.0),
        ("cover", MIXED, 0.99),
        ("forest", MIXED, 0.98),
        ("boosting", MIXED, 0.98),
        ("neural", MIXED, 0.85),
        ("algebraic", PARITY, 1.0),
        ("symmetric", COUNT, 1.0),
        ("tree", CARRY, 0.97),
        ("words", CARRY, 1.0),
        ("ordered", ROOT, 0.9),
        ("cofactors", PRODUCT, 0.9),
        ("diagram", CARRY, 0.99),
    ],
)
def test_every_method_learns_what_it_is_for(name: str, cases: Cases, least: float) -> None:
    order = np.random.default_rng(2).permutation(len(cases))
    training, fresh = cases.take(order[len(cases) // 4 :]), cases.take(order[: len(cases) // 4])
    study = Study(training, seed=1, limit=5000)
    made = [METHODS[name].make(study, variant) for variant in METHODS[name].variants]
    assert max(fresh.accuracy(network) for network in made if network is not None) >= least


def test_what_is_exact_refuses_a_wrong_example() -> None:
    wrong = np.zeros(len(PARITY), dtype=np.uint8)
    wrong[700] = 1
    for variant in METHODS["algebraic"].variants:
        assert METHODS["algebraic"].make(Study(PARITY.flipped(wrong), seed=1, limit=5000), variant) is None
    # The wrong one may also be among those that nothing is learnt from.
    study = Study(PARITY.take(np.arange(600)), seed=1, limit=5000, given=PARITY.flipped(wrong))
    assert METHODS["algebraic"].make(study, "1") is None


def test_equations_over_two_elements_are_solved() -> None:
    random = np.random.default_rng(3)
    terms = random.integers(0, 2, (90, 70), dtype=np.uint8)
    hidden = random.integers(0, 2, 70, dtype=np.uint8)
    solution = solve(terms, (terms @ hidden % 2).astype(np.uint8))
    assert solution is not None and np.array_equal(terms @ solution % 2, terms @ hidden % 2)
    answers = (terms @ hidden % 2).astype(np.uint8)
    answers[-1] ^= 1
    assert solve(terms, answers) is None


def test_a_cube_keeps_what_tells_it_from_all_others() -> None:
    against = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [1, 0, 1, 1]], dtype=np.uint8)
    fixed = expand(np.array([1, 1, 1, 0], dtype=np.uint8), against, np.array([3, 0, 1, 2]))
    # Input 3 is free; each of the others is the only one that differs from one of the three.
    assert fixed.tolist() == [0, 1, 2]


def test_neighbours_differ_in_one_input() -> None:
    inputs = np.array([[0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 1, 1], [0, 1, 0]], dtype=np.uint8)
    assert [(low.tolist(), high.tolist()) for low, high in neighbours(inputs)] == [([0], [1]), ([1], [3]), ([], [])]


def test_influences_are_those_of_the_whole_function() -> None:
    found = influences(whole(8, lambda bits: (bits[:, 0] & bits[:, 1] ^ bits[:, 2]) > 0))
    assert found is not None
    assert found.tolist() == [0.5, 0.5, 1.0, 0, 0, 0, 0, 0]
    assert influences(sampled(30, lambda bits: bits[:, 0] > 0)) is None
