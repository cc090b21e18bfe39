"""Verilog models of library cells, made from their liberty functions, for simulating mapped netlists."""

from __future__ import annotations

from collections.abc import Collection

from sim.cells import Cell, FlipFlop
from sim.technology import Technology

__all__ = ["cell_model", "cell_models"]


def cell_models(technology: Technology, cells: Collection[str] | None = None) -> str:
    """Write a module for each usable cell, or for those named, without delays.

    A flip-flop takes its next state at the rising clock and wakes up undefined, as hardware does; its asynchronous pins
    act at once, and clear wins over preset.

    Raises: KeyError for a cell that the technology does not have.
    """
    names = sorted(cells) if cells is not None else [cell.name for cell in technology.cells.values() if cell.usable]
    return "\n".join(cell_model(technology.cells[name]) for name in names)


def cell_model(cell: Cell) -> str:
    """Write the module of one cell."""
    ports = ", ".join([f"input {pin}" for pin in cell.inputs] + [f"output {pin}" for pin in cell.outputs])
    lines = [f"module {cell.name} ({ports});"]
    if cell.flip_flop is not None:
        lines += _state(cell.flip_flop)
    for pin in cell.pins.values():
        if pin.function is not None:
            lines.append(f"  assign {pin.name} = {pin.function.verilog()};")
    return "\n".join([*lines, "endmodule", ""])


def _state(state: FlipFlop) -> list[str]:
    clear = "1'b0" if state.clear is None else state.clear.verilog()
    preset = "1'b0" if state.preset is None else state.preset.verilog()
    lines = [
        f"  reg {state.state};",
        f"  wire {state.inverted_state} = ~{state.state};",
        f"  wire clock_ = {state.clocked_on.verilog()}, clear_ = {clear}, preset_ = {preset};",
    ]
    if state.clear is None and state.preset is None:
        return [*lines, f"  always @(posedge clock_) {state.state} <= {state.next_state.verilog()};"]
    return [
        *lines,
        "  always @(posedge clock_ or posedge clear_ or posedge preset_)",
        f"    if (clear_) {state.state} <= 1'b0;",
        f"    else if (preset_) {state.state} <= 1'b1;",
        f"    else {state.state} <= {state.next_state.verilog()};",
    ]
