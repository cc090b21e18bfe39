"""Delay estimates in FO4 inverter delays: they place pipeline registers; only measurement judges a design."""

from __future__ import annotations

from hdlgen.arithmetic.adders import adder_levels

__all__ = [
    "AND",
    "BOOTH",
    "CARRY",
    "CARRY_LAST",
    "FULL_ADDER",
    "MULTIPLEXER",
    "PREFIX_NODE",
    "SUM",
    "SUM_LAST",
    "XOR",
    "adder_delay",
    "choice_delay",
]

AND = 1.3
XOR = 1.8
MULTIPLEXER = 2.4
PREFIX_NODE = 1.9
FULL_ADDER = 4.2
BOOTH = 5.5

SUM, SUM_LAST, CARRY, CARRY_LAST = 4.2, 3.9, 3.4, 3.2
"""A full adder from its first two operands, or from its last, to its sum and to its carry."""


def adder_delay(name: str, width: int) -> float:
    """Estimate an adder from operand to the slowest sum bit: a full adder a bit, or the levels of its network."""
    node = FULL_ADDER if name == "ripple" else PREFIX_NODE
    return 2 * XOR + node * adder_levels(name, width)


def choice_delay(choices: int) -> float:
    """Estimate a multiplexer of so many inputs, select lines included; none for a single one."""
    return MULTIPLEXER * max(choices - 1, 0).bit_length()
