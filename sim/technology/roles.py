"""Find by their functions the cells that a flow must know by name: registers, adders, inverter, buffers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import InputError
from sim.boolean import Function, columns
from sim.cells import Arc, Cell, FlipFlop
from sim.lookup import interpolate

__all__ = ["Adder", "Environment", "Register", "Roles", "derive_environment", "find_roles"]

_FANOUT = 4
"""How many smallest inverters load an output where nobody says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Hold how a cell serves as rising-edge flip-flop `if enable: q = d`.

    Args:
        inverted: whether `output` shows the inverse of what `data` held.
        enable: pin that must be `enable_level` for the state to change, or empty.
        ties: every other input with the constant that keeps it quiet (asynchronous clear and preset).
    """

    cell: str
    clock: str
    data: str
    output: str
    inverted: bool
    enable: str = ""
    enable_level: int = 1
    ties: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adder:
    """Hold how a cell adds two or three bits.

    Args:
        inputs: its input pins, slowest first, so that the latest bit belongs to the last one.
        sum, carry: its output pins; `sum_inverted`, `carry_inverted` tell which show the inverse.
    """

    cell: str
    inputs: tuple[str, ...]
    sum: str
    carry: str
    sum_inverted: bool
    carry_inverted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Hold what stands around the circuit: what drives its inputs and clock, what its outputs must drive."""

    driving_cell: str
    input_slew_ps: float
    clock_slew_ps: float
    output_load_ff: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Hold the cells found, each family from the smallest to the largest, names deciding between equals."""

    registers: tuple[Register, ...]
    enable_registers: tuple[Register, ...]
    full_adder: Adder | None
    half_adder: Adder | None
    inverters: tuple[str, ...]
    buffers: tuple[str, ...]


def find_roles(cells: Mapping[str, Cell], path: Path) -> Roles:
    """Find the cells for each role.

    Raises: InputError naming the file where it has no inverter or no rising-edge flip-flop that we can use.
    """
    ordered = sorted(cells.values(), key=lambda cell: (cell.area_um2, cell.name))
    single = {1: [], 2: []}  # type: dict[int, list[str]]
    for cell in ordered:
        if cell.flip_flop is None and len(cell.inputs) == len(cell.outputs) == 1:
            single.setdefault(_table(cell, cell.outputs[0], cell.inputs), []).append(cell.name)
    if not single[1]:
        raise InputError(f"{path}: the technology must have an inverter")
    inverter_area = cells[single[1][0]].area_um2
    found = [(cell, register) for cell in ordered for register in itertools.islice(_registers(cell), 1)]
    # An output that shows the inverse costs an inverter more.
    found.sort(key=lambda item: item[0].area_um2 + item[1].inverted * inverter_area)
    plain = tuple(register for _, register in found if not register.enable)
    if not plain:
        raise InputError(f"{path}: the technology must have a rising-edge flip-flop")
    return Roles(
        registers=plain,
        enable_registers=tuple(register for _, register in found if register.enable),
        full_adder=next((adder for cell in ordered for adder in _adders(cell, 3)), None),
        half_adder=next((adder for cell in ordered for adder in _adders(cell, 2)), None),
        inverters=tuple(single[1]),
        buffers=tuple(single[2]),
    )


def derive_environment(cells: Mapping[str, Cell], roles: Roles) -> Environment:
    """Choose the surroundings for a file that says nothing of them.

    The outputs drive four smallest inverters; slews are those of the smallest inverter under that load; the inputs are
    driven by the second smallest buffer, as in the shipped technologies.
    """
    inverter = cells[roles.inverters[0]]
    load_ff = _FANOUT * inverter.pins[inverter.inputs[0]].capacitance_ff
    slew_ps = 0.0
    for _ in range(8):  # the slew that reproduces itself along a chain
        slew_ps = max((_slew(arc, slew_ps, load_ff) for arc in inverter.pins[inverter.outputs[0]].arcs), default=0.0)
    drivers = roles.buffers or roles.inverters
    return Environment(
        driving_cell=drivers[min(1, len(drivers) - 1)],
        input_slew_ps=round(slew_ps, 3),
        clock_slew_ps=round(slew_ps, 3),
        output_load_ff=round(load_ff, 4),
    )


def _slew(arc: Arc, slew_ps: float, load_ff: float) -> float:
    return max((interpolate(table, slew_ps, load_ff) for table in arc.slew if table is not None), default=0.0)


def _table(cell: Cell, output: str, inputs: Sequence[str]) -> int:
    function = cell.pins[output].function
    return function.table(inputs) if function is not None and set(function.pins()) <= set(inputs) else -1


def _adders(cell: Cell, width: int) -> Iterator[Adder]:
    """Yield the cell as an adder of `width` bits, if it is one."""
    if cell.flip_flop is not None or len(cell.inputs) != width or len(cell.outputs) != 2:
        return
    bits, mask = columns(width), (1 << (1 << width)) - 1
    parity = bits[0] ^ bits[1] ^ (bits[2] if width == 3 else 0)
    carry = (bits[0] & bits[1]) | ((bits[0] | bits[1]) & bits[2] if width == 3 else 0)
    tables = {output: _table(cell, output, cell.inputs) for output in cell.outputs}
    for low, high in (cell.outputs, cell.outputs[::-1]):
        if tables[low] in (parity, parity ^ mask) and tables[high] in (carry, carry ^ mask):
            yield Adder(
                cell=cell.name,
                inputs=tuple(sorted(cell.inputs, key=lambda pin: -_delay(cell, pin))),
                sum=low,
                carry=high,
                sum_inverted=tables[low] != parity,
                carry_inverted=tables[high] != carry,
            )


def _delay(cell: Cell, pin: str) -> float:
    """Take the longest delay from a pin to any output, in the middle of each table."""
    arcs = [arc for output in cell.outputs for arc in cell.pins[output].arcs if arc.related == pin]
    tables = [table for arc in arcs for table in arc.delay if table is not None]
    return max((float(table.values[len(table.first) // 2, len(table.second) // 2]) for table in tables), default=0.0)


def _registers(cell: Cell) -> Iterator[Register]:
    """Yield the ways in which a cell serves as register, the output that is not inverted first."""
    state = cell.flip_flop
    if state is None or state.clocked_on.operator != "name":
        return
    clock = state.clocked_on.name
    ties = _quiet(state, cell)
    data = [pin for pin in state.next_state.pins() if pin not in (state.state, state.inverted_state)]
    if ties is None or {clock, *data, *(pin for pin, _ in ties)} != set(cell.inputs) or len(data) > 2:
        return
    found: list[Register] = []
    for output in cell.outputs:
        function = cell.pins[output].function
        if function is None or set(function.pins()) not in ({state.state}, {state.inverted_state}):
            continue
        shown = function.evaluate({state.state: 0b10, state.inverted_state: 0b01}, 0b11)  # as a table over the state
        for pin, enable, level, stored in _next_states(state.next_state, state, data):
            register = Register(
                cell=cell.name,
                clock=clock,
                data=pin,
                output=output,
                inverted=(shown == 0b01) != stored,
                enable=enable,
                enable_level=level,
                ties=ties,
            )
            found.append(register)
    yield from sorted(found, key=lambda register: (register.inverted, register.output))


def _next_states(function: Function, state: FlipFlop, data: list[str]) -> Iterator[tuple[str, str, int, bool]]:
    """Yield data pin, enable pin, its level and whether the inverse is stored, for `d` and `e ? d : state`."""
    d, e, q = columns(3)
    for pin, enable in itertools.permutations([*data, ""], 2):
        if not pin or bool(enable) != (len(data) == 2):
            continue
        values = {pin: d, enable: e, state.state: q, state.inverted_state: q ^ 0xFF}
        table = function.evaluate(values, 0xFF)
        for stored, bit in ((False, d), (True, d ^ 0xFF)):
            if not enable and table == bit:
                yield pin, "", 1, stored
            if enable and table == (bit & e) | (q & ~e & 0xFF):
                yield pin, enable, 1, stored
            if enable and table == (bit & ~e & 0xFF) | (q & e):
                yield pin, enable, 0, stored


def _quiet(state: FlipFlop, cell: Cell) -> tuple[tuple[str, int], ...] | None:
    """Find the constants at which neither clear nor preset acts; None where there are none."""
    functions = [function for function in (state.clear, state.preset) if function is not None]
    pins = list(dict.fromkeys(pin for function in functions for pin in function.pins()))
    if len(pins) > 4 or not set(pins) <= set(cell.inputs):
        return None
    for levels in itertools.product((0, 1), repeat=len(pins)):
        values = dict(zip(pins, levels, strict=True))
        if not any(function.evaluate(values, 1) for function in functions):
            return tuple(values.items())
    return None
