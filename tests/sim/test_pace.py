"""Pace: a plain model of valid bits and phases keeps it under all traffic, and each slip is told by its rule."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from sim.faults.bench import run_testbench
from sim.faults.fault import Fault
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.pace import Pace, PaceKeeper
from sim.simulate import simulate
from sim.wrapper import ACCEPT
from tests.sim.faults.designs import small
from tests.sim.specs import DOT
from tests.sim.test_simulate import pipeline

PACES = [
    Pace(interval_cycles=interval, latency_cycles=latency, idle_cycles=(last // interval + 2) * interval)
    for interval, latency in product((1, 2, 3, 8), (1, 2, 3, 7, 9, 16))
    for last in (latency - 1, latency + 2)
]
"""With states that move on before the result leaves, and after."""


class Model:
    """What the control of a kernel does: a chain of valid bits that moves with the phases, and stalls as a whole."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.phase = pace.interval_cycles - 1
        self.chain = [False] * (pace.idle_cycles // pace.interval_cycles - 1)
        self.results = [False] * pace.latency_cycles

    def cycle(self, offered: bool, accepting: bool) -> tuple[str, bool]:
        """Give the last bits of the sample of one cycle, and whether a token was taken in it."""
        valid = self.results[-1]
        moves = not valid or accepting
        ready = moves and self.phase == self.pace.interval_cycles - 1
        if moves:
            self.results = [ready and offered, *self.results[:-1]]
            busy = any(self.chain)
            if ready:
                self.chain = [offered, *self.chain[:-1]]
            if not ready or offered or busy:
                self.phase = (self.phase + 1) % self.pace.interval_cycles
        return f"{valid:d}{ready:d}", ready and offered


def traffic(pace: Pace, cycles: int, seed: int) -> Iterator[tuple[bool, bool]]:
    """Draw when tokens are offered and results accepted, with pauses of all lengths up to idleness."""
    source = random.Random(seed)
    offered = accepting = True
    left = [0, 0]
    for _ in range(cycles):
        if not left[0]:
            offered, left[0] = not offered, source.randint(1, source.choice((2, pace.idle_cycles + 3)))
        if not left[1]:
            accepting, left[1] = source.random() < 0.7, source.randint(1, 4)
        left = [count - 1 for count in left]
        yield offered, accepting


@pytest.mark.parametrize("pace", PACES, ids=str)
def test_a_kernel_keeps_its_pace_under_all_traffic(pace: Pace) -> None:
    for seed in range(3):
        model, keeper = Model(pace), PaceKeeper(pace)
        for offered, accepting in traffic(pace, 2000, seed):
            control, taken = model.cycle(offered, accepting)
            assert keeper.observe(f"0{control}", ACCEPT * accepting, taken) == ""


@pytest.mark.parametrize(
    ("wrong", "by"),
    # One cycle more of idleness is the same: a token is welcome in its first cycle in any case.
    [(key, by) for key in ("interval_cycles", "latency_cycles", "idle_cycles") for by in (-1, 1 + (key[1] == "d"))],
)
@pytest.mark.parametrize(
    "pace", [each for each in PACES if each.interval_cycles > 2 and each.latency_cycles > 1], ids=str
)
def test_another_pace_is_told(pace: Pace, wrong: str, by: int) -> None:
    model, keeper = Model(pace), PaceKeeper(replace(pace, **{wrong: getattr(pace, wrong) + by}))
    said = {
        keeper.observe(f"0{control}", ACCEPT * accepting, taken)
        for offered, accepting in traffic(pace, 4000, 1)
        for control, taken in [model.cycle(offered, accepting)]
    } - {""}
    assert len(said) == 1


PACE = Pace(interval_cycles=2, latency_cycles=3, idle_cycles=6)


@pytest.mark.parametrize(
    ("right", "accepting", "slip", "rule"),
    [
        # Each is a run of samples' last bits, in whose first cycle a token is taken, up to the one that slips.
        (["01", "00"], 1, "00", "inputs__ready must be high every 2 cycles after a token, and in no other cycle"),
        (["01"], 1, "01", "inputs__ready must be high every 2 cycles after a token, and in no other cycle"),
        (["01", "00"], 1, "11", "a result must stand 3 cycles after its token was taken, and in no other cycle"),
        (["01", "00", "01"], 1, "00", "a result must stand 3 cycles after its token was taken, and in no other cycle"),
        (["01", "00", "01"], 0, "11", "inputs__ready must be low while a result waits"),
        (["01", "00", "01", "10", "01", "00"], 1, "00",
         "inputs__ready must be high from 6 cycles after the last token on"),
    ],
)  # fmt: skip
def test_each_slip_is_told_by_its_rule_once(right: list[str], accepting: int, slip: str, rule: str) -> None:
    keeper = PaceKeeper(PACE)
    for place, control in enumerate(right):
        assert keeper.observe(f"0{control}", ACCEPT, place == 0) == ""
    assert keeper.observe(f"0{slip}", ACCEPT * accepting, False) == rule
    assert keeper.observe("0xx", ACCEPT, False) == ""
    keeper.reset()
    assert keeper.observe("001", ACCEPT, True) == ""


def test_a_waiting_result_stops_the_count() -> None:
    keeper = PaceKeeper(PACE)
    for control, accepting, taken in (
        ("01", 1, 1),
        ("00", 1, 0),
        ("01", 1, 1),
        ("10", 0, 0),
        ("10", 0, 0),
        ("10", 1, 0),
    ):
        assert keeper.observe(f"0{control}", ACCEPT * accepting, bool(taken)) == ""
    assert keeper.observe("001", ACCEPT, False) == ""
    assert keeper.observe("010", ACCEPT, False) == ""


def test_a_pace_is_of_whole_cycles() -> None:
    with pytest.raises(ValueError) as caught:
        Pace(interval_cycles=1, latency_cycles=0, idle_cycles=2)
    assert str(caught.value) == "Pace: latency_cycles must be at least 1, not 0"


@pytest.mark.parametrize(
    ("pace", "status", "rule"),
    [
        (Pace(interval_cycles=1, latency_cycles=4, idle_cycles=5), "ok", ""),
        (Pace(interval_cycles=1, latency_cycles=5, idle_cycles=6), "mismatch", "a result must stand 5 cycles after"),
        (Pace(interval_cycles=2, latency_cycles=4, idle_cycles=8), "mismatch", "inputs__ready must be high every 2"),
    ],
)
def test_a_simulated_design_is_held_to_what_it_declares(pace: Pace, status: str, rule: str, tmp_path: Path) -> None:
    (result,) = simulate([replace(pipeline("pipeline"), pace=pace)], folder=tmp_path)
    assert (result.status, result.message.partition(": ")[2][: len(rule)]) == (status, rule)


def test_an_idle_design_that_lets_a_token_wait_is_caught_by_its_pace_alone() -> None:
    design = small(DOT, "interval=4,fold=4")
    bits = next(bits for name, bits in design.structure.names.items() if name.endswith("kernel.valid_1"))
    assert design.job.pace is not None
    # The phases go round for ever, as if a token were always in flight: results are right, and late by chance.
    busy = [
        Fault(kind="stuck", where=f"{instance.name}.{pin}", pins={(instance.name, pin): "1"})
        for instance in design.structure.netlist.instances
        for pin, bit in instance.pins.items()
        if bit in bits and pin not in GATE_CELLS[instance.cell].outputs
    ]
    assert busy
    lanes = Lanes(design.structure.netlist, GATE_CELLS, busy)
    free = [one is not None for one in run_testbench(lanes, replace(design.job, pace=None)).caught]
    held = run_testbench(lanes, design.job).caught
    only = {one.rule for one, before in zip(held, free, strict=True) if one is not None and not before}
    assert only == {"inputs__ready must be high from 12 cycles after the last token on"}
