"""The picture of a datapath: cycles as columns, units as boxes, registers as bars between the cycles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from markupsafe import Markup

from search.report.parts import Edge, Part, connect, divide
from search.report.quantities import count, figure
from search.report.routes import TOP, Routes
from search.report.structure import Datapath
from search.report.svg import coordinate, drawing, tag, text

__all__ = ["draw_datapath"]

MOST_CYCLES, MOST_PARTS, MOST_LABELS, MOST_ARRIVING, MOST_NAMES = 200, 220, 40, 3, 12
KIND_LETTER, LETTER = 6.5, 5.5  # widths in pixels, on average


def _short(content: str, width: float, letter: float) -> str:
    """Cut a text to a width in pixels."""
    length = max(int(width / letter), 2)
    return content if len(content) <= length else f"{content[: length - 1].rstrip()}…"


def _wires(edge: Edge) -> str:
    """Write the widths of an edge: "16", "8×16" or their total."""
    if len(edge.widths) > 1 and len(set(edge.widths)) == 1:
        return f"{len(edge.widths)}×{edge.widths[0]}"
    return str(sum(edge.widths))


def _names(part: Part) -> str:
    return part.name if len(part.members) == 1 else f"{part.members[0]} … {part.members[-1]}"


def _bar(x: float, top: float, height: float, *inside: Markup) -> Markup:
    return tag("g", *inside, tag("rect", x=x - 4, y=top, width=8, height=height, rx=1), class_="register")


def _draw_unit(part: Part, routes: Routes, colour: str, folded: bool) -> Markup:
    """Draw a box with kind, width and detail, and its inner pipeline registers where it crosses borders."""
    left, top, width, height = routes.box(part)
    unit = part.unit
    if unit is None:
        return Markup("")
    times = f"{len(part.members)} × " if len(part.members) > 1 else ""
    bits = f"{unit.width} bit"
    shared = f"{bits} · {count(unit.operations, 'operation')}" if unit.operations > 1 else bits
    until = f" to {unit.last_cycle}" if unit.last_cycle > unit.cycle else ""
    lines = [f"{times}{unit.kind}: {_names(part)}", shared, f"cycle {unit.cycle}{until}", unit.detail]
    lines += [f"{figure(unit.pipeline_bits)} bit of pipeline registers inside"] if unit.pipeline_bits else []
    lines += [] if unit.area_um2 is None else [f"{figure(unit.area_um2, 0 if unit.area_um2 >= 100 else 2)} µm²"]
    borders = [routes.centre(place) for place in range(part.first, part.last) if routes.role(place) == "register"]
    stages = (
        borders if unit.operations == 1 and not folded else borders[-1:]
    )  # shared: cycles of use, not all are stages
    crossed = stages if unit.pipeline_bits else []
    room = (crossed[0] - 4 if crossed else left + width) - left - 15
    return tag(
        "g",
        tag("title", "\n".join(filter(None, lines))),
        tag("rect", x=left, y=top, width=width, height=height, rx=3, class_="box"),
        tag("rect", x=left, y=top, width=4, height=height, class_="stripe"),
        *(_bar(x, top, height) for x in crossed),
        text(_short(times + unit.kind, room, KIND_LETTER), left + 11, top + 14, class_="kind"),
        text(_short(shared, room, LETTER), left + 11, top + 26.5),
        text(_short(unit.detail or _names(part), room, LETTER - 0.4), left + 11, top + 38.5, class_="detail"),
        class_=f"unit {colour}",
    )


def _draw_part(part: Part, routes: Routes, colours: Mapping[str, str], folded: bool) -> Markup:
    if part.unit is not None:
        return _draw_unit(part, routes, colours.get(part.unit.kind, ""), folded)
    left, top, width, height = routes.box(part)
    many = len(part.members) > 1
    shown = f"{len(part.members)}×{part.width}" if many else str(part.width)
    title = tag("title", f"{part.role} {_names(part)}: {shown} bit")
    if part.role == "register":
        bar = tag("rect", x=left, y=top, width=width, height=height, rx=2)
        return tag("g", title, bar, text(shown, left + width / 2, top + 13, text_anchor="middle"), class_="register")
    room = width - 24 - LETTER * len(shown)
    return tag(
        "g",
        title,
        tag("rect", x=left, y=top, width=width, height=height, rx=2 if part.role == "state" else 9),
        text(_short(f"{part.role}s" if many else part.name, room, KIND_LETTER), left + 9, top + 13, class_="kind"),
        text(shown, left + width - 9, top + 13, text_anchor="end"),
        class_="register" if part.role == "state" else "port",
    )


def _draw_cycles(routes: Routes) -> list[Markup]:
    """Draw the cycles as fields with their numbers."""
    drawn = []
    for cycle in sorted({column.cycle for column in routes.columns if column.role == "unit"}):
        places = [i for i, c in enumerate(routes.columns) if c.cycle == cycle and c.role == "unit"]
        left, right = routes.borders(places[0], places[-1])
        narrow = right - left < 56
        drawn += [
            tag("rect", x=left, y=TOP - 8, width=right - left, height=routes.bottom - TOP + 16, class_="cycle"),
            text(
                str(cycle) if narrow else f"cycle {cycle}",
                (left + right) / 2,
                TOP - 16,
                text_anchor="middle",
                class_="heading",
            ),
        ]
    return drawn


def _draw_borders(datapath: Datapath, routes: Routes) -> list[Markup]:
    """Draw the clock edges: a line, and a bar for the registers there that no edge names."""
    held = {member for part in routes.parts if part.role == "register" for member in part.members}
    drawn = []
    for place, column in enumerate(routes.columns):
        if column.role != "register":
            continue
        x = routes.centre(place)
        here = [register for register in datapath.registers if register.cycle == column.cycle]
        free = [register for register in here if register.name not in held]
        if free:
            names = [f"{register.name}: {register.width} bit" for register in free[:MOST_NAMES]]
            names += [f"and {len(free) - MOST_NAMES} more"] if len(free) > MOST_NAMES else []
            title = tag("title", "\n".join([f"{count(len(free), 'register')} before cycle {column.cycle}", *names]))
            drawn.append(_bar(x, TOP - 8, routes.bottom - TOP + 16, title))
        else:
            drawn.append(tag("line", x1=x, x2=x, y1=TOP - 8, y2=routes.bottom + 8, class_="clock"))
        if here:
            stored = f"{figure(sum(register.width for register in here))} bit"
            drawn.append(text(stored, x, routes.height - 10, text_anchor="middle", class_="heading"))
    return drawn


def draw_datapath(datapath: Datapath, colours: Mapping[str, str], label: str) -> Markup | None:
    """Draw a datapath, with feedback below the parts that it joins; None where it has too many parts to be read.

    Args:
        colours: class of each kind of unit.
        label: what a screen reader says.
    """
    cycles = [unit.last_cycle for unit in datapath.units] + [register.cycle for register in datapath.registers]
    if max(cycles, default=0) > MOST_CYCLES:
        return None
    columns, parts = divide(datapath)
    if len(parts) > MOST_PARTS:
        return None
    edges = connect(datapath, parts)
    routes = Routes(columns, parts, edges)
    drawn = _draw_cycles(routes) + _draw_borders(datapath, routes)
    for edge in edges:
        title = tag("title", f"{_names(edge.source)} to {_names(edge.target)}: {_wires(edge)} bit")
        drawn.append(tag("path", title, d=routes.path(edge), class_="edge back" if routes.feeds_back(edge) else "edge"))
    drawn += [_draw_part(part, routes, colours, datapath.interval_cycles > 1) for part in parts]
    incoming: dict[Part, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.target.role == "unit" and not routes.leads_back(edge):
            incoming[edge.target].append(edge)
    for group in incoming.values() if len(edges) <= MOST_LABELS else ():
        for edge in group if len(group) <= MOST_ARRIVING else ():
            x, y = routes.lefts[edge.target.first] - 9, routes.arrival(edge) - 3
            if len(edge.widths) == 1:
                drawn.append(text(_wires(edge), x, y, text_anchor="end", class_="wires"))
    width = routes.width  # shrinks to the page a little before it must be scrolled
    style = f"width:100%;max-width:{coordinate(width)}px;min-width:{coordinate(0.74 * width)}px"
    return drawing(width, routes.height, *drawn, label=label, class_="datapath", style=style)
