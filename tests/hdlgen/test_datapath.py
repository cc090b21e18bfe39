"""Datapaths: planted faults are seen, and the summary tells what is there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.dataflow import Kind
from hdlgen.datapath import Datapath, Unit, build_datapath
from hdlgen.errors import PointError
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.rewrite import rewrite
from tests.hdlgen.graphs import GRAPHS, graphs

FOLDINGS = ((1, 1), (2, 2), (3, 3), (4, 2), (8, 8))


def built(name: str, interval: int = 1, fold: int = 1, stages: int = 0) -> Datapath:
    dataflow = rewrite(lower(GRAPHS[name]()))
    return build_datapath(dataflow, SumStyle(), interval=interval, fold=fold, stages=stages)


def moved(datapath: Datapath, place: int, cycles: int, *, ready: bool) -> Datapath:
    """Let the first binding of a unit begin earlier or later; `ready`: its result comes accordingly."""
    units, times = list(datapath.units), list(datapath.ready)
    first, *others = units[place].bindings
    units[place] = replace(units[place], bindings=(replace(first, start=first.start + cycles), *others))
    times[first.operation] += cycles * ready
    return replace(datapath, units=tuple(units), ready=tuple(times))


def named(datapath: Datapath, kind: str) -> int:
    return next(place for place, unit in enumerate(datapath.summary()["units"]) if unit["kind"] == kind)


def test_a_unit_that_begins_at_another_time_is_seen() -> None:
    datapath = built("horner", stages=3)
    datapath.verify()
    for place, unit in enumerate(datapath.units):
        start, number = unit.bindings[0].start, unit.bindings[0].operation
        message = f"datapath: operation {number} must begin in cycle {start}, not in {start + 1}"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            moved(datapath, place, 1, ready=False).verify()
        message = f"datapath: operation {number} must begin in cycle 0, not in -1"
        with pytest.raises(ValueError, match=f"^{message}$"):
            moved(datapath, place, -1 - start, ready=True).verify()


def test_a_value_that_is_made_later_than_it_is_read_is_seen() -> None:
    datapath = built("feedback")
    place = named(datapath, "saturate")
    saturated = datapath.units[place].bindings[0].operation
    message = f"datapath: operation {saturated} must be read from cycle 9 on, not in 0"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(moved(datapath, place, 9, ready=True), waits=dict.fromkeys(range(len(datapath.ready)), 99)).verify()


def test_a_pipeline_register_that_nobody_planned_is_seen() -> None:
    datapath = built("dot", stages=2)
    (unit,) = datapath.units
    assert len(unit.cuts) == 2
    for cuts in (frozenset[int](), unit.cuts | {max(unit.cuts) + 1}):
        with pytest.raises(ValueError, match=r"^datapath: operation 16 must begin in cycle \d, not in 0$"):
            replace(datapath, units=(replace(unit, cuts=cuts),)).verify()


def test_a_state_that_is_read_before_the_last_token_wrote_it_is_seen() -> None:
    datapath = built("feedback")
    (state,) = datapath.loads
    message = f"datapath: operation {state} must be read from cycle 1 on, not in 0"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        replace(datapath, loads={state: 1}).verify()


def test_two_operations_in_one_cycle_of_a_unit_are_seen() -> None:
    datapath = built("matrix", interval=3)
    unit = next(unit for unit in datapath.units if len(unit.bindings) == 3)
    place = datapath.units.index(unit)
    first, second = (binding.start % 3 for binding in unit.bindings[:2])
    broken = moved(datapath, place, (second - first) % 3, ready=True)
    message = f"datapath: unit {unit.name} must do one thing a cycle, not two in [{second}]"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        broken.verify()


def test_a_wait_that_is_dropped_or_cut_short_is_seen() -> None:
    datapath = built("fir", interval=4, fold=4)
    long = [number for number, cycle in datapath.waits.items() if cycle > datapath.produced(number) + 1]
    assert long
    for number in datapath.waits:
        cycle = datapath.waits[number]
        message = rf"^datapath: operation {number} must wait until cycle \d+, not be lost before$"
        with pytest.raises(ValueError, match=message):
            replace(datapath, waits={k: v for k, v in datapath.waits.items() if k != number}).verify()
        with pytest.raises(ValueError, match=message):
            replace(datapath, waits={**datapath.waits, number: cycle - 1}).verify()


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(graphs(), st.sampled_from(FOLDINGS), st.integers(0, 3))
def test_random_datapaths_keep_their_rules(graph: Graph, folding: tuple[int, int], stages: int) -> None:
    dataflow = rewrite(lower(graph))
    try:
        datapath = build_datapath(dataflow, SumStyle(), interval=folding[0], fold=folding[1], stages=stages)
    except PointError:
        return  # a loop of shared units
    assert len({unit.name for unit in datapath.units}) == len(datapath.units)
    summary = datapath.summary()
    assert json.loads(json.dumps(summary)) == summary
    ports = {port["name"] for port in summary["inputs"]}
    states = {f"state_{register.state}" for register in datapath.dataflow.registers}
    makers = {unit["name"] for unit in summary["units"]} | ports | states
    for source, target, width in summary["edges"]:
        assert source in makers and width > 0
        assert target in makers | {name for name, _ in graph.outputs}
    for unit in summary["units"]:
        assert 0 <= unit["cycle"] <= unit["last_cycle"] < summary["latency_cycles"]


def test_the_summary_tells_the_units_of_a_filter() -> None:
    summary = built("fir", stages=1).summary()
    assert (summary["interval_cycles"], summary["latency_cycles"]) == (1, 3)
    (unit,) = summary["units"]
    assert (unit["name"], unit["kind"], unit["operations"]) == ("sum_0", "sum", 1)
    assert unit["detail"] == "8 addends, heap, sklansky"
    assert (unit["cycle"], unit["last_cycle"]) == (0, 1)
    assert unit["pipeline_bits"] > 0
    assert summary["inputs"] == [{"name": "x", "width": 6}]
    assert summary["outputs"] == [{"name": "y", "width": built("fir").dataflow.operations[-1].format.width}]
    states = [f"state_{number}" for number in range(1, 8)]
    chain = [[source, target, 6] for source, target in pairwise(["x", *states])]
    taps = [[source, "sum_0", 6] for source in ["x", *states]]
    assert sorted(edge for edge in summary["edges"] if edge[1] != "y") == sorted(chain + taps)


def test_the_summary_names_units_as_a_reader_would() -> None:
    kinds = {unit["kind"] for name in GRAPHS for unit in built(name).summary()["units"]}
    assert {"dot product", "multiply-add", "sum", "adder", "select", "saturate"} <= kinds
    folded = built("dot", interval=8, fold=8).summary()
    (unit,) = folded["units"]
    assert unit["kind"] == "multiplier"
    assert unit["detail"] == "1 x booth, heap, sklansky, accumulator"
    assert (unit["operations"], unit["cycle"], unit["last_cycle"]) == (1, 0, 7)


def test_registers_of_the_summary_hold_what_waits() -> None:
    datapath = built("dot", interval=4, fold=4)
    registers = datapath.summary()["registers"]
    for number in datapath.waits:
        held = [register for register in registers if register["name"] == f"value_{number}"]
        assert len(held) == datapath.depth(number) >= 1
        assert {register["width"] for register in held} == {datapath.dataflow.operations[number].format.width}
    inputs = [number for number, made in enumerate(datapath.dataflow.operations) if made.kind is Kind.INPUT]
    assert {datapath.depth(number) for number in inputs} == {1}, "a token waits its whole interval in one register"


def test_a_unit_of_one_operation_is_named_by_its_number() -> None:
    datapath = built("feedback")
    saturate: Unit = datapath.units[named(datapath, "saturate")]
    assert saturate.name == f"saturate_{saturate.bindings[0].operation}"
