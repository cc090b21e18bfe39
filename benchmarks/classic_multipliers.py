"""Classic signed multipliers as competitors: partial products, a textbook tree of adders, a prefix adder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from amaranth.hdl import Cat, Const, Module, Signal, Value

from hdlgen.arithmetic.adders import ADDERS
from hdlgen.arithmetic.full_adders import full_adders
from hdlgen.arithmetic.heap import Heap
from hdlgen.arithmetic.partial_products import Row, baugh_wooley_rows
from hdlgen.number import Format

__all__ = ["ROWS", "TREES", "booth_rows", "classic_product"]

_Columns = list[list[Value]]
_Plan = Iterator[list[list[int]]]
"""For each stage, for each column, how many bits each of its adders takes: three or two."""


def dadda(heights: list[int]) -> _Plan:
    """Plan as few adders as can be in each stage, to come down the heights 2, 3, 4, 6, 9, 13, ...

    Source: Dadda, Alta Frequenza 34, 1965, 349-356.
    """
    limits = [2]
    while limits[-1] < max(heights):
        limits.append(limits[-1] * 3 // 2)
    for limit in reversed(limits[:-1]):
        stage: list[list[int]] = []
        carried = 0
        for height in heights:
            adders = []
            excess = max(height + carried - limit, 0)
            while excess > 0:
                adders.append(min(excess, 2) + 1)
                excess -= adders[-1] - 1
            stage.append(adders)
            carried = len(adders)
        heights = _after(heights, stage)
        yield stage


def wallace(heights: list[int]) -> _Plan:
    """Plan adders for all bits in each stage: three by three, and two that are left.

    Source: Wallace, IEEE Trans. Electronic Computers EC-13(1), 1964, 14-17.
    """
    while max(heights) > 2:
        stage = [[3] * (height // 3) + [2] * (height % 3 == 2) for height in heights]
        heights = _after(heights, stage)
        yield stage


def array(heights: list[int]) -> _Plan:
    """Plan one adder a column in each stage: row after row."""
    while max(heights) > 2:
        stage = [[3] if height > 2 else [] for height in heights]
        heights = _after(heights, stage)
        yield stage


def _after(heights: list[int], stage: list[list[int]]) -> list[int]:
    carries = [0, *(len(adders) for adders in stage)]
    return [
        height - sum(adders) + len(adders) + carry
        for height, adders, carry in zip(heights, stage, carries, strict=False)
    ]


def booth_rows(m: Module, left: Value, left_format: Format, right: Value, right_format: Format) -> list[Row]:
    """Multiply signed words by one row a pair of bits of `right`, as textbooks have it.

    Three signals a digit choose 0, 1 or 2 times the other word and turn it round afterwards; the one more of a negative
    digit stands below its row. `right` has an even width.

    Source: MacSorley, Proc. IRE 49(1), 1961, 67-91; Weste and Harris, CMOS VLSI Design, 4th edition, 2011, 11.9.3.
    """
    width = left_format.width + 1
    once, twice = Cat(left, left[-1]), Cat(Const(0, 1), left)
    rows = []
    for digit in range(right_format.width // 2):
        below: Value = right[2 * digit - 1] if digit else Const(0, 1)
        low, high = right[2 * digit], right[2 * digit + 1]
        one, two, turn = (Signal(name=f"digit_{digit}_{name}") for name in ("one", "two", "turn"))
        bits = Signal(width, name=f"row_{digit}")
        m.d.comb += [
            one.eq(low ^ below),
            two.eq((high & ~low & ~below) | (~high & low & below)),
            turn.eq(high),
            bits.eq(((one.replicate(width) & once) | (two.replicate(width) & twice)) ^ turn.replicate(width)),
        ]
        rows += [Row(bits, 2 * digit, 1 << (width - 1)), Row(turn, 2 * digit, 0)]
    return rows


ROWS: Mapping[str, Callable[[Module, Value, Format, Value, Format], list[Row]]] = {
    "baugh_wooley": baugh_wooley_rows,
    "booth": booth_rows,
}
"""The classic ways to make the rows of a product, by name."""

TREES: Mapping[str, Callable[[list[int]], _Plan]] = {"dadda": dadda, "wallace": wallace, "array": array}
"""The trees by name."""


def classic_product(
    m: Module, left: Value, right: Value, *, rows: str, tree: str, adder: str, cells: bool = False
) -> Value:
    """Multiply two signed words of one width.

    Args:
        rows, tree, adder: names in `ROWS`, `TREES` and `ADDERS`.
        cells: whether full and half adders are cells of the library, or gates.
    """
    format = Format(width=len(left), signed=True)
    heap = Heap(2 * len(left))
    for row in ROWS[rows](m, left, format, right, format):
        heap.add_row(m, row)
    heap.settle_constant()
    columns: _Columns = [[bit.made for bit in column] for column in heap.columns]
    for number, stage in enumerate(TREES[tree]([len(column) for column in columns])):
        columns = _compress(m, f"stage_{number}", columns, stage, cells=cells)
    first = next((place for place, column in enumerate(columns) if len(column) > 1), len(columns))
    if first == len(columns):
        return Cat(*(column[0] for column in columns))
    words = [Cat(*((column + [Const(0, 1)] * 2)[word] for column in columns[first:])) for word in (0, 1)]
    m.submodules.final = final = ADDERS[adder](len(columns) - first, cells=cells)
    m.d.comb += [final.a.eq(words[0]), final.b.eq(words[1]), final.carry_in.eq(0)]
    return Cat(*(column[0] for column in columns[:first]), final.sum[: len(columns) - first])


def _compress(m: Module, name: str, columns: _Columns, stage: list[list[int]], *, cells: bool) -> _Columns:
    """Do a stage: its adders take the bits that have waited longest, and what they give waits for the next one."""
    operands = []
    places = []
    left: _Columns = []
    for place, (column, adders) in enumerate(zip(columns, stage, strict=True)):
        bits = iter(column)
        for count in adders:
            operands.append([*(next(bits) for _ in range(count)), Const(0, 1)][:3])
            places.append(place)
        left.append(list(bits))
    if not places:
        return left
    words = [Cat(*(bits[operand] for bits in operands)) for operand in range(3)]
    totals, carries = Signal(len(places), name=f"{name}_total"), Signal(len(places), name=f"{name}_carry")
    made = full_adders(m, name, *words, cells=cells)
    m.d.comb += [totals.eq(made[0]), carries.eq(made[1])]
    for number, place in enumerate(places):
        left[place].append(totals[number])
        if place + 1 < len(columns):
            left[place + 1].append(carries[number])
    return left
