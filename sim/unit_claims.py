"""Hold every unit of a design to the operation that it does: sums by polynomials, the rest gate by gate.

Each operation's result is cut out of the unrolled design, so that the next one reads it as free bits: one wrong unit
cannot hide behind another, and no multiplier is ever looked through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.number import Format
from sim.expressions import FALSE, TRUE, Expressions
from sim.known_words import KnownWords, Summand
from sim.polynomials import Monomial, Polynomial, TooLarge, linear, product, reduce_to_variables
from sim.term_bits import add_words, less

__all__ = ["Difference", "Pair", "Partial", "Units", "hold_units"]

MOST_TERMS, MOST_TERMS_OF_A_CYCLE = 400_000, 5_000
"""A cycle of a folded sum is small enough for SAT where polynomials grow."""


class Difference(Exception):
    """A unit whose result is another one; the message says which."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two literals that must be equal, and the operation that they are about."""

    found: int
    wanted: int
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What a folded sum holds after one of its cycles.

    Args:
        word: the literals of its bits, of which the last one's lowest are the operation's.
        terms, constant: what this cycle adds; the first one adds it to nothing.
    """

    word: Sequence[int]
    terms: Sequence[Term]
    constant: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """What units were found to give.

    Args:
        words: for each operation the literals of its bits.
        partials: for folded sums what they hold, cycle by cycle.
        definitions: for each variable that stands for a unit's output, what drives it.
    """

    words: Sequence[Sequence[int]]
    partials: Mapping[int, Sequence[Partial]]
    definitions: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Factor:
    """A word that a sum reads."""

    bits: Sequence[int]
    format: Format


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """What a sum must be: a constant and products with their coefficients, without its lowest columns."""

    products: Sequence[tuple[tuple[_Factor, ...], int]]
    constant: int
    width: int
    dropped: int = 0


def hold_units(dataflow: Dataflow, units: Units, made: Expressions, check_time: Callable[[], object]) -> list[Pair]:
    """Prove the sums, and list what is left to a SAT solver.

    Raises: Difference for a sum that is surely another one, or whose partial sums are; TooLarge for one that
        polynomials cannot decide.
    """
    pairs: list[Pair] = []
    settled: set[int] = set()

    def opened(word: Sequence[int]) -> list[int]:
        found = [_opened(literal, units.definitions, settled) for literal in word]
        settled.update(literal >> 1 for literal in word)
        return found

    for number, operation in enumerate(dataflow.operations):
        check_time()
        if operation.kind in (Kind.INPUT, Kind.CONSTANT, Kind.STATE, Kind.SLICE, Kind.JOIN):
            continue
        if number in units.partials:
            _hold_terms(operation, units.partials[number], number)
            before: tuple[tuple[tuple[_Factor, ...], int], ...] = ()
            for partial in units.partials[number]:
                products = (*before, *_read(dataflow, partial.terms, units))
                wanted_sum = _Sum(products=products, constant=partial.constant, width=len(partial.word))
                pairs += _hold_sum(wanted_sum, opened(partial.word), number, made, cycle=True)
                before = (((_Factor(partial.word, Format(width=len(partial.word))),), 1),)
                check_time()
            continue
        found = opened(units.words[number])
        if operation.kind is Kind.SUM:
            wanted_sum = _Sum(
                products=tuple(_read(dataflow, operation.terms, units)),
                constant=operation.place,
                width=operation.format.width,
                dropped=operation.dropped,
            )
            pairs += _hold_sum(wanted_sum, found, number, made)
        else:
            wanted = _wanted(dataflow, operation, units, made)
            pairs += [Pair(a, b, number) for a, b in zip(found, wanted, strict=True) if a != b]
    return pairs


def _read(dataflow: Dataflow, terms: Sequence[Term], units: Units) -> Iterator[tuple[tuple[_Factor, ...], int]]:
    for term in terms:
        factors = (_Factor(units.words[factor], dataflow.operations[factor].format) for factor in term.factors)
        yield tuple(factors), term.coefficient


def _hold_terms(operation: Operation, partials: Sequence[Partial], number: int) -> None:
    """Check that all cycles together add what the operation does. Raises: Difference."""
    left: Counter[tuple[int, ...]] = Counter({(): operation.place})
    for term in operation.terms:
        left[tuple(sorted(term.factors))] += term.coefficient
    for partial in partials:
        left[()] -= partial.constant
        for term in partial.terms:
            left[tuple(sorted(term.factors))] -= term.coefficient
    if any(coefficient % (1 << operation.format.width) for coefficient in left.values()):
        raise Difference(f"operation {number}: its cycles must add its {len(operation.terms)} terms")


def _is_hard(wanted: _Sum) -> bool:
    """Tell whether a sum is one that SAT solvers do badly at: any with a product, or of more than three terms."""
    return len(wanted.products) > 3 or any(
        len(factors) > 1 or abs(coefficient).bit_count() > 2 for factors, coefficient in wanted.products
    )


def _opened(literal: int, definitions: Mapping[int, int], settled: set[int]) -> int:
    node = literal >> 1
    return literal if node in settled or node not in definitions else definitions[node] ^ (literal & 1)


def _value(word: Sequence[int], *, signed: bool) -> Polynomial:
    """Give a word's value as a polynomial of its bits."""
    top = len(word) - 1
    return linear((bit, -1 << place if signed and place == top else 1 << place) for place, bit in enumerate(word))


