"""`adders`: every adder that a design may choose against all classic structures, by every recipe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring

from benchmarks.benchmark import Benchmark, Measured, Say
from benchmarks.shell import Shell
from benchmarks.structures import GOALS, METHOD, TECHNOLOGIES, Structure, measure_structures
from hdlgen.arithmetic.adders import ADDERS, PrefixAdder, PrefixForm, RippleAdder
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES, han_carlson, ladner_fischer
from hdlgen.arithmetic.prefix_graph import Columns
from hdlgen.emit import to_rtlil
from sim.recipes import RECIPES

__all__ = ["BENCHMARK", "CLASSICS", "adder_rtlil", "classics", "ours"]

WIDTHS = (16, 32, 64)
CLASSICS = ("ripple", "brent_kung", "sklansky", "kogge_stone", "han_carlson", "ladner_fischer")


def adder_rtlil(adder: wiring.Component, width: int) -> str:
    """Write an adder of two words, without a carry in, between registers."""

    def build(m: Module, operands: tuple[Signal, ...]) -> Value:
        m.submodules.adder = adder
        m.d.comb += [adder.a.eq(operands[0]), adder.b.eq(operands[1]), adder.carry_in.eq(0)]
        total: Value = adder.sum
        return total

    return to_rtlil(Shell((width, width), width + 1, build))


def _graphs(width: int) -> Iterator[tuple[str, str, Columns]]:
    """List the classic prefix graphs of a width: family, parameter, graph."""
    for name in ("brent_kung", "sklansky", "kogge_stone"):
        yield name, "", PREFIX_FAMILIES[name](width)
    for sparsity in (2, 4):
        yield "han_carlson", f"sparsity {sparsity}, ", han_carlson(width, sparsity=sparsity)
    for slack in (0, 1, 2):
        yield "ladner_fischer", f"slack {slack}, ", ladner_fischer(width, slack=slack)


def classics(width: int) -> Iterator[Structure]:
    """List the classic adders of a width, each in every form that it is known in."""
    for cells in (False, True):
        text = adder_rtlil(RippleAdder(width, cells=cells), width)
        yield Structure(kind="classic", family="ripple", variant="cells" if cells else "gates", rtlil=text)
    for family, parameter, graph in _graphs(width):
        for propagation, operator in (("either", "a | b"), ("exclusive", "a ^ b")):
            form = PrefixForm(propagation=propagation)
            text = adder_rtlil(PrefixAdder(width, graph=graph, form=form), width)
            yield Structure(kind="classic", family=family, variant=f"{parameter}{operator}", rtlil=text)


def ours(width: int) -> Iterator[Structure]:
    """List the adders of a width that the knobs `adder` and `full_adders` offer."""
    for (name, make), cells in product(ADDERS.items(), (False, True)):
        text = adder_rtlil(make(width, cells=cells), width)
        yield Structure(kind="ours", family=name, variant="cells" if cells else "gates", rtlil=text)


def _measure(say: Say) -> Measured:
    structures = {width: [*ours(width), *classics(width)] for width in WIDTHS}
    return measure_structures(structures, dict.fromkeys(WIDTHS, tuple(RECIPES)), say)


BENCHMARK = Benchmark(
    name="adders",
    summary="Adders of 16, 32 and 64 bits that a design may choose, against all classic structures.",
    method=f"""\
Two words, no carry in, in {" and ".join(TECHNOLOGIES)}. Ours: every choice of the knob `adder`, each in
the form for adders of gates and in the one for library cells (the knob `full_adders`). Classic: ripple carry (gates,
cells) and the prefix networks of Brent and Kung, Sklansky, Kogge and Stone, Han and Carlson (sparsity 2, 4) and Ladner
and Fischer (slack 0, 1, 2), each with bits that propagate by `a | b` and by `a ^ b`. Each by every mapping recipe.
{METHOD}""",
    goals=GOALS,
    measure=_measure,
)
