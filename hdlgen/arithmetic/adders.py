# amaranth: UnusedElaboratable=no
"""Adders: one component per carry scheme, all with the ports of `RippleAdder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_fitting import fitted
from hdlgen.arithmetic.prefix_gallery import SEARCHED, searched
from hdlgen.arithmetic.prefix_graph import Columns, Node, depth, node_depths, nodes, trim

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
        cells: whether the full adders are asked from the cell library (`$fa`) or written as gates.
    """

    def __init__(self, width: int, *, cells: bool = False) -> None:
        self.cells = cells
        super().__init__(width)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        carry = Signal(self.width)
        total, out = full_adders(m, "bits", self.a, self.b, Cat(self.carry_in, carry[:-1]), cells=self.cells)
        m.d.comb += [carry.eq(out), self.sum.eq(Cat(total, carry[-1]))]
        return m


class PrefixAdder(_Adder):
    """Add `a + b + carry_in` exactly; combinational, carries by a prefix graph.

    A bit hands a carry on where either operand is one: `a | b` is ready before `a ^ b`, which the sum alone needs.

    Args:
        width: bits of each operand, at least 1.
        graph: the spans that are joined; it may be wider, and is then cut to the width.
        exclusive: whether a bit hands a carry on where exactly one operand is one: `a ^ b` for all, fewer gates.
    Source: Weinberger and Smith, National Bureau of Standards Circular 591, 1958, 3-12 (either form of propagation).
    """

    def __init__(self, width: int, *, graph: Columns, exclusive: bool = False) -> None:
        super().__init__(width)
        self.graph = trim(graph, width)
        self.exclusive = exclusive

    def elaborate(self, platform: object) -> Module:
        m = Module()
        half, first, either = Signal(self.width), Signal(self.width), Signal(self.width)
        m.d.comb += [half.eq(self.a ^ self.b), first.eq(self.a & self.b)]
        m.d.comb += either.eq(half if self.exclusive else self.a | self.b)
        generate: dict[tuple[int, int], Value] = {(bit, bit): first[bit] for bit in range(self.width)}
        propagate: dict[tuple[int, int], Value] = {(bit, bit): either[bit] for bit in range(self.width)}
        generate[0, 0] = Signal(name="generate_0")
        m.d.comb += generate[0, 0].eq(first[0] | (either[0] & self.carry_in))
        for number, level in enumerate(_levels(self.graph)):
            above = [(high, middle) for high, middle, _ in level]
            below = [(middle - 1, low) for _, middle, low in level]
            joined_generate = Signal(len(level), name=f"generate_{number + 1}")
            joined_propagate = Signal(len(level), name=f"propagate_{number + 1}")
            m.d.comb += joined_generate.eq(
                Cat(generate[span] for span in above)
                | (Cat(propagate[span] for span in above) & Cat(generate[span] for span in below))
            )
            m.d.comb += joined_propagate.eq(
                Cat(propagate[span] for span in above) & Cat(propagate[span] for span in below)
            )
            for place, (high, _, low) in enumerate(level):
                generate[high, low] = joined_generate[place]
                propagate[high, low] = joined_propagate[place]
        carries = [generate[bit, 0] for bit in range(self.width)]
        m.d.comb += self.sum.eq(Cat(half ^ Cat(self.carry_in, *carries[:-1]), carries[-1]))
        return m


def _levels(graph: Columns) -> list[list[Node]]:
    """Sort the joins of a graph by how many lie before them."""
    depths = node_depths(graph)
    levels: list[list[Node]] = [[] for _ in range(max(depths.values()))]
    for node in nodes(graph):
        levels[depths[node.high, node.low] - 1].append(node)
    return levels


class AdderFactory(Protocol):
    """Make an adder of a width.

    `cells` asks for the small form: full-adder cells where the scheme has full adders, and where it has none, bits
    that propagate by exclusive or; `arrivals` tells when the bits of the
    operands come, in FO4 from the lowest on, to a scheme that makes use of it; none are all at once.
    """

    def __call__(self, width: int, *, cells: bool = False, arrivals: Sequence[float] = ()) -> _Adder: ...


def _ripple_adder(width: int, *, cells: bool = False, arrivals: Sequence[float] = ()) -> RippleAdder:
    return RippleAdder(width, cells=cells)


def _prefix_adder(width: int, *, name: str, cells: bool = False, arrivals: Sequence[float] = ()) -> PrefixAdder:
    """Make the adder of a named graph."""
    if width < 1:
        raise ValueError(f"PrefixAdder: width must be at least 1 bit, not {width!r}")
    graph, exclusive = _graph(name, width, arrivals)
    return PrefixAdder(width, graph=graph, exclusive=exclusive or cells)


def _graph(name: str, width: int, arrivals: Sequence[float] = ()) -> tuple[Columns, bool]:
    """Find the graph of a name, and whether its bits propagate by exclusive or."""
    if name in SEARCHED:
        return searched(name, width)
    if name == "fitted":
        return fitted(tuple(round(arrival, 1) for arrival in arrivals) or (0.0,) * width), False
    return PREFIX_FAMILIES[name](width), False


ADDERS: Mapping[str, AdderFactory] = {
    **{name: partial(_prefix_adder, name=name) for name in (*PREFIX_FAMILIES, "fitted", *SEARCHED)},
    "ripple": _ripple_adder,
}
"""The adders by name, the sensible default first."""


def adder_levels(name: str, width: int) -> int:
    """Count the carry levels of an adder: the depth of its graph, or its width where the carry ripples.

    Raises: KeyError for a name that is not in `ADDERS`.
    """
    return width if name == "ripple" else depth(_graph(name, width)[0])
