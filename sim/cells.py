"""What a liberty file says about its cells: functions, areas, capacitances, timing, energy, in ps, fF, um2, fJ, nW."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hdlgen.errors import InputError
from sim.boolean import Function, parse
from sim.liberty import Group

__all__ = ["Arc", "Cell", "Energy", "FlipFlop", "Floats", "Pin", "Setup", "Table", "read_cells", "read_voltage"]

Floats = npt.NDArray[np.float64]
_SLEWS = {"input_net_transition", "input_transition_time"}
_LOADS = {"total_output_net_capacitance"}
_CLOCK_SLEWS = {"related_pin_transition"}
_DATA_SLEWS = {"constrained_pin_transition"}
_TIMES_PS = {"s": 1e12, "ms": 1e9, "us": 1e6, "ns": 1e3, "ps": 1.0, "fs": 1e-3}
_VOLTS = {"v": 1.0, "mv": 1e-3}
_POWERS_NW = {"w": 1e9, "mw": 1e6, "uw": 1e3, "nw": 1.0, "pw": 1e-3, "fw": 1e-6}
_CAPACITANCES_FF = {"f": 1e15, "mf": 1e12, "uf": 1e9, "nf": 1e6, "pf": 1e3, "ff": 1.0}

_CELL_NAME = re.compile(r"\w+", re.ASCII)
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Hold values in ps, or in fJ, over two axes; an axis of one entry does not matter.

    Args:
        first: shape (n,), rising: input slew of a delay or slew table, clock slew of a setup table, in ps.
        second: shape (m,), rising: load in fF, or data slew in ps.
        values: shape (n, m).
    """

    first: Floats
    second: Floats
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arc:
    """Hold how a change at one input moves an output.

    Args:
        related: the input pin.
        sense: `positive_unate`, `negative_unate` or `non_unate`.
        kind: liberty's timing type: `combinational`, `rising_edge`, ...
        delay, slew: tables for a rising and for a falling output; None where the output does not move that way.
    """

    related: str
    sense: str
    kind: str
    delay: tuple[Table | None, Table | None]
    slew: tuple[Table | None, Table | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setup:
    """Hold how long before the rising clock a pin must have risen or fallen."""

    related: str
    constraint: tuple[Table | None, Table | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Energy:
    """Hold what a change of a pin costs inside of the cell, in fJ: when it rises and when it falls.

    Args:
        related: the input that makes an output change; empty for an input pin's own change.
    """

    related: str
    energy: tuple[Table | None, Table | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pin:
    """Hold one pin: inputs have a capacitance and setups, outputs a function and arcs; any may have energies."""

    name: str
    is_output: bool
    capacitance_ff: float
    max_load_ff: float
    function: Function | None
    arcs: tuple[Arc, ...]
    setups: tuple[Setup, ...]
    energies: tuple[Energy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipFlop:
    """Hold the state of an edge-triggered cell; `clear` and `preset` are asynchronous, None where there are none."""

    state: str
    inverted_state: str
    clocked_on: Function
    next_state: Function
    clear: Function | None
    preset: Function | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cell:
    """Hold one library cell.

    Args:
        usable: whether we may put it into a netlist: known functions, no latch, and the file does not forbid it.
        leakage_nw: what it draws at rest; the mean of its states where the file tells them apart, else 0.

    Attributes:
        inputs, outputs: the pins of each kind, in the order of the file.
    """

    name: str
    area_um2: float
    pins: Mapping[str, Pin]
    flip_flop: FlipFlop | None
    usable: bool
    leakage_nw: float = 0.0
    inputs: tuple[str, ...] = field(init=False)
    outputs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        for name, is_output in (("inputs", False), ("outputs", True)):
            named = tuple(pin.name for pin in self.pins.values() if pin.is_output == is_output)
            object.__setattr__(self, name, named)


def read_cells(library: Group, path: Path) -> dict[str, Cell]:
    """Read all cells of a library in the order of the file.

    Raises: InputError naming file, line and rule.
    """
    reader = _Reader(library, path)
    cells = {cell.name: cell for cell in map(reader.cell, library.children("cell"))}
    if not cells:
        raise InputError(f"{path}: line {library.line}: a liberty file must have at least one cell")
    return cells


def read_voltage(library: Group, path: Path) -> float:
    """Read the supply, in volts: that of the default operating conditions, else the nominal one; 0.0 without any.

    Raises: InputError naming file, line and rule.
    """
    reader = _Reader(library, path)
    wanted = library.get("default_operating_conditions")
    for group in library.children("operating_conditions"):
        if group.arguments[:1] == (wanted,) and group.get("voltage"):
            return reader.number(group, "voltage", group.get("voltage")) * reader.volts
    return reader.number(library, "nom_voltage", library.get("nom_voltage", "0")) * reader.volts


class _Reader:
    """Read cells with the units and templates of their library."""

    def __init__(self, library: Group, path: Path) -> None:
        self.path = path
        self.templates = {
            group.arguments[0]: group
            for kind in ("lu_table_template", "power_lut_template")
            for group in library.children(kind)
            if group.arguments
        }
        self.ps = self.unit(library, "time_unit", "1ns", _TIMES_PS)
        self.volts = self.unit(library, "voltage_unit", "1V", _VOLTS)
        self.nw = self.unit(library, "leakage_power_unit", "1nW", _POWERS_NW)
        factor, *rest = library.attributes.get("capacitive_load_unit", ("1", "pf"))
        if not rest or rest[0].lower() not in _CAPACITANCES_FF:
            raise self.refuse(library, "capacitive_load_unit", "a number and a unit such as (1, pf)", (factor, *rest))
        self.ff = self.number(library, "capacitive_load_unit", factor) * _CAPACITANCES_FF[rest[0].lower()]

    @property
    def fj(self) -> float:
        """The unit of internal energies, which no attribute names: capacitance times voltage squared."""
        return self.ff * self.volts**2

    def unit(self, library: Group, what: str, usual: str, known: Mapping[str, float]) -> float:
        text = library.get(what, usual).lower()
        name = text.lstrip("0123456789. ")
        if name not in known:
            raise self.refuse(library, what, f"a unit such as {usual}", text)
        return self.number(library, what, text.removesuffix(name) or "1") * known[name]

    def refuse(self, group: Group, what: str, rule: str, value: object) -> InputError:
        return InputError(f"{self.path}: line {group.line}: {what} must be {rule}, not {value!r}")

    def number(self, group: Group, what: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refuse(group, what, "a finite number", text)
        return value

    def function(self, group: Group, name: str) -> Function | None:
        text = group.get(name)
        if not text.strip():
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise InputError(f"{self.path}: line {group.line}: {error}") from None

    def cell(self, group: Group) -> Cell:
        if len(group.arguments) != 1:
            raise self.refuse(group, "cell", "followed by one name in brackets", group.arguments)
        if not _CELL_NAME.fullmatch(group.arguments[0]):  # it stands in commands to ABC, of which some run programs
            raise self.refuse(group, "cell", "named by letters, digits and underscores", group.arguments[0][:40])
        pins = {name: self.pin(pin, name) for pin in group.children("pin") for name in pin.arguments}
        flip_flop = self.flip_flop(group)
        state = {flip_flop.state, flip_flop.inverted_state} if flip_flop else set()
        known = all(
            pin.function is not None and set(pin.function.pins()) <= state | pins.keys()
            for pin in pins.values()
            if pin.is_output
        )
        plain = all(
            pin.get("direction") in ("input", "output") and not pin.get("three_state") for pin in group.children("pin")
        )
        names = [group.arguments[0], *pins, *state]
        plain = plain and all(_PLAIN_NAME.fullmatch(name) for name in names)  # they stand in Verilog and BLIF
        foreign = {"latch", "statetable", "bus", "bundle", "ff_bank", "latch_bank"} & {
            inner.kind for inner in group.groups
        }
        forbidden = "true" in (group.get("dont_use").lower(), group.get("is_macro_cell").lower())
        return Cell(
            name=group.arguments[0],
            area_um2=self.number(group, "area", group.get("area", "0")),
            pins=pins,
            flip_flop=flip_flop,
            usable=bool(pins) and known and plain and not foreign and not forbidden,
            leakage_nw=self.leakage(group),
        )

    def leakage(self, group: Group) -> float:
        text = group.get("cell_leakage_power")
        texts = [text] if text else [state.get("value") for state in group.children("leakage_power")]
        values = [self.number(group, "leakage", text) for text in texts if text]
        return self.nw * math.fsum(values) / len(values) if values else 0.0

    def flip_flop(self, group: Group) -> FlipFlop | None:
        inner = next(group.children("ff"), None)
        if inner is None:
            return None
        clocked_on, next_state = self.function(inner, "clocked_on"), self.function(inner, "next_state")
        if len(inner.arguments) != 2 or clocked_on is None or next_state is None:
            raise self.refuse(inner, "ff", "a group of two names with clocked_on and next_state", inner.arguments)
        return FlipFlop(
            state=inner.arguments[0],
            inverted_state=inner.arguments[1],
            clocked_on=clocked_on,
            next_state=next_state,
            clear=self.function(inner, "clear"),
            preset=self.function(inner, "preset"),
        )

    def pin(self, group: Group, name: str) -> Pin:
        is_output = group.get("direction") != "input"
        timings = list(group.children("timing"))
        setups = [timing for timing in timings if timing.get("timing_type") == "setup_rising"]
        return Pin(
            name=name,
            is_output=is_output,
            capacitance_ff=self.number(group, "capacitance", group.get("capacitance", "0")) * self.ff,
            max_load_ff=self.number(group, "max_capacitance", group.get("max_capacitance", "1e9")) * self.ff,
            function=self.function(group, "function"),
            arcs=tuple(arc for timing in timings for arc in self.arcs(timing)) if is_output else (),
            setups=() if is_output else tuple(setup for timing in setups for setup in self.setups(timing)),
            energies=tuple(energy for power in group.children("internal_power") for energy in self.energies(power)),
        )

    def energies(self, group: Group) -> list[Energy]:
        """Read what we can look up: tables over slew and load; one over two outputs' loads is left out."""
        both, rise, fall = (
            self.table(group, kind, _SLEWS, _LOADS, self.fj) if self.is_known(group, kind) else None
            for kind in ("power", "rise_power", "fall_power")
        )
        found = (both if rise is None else rise, both if fall is None else fall)
        return [Energy(related=related, energy=found) for related in group.get("related_pin").split() or [""]]

    def arcs(self, group: Group) -> list[Arc]:
        return [
            Arc(
                related=related,
                sense=group.get("timing_sense", "non_unate"),
                kind=group.get("timing_type", "combinational"),
                delay=(self.table(group, "cell_rise", _SLEWS, _LOADS), self.table(group, "cell_fall", _SLEWS, _LOADS)),
                slew=(
                    self.table(group, "rise_transition", _SLEWS, _LOADS),
                    self.table(group, "fall_transition", _SLEWS, _LOADS),
                ),
            )
            for related in group.get("related_pin").split()
        ]

    def is_known(self, parent: Group, kind: str) -> bool:
        group = next(parent.children(kind), None)
        template = self.templates.get(group.arguments[0], group) if group and group.arguments else group
        variables = [template.get(f"variable_{number}") for number in "123"] if template else []
        return set(variables) - {""} <= _SLEWS | _LOADS and not any(variables[2:])

    def setups(self, group: Group) -> list[Setup]:
        rise = self.table(group, "rise_constraint", _CLOCK_SLEWS, _DATA_SLEWS)
        fall = self.table(group, "fall_constraint", _CLOCK_SLEWS, _DATA_SLEWS)
        return [Setup(related=related, constraint=(rise, fall)) for related in group.get("related_pin").split()]

    def table(
        self, parent: Group, kind: str, firsts: set[str], seconds: set[str], unit: float | None = None
    ) -> Table | None:
        """Read a table of ps, or of another unit."""
        group = next(parent.children(kind), None)
        if group is None:
            return None
        values = self.numbers(group, "values", group.attributes.get("values", ()))
        template = self.templates.get(group.arguments[0] if group.arguments else "", group)
        axes: list[tuple[str, Floats]] = []
        for number in ("1", "2"):
            variable = template.get(f"variable_{number}")
            if variable:
                texts = group.attributes.get(f"index_{number}") or template.attributes.get(f"index_{number}", ())
                axes.append((variable, self.numbers(group, f"index_{number}", texts)))
        if template.get("variable_3") or any(name not in firsts | seconds for name, _ in axes):
            raise self.refuse(group, kind, "a table over slews and loads", [name for name, _ in axes])
        shape = tuple(len(axis) for _, axis in axes)
        if values.size != math.prod(shape) or any((np.diff(axis) <= 0).any() for _, axis in axes):
            raise self.refuse(group, kind, f"a table of {shape} values over rising axes", values.size)
        values = values.reshape(shape)
        if len(axes) == 2 and axes[0][0] in seconds:
            axes, values = axes[::-1], values.T
        first = next((axis for name, axis in axes if name in firsts), None)
        second = next((axis for name, axis in axes if name in seconds), None)
        to_second = self.ff if seconds is _LOADS else self.ps
        return Table(
            first=np.zeros(1) if first is None else first * self.ps,
            second=np.zeros(1) if second is None else second * to_second,
            values=values.reshape(1 if first is None else len(first), 1 if second is None else len(second))
            * (self.ps if unit is None else unit),
        )

    def numbers(self, group: Group, what: str, texts: tuple[str, ...]) -> Floats:
        try:
            found = np.array([float(text) for text in " ".join(texts).replace(",", " ").split()])
        except ValueError:
            found = np.array([])
        if not found.size or not np.isfinite(found).all():
            raise self.refuse(group, what, "finite numbers", " ".join(texts)[:40])
        return found
