"""`multipliers`: signed multipliers of the knobs against classic ones and those of stock synthesis."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from amaranth.hdl import Module, Signal, Value

from benchmarks.benchmark import Benchmark, Measured, Say
from benchmarks.classic_multipliers import classic_product
from benchmarks.multiplier_search import Search
from benchmarks.shell import Kernel, Shell
from benchmarks.structures import GOALS, METHOD, TECHNOLOGIES, Structure, compare, map_structures, row, together
from hdlgen.arithmetic.adders import ADDERS
from hdlgen.arithmetic.sums import MULTIPLIERS, Position, SumShape, SumStyle, SumUnit
from hdlgen.emit import to_rtlil
from hdlgen.knobs import FULL_ADDERS, settings
from hdlgen.number import Format
from hdlgen.space import Knob, Point, Space
from sim.measure import PRELOAD
from sim.pool import Pool

__all__ = ["BENCHMARK", "EFFORTS", "classics", "ours", "space"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is tried at a width.

    Args:
        recipes: by which everything is mapped, the same on all sides.
        finals: classic adders at the end of a classic tree.
        starts: how many points of ours are drawn to begin with.
        budget: how many are mapped at the most, on each technology.
    """

    recipes: tuple[str, ...]
    finals: tuple[str, ...]
    starts: int
    budget: int


EFFORTS: Mapping[int, Effort] = {
    8: Effort(
        recipes=("fastest", "balanced", "keep_fast", "spare"),
        finals=("ripple", "brent_kung", "sklansky", "kogge_stone"),
        starts=55,
        budget=440,
    ),
    16: Effort(
        recipes=("fastest", "keep_fast", "spare"),
        finals=("brent_kung", "sklansky", "ladner_fischer"),
        starts=27,
        budget=220,
    ),
    32: Effort(
        recipes=("balanced", "keep_fast", "keep_lean", "spare"),
        finals=("brent_kung", "sklansky", "ladner_fischer"),
        starts=37,
        budget=440,
    ),
}
"""By width."""

_BATCH = 12
"""How many points a search asks for at once."""
_ENOUGH = 0.915
"""The fitness at which the search counts a family as beaten: a little below the goal."""

_WAYS = {"dadda": ("baugh_wooley", "dadda"), "wallace": ("baugh_wooley", "wallace"), "booth": ("booth", "dadda")}


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


def space(width: int) -> Space:
    """Give what ours may choose at a width: what the compiler offers for a product, and the recipes of the width."""
    offered = {
        "multiplier": tuple(MULTIPLIERS),
        "adder": tuple(ADDERS),
        "full_adders": tuple(FULL_ADDERS),
        "recipe": EFFORTS[width].recipes,
    }
    return Space(knobs=tuple(Knob(name=name, choices=choices) for name, choices in offered.items()))


@cache
def ours(width: int, point: Point) -> Structure:
    """Build our multiplier of a point, once."""
    chosen = settings(point)
    variant = ", ".join(str(point[name]) for name in ("adder", "full_adders"))
    text = _product(width, chosen.style)
    return Structure(
        kind="ours", family=chosen.style.multiplier, variant=variant, rtlil=text, gate_share=chosen.gate_share
    )


def classics(width: int) -> Iterator[Structure]:
    """List the classic ones of a width."""
    effort = EFFORTS[width]
    ways = {**_WAYS, "array": ("baugh_wooley", "array")} if width <= 16 else _WAYS
    for family, (rows, tree) in ways.items():
        for adder in effort.finals:
            for cells in (False, True):

                def build(
                    m: Module,
                    operands: tuple[Signal, ...],
                    rows: str = rows,
                    tree: str = tree,
                    adder: str = adder,
                    cells: bool = cells,
                ) -> Value:
                    return classic_product(m, *operands, rows=rows, tree=tree, adder=adder, cells=cells)

                yield Structure(
                    kind="classic",
                    family=family,
                    variant=f"{adder}, {'cells' if cells else 'gates'}",
                    rtlil=to_rtlil(Shell((width, width), 2 * width, build)),
                    gate_share=0.0 if cells else 1.0,
                )
    text = to_rtlil(
        Shell((width, width), 2 * width, lambda _, operands: operands[0].as_signed() * operands[1].as_signed())
    )
    for flow in ("plain", "booth"):
        yield Structure(kind="classic", family=f"yosys_{flow}", variant="", rtlil=text, flow=flow)


