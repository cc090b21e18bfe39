"""What a picture of a datapath is made of: parts to draw, columns to draw them in, and the edges between the parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.report.layout import depths
from search.report.structure import Datapath, Unit

__all__ = ["Column", "Edge", "Part", "connect", "divide"]

MOST_SINGLE, MOST_ALIKE = 20, 8  # parts, and parts alike; beyond it, three or more alike are drawn as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something drawn: one unit, register, state or port, or several alike.

    Args:
        role: "unit", "register", "state", "input" or "output"; a state holds a value from token to token.
        members: names of what it stands for.
        first, last: columns that it covers.
    """

    name: str
    role: str
    width: int
    members: tuple[str, ...]
    unit: Unit | None
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the picture: "input", "unit", "register" or "output"; registers stand at the beginning of `cycle`."""

    role: str
    cycle: int
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """All wires from one part to another; the width of each of them, in no order."""

    source: Part
    target: Part
    widths: tuple[int, ...]


def _levels(datapath: Datapath) -> dict[tuple[str, int], int]:
    """Give each unit, in the cycle where it begins and in that where it ends, its place in the chain of that cycle.

    Only a unit that ends in a cycle can feed another one in it without a register.
    """
    pairs = [(source, target) for source, target, _ in datapath.edges]
    levels: dict[tuple[str, int], int] = {}
    for cycle in sorted({cycle for unit in datapath.units for cycle in (unit.cycle, unit.last_cycle)}):
        ending = {unit.name for unit in datapath.units if unit.last_cycle == cycle}
        beginning = [unit.name for unit in datapath.units if unit.cycle == cycle]
        members = [unit.name for unit in datapath.units if cycle in (unit.cycle, unit.last_cycle)]
        chained = [(source, target) for source, target in pairs if source in ending and target in beginning]
        levels |= {(name, cycle): level for name, level in depths(members, chained).items()}
    return levels


def _columns(datapath: Datapath, levels: Mapping[tuple[str, int], int]) -> list[Column]:
    """List the columns: inputs, then for each cycle the registers before it and its levels of units, then outputs."""
    last = max([unit.last_cycle for unit in datapath.units], default=0)
    clocked = {register.cycle for register in datapath.registers}
    deepest: dict[int, int] = {}
    for (_, cycle), level in levels.items():
        deepest[cycle] = max(deepest.get(cycle, 0), level)
    columns = [Column(role="input", cycle=0, level=0)]
    for cycle in range(max([last, *clocked]) + 1):
        if cycle in clocked or 0 < cycle <= last:
            columns.append(Column(role="register", cycle=cycle, level=0))
        if cycle <= last:
            columns += [Column(role="unit", cycle=cycle, level=level) for level in range(deepest.get(cycle, 0) + 1)]
    return [*columns, Column(role="output", cycle=last, level=0)]


def divide(datapath: Datapath) -> tuple[list[Column], list[Part]]:
    """Make the columns of a picture and the parts in them; where there are many parts, those alike are joined.

    A register that no edge names is no part: it belongs to the whole border between its cycle and the one before. What
    only edges name holds a state, and stands with the inputs.
    """
    levels = _levels(datapath)
    columns = _columns(datapath, levels)
    index = {column: place for place, column in enumerate(columns)}
    named = {name for source, target, _ in datapath.edges for name in (source, target)}

    def part(name: str, role: str, width: int, first: int, last: int, unit: Unit | None = None) -> Part:
        return Part(name=name, role=role, width=width, members=(name,), unit=unit, first=first, last=last)

    end = len(columns) - 1
    parts = [part(name, "input", width, 0, 0) for name, width in datapath.inputs]
    for unit in datapath.units:
        first, last = (
            index[Column(role="unit", cycle=cycle, level=levels[unit.name, cycle])]
            for cycle in (unit.cycle, unit.last_cycle)
        )
        parts.append(part(unit.name, "unit", unit.width, first, last, unit))
    for register in datapath.registers:
        if register.name in named:
            place = index[Column(role="register", cycle=register.cycle, level=0)]
            parts.append(part(register.name, "register", register.width, place, place))
    parts += [part(name, "output", width, end, end) for name, width in datapath.outputs]
    known = {name for drawn in parts for name in drawn.members}
    widths: dict[str, int] = {}
    for source, target, width in datapath.edges:
        widths |= {name: max(width, widths.get(name, 0)) for name in (source, target) if name not in known}
    parts += [part(name, "state", width, 0, 0) for name, width in widths.items()]
    return columns, _merged(parts)


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Join three or more parts that differ in name alone, where there are too many to draw each."""
    groups: dict[tuple[object, ...], list[Part]] = defaultdict(list)
    for part in parts:
        unit = part.unit and replace(part.unit, name="", detail="", area_um2=None)
        groups[part.role, part.width, part.first, part.last, unit].append(part)
    joined = []
    for group in groups.values():
        if len(group) < 3 or (len(parts) <= MOST_SINGLE and len(group) <= MOST_ALIKE):
            joined.extend(group)
            continue
        members = tuple(part.name for part in group)
        details = {part.unit.detail for part in group if part.unit}
        areas = [part.unit.area_um2 for part in group if part.unit]
        unit = group[0].unit and replace(
            group[0].unit,
            detail=details.pop() if len(details) == 1 else "",
            area_um2=None if None in areas else sum(area or 0.0 for area in areas),
        )
        joined.append(replace(group[0], members=members, unit=unit))
    return joined


def connect(datapath: Datapath, parts: Sequence[Part]) -> list[Edge]:
    """Gather the wires between parts; where a name is an output's too, an edge to it means the output."""
    sources = {name: part for part in parts if part.role != "output" for name in part.members}
    targets = {name: part for part in parts if part.role != "input" for name in part.members}
    widths: dict[tuple[Part, Part], list[int]] = defaultdict(list)
    for source, target, width in datapath.edges:
        if source in sources and target in targets:
            widths[sources[source], targets[target]].append(width)
    return [Edge(source=pair[0], target=pair[1], widths=tuple(found)) for pair, found in widths.items()]
