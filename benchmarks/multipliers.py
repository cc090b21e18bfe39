"""`multipliers`: signed multipliers of the knobs against classic ones and those of stock synthesis."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amaranth.hdl import Module, Signal, Value

from benchmarks.adders import compare
from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say
from benchmarks.classic_multipliers import classic_product
from benchmarks.shell import METHOD, Kernel, Shell, kernel
from hdlgen.arithmetic.sums import Position, SumShape, SumStyle, SumUnit
from hdlgen.emit import to_rtlil
from hdlgen.knobs import FULL_ADDERS
from hdlgen.number import Format
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.steps import map_and_time
from sim.technology import load

__all__ = ["BENCHMARK", "Candidate", "candidates"]

TECHNOLOGIES = ("sky130hd", "gf180_7t_5v")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried at a width, the same recipes on all sides.

    Args:
        recipes: by which everything is mapped.
        finals: classic adders at the end of a classic tree.
        adders, full_adders: choices of our knobs.
    """

    recipes: tuple[str, ...]
    finals: tuple[str, ...]
    adders: tuple[str, ...]
    full_adders: tuple[str, ...]


EFFORTS: Mapping[int, Effort] = {
    8: Effort(
        recipes=("fastest", "balanced", "keep_fast", "spare"),
        finals=("ripple", "brent_kung", "sklansky", "kogge_stone"),
        adders=("fitted", "sklansky", "searched_even", "ripple"),
        full_adders=("cells", "gates_50", "gates"),
    ),
    16: Effort(
        recipes=("fastest", "keep_fast", "spare"),
        finals=("brent_kung", "sklansky", "ladner_fischer"),
        adders=("fitted", "sklansky", "searched_even"),
        full_adders=("cells", "gates"),
    ),
    32: Effort(
        recipes=("keep_fast", "spare"),
        finals=("brent_kung", "sklansky"),
        adders=("fitted", "sklansky"),
        full_adders=("cells", "gates"),
    ),
}
"""By width."""