def _hold_sum(wanted: _Sum, found: Sequence[int], number: int, made: Expressions, *, cycle: bool = False) -> list[Pair]:
    """Prove a sum by polynomials, or give what is left to a SAT solver.

    Args:
        cycle: whether it is what a folded sum adds in a cycle: by a multiplier, however easy the coefficients are.
    Raises: Difference; TooLarge where a product keeps it from both.
    """
    products = any(len(factors) > 1 for factors, _ in wanted.products)
    if not wanted.dropped and (cycle or _is_hard(wanted)):
        most = MOST_TERMS_OF_A_CYCLE if cycle and not products else MOST_TERMS
        try:
            _subtract_sum(wanted, found, number, made, most)
            return []
        except TooLarge:
            if products:
                raise
    return [Pair(a, b, number) for a, b in zip(found, _plain_sum(wanted, made), strict=True) if a != b]


def _subtract_sum(wanted: _Sum, found: Sequence[int], number: int, made: Expressions, most: int) -> None:
    """Subtract what a sum must be from what it is; nothing may be left, modulo its width."""
    modulus = 1 << wanted.width
    difference = _value(found, signed=False)
    summands: list[tuple[Polynomial, int]] = [({frozenset(): 1}, wanted.constant)]
    for factors, coefficient in wanted.products:
        value: Polynomial = {frozenset(): 1}
        for factor in factors:
            value = product(value, _value(factor.bits, signed=factor.format.signed), modulus)
        summands.append((value, coefficient))
    for value, coefficient in summands:
        for monomial, weight in value.items():
            _subtract(difference, monomial, weight * coefficient, modulus)
    words = _known_words(wanted, made, most)
    narrow = len(found)
    while narrow > 1 and found[narrow - 2] == found[-1]:
        narrow -= 1
    whole = words.operand(found) if narrow < len(found) else None
    if whole is not None and not whole[1]:
        difference = dict(whole[0])
        for value, coefficient in summands:
            for monomial, weight in value.items():
                _subtract(difference, monomial, weight * coefficient, modulus)
    left = reduce_to_variables(made, difference, modulus=modulus, most=most, known=words.within(found))
    if left:
        raise Difference(f"operation {number}, a sum of {len(wanted.products)} terms, must be what the spec says")


