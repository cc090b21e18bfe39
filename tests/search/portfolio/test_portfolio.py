"""The portfolio as a whole: honest figures, the limit kept, the same circuit for the same seed."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from hdlgen.bits import Bus, Interface, pack_table, unpack_table
from hdlgen.network import Network, NetworkBuilder
from search.portfolio import METHODS, Candidate, Cases, Settings, finish, held_out, join, learn_cases, learn_outputs
from search.portfolio.cases import single
from search.portfolio.characters import linear_part
from search.portfolio.picture import COLOURS
from search.portfolio.portfolio import choose, cross_accuracy, try_methods
from tests.search.portfolio.functions import number, sampled

QUICK = {name: METHODS[name] for name in ("constant", "words", "symmetric", "algebraic", "tree")}


def halves(cases: Cases) -> tuple[Cases, Cases]:
    count = len(cases) // 2
    return cases.take(np.arange(count)), cases.take(np.arange(count, len(cases)))


def test_arithmetic_is_recognised_only_where_it_may_be() -> None:
    training, validation = halves(sampled(16, lambda bits: number(bits[:, :8]) < number(bits[:, 8:])))
    matched = learn_cases(training, validation, Settings(), methods=QUICK)
    assert (matched.method, matched.variant, matched.accuracy, matched.exact) == ("words", "exact", 1.0, True)
    assert matched.described == "bit 0 of less over halves, lowest bit first"
    learnt = learn_cases(training, validation, Settings(matching=False), methods=QUICK)
    assert learnt.method == "tree" and learnt.described == "" and 0.95 < learnt.accuracy <= 1.0
    assert all(method != "words" for method, _, _ in learnt.points)


def test_noise_is_not_claimed_to_be_learnt() -> None:
    random = np.random.default_rng(4)
    noise = Cases(
        inputs=random.integers(0, 2, (3000, 12), dtype=np.uint8), answers=random.integers(0, 2, 3000, dtype=np.uint8)
    )
    outcome = learn_cases(*halves(noise), Settings(), methods=QUICK)
    assert abs(outcome.accuracy - 0.5) < 0.04


def test_the_choice_never_sees_what_measures_it() -> None:
    # Of many networks that guess, the best on all examples looks good; chosen on the other half, it does not.
    random = np.random.default_rng(5)
    network = learn_cases(*halves(sampled(4, lambda bits: bits[:, 0] > 0)), Settings(), methods=QUICK).network
    guesses = [
        Candidate(method="tree", variant=str(at), network=network, right=random.random(400) < 0.5, exact=False)
        for at in range(200)
    ]
    assert max(guess.accuracy for guess in guesses) > 0.55
    assert 0.44 < cross_accuracy(guesses, 5000, seed=1) < 0.54


def candidate(right: np.ndarray[tuple[int], np.dtype[np.bool_]], gates: int) -> Candidate:
    builder = NetworkBuilder(single(12))
    literals = [builder.input(bit) for bit in range(12)]
    network = builder.network([reduce(builder.conjunction, literals[: gates + 1])] if gates else [0])
    assert network.and_nodes == gates
    return Candidate(method="tree", variant=str(gates), network=network, right=right, exact=False)


def test_the_smaller_of_two_that_cannot_be_told_apart_is_chosen() -> None:
    right = np.arange(1000) >= 100
    large, other, worse = right.copy(), right.copy(), right.copy()
    # Five more and four less than the other: chance; ten less and none more: not.
    large[:5], other[5:9], worse[200:210] = True, True, False
    assert choose([candidate(large, 9), candidate(other, 4), candidate(worse, 1)], 5000).variant == "4"


def test_what_is_hardly_better_than_a_constant_is_one() -> None:
    random = np.random.default_rng(6)
    half = np.arange(1000) % 2 > 0
    for share, chosen in ((0.52, "0"), (0.65, "5")):
        assert choose([candidate(half, 0), candidate(random.random(1000) < share, 5)], 5000).variant == chosen


def test_what_chooses_also_teaches() -> None:
    right = np.arange(100) % 2 > 0
    told: list[int] = []

    def again(
        chosen: Candidate, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]
    ) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        told.append(int(rows.sum()))
        # All right on what it has learnt from, which must not count.
        return rows | right

    assert cross_accuracy([candidate(right, 3)], 5000, seed=1, again=again) == 0.5
    assert told == [50, 50]


def test_the_limit_is_kept() -> None:
    training, validation = halves(sampled(16, lambda bits: number(bits[:, :8]) * number(bits[:, 8:]) >> 7 & 1 > 0))
    outcome = learn_cases(training, validation, Settings(limit=100, matching=False), methods=QUICK)
    assert outcome.network.and_nodes <= 100
    # Whatever is offered, the constant has no gates at all.
    candidates = try_methods(training, validation, Settings(limit=0, matching=False), methods=QUICK)
    assert finish(candidates, training, validation, Settings(limit=0), methods=QUICK).network.and_nodes == 0
    with pytest.raises(ValueError, match="limit must not be negative, not -1"):
        Settings(limit=-1)


def test_shrinking_may_bring_a_circuit_below_the_limit() -> None:
    training, validation = halves(sampled(16, lambda bits: number(bits[:, :8]) < number(bits[:, 8:])))
    asked: list[int] = []

    def shrink(network: Network) -> Network:
        asked.append(network.and_nodes)
        return network

    outcome = learn_cases(training, validation, Settings(limit=40), shrink=shrink, methods=QUICK)
    assert asked and outcome.network.and_nodes <= 40


def test_the_linear_part_of_a_sum_is_found() -> None:
    cases = sampled(20, lambda bits: (number(bits[:, :10]) + number(bits[:, 10:])) >> 9 & 1 > 0, count=4000)
    assert linear_part(cases) == (9, 19)
    assert linear_part(sampled(20, lambda bits: bits[:, :9].sum(axis=1) > 4)) == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_outputs_are_learnt_side_by_side_and_joined(workers: int) -> None:
    inputs = sampled(10, lambda bits: bits[:, 0] > 0, count=1200).inputs
    total = number(inputs[:, :5]) + number(inputs[:, 5:])
    outputs = ((total[:, None] >> np.arange(6)) & 1).astype(np.uint8)
    held = held_out(len(inputs), seed=1)
    assert held.sum() == 300
    told: list[int] = []
    found = learn_outputs(
        (inputs[~held], outputs[~held]),
        (inputs[held], outputs[held]),
        Settings(),
        workers=workers,
        on_done=lambda bit, outcome: told.append(bit),
    )
    ports = Interface(inputs=(Bus(name="x", width=10),), outputs=(Bus(name="y", width=6),))
    network = join(ports, [one.network for one in found])
    assert sorted(told) == list(range(6))
    assert np.array_equal(unpack_table(network.evaluate(pack_table(inputs)), len(inputs)), outputs)
    assert network.and_nodes < sum(one.network.and_nodes for one in found)


def test_each_method_has_a_colour_of_its_own_in_the_picture() -> None:
    assert len(set(COLOURS)) == len(COLOURS) >= len(METHODS)
