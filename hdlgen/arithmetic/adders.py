"""Adders: one component per carry scheme, all with the ports of `RippleAdder`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.prefix import PREFIX_NETWORKS, Level

__all__ = ["ADDERS", "AdderFactory", "PrefixAdder", "RippleAdder", "adder_levels"]


class _Adder(wiring.Component):
    """The ports that all adders share: `a`, `b`, `carry_in` in, the exact `sum` out."""

    a: Signal
    b: Signal
    carry_in: Signal
    sum: Signal

    def __init__(self, width: int) -> None:
        if width < 1:
            raise ValueError(f"{type(self).__name__}: width must be at least 1 bit, not {width!r}")
        self.width = width
        super().__init__({"a": In(width), "b": In(width), "carry_in": In(1), "sum": Out(width + 1)})


class RippleAdder(_Adder):
    """Add `a + b + carry_in` exactly; combinational, depth O(width), one full adder per bit.

    Args:
        width: bits of each operand, at least 1.
        library: whether the full adders are asked from the cell library (`$fa`) or written as gates.
    """

    def __init__(self, width: int, *, library: bool = False) -> None:
        self.library = library
        super().__init__(width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        carry = Signal(self.width)
        total, out = full_adders(m, "bits", self.a, self.b, Cat(self.carry_in, carry[:-1]), library=self.library)
        m.d.comb += [carry.eq(out), self.sum.eq(Cat(total, carry[-1]))]
        return m


class PrefixAdder(_Adder):
    """Add `a + b + carry_in` exactly; combinational, carries by a prefix network.

    Args:
        width: bits of each operand, at least 1.
        network: name of the network in `PREFIX_NETWORKS`.
        library: ignored: a prefix adder holds no full adder; it is here so that all adders are made alike.
    """

    def __init__(self, width: int, *, network: str, library: bool = False) -> None:
        self.levels: tuple[Level, ...] = PREFIX_NETWORKS[network](width)
        super().__init__(width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        half = Signal(self.width)
        first = Signal(self.width)
        m.d.comb += [half.eq(self.a ^ self.b), first.eq(self.a & self.b)]
        generate: list[Value] = list(first)
        propagate: list[Value] = list(half)
        generate[0] = Signal(name="generate_0")
        m.d.comb += generate[0].eq(first[0] | (half[0] & self.carry_in))
        for number, level in enumerate(self.levels):
            joined_generate = Signal(len(level), name=f"generate_{number + 1}")
            joined_propagate = Signal(len(level), name=f"propagate_{number + 1}")
            high_propagate = Cat(propagate[high] for high, _ in level)
            m.d.comb += [
                joined_generate.eq(
                    Cat(generate[high] for high, _ in level) | (high_propagate & Cat(generate[low] for _, low in level))
                ),
                joined_propagate.eq(high_propagate & Cat(propagate[low] for _, low in level)),
            ]
            for position, (high, _) in enumerate(level):
                generate[high] = joined_generate[position]
                propagate[high] = joined_propagate[position]
        m.d.comb += self.sum.eq(Cat(half ^ Cat(self.carry_in, *generate[:-1]), generate[-1]))
        return m


class AdderFactory(Protocol):
    """Make an adder of a width; `library` asks for full-adder cells where the scheme has full adders."""

    def __call__(self, width: int, *, library: bool = False) -> _Adder: ...


ADDERS: Mapping[str, AdderFactory] = {
    "sklansky": partial(PrefixAdder, network="sklansky"),
    "kogge_stone": partial(PrefixAdder, network="kogge_stone"),
    "brent_kung": partial(PrefixAdder, network="brent_kung"),
    "ripple": RippleAdder,
}
"""The adders by name, the sensible default first."""


def adder_levels(name: str, width: int) -> int:
    """Count the carry levels of an adder: the depth of its network, or its width where the carry ripples.

    Raises: KeyError for a name that is not in `ADDERS`.
    """
    if name in PREFIX_NETWORKS:
        return len(PREFIX_NETWORKS[name](width))
    return {"ripple": width}[name]
