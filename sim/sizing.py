"""Sizes of the cells of a whole netlist, adder cells and all: what mapping chose piece by piece is chosen again.

ABC maps the logic between adder cells without knowing when those give and take, so its sizes suit each piece alone.
Here it sees the whole: an adder cell stands in its library as two cells, one for the sum and one for the carry, with
the true delays and half the load each. They keep their size, for their functions are made up and no other cell has
them; of all other cells only the size may change, so the netlist stays what it was.
"""

from __future__ import annotations

import itertools
import re
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hdlgen.errors import ToolError
from sim.boolean import Function
from sim.cells import Cell, Pin, Table
from sim.netlist import Bit, Instance, Netlist
from sim.recipes import Recipe
from sim.technology import Technology
from sim.yosys_abc import LOG, Abc, Surroundings, run_abc

__all__ = ["ease", "prepare", "resize"]

_LIBRARY, _WHOLE = "sizes.lib", "whole.blif"
_DELAY = re.compile(r"Delay = +([0-9.]+) ps")
_UNLIMITED_FF = 1e6
_MARKS = {"and": "&", "or": "|", "xor": "^"}


def resize(
    netlist: Netlist, technology: Technology, recipe: Recipe, *, folder: Path, seconds: float, abc: Abc | None = None
) -> Netlist:
    """Choose the sizes of the cells between registers by the recipe.

    Args:
        folder: takes ABC's library, input, script, output and log.
        seconds: wall-clock limit of ABC.
        abc: a process in the folder to use; one of its own where none is given.
    Returns: the same netlist with other sizes of some cells.
    Raises: ToolError where ABC fails in any way or gives another netlist back, ToolTimeout, ToolMissing.
    """
    whole = _Whole(netlist, technology)
    if not whole.ends:
        return netlist
    return whole.sized(recipe.sizing, folder=folder, seconds=seconds, abc=abc)


def ease(
    netlist: Netlist, technology: Technology, share: float, *, folder: Path, seconds: float, abc: Abc | None = None
) -> Netlist:
    """Take smaller cells wherever the longest path grows by no more than a share of its delay.

    The last per cent of the speed take the most area: sizing for speed ends where nothing gains any more.

    Args, Returns, Raises: as of `resize`.
    """
    whole = _Whole(netlist, technology)
    if not whole.ends:
        return netlist
    whole.sized("stime", folder=folder, seconds=seconds, abc=abc)
    found = _DELAY.search((folder / LOG).read_text())
    if found is None:
        raise ToolError("yosys-abc: stime must tell the delay, and does not")
    return whole.sized(f"dnsize -D {(1 + share) * float(found[1]):.2f}", folder=folder, seconds=seconds, abc=abc)


def prepare(technology: Technology) -> None:
    """Write the library of a technology that the sizing uses, as the first one would."""
    _library(technology)


