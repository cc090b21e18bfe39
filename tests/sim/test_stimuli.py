"""Stimuli: their ranges, their variety, and whether they tell arithmetic from its usual mistakes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hdlgen.graph import Graph, Node, Op
from hdlgen.number import Format
from hdlgen.payload import Port
from sim.stimuli import adversarial, corners, long_run, phases, plan, uniform


def port(name: str, text: str, *shape: int) -> Port:
    return Port(name, Format.parse(text), shape)


DOT8 = [port("a", "i8", 8), port("b", "i8", 8)]
STREAMS = {
    "dot8": DOT8,
    "one unsigned": [port("x", "u4")],
    "one bit": [port("x", "u1")],
    "one signed bit": [port("x", "i1")],
    "fixed point": [port("x", "q4.12"), port("y", "uq0.8", 2, 3)],
    "wide": [port("x", "i80", 3), port("flag", "u1")],
    "62 bits": [port("x", "u62"), port("y", "i62")],
    "many": [port(f"x{index}", "i6", 4) for index in range(40)],
}


@pytest.mark.parametrize("name", STREAMS)
def test_all_values_are_in_range_and_of_the_right_shape(name: str) -> None:
    ports = STREAMS[name]
    streams = [stimulus.tokens for stimulus in plan(ports, seed=3)]
    streams += [corners(ports, seed=3), adversarial(ports, seed=3), uniform(ports, count=50, seed=3)]
    for tokens in streams:
        assert list(tokens) == [each.name for each in ports]
        assert len({len(values) for values in tokens.values()}) == 1
        for each in ports:
            values = tokens[each.name]
            assert values.shape[1:] == each.shape
            assert values.dtype == (np.int64 if each.format.width <= 62 else object)
            assert values.min() >= each.format.low
            assert values.max() <= each.format.high


@pytest.mark.parametrize("name", STREAMS)
def test_every_bit_of_every_element_is_seen_as_0_and_as_1_in_each_phase(name: str) -> None:
    ports = STREAMS[name]
    for stimulus in plan(ports, seed=3):
        for each in ports:
            rows = stimulus.tokens[each.name].reshape(len(stimulus.tokens[each.name]), -1).astype(object)
            ones = np.bitwise_or.reduce(rows, axis=0) & ((1 << each.format.width) - 1)
            zeros = np.bitwise_and.reduce(rows, axis=0) & ((1 << each.format.width) - 1)
            assert set(ones.tolist()) == {(1 << each.format.width) - 1}
            assert set(zeros.tolist()) == {0}


def test_the_seed_alone_decides() -> None:
    def flat(seed: int) -> list[Any]:
        return [values.tolist() for stimulus in plan(DOT8, seed=seed) for values in stimulus.tokens.values()]

    assert flat(1) == flat(1)
    assert flat(1) != flat(2)


def test_the_plan_measures_first_and_pauses_later() -> None:
    free, pauses, bursts = plan(DOT8, seed=1)
    assert (free.name, free.input_gap, free.output_stall) == ("free", 0.0, 0.0)
    assert len(free.tokens["a"]) >= 256
    assert pauses.burst_cycles == 1
    assert bursts.burst_cycles > 8
    assert min(pauses.input_gap, pauses.output_stall, bursts.input_gap, bursts.output_stall) > 0


@pytest.mark.parametrize("interval", [1, 2, 4, 8, 16, 64])
def test_slow_designs_get_fewer_tokens_with_pauses_and_longer_bursts(interval: int) -> None:
    free, pauses, bursts = plan(DOT8, seed=1, interval_cycles=interval)
    assert 256 <= len(free.tokens["a"]) <= 420
    assert 32 <= len(pauses.tokens["a"]) == len(bursts.tokens["a"]) <= 96
    assert bursts.burst_cycles >= 2 * interval


@pytest.mark.parametrize("interval", [2, 3, 8, 32])
def test_in_the_phase_with_pauses_tokens_come_in_each_cycle_of_the_interval(interval: int) -> None:
    _, paused, bursts = plan(DOT8, seed=1, interval_cycles=interval)
    assert set(paused.waits) == set(range(interval + 3))
    drawn = paused.waits[: len(paused.tokens["a"])]
    assert {interval - 2, interval - 1, interval, interval + 1} <= set(drawn)
    assert len(set(drawn)) > 0.7 * min(interval + 3, len(drawn))
    assert bursts.waits == ()


@pytest.mark.parametrize("interval", [1, 2, 8, 64])
def test_the_long_run_takes_about_as_many_cycles_as_it_should_and_results_wait_in_it(interval: int) -> None:
    long = long_run(DOT8, seed=1, interval_cycles=interval, cycles=40_000)
    assert long.output_stall > 0.1 and long.input_gap > 0
    stalled = long.output_stall / (1 - long.output_stall)
    assert len(long.tokens["a"]) * (interval + long.input_gap + stalled) == pytest.approx(40_000, rel=0.01)


def test_the_long_run_has_all_values_of_few_bits() -> None:
    tokens = long_run([port("x", "i6"), port("y", "u6")], seed=1).tokens
    assert len(set(zip(tokens["x"].tolist(), tokens["y"].tolist(), strict=True))) == 4096


def test_in_the_long_run_the_largest_elements_are_a_bit_apart_or_equal_in_many_tokens() -> None:
    x = np.sort(long_run([port("x", "i8", 16)], seed=1).tokens["x"], axis=1)
    # A fifth have few values each, another fifth pairs that are near: one bit apart as often as any other.
    for bit in range(6):
        assert ((x[:, -1] - x[:, -2]) == 1 << bit)[: len(x) // 2].mean() > 0.01
    assert ((x[:, -1] == x[:, -2])[: len(x) // 2]).mean() > 0.2
    # The first of several equal ones, in blocks and alone, at every place.
    first = long_run([port("x", "i8", 16)], seed=1).tokens["x"].argmax(axis=1)
    assert set(first.tolist()) == set(range(16))


@pytest.mark.parametrize("text", ["i16", "u14", "i5"])
def test_the_other_tokens_of_the_long_run_leave_no_gaps(text: str) -> None:
    ports = [port("x", text, 3)]
    tokens = long_run(ports, seed=1).tokens["x"]
    spread = tokens[len(tokens) // 2 :]
    low, high = ports[0].format.low, ports[0].format.high
    part = (high - low + 1) / len(spread)
    for column in spread.T:
        places = np.sort(column - low)
        assert np.all(np.abs(places - part * np.arange(len(places))) <= part + 1)
    assert np.abs(np.corrcoef(spread.T)[np.triu_indices(3, 1)]).max() < 0.06


def test_fewer_tokens_have_to_do_with_each_other_where_that_is_wanted() -> None:
    x = long_run([port("x", "i16")], seed=1, related=0.25).tokens["x"]
    spread = np.sort(x[len(x) // 4 :])
    assert np.diff(spread).max() <= 2 * 65536 / len(spread) + 1


def test_elements_of_any_width_are_drawn() -> None:
    x = long_run([port("x", "u80"), port("y", "i8")], seed=1).tokens
    assert max(x["x"].tolist()).bit_length() == 80
    assert set(range(-128, 128)) == set(x["y"].tolist())


def test_a_single_element_is_quiet_for_a_while_and_held_for_a_while() -> None:
    x = long_run([port("x", "i16")], seed=1).tokens["x"]
    related = x[: len(x) // 2]
    runs = [related[start : start + 12] for start in range(0, len(related) - 12, 12)]
    assert sum(0 < np.abs(run).max() < 64 for run in runs) > len(runs) // 50
    assert sum(2 <= len(set(run.tolist())) <= 8 for run in runs) > len(runs) // 10


@pytest.mark.parametrize("tokens", [1, 2, 7, 100, 1000])
def test_any_number_of_tokens_can_be_asked_for(tokens: int) -> None:
    free, pauses, _ = plan(DOT8, seed=1, tokens=tokens)
    assert len(free.tokens["a"]) == tokens
    assert 1 <= len(pauses.tokens["a"]) <= tokens
    with pytest.raises(ValueError) as caught:
        plan(DOT8, seed=1, tokens=0)
    assert str(caught.value) == "plan: tokens and interval must be at least 1, not 0 and 1"


def test_few_elements_get_all_combinations_of_corners() -> None:
    tokens = corners([port("x", "i8"), port("y", "u8")], seed=1)
    found = sorted(zip(tokens["x"].tolist(), tokens["y"].tolist(), strict=True))
    assert found == sorted(itertools.product([-128, -1, 0, 1, 127], [0, 1, 255]))


def test_small_inputs_get_all_their_values() -> None:
    tokens = corners([port("x", "i4"), port("y", "u4")], seed=1)
    found = sorted(zip(tokens["x"].tolist(), tokens["y"].tolist(), strict=True))
    assert found == list(itertools.product(range(-8, 8), range(16)))


def test_uniform_values_are_uniform() -> None:
    values = uniform([port("x", "i8")], count=51_200, seed=1)["x"]
    counts = np.bincount(values + 128, minlength=256)
    assert ((counts - 200) ** 2 / 200).sum() < 330  # chi squared, 255 degrees: beyond in 1 of 1,000 cases
    wide = uniform([port("x", "i80")], count=4_000, seed=1)["x"]
    assert all(abs(sum(int(value) >> bit & 1 for value in wide) - 2_000) < 200 for bit in range(80))


def dot(a: Any, b: Any) -> Any:
    return (a * b).sum(axis=1)


def wrapped(values: Any, width: int) -> Any:
    return (values + (1 << (width - 1))) % (1 << width) - (1 << (width - 1))


MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "signs ignored": lambda a, b: wrapped(dot(a & 255, b & 255), 19),
    "one operand unsigned": lambda a, b: dot(a, b & 255),
    "product one bit short": lambda a, b: wrapped(a * b, 15).sum(axis=1),
    "sum one bit short": lambda a, b: wrapped(dot(a, b), 18),
    "-128 * -128 alone is wrong": lambda a, b: np.where((a == -128) & (b == -128), -16384, a * b).sum(axis=1),
    "-128 negated wrongly": lambda a, b: dot(np.where(a == -128, 127, a), b),
    "elements crossed": lambda a, b: dot(a[:, [1, 0, 2, 3, 4, 5, 6, 7]], b),
    "order reversed": lambda a, b: dot(a[:, ::-1], b),
    "an element twice": lambda a, b: dot(a[:, [0, 1, 2, 3, 4, 5, 6, 6]], b[:, [0, 1, 2, 3, 4, 5, 6, 6]]),
    "lowest carry lost": lambda a, b: dot(a, b) - ((a[:, 0] * b[:, 0]) & (a[:, 1] * b[:, 1]) & 1) * 2,
    "highest bit stuck": lambda a, b: dot(a, b & ~64),
    "token before": lambda a, b: dot(np.roll(a, 1, axis=0), b),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_each_phase_tells_a_dot_product_from_its_usual_mistakes(name: str) -> None:
    for stimulus in plan(DOT8, seed=1):
        a, b = stimulus.tokens["a"], stimulus.tokens["b"]
        assert (MISTAKES[name](a, b) != dot(a, b)).any(), stimulus.name


@pytest.mark.parametrize("seed", range(5))
def test_extremes_reach_the_ends_of_a_filter(seed: int) -> None:
    x = plan([port("x", "i8")], seed=seed)[0].tokens["x"]
    taps = np.ones(16, dtype=np.int64)
    filtered = np.convolve(x, taps)
    assert filtered.min() == -128 * 16
    assert filtered.max() == 127 * 16


def test_phases_carry_what_the_golden_model_expects() -> None:
    i8, i9 = Format.parse("i8"), Format.parse("i9")
    nodes = (
        Node(op=Op.INPUT, format=i8, shape=(2,), attributes=(("name", "a"),)),
        Node(op=Op.INPUT, format=i8, shape=(2,), attributes=(("name", "b"),)),
        Node(op=Op.SUB, args=(0, 1), format=i9, shape=(2,)),
    )
    graph = Graph(nodes=nodes, inputs=(("a", 0), ("b", 1)), outputs=(("y", 2),))
    stimuli = plan([port("a", "i8", 2), port("b", "i8", 2)], seed=4)
    for stimulus, phase in zip(stimuli, phases(graph, stimuli), strict=True):
        assert (phase.name, phase.burst_cycles, phase.reset_before) == (stimulus.name, stimulus.burst_cycles, True)
        for token, inputs in enumerate(phase.inputs):
            a, b = stimulus.tokens["a"][token] & 255, stimulus.tokens["b"][token] & 255
            assert inputs == a[0] | a[1] << 8 | b[0] << 16 | b[1] << 24
            y = (stimulus.tokens["a"][token] - stimulus.tokens["b"][token]) & 511
            assert phase.expected[token] == y[0] | y[1] << 9
