"""Map logic onto library cells: ABC for the gates, registers and adders by what the technology says of its cells.

We call yosys-abc ourselves: Yosys' `abc` pass starts it without a time limit, gives every output the same load
whatever its fan-out, and takes a quarter of a second more a design.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hdlgen.errors import ToolError
from sim.adders import map_adders
from sim.blif import read_blif, write_blif
from sim.logic import Gate, Logic
from sim.netlist import Bit, Instance, Netlist, Port
from sim.recipes import Recipe
from sim.technology import Technology
from sim.yosys_abc import Abc, Surroundings, run_abc

__all__ = ["map_logic"]

_LOGIC = "logic.blif"
_FANOUT = 12
"""How many ends beyond the logic one output drives at most; more get buffers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """Hold where ABC's logic ends: a pin of instance number `owner`, or bit `place` of port number `owner`."""

    owner: int
    pin: str
    place: int
    bit: Bit


def map_logic(
    logic: Logic,
    technology: Technology,
    recipe: Recipe,
    *,
    folder: Path,
    seconds: float,
    as_gates: Collection[int] = (),
    sizes_later: bool = False,
    abc: Abc | None = None,
) -> Netlist:
    """Map one module.

    Args:
        as_gates: numbers of the full adders that are to be gates; the others are cells where the technology has them,
            and instance `a7` is number 7.
        folder: takes ABC's input, script, output and log.
        seconds: wall-clock limit of ABC.
        sizes_later: whether `sim.sizing.resize` follows where there are adder cells: a recipe for speed then leaves it
            the sizes.
        abc: a process in the folder to use; one of its own where none is given.
    Returns: a netlist of library cells, the same for the same arguments.
    Raises: ToolError where ABC fails in any way or a clock is gated, ToolTimeout, ToolMissing.
    """
    logic, adders = map_adders(logic, technology, as_gates=as_gates)
    logic, registers = _registers(logic, technology)
    boundary = [*registers, *adders]
    clocks = {state.clock for state in logic.states}
    if not clocks <= {bit for port in logic.ports if not port.is_output for bit in port.bits}:
        raise ToolError("mapping: every register must be clocked by the rising edge of an input, not by a gate")
    starts = _starts(boundary, logic, technology, clocks)
    groups = _grouped(_ends(boundary, logic, technology, clocks), frozenset(starts))
    if not groups:
        return _join(logic.ports, boundary, (), (), {})
    (folder / _LOGIC).write_text(write_blif(logic.gates, starts, [group[0].bit for group in groups]))
    script = recipe.mapping if adders and recipe.for_speed and sizes_later else recipe.script
    mapped = _run_abc(technology, script, _mean_load_ff(groups, boundary, technology), folder, seconds, abc)
    gates, driver = read_blif(mapped, technology, starts, logic.free)
    return _join(logic.ports, boundary, gates, groups, driver)


def _registers(logic: Logic, technology: Technology) -> tuple[Logic, list[Instance]]:
    """Choose a cell for each register, and add the gates that an enable or an inverted output needs besides.

    An enable becomes a multiplexer even where the technology has flip-flops with enable: on sky130 these cost as much
    area after optimisation (up to 3 % more for a whole dot product) and 1 to 6 % of the clock.
    """
    register = technology.register
    gates: list[Gate] = []
    instances: list[Instance] = []
    free = logic.free
    for number, state in enumerate(logic.states):
        data, output = state.data, state.output
        if state.enable is not None:
            gates.append(Gate(kind="$_MUX_", inputs=(state.output, state.data, state.enable), output=free))
            data, free = free, free + 1
        if register.inverted:
            gates.append(Gate(kind="$_NOT_", inputs=(free,), output=state.output))
            output, free = free, free + 1
        pins: dict[str, Bit] = {register.clock: state.clock, register.data: data, register.output: output}
        pins.update({pin: str(level) for pin, level in register.ties})
        instances.append(Instance(name=f"r{number}", cell=register.cell, pins=pins))
    return replace(logic, gates=(*logic.gates, *gates), free=free), instances


def _ends(boundary: Sequence[Instance], logic: Logic, technology: Technology, clocks: set[Bit]) -> Iterator[_End]:
    """List every place outside of ABC's logic that some net must drive."""
    for owner, instance in enumerate(boundary):
        for pin in technology.cells[instance.cell].inputs:
            bit = instance.pins[pin]
            if isinstance(bit, int) and bit not in clocks:
                yield _End(owner=owner, pin=pin, place=0, bit=bit)
    for owner, port in enumerate(logic.ports):
        for place, bit in enumerate(port.bits if port.is_output else ()):
            if isinstance(bit, int):
                yield _End(owner=owner, pin="", place=place, bit=bit)