class _Whole:
    """A netlist as one piece of combinational logic between registers and ports, for ABC."""

    def __init__(self, netlist: Netlist, technology: Technology) -> None:
        self.netlist = netlist
        self.technology = technology
        self.starts: list[Bit] = []
        self.ends: dict[Bit, float] = {}
        self.driver: dict[Bit, tuple[Instance, str]] = {}
        clocks = {
            instance.pins[state.clocked_on.name]
            for instance in netlist.instances
            if (state := technology.cells[instance.cell].flip_flop) is not None
        }
        for port in netlist.ports:
            for bit in port.bits:
                if port.is_output:
                    self._end(bit, technology.environment.output_load_ff)
                elif bit not in clocks:
                    self.starts.append(bit)
        for instance in netlist.instances:
            cell = technology.cells[instance.cell]
            outputs = [(pin, instance.pins[pin]) for pin in cell.outputs if pin in instance.pins]
            if cell.flip_flop is None:
                self.driver.update((bit, (instance, pin)) for pin, bit in outputs)
                continue
            self.starts += [bit for _, bit in outputs]
            for pin in cell.inputs:
                if instance.pins[pin] not in clocks:
                    self._end(instance.pins[pin], cell.pins[pin].capacitance_ff)
        for bit in self.starts:  # a wire from start to end holds nothing to size
            self.ends.pop(bit, None)

    def _end(self, bit: Bit, load_ff: float) -> None:
        if isinstance(bit, int):
            self.ends[bit] = self.ends.get(bit, 0.0) + load_ff

    def sized(self, commands: str, *, folder: Path, seconds: float, abc: Abc | None) -> Netlist:
        """Run ABC's commands on the whole and take over the sizes of its cells."""
        (folder / _LIBRARY).write_text(_library(self.technology))
        (folder / _WHOLE).write_text(self.blif())
        around = Surroundings(driving_cell=self.technology.driving_cell, load_ff=self.mean_load_ff())
        read = (f"read_lib {_LIBRARY}", f"read_blif {_WHOLE}")
        chosen = self.cells(run_abc(read, f"topo; {commands}", around, folder=folder, seconds=seconds, abc=abc))
        instances = tuple(
            each if chosen.get(each.name, each.cell) == each.cell else replace(each, cell=chosen[each.name])
            for each in self.netlist.instances
        )
        return replace(self.netlist, instances=instances)

    def mean_load_ff(self) -> float:
        return sum(self.ends.values()) / len(self.ends)

    def blif(self) -> str:
        # Constants come in like inputs: beside cells ABC reads no other logic.
        constants = sorted({bit for each in self._combinational() for bit in each.pins.values() if bit in ("0", "1")})
        lines = [
            ".model top",
            f".inputs {' '.join(f'w{bit}' for bit in [*self.starts, *constants])}",
            f".outputs {' '.join(f'w{bit}' for bit in self.ends)}",
            *(f".gate {line}" for line in self._gates()),
        ]
        return "\n".join([*lines, ".end", ""])

    def _combinational(self) -> Iterator[Instance]:
        return (each for each in self.netlist.instances if self.technology.cells[each.cell].flip_flop is None)

    def _gates(self) -> Iterator[str]:
        for instance in self._combinational():
            cell = self.technology.cells[instance.cell]
            inputs = " ".join(f"{pin}=w{instance.pins[pin]}" for pin in cell.inputs)
            for pin in cell.outputs:
                if pin in instance.pins:
                    name = cell.name if len(cell.outputs) == 1 else _part(cell, pin)
                    yield f"{name} {inputs} {pin}=w{instance.pins[pin]}"

    def cells(self, text: str) -> dict[str, str]:
        """Find each instance in ABC's netlist, from the ends on, and give its cell there by its name.

        ABC renames the nets, so the two netlists are walked side by side.
        """
        gates: dict[str, tuple[str, list[str]]] = {}
        for line in text.replace("\\\n", " ").replace("=", " ").splitlines():
            if line.startswith(".gate "):
                words = line.split()
                *inputs, output = words[3::2]
                gates[output] = (words[1], inputs)
        found: dict[str, str] = {}
        seen: set[Bit] = set()
        pending: list[tuple[str, Bit]] = [(f"w{bit}", bit) for bit in self.ends]
        while pending:
            name, bit = pending.pop()
            if bit in seen or bit not in self.driver:
                continue
            seen.add(bit)
            instance, _ = self.driver[bit]
            old = self.technology.cells[instance.cell]
            chosen, inputs = gates.get(name, ("", []))
            if len(inputs) != len(old.inputs):
                raise ToolError(f"yosys-abc: sizing must keep every cell's function, not make {chosen!r} of {old.name}")
            if len(old.outputs) == 1:
                found[instance.name] = self._checked(old, chosen)
            pending += [(source, instance.pins[pin]) for source, pin in zip(inputs, old.inputs, strict=True)]
        return found

    def _checked(self, old: Cell, chosen: str) -> str:
        """See that a cell differs from another in size alone.

        Raises: ToolError where it does not.
        """
        if chosen == old.name:
            return chosen
        new = self.technology.cells.get(chosen)
        alike = new is not None and new.pins.keys() == old.pins.keys() and _table(new) == _table(old)
        if not alike:
            raise ToolError(f"yosys-abc: sizing must keep every cell's function, not make {chosen!r} of {old.name}")
        return chosen


def _table(cell: Cell) -> int:
    """Tabulate the function of a cell with one output over its pins in alphabetical order."""
    function = cell.pins[cell.outputs[0]].function
    return -1 if function is None else function.table(sorted(cell.inputs))


def _part(cell: Cell, output: str) -> str:
    return f"{cell.name}__{output}"


_LIBRARIES: weakref.WeakKeyDictionary[Technology, str] = weakref.WeakKeyDictionary()


def _library(technology: Technology) -> str:
    if technology not in _LIBRARIES:
        _LIBRARIES[technology] = _written(technology)
    return _LIBRARIES[technology]


