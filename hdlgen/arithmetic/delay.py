"""Delay estimates in FO4 inverter delays: they place pipeline registers; only measurement judges a design."""

from __future__ import annotations

from hdlgen.arithmetic.adders import NATIVE, adder_levels

__all__ = [
    "AND",
    "BOOTH",
    "CARRY",
    "CARRY_LAST",
    "DSP",
    "FULL_ADDER",
    "MULTIPLEXER",
    "PREFIX_NODE",
    "SUM",
    "SUM_LAST",
    "XOR",
    "adder_delay",
    "chain_delay",
    "choice_delay",
]

AND = 1.3
XOR = 1.8
MULTIPLEXER = 2.4
PREFIX_NODE = 1.9
FULL_ADDER = 4.2
BOOTH = 5.5

TABLE, CHAIN_BIT, DSP = 4.0, 0.4, 10.0
"""On an FPGA, on the same scale by what its tables take as gates: a table with its wires, a bit of a carry chain, and a
multiplier block."""

SUM, SUM_LAST, CARRY, CARRY_LAST = 4.2, 3.9, 3.4, 3.2
"""A full adder from its first two operands, or from its last, to its sum and to its carry."""


def adder_delay(name: str, width: int) -> float:
    """Estimate an adder from operand to the slowest sum bit: a full adder a bit, or the levels of its network."""
    if name == NATIVE:
        return chain_delay(width)
    node = FULL_ADDER if name == "ripple" else PREFIX_NODE
    return 2 * XOR + node * adder_levels(name, width)


def chain_delay(width: int) -> float:
    """Estimate a carry chain on an FPGA: the way into a table and out of it, and a little for each bit."""
    return TABLE + CHAIN_BIT * width


def choice_delay(choices: int) -> float:
    """Estimate a multiplexer of so many inputs, select lines included; none for a single one."""
    return MULTIPLEXER * max(choices - 1, 0).bit_length()
