"""Coverage of small netlists, against counts by hand, and a faulty netlist that the long run finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hdlgen.number import Format
from hdlgen.payload import Port, input_ports
from sim.coverage import corners_seen, cover
from sim.faults.bench import LaneFailure
from sim.workload import STREAMS
from tests.sim.faults.designs import TECHNOLOGY, small
from tests.sim.specs import DOT, graph_of


def test_corners_and_their_pairs_are_counted() -> None:
    ports = (
        Port(name="a", format=Format(width=2, fraction=0, signed=True), shape=()),
        Port(name="b", format=Format(width=1, fraction=0, signed=False), shape=()),
    )
    # a: -2, -1, 0, 1 are all corners; b: 0 and 1. Tokens: (a, b) = (0, 0), (1, 1), (1, 0).
    assert corners_seen(ports, [0b000, 0b101, 0b001]) == (6, 4, 8, 3)


def test_a_design_is_exercised_and_dull_tokens_are_seen_to_be_dull() -> None:
    design = small(DOT, "")
    inputs = input_ports(graph_of(DOT))
    found = cover(design.netlist_text, TECHNOLOGY, design.job, design.long.phases, inputs)
    assert found.toggled == found.nets > 100
    assert min(found.input_waits, found.input_gaps, found.output_stalls, found.back_to_back) > 20
    assert found.corners_seen == found.corners == 8 * 5
    assert found.long_tokens == sum(len(phase.inputs) for phase in design.long.phases) > 5000
    free = design.job.phases[0]
    dull = replace(free, inputs=free.inputs[:1] * 256, expected=free.expected[:1] * 256)
    less = cover(design.netlist_text, TECHNOLOGY, replace(design.job, phases=(dull,)), (dull,), inputs)
    assert less.toggled < found.toggled
    assert (less.output_stalls, less.input_waits) == (0, 0)
    assert less.corners_seen <= 8


@pytest.mark.parametrize("place", [0, STREAMS - 1])
def test_a_netlist_that_only_the_long_run_finds_wrong_is_found(place: int) -> None:
    design = small(DOT, "")
    phases = list(design.long.phases)
    last = phases[place].expected[-1]
    phases[place] = replace(phases[place], expected=(*phases[place].expected[:-1], last ^ 1))
    with pytest.raises(LaneFailure, match=r"^netlist: the result must be the expected one \(phase long, cycle \d+\)$"):
        cover(design.netlist_text, TECHNOLOGY, design.job, phases, input_ports(graph_of(DOT)))
