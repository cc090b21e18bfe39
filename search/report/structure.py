"""The structure of a design as its folder describes it: units, registers, ports and the wires between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.report.fields import Fields, read_object

__all__ = ["Datapath", "Register", "Unit", "read_datapath"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One operator of a datapath, busy from `cycle` to `last_cycle`.

    Args:
        pipeline_bits: registers inside it.
        area_um2: None where nobody knows it.
    """

    name: str
    kind: str
    width: int
    operations: int
    cycle: int
    last_cycle: int
    detail: str
    pipeline_bits: int
    area_um2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A register that holds its value from `cycle` on."""

    name: str
    width: int
    cycle: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapath:
    """The structure of a design; ports are pairs of name and width, edges go from name to name with a width."""

    interval_cycles: int
    latency_cycles: int
    units: tuple[Unit, ...]
    registers: tuple[Register, ...]
    edges: tuple[tuple[str, str, int], ...]
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]


def _ports(fields: Fields, key: str) -> tuple[tuple[str, int], ...]:
    return tuple((port.text("name"), port.whole("width")) for port in fields.objects(key))


def _edge(fields: Fields, index: int, value: Any) -> tuple[str, str, int]:
    match value:
        case [str(source), str(target), int(width)]:
            return source, target, width
    raise fields.refuse(f"edges[{index}]", "[from, to, width]", value)


def _unit(fields: Fields) -> Unit:
    cycle = fields.whole("cycle")
    return Unit(
        name=fields.text("name"),
        kind=fields.text("kind"),
        width=fields.whole("width", 0),
        operations=fields.whole("operations", 1),
        cycle=cycle,
        last_cycle=max(fields.whole("last_cycle", cycle), cycle),
        detail=fields.text("detail", ""),
        pipeline_bits=fields.whole("pipeline_bits", 0),
        area_um2=None if fields.values.get("area_um2") is None else fields.number("area_um2"),
    )


def read_datapath(path: Path) -> Datapath:
    """Read the structure of a design.

    Raises: StoreError for a file that holds anything else.
    """
    fields = read_object(path)
    return Datapath(
        interval_cycles=fields.whole("interval_cycles", 1),
        latency_cycles=fields.whole("latency_cycles", 0),
        units=tuple(_unit(unit) for unit in fields.objects("units")),
        registers=tuple(
            Register(name=item.text("name"), width=item.whole("width", 0), cycle=item.whole("cycle"))
            for item in fields.objects("registers")
        ),
        edges=tuple(_edge(fields, index, value) for index, value in enumerate(fields.items("edges"))),
        inputs=_ports(fields, "inputs"),
        outputs=_ports(fields, "outputs"),
    )