_WAYS = {"dadda": ("baugh_wooley", "dadda"), "wallace": ("baugh_wooley", "wallace"), "booth": ("booth", "dadda")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A multiplier to be mapped: whose it is, its family and variant, its hardware, and how it is synthesised."""

    kind: str
    family: str
    variant: str
    rtlil: str
    flow: str = "generated"
    gate_share: float = 1.0


def _product(width: int, style: SumStyle) -> str:
    """Write our multiplier between registers."""
    word = Format(width=width, signed=True)
    shape = SumShape(
        positions=(Position(factors=(word, word)),), constant=0, result=Format(width=2 * width, signed=True)
    )

    def build(m: Module, operands: tuple[Signal, ...]) -> Value:
        m.submodules.unit = unit = SumUnit(shape, style)
        m.d.comb += [unit.factor(0, number).eq(operand) for number, operand in enumerate(operands)]
        return unit.result

    return to_rtlil(Shell((width, width), 2 * width, build))


def _ours(width: int, effort: Effort) -> Iterator[Candidate]:
    for multiplier in ("booth", "dadda"):
        for adder in effort.adders:
            for full_adders in effort.full_adders:
                share = FULL_ADDERS[full_adders]
                style = SumStyle(multiplier=multiplier, adder=adder, library=share < 1.0)
                variant = f"{adder}, {full_adders}"
                text = _product(width, style)
                yield Candidate(kind="ours", family=multiplier, variant=variant, rtlil=text, gate_share=share)


def _classics(width: int, effort: Effort) -> Iterator[Candidate]:
    ways = {**_WAYS, "array": ("baugh_wooley", "array")} if width <= 16 else _WAYS
    for family, (rows, tree) in ways.items():
        for adder in effort.finals:
            for library in (False, True):

                def build(
                    m: Module,
                    operands: tuple[Signal, ...],
                    rows: str = rows,
                    tree: str = tree,
                    adder: str = adder,
                    library: bool = library,
                ) -> Value:
                    return classic_product(m, *operands, rows=rows, tree=tree, adder=adder, library=library)

                yield Candidate(
                    kind="classic",
                    family=family,
                    variant=f"{adder}, {'cells' if library else 'gates'}",
                    rtlil=to_rtlil(Shell((width, width), 2 * width, build)),
                    gate_share=0.0 if library else 1.0,
                )
    text = to_rtlil(
        Shell((width, width), 2 * width, lambda _, operands: operands[0].as_signed() * operands[1].as_signed())
    )
    for flow in ("plain", "booth"):
        yield Candidate(kind="classic", family=f"yosys_{flow}", variant="", rtlil=text, flow=flow)


def candidates(width: int) -> Iterator[Candidate]:
    """List ours and the classic ones of a width."""
    yield from _ours(width, EFFORTS[width])
    yield from _classics(width, EFFORTS[width])


def _measure(say: Say) -> Measured:
    ratios: dict[str, float] = {}
    behinds, rows = [], []
    with Pool(len(os.sched_getaffinity(0)), preload=PRELOAD) as pool:
        listed = {width: list(candidates(width)) for width in EFFORTS}
        tasks = {
            (technology, width, number, recipe): pool.submit(
                map_and_time, one.rtlil, load(technology), recipe, one.flow, one.gate_share, cpu_seconds=240.0
            )
            for technology in TECHNOLOGIES
            for width, found in listed.items()
            for number, one in enumerate(found)
            for recipe in EFFORTS[width].recipes
        }
        say(f"mapping {len(tasks)} multipliers")
        for technology in TECHNOLOGIES:
            for width, found in listed.items():
                points: dict[str, dict[str, list[Kernel]]] = {"ours": {}, "classic": {}}
                for number, one in enumerate(found):
                    for recipe in EFFORTS[width].recipes:
                        mapped = tasks[technology, width, number, recipe].result().require()
                        point = kernel(mapped, technology)
                        points[one.kind].setdefault(one.family, []).append(point)
                        rows.append(
                            {
                                "kind": one.kind,
                                "technology": technology,
                                "width": width,
                                "structure": one.family,
                                "variant": one.variant,
                                "recipe": recipe,
                                "area_um2": point.area_um2,
                                "delay_ps": point.delay_ps,
                            }
                        )
                figures = compare([point for family in points["ours"].values() for point in family], points["classic"])
                behinds.append(figures.pop("behind"))
                ratios.update({f"{technology}_{width}_{name}": ratio for name, ratio in figures.items()})
                say(f"{technology}, {width} bits: behind {behinds[-1]}, {figures}")
    return Measured(
        figures={"area_delay_ratio_worst": max(ratios.values()), "behind": max(behinds), **ratios}, rows=rows
    )


BENCHMARK = Benchmark(
    name="multipliers",
    summary="Signed multipliers of 8, 16 and 32 bits that a design may choose, against classic ones and stock's.",
    method=f"""\
Two signed words and their whole product, in {" and ".join(TECHNOLOGIES)}. Ours: choices of the knobs `multiplier`,
`adder` and `full_adders`. Classic: Baugh-Wooley rows with the trees of Dadda and of Wallace and (to 16 bits) as an
array, and Booth rows with a Dadda tree, each of gates and of library cells and with classic final adders; and what
Yosys makes of `a * b` without and with its pass `booth`. All by the same recipes, fewer at the larger widths.
{METHOD}
`TECHNOLOGY_WIDTH_STRUCTURE`: of our points that are nowhere worse than the structure's best area-delay product, the
best, in parts of that product (2 where there is none); `area_delay_ratio_worst` is the worst of these. `behind`: the
least factor by which all our points would have to shrink, in area and delay, to be nowhere behind any classic point.
""",
    goals=(
        Goal(figure="area_delay_ratio_worst", direction=Bound.AT_MOST, bound=0.92),
        Goal(figure="behind", direction=Bound.AT_MOST, bound=1.0),
    ),
    measure=_measure,
)