def _written(technology: Technology) -> str:
    """Write the cells that the mapper uses as a liberty text in ps and fF, adder cells split by output."""
    adders = [role.cell for role in (technology.full_adder, technology.half_adder) if role is not None]
    cells = [
        cell
        for cell in technology.cells.values()
        if cell.flip_flop is None and len(cell.outputs) == 1 and cell.name not in technology.dont_use
    ]
    lines = [
        "library (sizes) {",
        'delay_model : table_lookup; time_unit : "1ps"; capacitive_load_unit (1, ff);',
        *_templates(cells + [technology.cells[name] for name in adders]),
    ]
    for cell in cells:
        output = cell.pins[cell.outputs[0]]
        if output.function is not None:
            lines += _cell(cell.name, cell, output, _text(output.function), 1.0)
    for name in adders:
        cell = technology.cells[name]
        made_up = _made_up(len(cell.inputs), cells)
        share = 1 / len(cell.outputs)
        for pin, function in zip(cell.outputs, made_up, strict=False):
            text = " | ".join(
                _minterm(cell.inputs, case) for case in range(1 << len(cell.inputs)) if function >> case & 1
            )
            lines += _cell(_part(cell, pin), cell, cell.pins[pin], text, share)
    return "\n".join([*lines, "}", ""])


def _templates(cells: Sequence[Cell]) -> Iterator[str]:
    """Declare a kind of table for each size; ABC takes no other size than the declared one."""
    arcs = [arc for cell in cells for output in cell.outputs for arc in cell.pins[output].arcs]
    tables = [table for arc in arcs for table in (*arc.delay, *arc.slew) if table is not None]
    for rows, columns in sorted({table.values.shape for table in tables}):
        yield f"lu_table_template ({_kind(rows, columns)}) {{"
        yield "variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;"
        yield f"index_1 ({_row(range(rows))}); index_2 ({_row(range(columns))}); }}"


def _kind(rows: int, columns: int) -> str:
    return f"table_{rows}_{columns}"


def _made_up(count: int, cells: Sequence[Cell]) -> list[int]:
    """List truth tables of so many inputs that need each of them, first those that no cell has in any order."""
    known = {
        function.table(order)
        for cell in cells
        if len(cell.inputs) == count and (function := cell.pins[cell.outputs[0]].function) is not None
        for order in itertools.permutations(cell.inputs)
    }
    cases = range(1 << count)
    needed = [
        table
        for table in range(1 << len(cases))
        if all(any((table >> case ^ table >> (case ^ 1 << pin)) & 1 for case in cases) for pin in range(count))
    ]
    return sorted(needed, key=lambda table: table in known)


def _minterm(pins: Sequence[str], case: int) -> str:
    return "(" + " & ".join(pin if case >> place & 1 else f"!{pin}" for place, pin in enumerate(pins)) + ")"


def _text(function: Function) -> str:
    """Write a function as liberty does, fully bracketed."""
    if function.operator == "name":
        return function.name
    if function.operator in ("0", "1"):
        return function.operator
    texts = [_text(operand) for operand in function.operands]
    return f"!{texts[0]}" if function.operator == "not" else f"({texts[0]} {_MARKS[function.operator]} {texts[1]})"


def _cell(name: str, cell: Cell, output: Pin, function: str, share: float) -> Iterator[str]:
    """Write one output of a cell as a cell, with this share of area and input load."""
    yield f"cell ({name}) {{ area : {cell.area_um2 * share:.6g};"
    for pin in cell.inputs:
        yield f"pin ({pin}) {{ direction : input; capacitance : {cell.pins[pin].capacitance_ff * share:.6g}; }}"
    limit_ff = min(output.max_load_ff, _UNLIMITED_FF)
    yield f'pin ({output.name}) {{ direction : output; max_capacitance : {limit_ff:.6g}; function : "{function}";'
    for arc in output.arcs:
        if arc.related in cell.inputs:  # and not from another output, as some adder cells have it
            yield f'timing () {{ related_pin : "{arc.related}"; timing_sense : {arc.sense};'
            yield "timing_type : combinational;"
            for kind, tables in (("cell_{}", arc.delay), ("{}_transition", arc.slew)):
                for edge, table in zip(("rise", "fall"), tables, strict=True):
                    if table is not None:
                        yield _lines(kind.format(edge), table)
            yield "}"
    yield "} }"


def _lines(kind: str, table: Table) -> str:
    rows = ", ".join(_row(values) for values in table.values)
    size = _kind(*table.values.shape)
    return f"{kind} ({size}) {{ index_1 ({_row(table.first)}); index_2 ({_row(table.second)}); values ({rows}); }}"


def _row(values: Iterable[float]) -> str:
    return '"' + ", ".join(f"{value:.6g}" for value in values) + '"'
