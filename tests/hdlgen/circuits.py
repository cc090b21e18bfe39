"""Small circuits as bit-sliced functions in numpy, to learn from and to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hdlgen.bits import Interface, Words, pack_values, unpack_values
from hdlgen.network import Network, NetworkBuilder

__all__ = ["CIRCUITS", "Circuit", "adder_network"]


class Circuit:
    """An oracle of words: integers in, integers out, by plain numpy."""

    def __init__(self, interface: Interface, kind: str) -> None:
        self.interface = interface
        self.kind = kind
        self.calls = 0

    def ask(self, inputs: Words) -> Words:
        """Answer as an oracle does."""
        self.calls += 1
        values = unpack_values(self.interface.inputs, inputs, inputs.shape[1] * 64)
        return pack_values(self.interface.outputs, _answer(self.kind, values))


def _answer(kind: str, values: Mapping[str, Words]) -> dict[str, Words]:
    a, b = values["a"], values["b"]
    if kind == "add":
        return {"y": a + b}
    if kind == "compare":
        return {"same": (a == b).astype(np.uint64), "less": (a < b).astype(np.uint64)}
    if kind == "shift":
        return {"y": (a << b) & np.uint64(0xFFFF)}
    op = values["op"]
    choices = [a + b, a - b, a ^ b, a & b, a << (b & np.uint64(7)), a | b, np.zeros_like(a), ~a]
    return {"y": np.choose(op.astype(np.int64), choices) & np.uint64(0xFFFF)}


class Ports(NamedTuple):
    """Widths by name."""

    inputs: dict[str, int]
    outputs: dict[str, int]


_PORTS = {
    "add": Ports({"a": 12, "b": 12}, {"y": 13}),
    "compare": Ports({"a": 12, "b": 12}, {"same": 1, "less": 1}),
    "shift": Ports({"a": 16, "b": 4}, {"y": 16}),
    "unit": Ports({"a": 16, "b": 16, "op": 3}, {"y": 16}),
}
CIRCUITS = {kind: Circuit(Interface.of(ports._asdict(), where=kind), kind) for kind, ports in _PORTS.items()}
"""By name: an adder, a comparator, a shifter, a small arithmetic unit."""


def adder_network(width: int) -> Network:
    """Build a ripple-carry adder gate by gate."""
    interface = Interface.of({"inputs": {"a": width, "b": width}, "outputs": {"y": width + 1}}, where="adder")
    builder = NetworkBuilder(interface)
    carry, total = 0, []
    for bit in range(width):
        left, right = builder.input(bit), builder.input(width + bit)
        half = builder.exclusive(left, right)
        total.append(builder.exclusive(half, carry))
        carry = builder.choose(half, carry, left)
    return builder.network([*total, carry])
