"""`adders`: every adder that a design may choose against all classic structures, by every recipe."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say
from benchmarks.fronts import behind, domination
from benchmarks.shell import METHOD, Kernel, Shell, kernel
from hdlgen.arithmetic.adders import ADDERS, PrefixAdder, RippleAdder
from hdlgen.arithmetic.prefix_families import PREFIX_FAMILIES, han_carlson, ladner_fischer
from hdlgen.arithmetic.prefix_graph import Columns
from hdlgen.emit import to_rtlil
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.steps import map_and_time
from sim.technology import load

__all__ = ["BENCHMARK", "CLASSICS", "TECHNOLOGIES", "Structure", "adder_rtlil", "classics", "compare", "ours"]

WIDTHS = (16, 32, 64)
TECHNOLOGIES = ("sky130hd", "gf180_7t_5v")
CLASSICS = ("ripple", "brent_kung", "sklansky", "kogge_stone", "han_carlson", "ladner_fischer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """An adder to be measured: its family, what sets it apart there, and its hardware as text."""

    family: str
    variant: str
    rtlil: str


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
    for library in (False, True):
        text = adder_rtlil(RippleAdder(width, library=library), width)
        yield Structure(family="ripple", variant="cells" if library else "gates", rtlil=text)
    for family, parameter, graph in _graphs(width):
        for exclusive in (False, True):
            text = adder_rtlil(PrefixAdder(width, graph=graph, exclusive=exclusive), width)
            form = "a ^ b" if exclusive else "a | b"
            yield Structure(family=family, variant=f"{parameter}{form}", rtlil=text)


def ours(width: int) -> Iterator[Structure]:
    """List the adders of a width that the knobs `adder` and `full_adders` offer."""
    for (name, make), library in product(ADDERS.items(), (False, True)):
        text = adder_rtlil(make(width, library=library), width)
        yield Structure(family=name, variant="cells" if library else "gates", rtlil=text)


def compare(ours: Iterable[Kernel], classic: Mapping[str, Sequence[Kernel]]) -> dict[str, float]:
    """Hold our points against those of the classic structures, at one width in one technology.

    Returns: `behind` as of `fronts.behind` against all of them joined; for each family the best area-delay product of
        ours among points that dominate the family's best one, in parts of its product; 2.0 where none does.
    """
    points = list(ours)
    figures = {"behind": round(behind(points, [point for family in classic.values() for point in family]), 4)}
    for name, family in classic.items():
        figures[name] = round(domination(points, min(family, key=lambda point: point.product)), 4)
    return figures


def _measure(say: Say) -> Measured:
    structures = {width: (list(ours(width)), list(classics(width))) for width in WIDTHS}
    with Pool(len(os.sched_getaffinity(0)), preload=PRELOAD) as pool:
        wanted = {
            (structure.rtlil, technology, recipe)
            for both in structures.values()
            for side in both
            for structure in side
            for technology in TECHNOLOGIES
            for recipe in RECIPES
        }
        say(f"mapping {len(wanted)} adders")
        tasks = {
            key: pool.submit(map_and_time, key[0], load(key[1]), key[2], "generated", cpu_seconds=120.0)
            for key in sorted(wanted)
        }
        kernels = {key: kernel(task.result().require(), key[1]) for key, task in tasks.items()}
    rows = []
    behinds, ratios = [], {}
    for technology in TECHNOLOGIES:
        for width, sides in structures.items():
            found: list[dict[str, list[Kernel]]] = [{}, {}]
            for side, (structures_, points) in enumerate(zip(sides, found, strict=True)):
                for structure in structures_:
                    for recipe in RECIPES:
                        point = kernels[structure.rtlil, technology, recipe]
                        points.setdefault(structure.family, []).append(point)
                        rows.append(
                            {
                                "kind": ("ours", "classic")[side],
                                "technology": technology,
                                "width": width,
                                "structure": structure.family,
                                "variant": structure.variant,
                                "recipe": recipe,
                                "area_um2": point.area_um2,
                                "delay_ps": point.delay_ps,
                            }
                        )
            figures = compare([point for points in found[0].values() for point in points], found[1])
            behinds.append(figures.pop("behind"))
            ratios.update({f"{technology}_{width}_{name}": ratio for name, ratio in figures.items()})
            say(f"{technology}, {width} bits: behind {behinds[-1]}, {figures}")
    return Measured(
        figures={"area_delay_ratio_worst": max(ratios.values()), "behind": max(behinds), **ratios}, rows=rows
    )


BENCHMARK = Benchmark(
    name="adders",
    summary="Adders of 16, 32 and 64 bits that a design may choose, against all classic structures.",
    method=f"""\
Two words, no carry in, in {" and ".join(TECHNOLOGIES)}. Ours: every choice of the knob `adder`, each in
the form for adders of gates and in the one for library cells (the knob `full_adders`). Classic: ripple carry (gates,
cells) and the prefix networks of Brent and Kung, Sklansky, Kogge and Stone, Han and Carlson (sparsity 2, 4) and Ladner
and Fischer (slack 0, 1, 2), each with bits that propagate by `a | b` and by `a ^ b`. Each by every mapping recipe.
{METHOD}
`TECHNOLOGY_WIDTH_STRUCTURE`: of our points that are nowhere worse than the structure's best area-delay product, the
best, in parts of that product (2 where there is none); `area_delay_ratio_worst` is the worst of these. `behind`: the
least factor by which all our points would have to shrink, in area and delay, to be nowhere behind any classic point;
1 or less where nothing needs to.
""",
    goals=(
        Goal(figure="area_delay_ratio_worst", direction=Bound.AT_MOST, bound=0.92),
        Goal(figure="behind", direction=Bound.AT_MOST, bound=1.0),
    ),
    measure=_measure,
)
