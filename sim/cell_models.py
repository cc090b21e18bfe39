"""Verilog models of library cells, made from their liberty functions, for simulating mapped netlists."""

from __future__ import annotations

from collections.abc import Collection

from sim.cells import Cell, FlipFlop
from sim.technology import Technology

__all__ = ["cell_model", "cell_models"]


def cell_models(technology: Technology, cells: Collection[str] | None = None) -> str:
    """Write a module for each usable cell, or for those named, without delays.

    A flip-flop takes its next state at the rising clock; its asynchronous pins act at once, and clear wins over preset.
    It wakes up with a random bit, as hardware does, and the same one in every run. An undefined one would never leave
    gates in which a signal meets itself, such as those of an accumulator whose first addend does not need it.

    Raises: KeyError for a cell that the technology does not have.
    """
    names = sorted(cells) if cells is not None else [cell.name for cell in technology.cells.values() if cell.usable]
    return "\n".join(cell_model(technology.cells[name]) for name in names)


def cell_model(cell: Cell) -> str:
    """Write the module of one cell."""
    ports = ", ".join([f"input {pin}" for pin in cell.inputs] + [f"output {pin}" for pin in cell.outputs])
    functions = {pin.name: pin.function for pin in cell.pins.values() if pin.function is not None}
    lines = [f"module {cell.name} ({ports});"]
    if cell.flip_flop is not None:
        lines += _state(cell.flip_flop, read={name for function in functions.values() for name in function.pins()})
    lines += [f"  assign {name} = {function.verilog()};" for name, function in functions.items()]
    return "\n".join([*lines, "endmodule", ""])


def _state(state: FlipFlop, *, read: Collection[str]) -> list[str]:
    """Write the register of a flip-flop, and of the wires around it those that are read: each costs at every edge."""
    lines = [f"  reg {state.state};", "`ifndef SYNTHESIS", f"  initial {state.state} = $urandom;", "`endif"]
    if state.inverted_state in {*read, *state.next_state.pins()}:
        lines.append(f"  wire {state.inverted_state} = ~{state.state};")
    edges = []
    for wire, function in (("clock_", state.clocked_on), ("clear_", state.clear), ("preset_", state.preset)):
        if function is not None and function.operator != "name":
            lines.append(f"  wire {wire} = {function.verilog()};")
            edges.append(f"posedge {wire}")
        elif function is not None:
            edges.append(f"posedge {function.name}")
    kept = f"{state.state} <= {state.next_state.verilog()};"
    for level, function, wire in (("1", state.preset, "preset_"), ("0", state.clear, "clear_")):
        if function is not None:
            condition = function.name if function.operator == "name" else wire
            kept = f"if ({condition}) {state.state} <= 1'b{level}; else {kept}"
    return [*lines, f"  always @({' or '.join(edges)}) {kept}"]
