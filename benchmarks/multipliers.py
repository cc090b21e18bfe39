"""`multipliers`: signed multipliers of the knobs against classic ones and those of stock synthesis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from amaranth.hdl import Module, Signal, Value

from benchmarks.benchmark import Benchmark, Measured, Say
from benchmarks.classic_multipliers import classic_product
from benchmarks.shell import Shell
from benchmarks.structures import GOALS, METHOD, TECHNOLOGIES, Structure, measure_structures
from hdlgen.arithmetic.sums import Position, SumShape, SumStyle, SumUnit
from hdlgen.emit import to_rtlil
from hdlgen.knobs import FULL_ADDERS
from hdlgen.number import Format

__all__ = ["BENCHMARK", "EFFORTS", "candidates"]


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


def _ours(width: int, effort: Effort) -> Iterator[Structure]:
    for multiplier in ("booth", "dadda"):
        for adder in effort.adders:
            for full_adders in effort.full_adders:
                share = FULL_ADDERS[full_adders]
                style = SumStyle(multiplier=multiplier, adder=adder, cells=share < 1.0)
                variant = f"{adder}, {full_adders}"
                text = _product(width, style)
                yield Structure(kind="ours", family=multiplier, variant=variant, rtlil=text, gate_share=share)


def _classics(width: int, effort: Effort) -> Iterator[Structure]:
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


def candidates(width: int) -> Iterator[Structure]:
    """List ours and the classic ones of a width."""
    yield from _ours(width, EFFORTS[width])
    yield from _classics(width, EFFORTS[width])


def _measure(say: Say) -> Measured:
    structures = {width: list(candidates(width)) for width in EFFORTS}
    return measure_structures(structures, {width: effort.recipes for width, effort in EFFORTS.items()}, say)


BENCHMARK = Benchmark(
    name="multipliers",
    summary="Signed multipliers of 8, 16 and 32 bits that a design may choose, against classic ones and stock's.",
    method=f"""\
Two signed words and their whole product, in {" and ".join(TECHNOLOGIES)}. Ours: choices of the knobs `multiplier`,
`adder` and `full_adders`. Classic: Baugh-Wooley rows with the trees of Dadda and of Wallace and (to 16 bits) as an
array, and Booth rows with a Dadda tree, each of gates and of library cells and with classic final adders; and what
Yosys makes of `a * b` without and with its pass `booth`. All by the same recipes, fewer at the larger widths.
{METHOD}""",
    goals=GOALS,
    measure=_measure,
)
