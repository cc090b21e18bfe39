"""Campaigns: equal seeds plant equal faults, each kind is there, and what is equivalent is told from what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.faults.campaign import Campaign, Outcome, Planted, plant_faults
from sim.faults.equivalence import Equality, compare
from sim.faults.fault import KINDS, Fault, plant
from sim.netlist import Netlist
from tests.sim.faults.designs import TECHNOLOGY, Small, small
from tests.sim.specs import DOT

OUTPUTS = {name: cell.outputs for name, cell in TECHNOLOGY.cells.items()}


def campaign(design: Small, *, seed: int = 1, prove: bool = True, count: int = 150) -> Campaign:
    return plant_faults(design.rtlil, design.netlist_text, design.job, design.long, TECHNOLOGY, count, seed, prove)


def faults_in(made: Campaign) -> list[tuple[str, str]]:
    return [(one.level, one.where) for one in made.planted]


def test_every_kind_is_planted_and_the_testbench_catches_nearly_all_that_differ() -> None:
    design = small(DOT, "")
    made = campaign(design)
    assert len(made.planted) == 150
    assert len(set(faults_in(made))) == 150
    assert {one.kind for one in made.planted} <= KINDS.keys()
    assert {"stuck", "swap", "cell", "register", "handshake"} <= {one.kind for one in made.planted}
    assert made.caught_share >= 0.99
    assert made.count(Outcome.ESCAPED) == 0
    document = made.as_dict()
    assert document["caught"] + len(document["survivors"]) == document["planted"] == 150
    assert sum(row["planted"] for row in document["kinds"]) == 150


def test_the_same_seed_plants_the_same_faults_and_another_plants_others() -> None:
    design = small(DOT, "")
    first, again, other = (campaign(design, seed=seed, prove=False) for seed in (1, 1, 2))
    assert [replace(one) for one in first.planted] == list(again.planted)
    assert faults_in(first) != faults_in(other)


def test_a_testbench_of_few_tokens_lets_faults_escape() -> None:
    design = small(DOT, "")
    blind = [replace(p, inputs=(p.inputs[0],) * 256, expected=(p.expected[0],) * 256) for p in design.job.phases[:1]]
    dull = replace(design, job=replace(design.job, phases=tuple(blind)), long=replace(design.long, phases=tuple(blind)))
    assert campaign(dull, prove=False).caught_share < 0.9


def test_shares_leave_out_what_is_equivalent() -> None:
    outcomes = [*[Outcome.TESTBENCH] * 3, Outcome.PROOF, Outcome.EQUIVALENT]
    planted = [
        Planted(level="netlist", kind="stuck", where=str(n), outcome=o, reason="") for n, o in enumerate(outcomes)
    ]
    made = Campaign(planted=tuple(planted), cpu_s=1.0)
    assert made.caught_share == 0.75
    assert [one.where for one in made.survivors] == ["3", "4"]


def verdict(netlist: Netlist, fault: Fault) -> Equality:
    return compare(netlist, plant(netlist, fault, outputs=OUTPUTS), TECHNOLOGY.cells, seconds=20)


def test_a_stronger_cell_changes_nothing_and_another_function_does() -> None:
    netlist = small(DOT, "").netlist
    gate = next(each for each in netlist.instances if each.cell == "sky130_fd_sc_hd__nand2_1")
    stronger = Fault(kind="cell", where="stronger", cells={gate.name: "sky130_fd_sc_hd__nand2_2"})
    other = Fault(kind="cell", where="other", cells={gate.name: "sky130_fd_sc_hd__nor2_1"})
    assert verdict(netlist, stronger) is Equality.EQUAL
    assert verdict(netlist, other) in (Equality.DIFFERENT, Equality.DIFFERENT_STATES)


def test_what_differs_only_in_a_state_that_never_occurs_is_the_same_at_the_ports() -> None:
    netlist = small(DOT, "").netlist
    valid = next(port.bits[0] for port in netlist.ports if port.name == "outputs__valid")
    register = next(i for i in netlist.instances if valid in i.pins.values() and TECHNOLOGY.cells[i.cell].flip_flop)
    twin = {pin: bit for pin, bit in register.pins.items() if bit != valid}
    (out,) = register.pins.keys() - twin.keys()
    free = 1 + max(bit for i in netlist.instances for bit in i.pins.values() if isinstance(bit, int))
    # A second register beside the one of `outputs__valid` drives the port: another state, and always the same.
    beside = replace(register, name="twin", pins={**twin, out: free})
    fault = Fault(kind="register", where="twin", ports={("outputs__valid", 0): free}, added=(beside,))
    assert verdict(netlist, fault) is Equality.SAME_AT_PORTS


def test_a_fault_is_of_a_known_kind() -> None:
    with pytest.raises(ValueError, match="^Fault: kind must be one of stuck, .*, not 'rust'$"):
        Fault(kind="rust", where="")