def _grouped(ends: Iterable[_End], starts: frozenset[Bit]) -> list[list[_End]]:
    """Gather what one output of ABC's logic is to drive: the ends of a net, a few at most.

    ABC gives each output a driver of its own, a buffer where it must: right for an enable with a hundred ends, and a
    waste for a wire from adder to adder, which therefore stays outside.
    """
    nets: dict[Bit, list[_End]] = {}
    for end in ends:
        nets.setdefault(end.bit, []).append(end)
    return [
        found[begin : begin + _FANOUT]
        for bit, found in nets.items()
        if bit not in starts or len(found) > _FANOUT
        for begin in range(0, len(found), _FANOUT)
    ]


def _starts(boundary: Sequence[Instance], logic: Logic, technology: Technology, clocks: set[Bit]) -> list[Bit]:
    """List every net that comes from outside of ABC's logic: inputs, and outputs of registers and adders."""
    found = [bit for port in logic.ports if not port.is_output for bit in port.bits if bit not in clocks]
    for instance in boundary:
        found += [instance.pins[pin] for pin in technology.cells[instance.cell].outputs if pin in instance.pins]
    return found


def _mean_load_ff(groups: Sequence[Sequence[_End]], boundary: Sequence[Instance], technology: Technology) -> float:
    """Average what the outputs weigh, for ABC knows one load for all of them."""
    total = 0.0
    for end in itertools.chain.from_iterable(groups):
        if end.pin:
            total += technology.cells[boundary[end.owner].cell].pins[end.pin].capacitance_ff
        else:
            total += technology.environment.output_load_ff
    return total / len(groups)


def _run_abc(technology: Technology, script: str, load_ff: float, folder: Path, seconds: float, abc: Abc | None) -> str:
    (folder / "cells.lib").unlink(missing_ok=True)
    (folder / "cells.lib").symlink_to(technology.liberty)  # ABC splits a path at its spaces
    unwanted = "".join(f" -X {name}" for name in _unwanted(technology))
    read = [f"read_lib{unwanted} cells.lib", f"read_blif {_LOGIC}"]
    around = Surroundings(driving_cell=technology.driving_cell, load_ff=load_ff)
    return run_abc(read, script, around, folder=folder, seconds=seconds, abc=abc)


def _unwanted(technology: Technology) -> list[str]:
    """Name the cells that ABC must not see: forbidden ones, and adders, of whose two outputs it would model one."""
    several = [cell.name for cell in technology.cells.values() if cell.flip_flop is None and len(cell.outputs) != 1]
    return sorted({*technology.dont_use, *several})


def _join(
    ports: Sequence[Port],
    boundary: Sequence[Instance],
    gates: Sequence[tuple[str, Sequence[str], Sequence[Bit]]],
    groups: Sequence[Sequence[_End]],
    driver: Mapping[str, Bit],
) -> Netlist:
    """Put registers, adders and ABC's cells together, with the nets numbered from 2 on in order of appearance."""
    pins = [dict(instance.pins) for instance in boundary]
    bits = [list(port.bits) for port in ports]
    for place, group in enumerate(groups):
        if f"o{place}" not in driver:
            raise ToolError(f"yosys-abc: its netlist must drive every output, not all but o{place}")
        for end in group:
            if end.pin:
                pins[end.owner][end.pin] = driver[f"o{place}"]
            else:
                bits[end.owner][end.place] = driver[f"o{place}"]
    number = _Numbers({"0": "0", "1": "1", "x": "x"}).__getitem__
    new_ports = tuple(
        Port(name=port.name, is_output=port.is_output, bits=tuple(map(number, row)))
        for port, row in zip(ports, bits, strict=True)
    )
    outer = [
        Instance(name=old.name, cell=old.cell, pins=dict(zip(new, map(number, new.values()), strict=True)))
        for old, new in zip(boundary, pins, strict=True)
    ]
    inner = [
        Instance(name=f"g{place}", cell=cell, pins=dict(zip(names, map(number, nets), strict=True)))
        for place, (cell, names, nets) in enumerate(gates)
    ]
    return Netlist(name="top", ports=new_ports, instances=(*outer, *inner))


class _Numbers(dict[Bit, Bit]):
    """New numbers of nets, beside three constants: from 2 on, in order of appearance."""

    def __missing__(self, bit: Bit) -> Bit:
        self[bit] = number = len(self) - 1
        return number
