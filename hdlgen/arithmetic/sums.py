# amaranth: UnusedElaboratable=no
"""Sums of products: the one arithmetic unit, from a bare adder to a folded dot product.

A sum is built level by level: partial products, levels of full adders, carry-propagating adders. Between any two
levels a pipeline register may stand, and where the sum is folded the last level holds the accumulator.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, Self, cast

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import wiring

from hdlgen.arithmetic.adders import ALL_ADDERS
from hdlgen.arithmetic.carry_chains import ChainSum, words_of_row
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.delay import AND, BOOTH, DSP, FULL_ADDER, XOR, adder_delay, chain_delay
from hdlgen.arithmetic.heap import Heap, compress
from hdlgen.arithmetic.heap_plans import PLANS, plan_by_arrival
from hdlgen.arithmetic.partial_products import PRODUCT_ROWS, Row, square_rows, word_row
from hdlgen.arithmetic.sum_shape import (
    ALL_MULTIPLIERS,
    CARRY_CHAINS,
    MULTIPLIERS,
    REDUCTIONS,
    Position,
    SumShape,
    SumStyle,
    sum_ports,
)
from hdlgen.arithmetic.word import Word
from hdlgen.number import Format

__all__ = [
    "MULTIPLIERS",
    "REDUCTIONS",
    "LevelEstimate",
    "Position",
    "SumShape",
    "SumStyle",
    "SumUnit",
    "estimate",
    "in_one_heap",
    "position_rows",
    "sum_ports",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEstimate:
    """What is known of a level before it is built: its delay in FO4, and the bits that a register after it holds."""

    delay: float
    bits: int


class _Delay(NamedTuple):
    """The delay of a level: something fixed, and the slowest of some adders, each with a width and what comes after it.

    Which adders these are is left open, so one estimate serves all of them.
    """

    fixed: float = 0.0
    adders: tuple[tuple[int, float], ...] = ()

    def of(self, adder: str) -> float:
        """Give it in FO4."""
        return self.fixed + max((adder_delay(adder, width) + after for width, after in self.adders), default=0.0)


_Live = Sequence[Heap | Word]
_Levels = Generator[tuple[_Delay, _Live], None, Value]


def position_rows(m: Module, position: Position, factors: Sequence[Value], style: SumStyle) -> list[Row]:
    """Make the rows of a position of one or two factors, without its coefficient."""
    if len(factors) == 1:
        return [word_row(factors[0], position.factors[0])]
    if position.squared:
        return square_rows(m, factors[0], position.factors[0])
    rows = PRODUCT_ROWS[ALL_MULTIPLIERS[style.multiplier].rows]
    return rows(m, factors[0], position.factors[0], factors[1], position.factors[1])


def _fill(
    m: Module, heap: Heap, position: Position, factors: Sequence[Value], style: SumStyle, dropped: int = 0
) -> None:
    """Add a position to a heap whose lowest column has the weight `2**dropped`."""
    if not factors:
        heap.add_constant(position.coefficient >> dropped)
        return
    rows = [row._replace(arrival=row.arrival + position.arrival) for row in position_rows(m, position, factors, style)]
    for digit in CONSTANT_ENCODINGS[style.constants](position.coefficient):
        for row in rows:
            heap.add_row(m, row, shift=digit.shift - dropped, sign=digit.sign)


def _first_delay(shape: SumShape, style: SumStyle) -> float:
    """Estimate the making of the partial products."""
    products = [position for position in shape.positions if len(position.factors) == 2]
    if not products:
        return 0.0
    rows = ALL_MULTIPLIERS[style.multiplier].rows
    if rows == "dsp":
        return DSP
    recoded = rows != "baugh_wooley"
    return BOOTH if recoded and not all(position.squared for position in products) else AND


def _add(
    m: Module, left: Value, right: Value, carry_in: Value | int, style: SumStyle, *, arrivals: Sequence[float] = ()
) -> Value:
    """Add two words of equal width; the carry out falls away."""
    adder = ALL_ADDERS[style.adder](len(left), cells=style.cells, arrivals=arrivals)
    m.submodules += adder
    m.d.comb += [adder.a.eq(left), adder.b.eq(right), adder.carry_in.eq(carry_in)]
    return adder.sum[: len(left)]


def _finish(m: Module, name: str, heap: Heap, style: SumStyle) -> tuple[Value, _Delay]:
    """Add the two rows of a reduced heap; columns below the first pair of bits pass by."""
    heap.ripple(m, name, cells=style.cells)
    lower, left, right, carry = heap.addends()
    if not left:
        return Cat(*lower), _Delay()
    upper = _add(m, Cat(*left), Cat(*right), carry, style, arrivals=heap.arrivals())
    return Cat(*lower, upper), _Delay(adders=((len(left), 0.0),))


def _merge(m: Module, left: Word, right: Word, style: SumStyle) -> tuple[Word, _Delay]:
    """Add two words, subtracting where one of them counts negative; bits below both pass by the adder."""
    if left.minus and not right.minus:
        left, right = right, left
    subtract = right.minus and not left.minus
    spans = [(word.low << word.shift, word.high << word.shift) for word in (left, right)]
    low = spans[0][0] + (-spans[1][1] if subtract else spans[1][0])
    high = spans[0][1] + (-spans[1][0] if subtract else spans[1][1])
    base = min(left.shift, right.shift)
    if not subtract and left.shift > right.shift:
        left, right = right, left
    cut = max(right.shift, base)
    width = Format.holding(low, high).width
    addend = right.extended(cut, width - cut)
    if subtract:
        addend = ~addend
    upper = _add(m, left.extended(cut, width - cut), addend, int(subtract), style)
    bits = Cat(left.extended(base, cut - base), upper)
    word = Word(bits, low >> base, high >> base, shift=base, minus=left.minus and right.minus)
    return word, _Delay(adders=((width - cut, XOR if subtract else 0.0),))


def _reduce(
    m: Module, heaps: Sequence[Heap], others: Sequence[Word], style: SumStyle, *, first: float
) -> Generator[tuple[_Delay, _Live], None, None]:
    """Bring heaps down to two rows, one level of adders after the other, each as late as the tallest one allows.

    The adders are planned before the level that made the bits ends: a register behind it takes their arrivals away,
    and the number of levels must not depend on where the registers stand.

    Args:
        first: delay of the level that made the bits.
    """
    plans = [PLANS[ALL_MULTIPLIERS[style.multiplier].plan](heap.columns) for heap in heaps]
    depths = [max((adder.level + 1 for adder in plan), default=0) for plan in plans]
    deepest = max(depths, default=0)
    yield _Delay(first), [*heaps, *others]
    for level in range(deepest):
        work = [
            (heap, [adder for adder in plan if adder.level == level - deepest + depth])
            for heap, plan, depth in zip(heaps, plans, depths, strict=True)
        ]
        compress(m, f"compress_{level}", work, cells=style.cells)
        yield _Delay(FULL_ADDER), [*heaps, *others]


def _heap_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> _Levels:
    """Build one heap over all positions; an accumulator joins it last."""
    heap = Heap(shape.result.width)
    for position, values in zip(shape.positions, factors, strict=True):
        _fill(m, heap, position, values, style, shape.dropped)
    heap.add_constant(shape.constant >> shape.dropped)
    heap.settle_constant()
    yield from _reduce(m, [heap], [], style, first=_first_delay(shape, style))
    joined = 0.0
    if accumulator is not None:
        heap.add_row(m, Row(accumulator, 0, 0))
        compress(m, "accumulate", [(heap, plan_by_arrival(heap.columns))], cells=style.cells)
        joined = FULL_ADDER
    total, delay = _finish(m, "ripple", heap, style)
    word = Word(total, *_bounds(shape.result))
    yield delay._replace(fixed=joined), [word]
    return word.value


def _bounds(format: Format) -> tuple[int, int]:
    return format.low, format.high


def _word_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> _Levels:
    """Build a heap for each product, finish it, and add the words in a tree or a chain."""
    words: list[Word] = []
    heaps: list[tuple[Heap, Word]] = []
    constant = shape.constant
    for position, values in zip(shape.positions, factors, strict=True):
        digits = CONSTANT_ENCODINGS[style.constants](position.coefficient)
        if not values or not digits:
            constant += position.coefficient if not values else 0
        elif len(digits) == 1:
            low, high = replace(position, coefficient=1).range()
            word = Word(values[0], low, high, shift=digits[0].shift, minus=digits[0].sign < 0)
            words.append(word)
            if len(values) == 2:
                heap = Heap(Format.holding(low, high).width)
                _fill(m, heap, replace(position, coefficient=1, arrival=0.0), values, style)
                heaps.append((heap, word))
        else:
            low, high = position.range()
            heap = Heap(Format.holding(low, high).width)
            _fill(m, heap, position, values, style)
            word = Word(Const(0, 1), low, high)
            words.append(word)
            heaps.append((heap, word))
    if constant:
        words.append(
            Word(Const(constant, Shape(Format.holding(constant, constant).width, constant < 0)), constant, constant)
        )
    if not words:
        words.append(Word(Const(0, 1), 0, 0))
    for heap, _ in heaps:
        heap.settle_constant()
    pending = {id(word) for _, word in heaps}
    ready = [word for word in words if id(word) not in pending]
    yield from _reduce(m, [heap for heap, _ in heaps], ready, style, first=_first_delay(shape, style))
    if heaps:
        adders: list[tuple[int, float]] = []
        for number, (heap, word) in enumerate(heaps):
            word.value, delay = _finish(m, f"ripple_{number}", heap, style)
            adders += delay.adders
        yield _Delay(adders=tuple(adders)), words
    yield from _merge_all(m, words, style)
    word = words[0]
    if accumulator is not None:
        words.append(Word(accumulator, *_bounds(shape.result)))
    if word.minus and accumulator is None:
        words.append(Word(Const(0, 1), 0, 0))
    delay = _Delay()
    if len(words) == 2:
        word, delay = _merge(m, words[1], words[0], style)
    word = Word(word.extended(0, shape.result.width), *_bounds(shape.result))
    yield delay, [word]
    return word.value


def _merge_all(m: Module, words: list[Word], style: SumStyle) -> Generator[tuple[_Delay, _Live], None, None]:
    """Add words until one is left: neighbours at each level in a tree, the first two in a chain."""
    while len(words) > 1:
        pairs = len(words) // 2 if style.reduction == "tree" else 1
        adders: list[tuple[int, float]] = []
        merged = []
        for pair in range(pairs):
            word, delay = _merge(m, words[2 * pair], words[2 * pair + 1], style)
            merged.append(word)
            adders += delay.adders
        words[: 2 * pairs] = merged
        yield _Delay(adders=tuple(adders)), words


def _is_pair(shape: SumShape) -> bool:
    """Tell whether a sum is two shifted words and nothing else: an adder with sign extension is all that it takes."""
    return (
        len(shape.positions) == 2
        and not shape.accumulates
        and shape.constant == 0
        and all(len(p.factors) == 1 and abs(p.coefficient).bit_count() == 1 for p in shape.positions)
    )


def in_one_heap(shape: SumShape, style: SumStyle) -> bool:
    """Tell whether one heap adds all positions, each as it comes; otherwise words are made and added."""
    return shape.dropped > 0 or (style.reduction == "heap" and not _is_pair(shape))


def _chain_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> _Levels:
    """Add all rows of all positions two by two by carry chains; an accumulator joins the last sum."""
    words: list[Word] = []
    constant = shape.constant
    for position, values in zip(shape.positions, factors, strict=True):
        if not values:
            constant += position.coefficient
            continue
        rows = position_rows(m, position, values, style)
        digits = CONSTANT_ENCODINGS[style.constants](position.coefficient)
        words += [words_of_row(row, shift=digit.shift, sign=digit.sign) for digit in digits for row in rows]
    words = [word for word in words if word.shift < shape.result.width]
    if constant or not words:
        width = Format.holding(constant, constant).width
        words.append(Word(Const(constant, Shape(width, constant < 0)), constant, constant))
    total = ChainSum.of(m, words, width=shape.result.width)
    first = _first_delay(shape, style)
    if first:
        yield _Delay(first), total.live()
    for delay in total.levels(m):
        yield _Delay(delay), total.live()
    (word,) = total.plus
    result = word.extended(0, shape.result.width)
    joined = 0.0
    if accumulator is not None:
        summed = Signal(shape.result.width, name="summed")
        m.d.comb += summed.eq(accumulator + result)
        result, joined = summed, chain_delay(shape.result.width)
    word = Word(result, *_bounds(shape.result))
    yield _Delay(joined), [word]
    return word.value


def _levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> _Levels:
    if style.reduction == CARRY_CHAINS and not shape.dropped:
        return _chain_levels(m, shape, style, factors, accumulator)
    build = _heap_levels if in_one_heap(shape, style) else _word_levels
    return build(m, shape, style, factors, accumulator)


@lru_cache(maxsize=4096)
def estimate(shape: SumShape, style: SumStyle) -> tuple[LevelEstimate, ...]:
    """Tell the levels that a sum will have, by building it once without registers."""
    plain = replace(style, adder="ripple", cells=False)  # neither has a say in which levels there are
    return tuple(LevelEstimate(delay=delay.of(style.adder), bits=bits) for delay, bits in _sketched(shape, plain))


class _Nothing:
    """Stands for a module that nobody wants: takes statements and submodules and keeps none."""

    def __getattr__(self, name: str) -> _Nothing:
        return self

    def __setattr__(self, name: str, value: object) -> None:
        pass

    def __setitem__(self, name: str, value: object) -> None:
        pass

    def __iadd__(self, statements: object) -> Self:
        return self


@lru_cache(maxsize=4096)
def _sketched(shape: SumShape, style: SumStyle) -> tuple[tuple[_Delay, int], ...]:
    factors = [[Signal(format.width) for format in position.factors] for position in shape.positions]
    accumulator = Signal(shape.result.width) if shape.accumulates else None
    levels = _levels(cast("Module", _Nothing()), shape, style, factors, accumulator)
    return tuple((delay, len(_moving(live))) for delay, live in levels)


class SumUnit(wiring.Component):
    """Add up products: `result = constant + sum of coefficient * product of factors`, modulo `2**width`.

    A shape that drops columns gives about this sum divided by `2**dropped`, and is one heap in every style.

    Ports: `factor_P_F` in for factor F of position P; `result` out. A sum that accumulates also has `first` (in, high
    in the cycle in which the first addends reach the accumulator) and `initial` (in, what they are added to).
    Latency: one cycle for every cut; an accumulating sum's result is whole in the cycle of its last addends.

    Args:
        shape: what is added.
        style: how it is built.
        cuts: numbers of the levels after which a pipeline register stands; the last level has none.
    """

    result: Signal

    def __init__(self, shape: SumShape, style: SumStyle, *, cuts: frozenset[int] = frozenset()) -> None:
        last = len(estimate(shape, style)) - 1
        if cuts and not 0 <= min(cuts) <= max(cuts) < last:
            raise ValueError(f"SumUnit: cuts must lie after levels 0 to {last - 1}, not {sorted(cuts)!r}")
        self.shape = shape
        self.style = style
        self.cuts = cuts
        super().__init__(sum_ports(shape))

    def factor(self, position: int, number: int) -> Signal:
        """Give the port of a factor."""
        port: Signal = getattr(self, f"factor_{position}_{number}")
        return port

    def elaborate(self, platform: object) -> Module:
        m = Module()
        factors = [
            [self.factor(place, number) for number in range(len(position.factors))]
            for place, position in enumerate(self.shape.positions)
        ]
        accumulator = None
        if self.shape.accumulates:
            total = Signal(self.shape.result.width, name="accumulator", reset_less=True)
            m.d.sync += total.eq(self.result)
            accumulator = Signal(self.shape.result.width, name="addend")
            m.d.comb += accumulator.eq(Mux(self.first, self.initial, total))
        levels = _levels(m, self.shape, self.style, factors, accumulator)
        number = 0
        while True:
            try:
                _, live = next(levels)
            except StopIteration as end:
                m.d.comb += self.result.eq(end.value)
                return m
            if number in self.cuts:
                _register(m, live, number)
            number += 1


def _moving(live: _Live) -> list[Value]:
    """List the bits that are on their way; constants stand still."""
    return [bit for item in live for bit in item.bits() if not isinstance(bit, Const)]


def _register(m: Module, live: _Live, number: int) -> None:
    """Put a pipeline register behind all bits that are on their way; constants need none."""
    moving = _moving(live)
    stage = Signal(len(moving), name=f"stage_{number}", reset_less=True)
    m.d.sync += stage.eq(Cat(*moving))
    held = iter(stage)
    for item in live:
        item.replace([bit if isinstance(bit, Const) else next(held) for bit in item.bits()])
