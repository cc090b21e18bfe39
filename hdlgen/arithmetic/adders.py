# amaranth: UnusedElaboratable=no
"""Adders: one component per carry scheme, all with the ports of `RippleAdder`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

from amaranth.hdl import Cat, Const, Module, Signal

from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.prefix_adder import Adder, PrefixAdder, PrefixForm
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES
from hdlgen.arithmetic.prefix_fitting import fitted
from hdlgen.arithmetic.prefix_gallery import SEARCHED, searched
from hdlgen.arithmetic.prefix_graph import Columns, depth

__all__ = [
    "ADDERS",
    "ALL_ADDERS",
    "NATIVE",
    "AdderFactory",
    "NativeAdder",
    "PrefixAdder",
    "PrefixForm",
    "RippleAdder",
    "adder_levels",
]

NATIVE = "native"
"""The adder of an FPGA's fabric: its carry chain."""

_SMALL = PrefixForm(propagation="exclusive")


class RippleAdder(Adder):
    """Add `a + b + carry_in` exactly; combinational, depth O(width), one full adder per bit.

    Args:
        width: bits of each operand, at least 1.
        cells: whether the full adders are asked from the cell library (`$fa`) or written as gates.
    """

    def __init__(self, width: int, *, cells: bool = False) -> None:
        self.cells = cells
        super().__init__(width, "ripple", cells)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        carry = Signal(self.width)
        total, out = full_adders(m, "bits", self.a, self.b, Cat(self.carry_in, carry[:-1]), cells=self.cells)
        m.d.comb += [carry.eq(out), self.sum.eq(Cat(total, carry[-1]))]
        return m


class NativeAdder(Adder):
    """Add `a + b + carry_in` exactly, by the language's own `+`: one table a bit on an FPGA's carry chain."""

    def __init__(self, width: int) -> None:
        super().__init__(width, "native")

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # 1 and the carry below the lowest bit make the carry: a second `+` would be a second chain.
        m.d.comb += self.sum.eq((Cat(Const(1, 1), self.a) + Cat(self.carry_in, self.b))[1:])
        return m


class AdderFactory(Protocol):
    """Make an adder of a width.

    `cells` asks for the small form: full-adder cells where the scheme has full adders, and where it has none, bits
    that propagate by exclusive or; `arrivals` tells when the bits of the
    operands come, in FO4 from the lowest on, to a scheme that makes use of it; none are all at once.
    """

    def __call__(self, width: int, *, cells: bool = False, arrivals: Sequence[float] = ()) -> Adder: ...


def _ripple_adder(width: int, *, cells: bool = False, arrivals: Sequence[float] = ()) -> RippleAdder:
    return RippleAdder(width, cells=cells)


def _native_adder(width: int, *, cells: bool = False, arrivals: Sequence[float] = ()) -> NativeAdder:
    return NativeAdder(width)


def _prefix_adder(width: int, *, name: str, cells: bool = False, arrivals: Sequence[float] = ()) -> PrefixAdder:
    """Make the adder of a named graph."""
    if width < 1:
        raise ValueError(f"PrefixAdder: width must be at least 1 bit, not {width!r}")
    graph, form = _design(name, width, arrivals)
    return PrefixAdder(width, graph=graph, form=_SMALL if cells else form)


def _design(name: str, width: int, arrivals: Sequence[float] = ()) -> tuple[Columns, PrefixForm]:
    """Find the graph of a name, and the form of its logic."""
    if name in SEARCHED:
        return searched(name, width)
    graph, form = name, PrefixForm()
    if name in _LING:
        graph, letter = _LING[name]
        form = PrefixForm(propagation="ling", sums=letter * width)
    if graph == "fitted":
        return fitted(tuple(round(arrival, 1) for arrival in arrivals) or (0.0,) * width), form
    return PREFIX_FAMILIES[graph](width), form


_LING = {
    "kogge_stone_ling": ("kogge_stone", "w"),
    "zero_deficiency_ling": ("zero_deficiency", "x"),
    "fitted_ling": ("fitted", "x"),
}
"""Adders with Ling's carries: the graph, and how every sum bit takes its carry."""

ADDERS: Mapping[str, AdderFactory] = {
    **{name: partial(_prefix_adder, name=name) for name in (*PREFIX_FAMILIES, "fitted", *_LING, *SEARCHED)},
    "ripple": _ripple_adder,
}
"""The adders by name, the sensible default first."""

ALL_ADDERS: Mapping[str, AdderFactory] = {**ADDERS, NATIVE: _native_adder}
"""Those, and the one that only an FPGA has."""


def adder_levels(name: str, width: int) -> int:
    """Count the carry levels of an adder: the depth of its graph, or its width where the carry ripples.

    Raises: KeyError for a name that is not in `ADDERS`.
    """
    return width if name in ("ripple", NATIVE) else depth(_design(name, width)[0])
