"""Faults that nothing sees: registers doubled that are read late enough, and none that the testbench catches."""

from __future__ import annotations

import pytest

from sim.faults.bench import run_testbench
from sim.faults.equivalence import Equality, compare
from sim.faults.fault import plant
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.faults.netlist_faults import draw_netlist_faults
from sim.faults.sites import Sites
from sim.faults.structure_faults import draw_structure_faults
from sim.faults.unseen import is_unseen
from tests.sim.faults.designs import TECHNOLOGY, small
from tests.sim.specs import DOT

POINT = "interval=4,fold=4"
OUTPUTS = {name: cell.outputs for name, cell in GATE_CELLS.items()}


def test_a_doubled_register_that_is_read_late_and_before_results_wait_is_not_seen() -> None:
    design = small(DOT, f"{POINT},stages=2")
    netlist = design.structure.netlist
    sites = Sites(netlist, GATE_CELLS)
    faults = draw_structure_faults(design.structure, sites, count=400, seed=1)
    doubled = [fault for fault in faults if ".value_" in fault.where and fault.where.endswith("doubled")]
    caught = run_testbench(Lanes(netlist, GATE_CELLS, doubled), design.job).caught
    unseen = [is_unseen(netlist, plant(netlist, fault, outputs=OUTPUTS), GATE_CELLS) for fault in doubled]
    assert unseen == [objection is None for objection in caught]
    assert {True, False} == set(unseen)
    quiet = plant(netlist, doubled[unseen.index(True)], outputs=OUTPUTS)
    assert compare(netlist, quiet, GATE_CELLS, seconds=6) is Equality.SAME_AT_PORTS


@pytest.mark.parametrize("level", ["structure", "netlist"])
def test_nothing_that_the_testbench_catches_is_said_to_be_unseen(level: str) -> None:
    design = small(DOT, POINT)
    if level == "structure":
        netlist, cells = design.structure.netlist, GATE_CELLS
        faults = draw_structure_faults(design.structure, Sites(netlist, cells), count=150, seed=2)
    else:
        netlist, cells = design.netlist, TECHNOLOGY.cells
        usable = [cell.name for cell in cells.values() if cell.usable]
        faults = draw_netlist_faults(Sites(netlist, cells), count=100, seed=2, usable=usable)
    outputs = {name: cell.outputs for name, cell in cells.items()}
    caught = run_testbench(Lanes(netlist, cells, faults), design.job).caught
    wrong = [fault for fault, objection in zip(faults, caught, strict=True) if objection is not None]
    assert len(wrong) > 80
    assert not [fault for fault in wrong if is_unseen(netlist, plant(netlist, fault, outputs=outputs), cells)]