def _search(
    pool: Pool, width: int, technology: str, classic: Mapping[str, Sequence[Kernel]], say: Say
) -> dict[Point, Kernel]:
    """Map points of ours until none of the goals is open or the budget is spent."""
    effort = EFFORTS[width]
    joined = [kernel for family in classic.values() for kernel in family]
    search = Search(
        space(width),
        {name: min(family, key=lambda kernel: kernel.product) for name, family in classic.items()},
        [one for one in joined if not any(other.dominates(one) and other != one for other in joined)],
        enough=_ENOUGH,
        starts=effort.starts,
        chance=random.Random(f"{technology} {width}"),
    )
    while search.open and (points := search.ask(min(_BATCH, effort.budget - len(search.known)))):
        wanted = [(ours(width, point), technology, str(point["recipe"])) for point in points]
        kernels = map_structures(pool, wanted)
        search.tell(points, [kernels[one] for one in wanted])
    say(f"{technology}, {width} bits: {len(search.known)} points of ours mapped, open: {search.open}")
    return search.known


def _measure(say: Say) -> Measured:
    figures: dict[str, dict[str, float]] = {}
    rows: list[dict[str, Any]] = []
    counts: dict[str, float] = {}
    with Pool(len(os.sched_getaffinity(0)), preload=PRELOAD) as pool:
        for technology in TECHNOLOGIES:
            for width, effort in EFFORTS.items():
                place = f"{technology}_{width}"
                wanted = [(one, technology, recipe) for one in classics(width) for recipe in effort.recipes]
                say(f"{technology}, {width} bits: mapping {len(wanted)} classic points")
                classic: dict[str, list[Kernel]] = {}
                for (one, _, recipe), point in map_structures(pool, wanted).items():
                    classic.setdefault(one.family, []).append(point)
                    rows.append(row(one, technology, width, recipe, point))
                found = _search(pool, width, technology, classic, say)
                for chosen, point in found.items():
                    rows.append(row(ours(width, chosen), technology, width, str(chosen["recipe"]), point))
                figures[place] = compare(found.values(), classic)
                counts[f"{place}_points"], counts[f"{place}_classic_points"] = len(found), len(wanted)
                say(f"{technology}, {width} bits: {figures[place]}")
    return Measured(figures={**together(figures), **counts}, rows=rows)


_BUDGETS = ", ".join(f"{effort.budget} points at {width} bits" for width, effort in EFFORTS.items())

BENCHMARK = Benchmark(
    name="multipliers",
    summary="Signed multipliers of 8, 16 and 32 bits that a design may choose, against classic ones and stock's.",
    method=f"""\
Two signed words and their whole product, in {" and ".join(TECHNOLOGIES)}. Ours: points of the knobs `multiplier`,
`adder`, `full_adders` and `recipe`, searched from the best ones so far until both goals are reached or the budget of
the width is spent ({_BUDGETS}, on each technology); `_points` counts them, and
`_classic_points` those of the classic ones, which are all mapped. Classic: Baugh-Wooley rows with the trees of Dadda
and of Wallace and (to 16 bits) as an array, and a textbook's Booth rows with a Dadda tree (our own cheaper Booth rows
are no classic structure), each of gates and of library cells and with classic final adders; and what Yosys makes of
`a * b` without and with its pass `booth`. All by the same recipes, fewer at the larger widths.
{METHOD}""",
    goals=GOALS,
    measure=_measure,
)
