"""Sizing of whole netlists: only sizes change, adder cells keep theirs, and a netlist that ABC altered is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import ToolError
from sim import liberty, sizing
from sim.cells import Cell, read_cells
from sim.logic import read_logic
from sim.mapping import map_logic
from sim.netlist import Netlist
from sim.recipes import RECIPES
from sim.synthesize import FLOWS, elaborate, gate_passes
from sim.technology import TECHNOLOGIES, Technology, load
from sim.timing import analyse
from sim.yosys_abc import Surroundings, run_abc
from tests.sim.circuits import DOT, rtlil


def mapped(technology: Technology, folder: Path) -> Netlist:
    """Map a dot product whose adders are cells where the technology has them."""
    middle = (*FLOWS["booth_tree_cells"].passes, *gate_passes(technology, keeps_adders=True))
    logic = read_logic(elaborate(rtlil(DOT, folder), middle, folder=folder)["top"])
    return map_logic(logic, technology, RECIPES["balanced"], folder=folder, seconds=30)


def meaning(cell: Cell) -> dict[str, int]:
    """Tabulate the outputs of a cell over its inputs."""
    functions = {pin: cell.pins[pin].function for pin in cell.outputs}
    return {pin: function.table(sorted(cell.inputs)) for pin, function in functions.items() if function is not None}


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_only_sizes_change_and_the_period_does_not_suffer(name: str, tmp_path: Path) -> None:
    technology = load(name)
    before = mapped(technology, tmp_path)
    after = sizing.resize(before, technology, RECIPES["balanced"], folder=tmp_path, seconds=30)
    assert after.ports == before.ports
    changed = 0
    for old, new in zip(before.instances, after.instances, strict=True):
        assert (new.name, new.pins) == (old.name, old.pins)
        changed += new.cell != old.cell
        if technology.cells[old.cell].flip_flop is None:
            assert meaning(technology.cells[new.cell]) == meaning(technology.cells[old.cell])
        if technology.cells[old.cell].flip_flop is not None or len(technology.cells[old.cell].outputs) > 1:
            assert new.cell == old.cell
    assert changed
    assert analyse(after, technology).period_ps <= 1.02 * analyse(before, technology).period_ps


def test_some_speed_is_given_back_for_area(tmp_path: Path) -> None:
    technology = load("gf180_7t_5v")
    fast = sizing.resize(mapped(technology, tmp_path), technology, RECIPES["fast"], folder=tmp_path, seconds=30)
    areas, periods = [], []
    for share in (0.0, 0.03, 0.1):
        netlist = sizing.ease(fast, technology, share, folder=tmp_path, seconds=30)
        assert [(each.name, each.pins) for each in netlist.instances] == [
            (each.name, each.pins) for each in fast.instances
        ]
        areas.append(sum(technology.cells[each.cell].area_um2 for each in netlist.instances))
        periods.append(analyse(netlist, technology).period_ps)
    assert areas[0] > areas[1] > areas[2]
    before = analyse(fast, technology).period_ps
    assert periods[0] <= 1.01 * before and periods[1] <= 1.04 * before and periods[2] <= 1.12 * before


@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_the_library_for_abc_is_liberty_with_the_same_delays(name: str, tmp_path: Path) -> None:
    technology = load(name)
    sizing.resize(mapped(technology, tmp_path), technology, RECIPES["fast"], folder=tmp_path, seconds=30)
    path = tmp_path / "sizes.lib"
    written = read_cells(liberty.read(path), path)
    for cell in written.values():
        source = technology.cells.get(cell.name)
        if source is None:
            continue
        assert cell.area_um2 == pytest.approx(source.area_um2, rel=1e-5)
        for pin, old in zip(cell.pins.values(), source.pins.values(), strict=True):
            assert pin.capacitance_ff == pytest.approx(old.capacitance_ff, rel=1e-5)
            for new_arc, arc in zip(pin.arcs, old.arcs, strict=True):
                for table, other in zip((*new_arc.delay, *new_arc.slew), (*arc.delay, *arc.slew), strict=True):
                    assert (table is None) == (other is None)
                    if table is not None and other is not None:
                        assert table.values == pytest.approx(other.values, rel=1e-5)
    parts = [cell for cell in written.values() if cell.name not in technology.cells]
    assert len(parts) == 2 * sum(role is not None for role in (technology.full_adder, technology.half_adder))
    for part in parts:
        assert all(meaning(part).values() != meaning(other).values() for other in written.values() if other != part)


def test_an_adder_may_add_a_constant(tmp_path: Path) -> None:
    technology = load("sky130hd")
    netlist = mapped(technology, tmp_path)
    adder = next(each for each in netlist.instances if each.cell == "sky130_fd_sc_hd__fa_1")
    tied = replace(adder, pins={**adder.pins, "A": "1", "B": "0"})
    netlist = replace(netlist, instances=tuple(tied if each is adder else each for each in netlist.instances))
    after = sizing.resize(netlist, technology, RECIPES["fast"], folder=tmp_path, seconds=30)
    assert tied in after.instances


def test_a_netlist_that_abc_altered_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    technology = load("sky130hd")
    netlist = mapped(technology, tmp_path)
    honest = run_abc

    def altered(read: tuple[str, ...], script: str, around: Surroundings, **options: Any) -> str:
        text = honest(read, script, around, **options)
        return text.replace("sky130_fd_sc_hd__nand2_1 ", "sky130_fd_sc_hd__nor2_1 ")

    monkeypatch.setattr("sim.sizing.run_abc", altered)
    message = "^yosys-abc: sizing must keep every cell's function, not make 'sky130_fd_sc_hd__nor2_1' of .*nand2_[0-9]$"
    with pytest.raises(ToolError, match=message):
        sizing.resize(netlist, technology, RECIPES["fast"], folder=tmp_path, seconds=30)