def _known_words(wanted: _Sum, made: Expressions, most: int) -> KnownWords:
    """List what partial sums may be made of: the terms."""
    summands = []
    for factors, _ in wanted.products:
        value: Polynomial = {frozenset(): 1}
        ends = [1]
        for factor in factors:
            value = product(value, _value(factor.bits, signed=factor.format.signed), 0)
            ends = [end * bound for end in ends for bound in (factor.format.low, factor.format.high)]
        summands.append(Summand(value=value, low=min(ends), high=max(ends)))
    read = [factor.bits for factors, _ in wanted.products for factor in factors]
    return KnownWords(made, summands, read, most=most // 10)


def _subtract(polynomial: Polynomial, monomial: Monomial, coefficient: int, modulus: int) -> None:
    total = (polynomial.get(monomial, 0) - coefficient) % modulus
    if total:
        polynomial[monomial] = total
    else:
        polynomial.pop(monomial, None)


def _wanted(dataflow: Dataflow, operation: Operation, units: Units, made: Expressions) -> list[int]:
    """Give what an operation means, in plain gates."""
    width = operation.format.width
    operations = dataflow.operations

    def whole(arg: int, at_least: int = 0) -> list[int]:
        return _extended(units.words[arg], operations[arg].format, at_least)

    def sized(arg: int) -> list[int]:
        return whole(arg, width)[:width]

    args = operation.args
    match operation.kind:
        case Kind.AND:
            return [made.conjunction(a, b) for a, b in zip(sized(args[0]), sized(args[1]), strict=True)]
        case Kind.OR:
            return [made.disjunction(a, b) for a, b in zip(sized(args[0]), sized(args[1]), strict=True)]
        case Kind.XOR:
            return [made.exclusive_or(a, b) for a, b in zip(sized(args[0]), sized(args[1]), strict=True)]
        case Kind.NOT:
            return [a ^ 1 for a in sized(args[0])]
        case Kind.EQUAL:
            common = max(len(whole(arg)) for arg in args)
            differ = FALSE
            for a, b in zip(whole(args[0], common), whole(args[1], common), strict=True):
                differ = made.disjunction(differ, made.exclusive_or(a, b))
            return [differ ^ 1, *([FALSE] * (width - 1))]
        case Kind.SELECT:
            holds = FALSE
            for literal in units.words[args[0]]:
                holds = made.disjunction(holds, literal)
            return [made.choose(holds, a, b) for a, b in zip(sized(args[1]), sized(args[2]), strict=True)]
        case Kind.SATURATE:
            return _clipped(whole(args[0], width + 1), operation, made)
        case Kind.SHIFT_LEFT | Kind.SHIFT_RIGHT:
            left = operation.kind is Kind.SHIFT_LEFT
            word = whole(args[0], width)
            for place, bit in enumerate(units.words[args[1]]):
                step = min(1 << place, len(word))
                moved = [FALSE] * step + word[: len(word) - step] if left else word[step:] + [word[-1]] * step
                word = [made.choose(bit, a, b) for a, b in zip(moved, word, strict=True)]
            return word[:width]
        case Kind.TABLE:
            return [_looked_up(operation.values, place, units.words[args[0]], made) for place in range(width)]
        case kind:
            raise AssertionError(f"{kind.value} computes nothing")


def _plain_sum(wanted: _Sum, made: Expressions) -> list[int]:
    """Add term by term, at full width, and leave out the lowest columns afterwards."""
    width = wanted.width + wanted.dropped
    total = [TRUE if wanted.constant >> place & 1 else FALSE for place in range(width)]
    for factors, coefficient in wanted.products:
        if len(factors) != 1:
            raise TooLarge("a sum of products leaves out columns")
        word = _extended(factors[0].bits, factors[0].format, width)[:width]
        for place in range(width):
            if coefficient >> place & 1 and (coefficient > 0):
                total = add_words(made, total, ([FALSE] * place + word)[:width])
            elif coefficient < 0 and -coefficient >> place & 1:
                inverse = [literal ^ 1 for literal in ([FALSE] * place + word)[:width]]
                total = add_words(made, total, inverse, TRUE)
    return total[wanted.dropped :]


def _extended(bits: Sequence[int], format: Format, at_least: int = 0) -> list[int]:
    """Give a word in two's complement, with its sign."""
    sign = bits[-1] if format.signed else FALSE
    return [*bits, *([sign] * max(at_least - len(bits), 0 if format.signed else 1))]


def _clipped(word: list[int], operation: Operation, made: Expressions) -> list[int]:
    low, high = operation.format.low, operation.format.high
    bounds = [[TRUE if bound >> place & 1 else FALSE for place in range(len(word))] for bound in (low, high)]
    below, above = less(made, word, bounds[0]), less(made, bounds[1], word)
    clipped = [
        made.choose(below, least, made.choose(above, most, own)) for own, least, most in zip(word, *bounds, strict=True)
    ]
    return clipped[: operation.format.width]


def _looked_up(values: Sequence[int], place: int, index: Sequence[int], made: Expressions) -> int:
    row = [TRUE if value >> place & 1 else FALSE for value in values]
    for bit in index:
        row = [made.choose(bit, row[k + 1], row[k]) for k in range(0, len(row), 2)]
    return row[0]
