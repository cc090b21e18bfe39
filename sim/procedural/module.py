"""The records of a Verilog module: operands, assignments, registers, instances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Assignment", "Bits", "Child", "Module", "Operand", "Part", "Register", "name_operand", "union", "written"]

Bits = Mapping[str, int]
"""Some bits of some names: a mask for each name."""


class Part(NamedTuple):
    """A name, a selection of its bits, or a constant (whose `name` is empty), as it is written."""

    text: str
    name: str
    high: int
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """What stands beside an operator or at a port.

    Args:
        text: as it is written.
        parts: what is concatenated, highest first; empty for text of any other form.
        width: in bits; 0 where it is not known.
        reads: the bits that it depends on.
    """

    text: str
    parts: tuple[Part, ...] = ()
    width: int
    reads: Bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One operation, with as many operands as it takes: a copy (no operator), a unary or binary one, or `?`."""

    target: Operand
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What is assigned at the rising edge of a clock."""

    clock: str
    assignment: Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """An instance of another module, and what stands at its ports."""

    module: str
    name: str
    connections: Mapping[str, Operand]


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module; names stand without the space that ends an escaped one.

    Args:
        header: its first line.
        directions: `input` or `output` by port.
        widths: of all names, in the order of their declaration.
        signed: the names that are declared so.
    """

    name: str
    header: str
    directions: Mapping[str, str]
    widths: Mapping[str, int]
    signed: frozenset[str]
    assignments: tuple[Assignment, ...]
    registers: tuple[Register, ...]
    children: tuple[Child, ...]


def union(operands: Iterable[Operand]) -> Bits:
    """Join what several operands read."""
    found: dict[str, int] = {}
    for operand in operands:
        for name, bits in operand.reads.items():
            found[name] = found.get(name, 0) | bits
    return found


def written(name: str) -> str:
    """Write a name; a space ends an escaped one."""
    return f"{name} " if name.startswith("\\") else name


def name_operand(name: str, width: int) -> Operand:
    """Refer to all bits of a name."""
    part = Part(written(name), name, width - 1, 0)
    return Operand(text=part.text, parts=(part,), width=width, reads={name: (1 << width) - 1})
