# amaranth: UnusedElaboratable=no
"""The levels of a sum, one after the other: partial products, full adders, adders that carry.

Whoever asks for the next level may put registers behind the bits that are on their way.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import NamedTuple

from amaranth.hdl import Const, Module, Shape, Signal, Value

from hdlgen.arithmetic.adders import ALL_ADDERS
from hdlgen.arithmetic.carry_chains import ChainSum, words_of_row
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.delay import AND, BOOTH, DSP, FULL_ADDER, XOR, adder_delay, chain_delay
from hdlgen.arithmetic.heap import Heap, compress
from hdlgen.arithmetic.heap_plans import PLANS, plan_by_arrival
from hdlgen.arithmetic.joined import joined
from hdlgen.arithmetic.partial_products import Row, square_rows, word_row
from hdlgen.arithmetic.products import Product
from hdlgen.arithmetic.sum_shape import ALL_MULTIPLIERS, CARRY_CHAINS, Position, SumShape, SumStyle
from hdlgen.arithmetic.word import Word
from hdlgen.number import Format

__all__ = ["Delay", "Levels", "Live", "in_one_heap", "position_rows", "sum_levels"]


class Delay(NamedTuple):
    """The delay of a level: something fixed, and the slowest of some adders, each with a width and what comes after it.

    Which adders these are is left open, so one estimate serves all of them.
    """

    fixed: float = 0.0
    adders: tuple[tuple[int, float], ...] = ()

    def of(self, adder: str) -> float:
        """Give it in FO4."""
        return self.fixed + max((adder_delay(adder, width) + after for width, after in self.adders), default=0.0)


Live = Sequence[Heap | Word]
Levels = Generator[tuple[Delay, Live], None, Value]


def position_rows(m: Module, name: str, position: Position, factors: Sequence[Value], style: SumStyle) -> list[Row]:
    """Make the rows of a position of one or two factors, without its coefficient; of two, in a module of the name."""
    if len(factors) == 1:
        return [word_row(factors[0], position.factors[0])]
    if position.squared:
        return square_rows(m, factors[0], position.factors[0])
    product = Product(ALL_MULTIPLIERS[style.multiplier].rows, *position.factors)
    m.submodules[name] = product.instance(left=factors[0], right=factors[1])
    return product.rows


def _fill(
    m: Module, name: str, heap: Heap, position: Position, factors: Sequence[Value], style: SumStyle, dropped: int = 0
) -> None:
    """Add a position to a heap whose lowest column has the weight `2**dropped`."""
    if not factors:
        heap.add_constant(position.coefficient >> dropped)
        return
    rows = position_rows(m, name, position, factors, style)
    rows = [row._replace(arrival=row.arrival + position.arrival) for row in rows]
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
    m: Module,
    name: str,
    left: Value,
    right: Value,
    carry_in: Value | int,
    style: SumStyle,
    *,
    arrivals: Sequence[float] = (),
) -> Value:
    """Add two words of equal width; the carry out falls away."""
    adder = ALL_ADDERS[style.adder](len(left), cells=style.cells, arrivals=arrivals)
    m.submodules[name] = adder.instance(a=left, b=right, carry_in=carry_in)
    return adder.sum[: len(left)]


def _finish(m: Module, number: int, heap: Heap, style: SumStyle) -> tuple[Value, Delay]:
    """Add the two rows of a reduced heap; columns below the first pair of bits pass by."""
    heap.ripple(m, f"ripple_{number}", cells=style.cells)
    lower, left, right, carry = heap.addends()
    if not left:
        return joined(lower), Delay()
    upper = _add(m, f"adder_{number}", joined(left), joined(right), carry, style, arrivals=heap.arrivals())
    return joined(lower, upper), Delay(adders=((len(left), 0.0),))


def _merge(m: Module, name: str, left: Word, right: Word, style: SumStyle) -> tuple[Word, Delay]:
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
    upper = _add(m, name, left.extended(cut, width - cut), addend, int(subtract), style)
    bits = joined(left.extended(base, cut - base), upper)
    word = Word(bits, low >> base, high >> base, shift=base, minus=left.minus and right.minus)
    return word, Delay(adders=((width - cut, XOR if subtract else 0.0),))


def _reduce(
    m: Module, heaps: Sequence[Heap], others: Sequence[Word], style: SumStyle, *, first: float
) -> Generator[tuple[Delay, Live], None, None]:
    """Bring heaps down to two rows, one level of adders after the other, each as late as the tallest one allows.

    The adders are planned before the level that made the bits ends: a register behind it takes their arrivals away,
    and the number of levels must not depend on where the registers stand.

    Args:
        first: delay of the level that made the bits.
    """
    plans = [PLANS[ALL_MULTIPLIERS[style.multiplier].plan](heap.columns) for heap in heaps]
    depths = [max((adder.level + 1 for adder in plan), default=0) for plan in plans]
    deepest = max(depths, default=0)
    yield Delay(first), [*heaps, *others]
    for level in range(deepest):
        work = [
            (heap, [adder for adder in plan if adder.level == level - deepest + depth])
            for heap, plan, depth in zip(heaps, plans, depths, strict=True)
        ]
        compress(m, f"compress_{level}", work, cells=style.cells)
        yield Delay(FULL_ADDER), [*heaps, *others]


def _heap_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> Levels:
    """Build one heap over all positions; an accumulator joins it last."""
    heap = Heap(shape.result.width)
    for place, (position, values) in enumerate(zip(shape.positions, factors, strict=True)):
        _fill(m, f"product_{place}", heap, position, values, style, shape.dropped)
    heap.add_constant(shape.constant >> shape.dropped)
    heap.settle_constant()
    yield from _reduce(m, [heap], [], style, first=_first_delay(shape, style))
    accumulating = 0.0
    if accumulator is not None:
        heap.add_row(m, Row(accumulator, 0, 0))
        compress(m, "accumulate", [(heap, plan_by_arrival(heap.columns))], cells=style.cells)
        accumulating = FULL_ADDER
    total, delay = _finish(m, 0, heap, style)
    word = Word(total, *_bounds(shape.result))
    yield delay._replace(fixed=accumulating), [word]
    return word.value


def _bounds(format: Format) -> tuple[int, int]:
    return format.low, format.high


def _word_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> Levels:
    """Build a heap for each product, finish it, and add the words in a tree or a chain."""
    words: list[Word] = []
    heaps: list[tuple[Heap, Word]] = []
    constant = shape.constant
    for place, (position, values) in enumerate(zip(shape.positions, factors, strict=True)):
        name = f"product_{place}"
        digits = CONSTANT_ENCODINGS[style.constants](position.coefficient)
        if not values or not digits:
            constant += position.coefficient if not values else 0
        elif len(digits) == 1:
            low, high = replace(position, coefficient=1).range()
            word = Word(values[0], low, high, shift=digits[0].shift, minus=digits[0].sign < 0)
            words.append(word)
            if len(values) == 2:
                heap = Heap(Format.holding(low, high).width)
                _fill(m, name, heap, replace(position, coefficient=1, arrival=0.0), values, style)
                heaps.append((heap, word))
        else:
            low, high = position.range()
            heap = Heap(Format.holding(low, high).width)
            _fill(m, name, heap, position, values, style)
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
            word.value, delay = _finish(m, number, heap, style)
            adders += delay.adders
        yield Delay(adders=tuple(adders)), words
    yield from _merge_all(m, words, style)
    word = words[0]
    if accumulator is not None:
        words.append(Word(accumulator, *_bounds(shape.result)))
    if word.minus and accumulator is None:
        words.append(Word(Const(0, 1), 0, 0))
    delay = Delay()
    if len(words) == 2:
        word, delay = _merge(m, "last_sum", words[1], words[0], style)
    word = Word(word.extended(0, shape.result.width), *_bounds(shape.result))
    yield delay, [word]
    return word.value


def _merge_all(m: Module, words: list[Word], style: SumStyle) -> Generator[tuple[Delay, Live], None, None]:
    """Add words until one is left: neighbours at each level in a tree, the first two in a chain."""
    number = 0
    while len(words) > 1:
        pairs = len(words) // 2 if style.reduction == "tree" else 1
        adders: list[tuple[int, float]] = []
        merged = []
        for pair in range(pairs):
            word, delay = _merge(m, f"sum_{number + pair}", words[2 * pair], words[2 * pair + 1], style)
            merged.append(word)
            adders += delay.adders
        words[: 2 * pairs] = merged
        number += pairs
        yield Delay(adders=tuple(adders)), words


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
) -> Levels:
    """Add all rows of all positions two by two by carry chains; an accumulator joins the last sum."""
    words: list[Word] = []
    constant = shape.constant
    for place, (position, values) in enumerate(zip(shape.positions, factors, strict=True)):
        if not values:
            constant += position.coefficient
            continue
        rows = position_rows(m, f"product_{place}", position, values, style)
        digits = CONSTANT_ENCODINGS[style.constants](position.coefficient)
        words += [words_of_row(row, shift=digit.shift, sign=digit.sign) for digit in digits for row in rows]
    words = [word for word in words if word.shift < shape.result.width]
    if constant or not words:
        width = Format.holding(constant, constant).width
        words.append(Word(Const(constant, Shape(width, constant < 0)), constant, constant))
    total = ChainSum.of(m, words, width=shape.result.width)
    first = _first_delay(shape, style)
    if first:
        yield Delay(first), total.live()
    for delay in total.levels(m):
        yield Delay(delay), total.live()
    (word,) = total.plus
    result = word.extended(0, shape.result.width)
    accumulating = 0.0
    if accumulator is not None:
        summed = Signal(shape.result.width, name="summed")
        m.d.comb += summed.eq(accumulator + result)
        result, accumulating = summed, chain_delay(shape.result.width)
    word = Word(result, *_bounds(shape.result))
    yield Delay(accumulating), [word]
    return word.value


def sum_levels(
    m: Module, shape: SumShape, style: SumStyle, factors: Sequence[Sequence[Value]], accumulator: Value | None
) -> Levels:
    """Build a sum in a module, level by level, by its style.

    Args:
        factors: for each position its operands, none where it is a constant.
        accumulator: what is added besides, last of all.
    Returns: a generator of each level's delay and what is on its way behind it, where registers may stand; in the end
        the sum.
    """
    if style.reduction == CARRY_CHAINS and not shape.dropped:
        return _chain_levels(m, shape, style, factors, accumulator)
    build = _heap_levels if in_one_heap(shape, style) else _word_levels
    return build(m, shape, style, factors, accumulator)
