"""The testbench on lanes against the same testbench in simulators, on faults that it catches and that it misses."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.errors import ToolMissing
from sim.cell_models import cell_model
from sim.cells import Cell
from sim.faults.bench import LaneFailure, run_side_by_side, run_testbench
from sim.faults.fault import Fault
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.netlist import Netlist
from sim.simulate import simulate
from sim.simulators import SIMULATORS, choose
from tests.sim.faults.designs import LEVELS, TECHNOLOGY, drawn_faults, planted, small
from tests.sim.specs import DOT

POINT = "interval=2,fold=2"


def faults_of(level: str, count: int) -> tuple[Netlist, Mapping[str, Cell], list[Fault]]:
    return drawn_faults(small(DOT, POINT), level, count, seed=3)


def verilog_of(netlist: Netlist, cells: Mapping[str, Cell]) -> str:
    plain = [replace(instance, name=f"u{number}") for number, instance in enumerate(netlist.instances)]
    models = [cell_model(cells[name]) for name in netlist.counts()]
    return "\n".join([*models, replace(netlist, instances=tuple(plain)).verilog()])


def some(faults: Sequence[Fault], caught: Sequence[bool], count: int) -> list[tuple[Fault, bool]]:
    """Take as many that are not caught as there are, and as many that are."""
    source = random.Random(1)
    sides = [[(f, c) for f, c in zip(faults, caught, strict=True) if c is wanted] for wanted in (False, True)]
    return [one for side in sides for one in source.sample(side, min(len(side), count))]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("simulator", sorted(SIMULATORS))
def test_a_simulator_says_of_a_faulty_design_what_its_lane_says(level: str, simulator: str, tmp_path: Path) -> None:
    try:
        choose(simulator)
    except ToolMissing:
        pytest.skip(f"{simulator} is not installed")
    netlist, cells, faults = faults_of(level, 120)
    job = small(DOT, POINT).job
    caught = [one is not None for one in run_testbench(Lanes(netlist, cells, faults), job).caught]
    chosen = some(faults, caught, 4 if simulator == "icarus" else 2)
    assert {verdict for _, verdict in chosen} == {False, True}
    jobs = [
        replace(job, name=f"fault{number}", verilog=verilog_of(planted(netlist, cells, fault), cells))
        for number, (fault, _) in enumerate(chosen)
    ]
    results = simulate(jobs, simulator=simulator, folder=tmp_path, seconds=300)
    said = {fault.where: result.status != "ok" for (fault, _), result in zip(chosen, results, strict=True)}
    assert said == {fault.where: verdict for fault, verdict in chosen}


@pytest.mark.parametrize("level", LEVELS)
def test_a_lane_is_what_the_planted_netlist_is(level: str) -> None:
    netlist, cells, faults = faults_of(level, 60)
    job = small(DOT, POINT).job
    played = run_testbench(Lanes(netlist, cells, faults), job).caught
    for fault, caught in some(faults, [one is not None for one in played], 8):
        alone = Lanes(planted(netlist, cells, fault), cells, ())
        if caught:
            with pytest.raises(LaneFailure, match=r"^netlist: .+ \(phase \w+, cycle \d+\)$"):
                run_testbench(alone, job)
        else:
            run_testbench(alone, job)


def test_the_good_design_answers_what_is_expected_in_as_many_cycles_as_in_a_simulator(tmp_path: Path) -> None:
    design = small(DOT, POINT)
    (result,) = simulate([design.job], folder=tmp_path, seconds=120)
    for netlist, cells in ((design.structure.netlist, GATE_CELLS), (design.netlist, TECHNOLOGY.cells)):
        played = run_testbench(Lanes(netlist, cells, ()), design.job)
        assert played.answers == tuple(phase.expected for phase in design.job.phases)
        assert played.cycles == result.cycles


def test_a_design_that_fails_without_a_fault_is_told() -> None:
    design = small(DOT, POINT)
    first = design.job.phases[0]
    wrong = replace(first, expected=(first.expected[0] ^ 1, *first.expected[1:]))
    lanes = Lanes(design.netlist, TECHNOLOGY.cells, ())
    with pytest.raises(LaneFailure, match="the result must be the expected one"):
        run_testbench(lanes, replace(design.job, phases=(wrong, *design.job.phases[1:])))


@pytest.mark.parametrize("level", LEVELS)
def test_jobs_side_by_side_catch_what_one_of_them_catches_alone(level: str) -> None:
    netlist, cells, faults = faults_of(level, 60)
    job = small(DOT, POINT).job
    jobs = [
        replace(job, phases=(replace(phase, inputs=phase.inputs[:count], expected=phase.expected[:count]),))
        for phase, count in zip(job.phases, (40, 3, 9), strict=True)
    ]
    alone = [run_testbench(Lanes(netlist, cells, faults), each).caught for each in jobs]
    together = run_side_by_side(Lanes(netlist, cells, faults, good=len(jobs), copies=len(jobs)), jobs)
    first = [min((one.cycle for one in found if one is not None), default=None) for found in zip(*alone, strict=True)]
    assert [None if one is None else one.cycle for one in together] == first
    counts = [sum(one is not None for one in found) for found in (*alone, together)]
    assert min(counts) < counts[-1] < len(faults)


def test_a_good_lane_that_fails_among_others_is_told() -> None:
    design = small(DOT, POINT)
    job = replace(design.job, phases=design.job.phases[:1])
    first = job.phases[0]
    wrong = replace(job, phases=(replace(first, expected=(*first.expected[:-1], first.expected[-1] ^ 1)),))
    netlist, cells, faults = faults_of("netlist", 5)
    with pytest.raises(LaneFailure, match="the result must be the expected one"):
        run_side_by_side(Lanes(netlist, cells, faults, good=3, copies=3), [job, wrong, job])
