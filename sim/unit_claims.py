"""Hold every unit of a design to the operation that it does: sums by polynomials, the rest gate by gate.

Each operation's result is cut out of the unrolled design, so that the next one reads it as free bits: one wrong unit
cannot hide behind another, and no multiplier is ever looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hdlgen.dataflow import Dataflow, Kind, Operation
from sim.expressions import FALSE, TRUE, Expressions
from sim.known_words import KnownWords, Summand
from sim.polynomials import Monomial, Polynomial, TooLarge, linear, product, reduce_to_variables
from sim.term_bits import add_words, less

__all__ = ["Difference", "Pair", "Units", "hold_units"]

MOST_TERMS = 400_000


class Difference(Exception):
    """A unit whose result is another one; the message says which."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two literals that must be equal, and the operation that they are about."""

    found: int
    wanted: int
    operation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """What units were found to give.

    Args:
        words: for each operation the literals of its bits.
        definitions: for each variable that stands for a unit's output, what drives it.
    """

    words: Sequence[Sequence[int]]
    definitions: dict[int, int]


def hold_units(dataflow: Dataflow, units: Units, made: Expressions, check_time: Callable[[], object]) -> list[Pair]:
    """Prove the sums, and list what is left to a SAT solver.

    Raises: Difference for a sum that is surely another one; TooLarge for one that polynomials cannot decide.
    """
    pairs: list[Pair] = []
    settled: set[int] = set()
    for number, operation in enumerate(dataflow.operations):
        check_time()
        if operation.kind in (Kind.INPUT, Kind.CONSTANT, Kind.STATE, Kind.SLICE, Kind.JOIN):
            continue
        found = [_opened(literal, units.definitions, settled) for literal in units.words[number]]
        settled.update(literal >> 1 for literal in units.words[number])
        if operation.kind is Kind.SUM and not operation.dropped and _products(operation):
            try:
                _hold_sum(dataflow, number, found, units, made)
                continue
            except TooLarge:
                if any(len(term.factors) > 1 for term in operation.terms):
                    raise
        wanted = _wanted(dataflow, operation, units, made)
        pairs += [Pair(a, b, number) for a, b in zip(found, wanted, strict=True) if a != b]
    return pairs


def _products(operation: Operation) -> bool:
    """Tell whether a sum is one that SAT solvers do badly at: any with a product, or of more than three terms."""
    return len(operation.terms) > 3 or any(
        len(term.factors) > 1 or abs(term.coefficient).bit_count() > 2 for term in operation.terms
    )


def _opened(literal: int, definitions: dict[int, int], settled: set[int]) -> int:
    node = literal >> 1
    return literal if node in settled or node not in definitions else definitions[node] ^ (literal & 1)


def _value(word: Sequence[int], *, signed: bool) -> Polynomial:
    """Give a word's value as a polynomial of its bits."""
    top = len(word) - 1
    return linear((bit, -1 << place if signed and place == top else 1 << place) for place, bit in enumerate(word))


def _hold_sum(dataflow: Dataflow, number: int, found: Sequence[int], units: Units, made: Expressions) -> None:
    """Subtract what a sum must be from what it is; nothing may be left, modulo its width."""
    operation = dataflow.operations[number]
    modulus = 1 << operation.format.width
    difference = _value(found, signed=False)
    wanted: list[tuple[Polynomial, int]] = [({frozenset(): 1}, operation.place)]
    for term in operation.terms:
        value: Polynomial = {frozenset(): 1}
        for factor in term.factors:
            signed = dataflow.operations[factor].format.signed
            value = product(value, _value(units.words[factor], signed=signed), modulus)
        wanted.append((value, term.coefficient))
    for value, coefficient in wanted:
        for monomial, factor in value.items():
            _subtract(difference, monomial, factor * coefficient, modulus)
    words = _known_words(dataflow, operation, units, made)
    found = list(found)
    narrow = len(found)
    while narrow > 1 and found[narrow - 2] == found[-1]:
        narrow -= 1
    whole = words.operand(found) if narrow < len(found) else None
    if whole is not None:
        difference = dict(whole)
        for summand, coefficient in wanted:
            for monomial, factor in summand.items():
                _subtract(difference, monomial, factor * coefficient, modulus)
    left = reduce_to_variables(made, difference, modulus=modulus, most=MOST_TERMS, known=words.operand)
    if left:
        raise Difference(f"operation {number}, a sum of {len(operation.terms)} terms, must be what the spec says")


def _known_words(dataflow: Dataflow, operation: Operation, units: Units, made: Expressions) -> KnownWords:
    """List what partial sums may be made of: the terms, with their coefficient or without."""
    summands = []
    for term in operation.terms:
        value: Polynomial = {frozenset(): 1}
        ends = [1]
        for factor in term.factors:
            format = dataflow.operations[factor].format
            value = product(value, _value(units.words[factor], signed=format.signed), 0)
            ends = [end * bound for end in ends for bound in (format.low, format.high)]
        factors = tuple(dict.fromkeys((term.coefficient, -term.coefficient, 1, -1)))
        summands.append(Summand(value=value, low=min(ends), high=max(ends), factors=factors))
    constants = tuple(dict.fromkeys((0, operation.place)))
    return KnownWords(made, summands, constants, most=MOST_TERMS)


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
        """Give an argument in two's complement, with its sign."""
        word, own = list(units.words[arg]), operations[arg].format
        sign = word[-1] if own.signed else FALSE
        return [*word, *([sign] * max(at_least - len(word), 0 if own.signed else 1))]

    def sized(arg: int) -> list[int]:
        return whole(arg, width)[:width]

    args = operation.args
    match operation.kind:
        case Kind.SUM:
            return _plain_sum(operation, whole, made)
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


def _plain_sum(operation: Operation, whole: Callable[[int, int], list[int]], made: Expressions) -> list[int]:
    """Add term by term, at full width, and leave out the lowest columns afterwards."""
    width = operation.format.width + operation.dropped
    total = [TRUE if operation.place >> place & 1 else FALSE for place in range(width)]
    for term in operation.terms:
        if len(term.factors) != 1:
            raise TooLarge("a sum of products leaves out columns")
        word = whole(term.factors[0], width)[:width]
        for place in range(width):
            if term.coefficient >> place & 1 and (term.coefficient > 0):
                total = add_words(made, total, ([FALSE] * place + word)[:width])
            elif term.coefficient < 0 and -term.coefficient >> place & 1:
                inverse = [literal ^ 1 for literal in ([FALSE] * place + word)[:width]]
                total = add_words(made, total, inverse, TRUE)
    return total[operation.dropped :]


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
