"""Arithmetic: circuits of one bit of a result, exact, or cut to the columns that mostly decide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hdlgen.network import FALSE, TRUE, NetworkBuilder
from search.portfolio.gates import add_columns, full_adder, less, subtract

__all__ = ["CIRCUITS", "EXACT"]

EXACT = 1 << 30
"""A cut that leaves everything."""

Literals = Sequence[int]


def _carry_cut(a: Literals, b: Literals, bit: int, cut: int) -> tuple[Literals, Literals]:
    """Drop the bits of both numbers that are more than `cut` places below a bit."""
    low = max(0, min(bit, len(a)) - cut)
    return a[low:], b[low:]


def _add(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    a, b = numbers
    return _sum(builder, a, b, bit, cut, carry=FALSE)


def _sum(builder: NetworkBuilder, a: Literals, b: Literals, bit: int, cut: int, *, carry: int) -> int:
    """Give a bit of `a + b + carry`; the one above the numbers is the carry."""
    width, kept = len(a), min(bit, len(a))
    left, right = _carry_cut(a[:kept], b[:kept], bit, cut)
    for one, two in zip(left, right, strict=True):
        _, carry = full_adder(builder, one, two, carry)
    return carry if bit == width else builder.exclusive(builder.exclusive(a[bit], b[bit]), carry)


def _extended(numbers: Sequence[Literals]) -> list[Literals]:
    """Repeat the sign of each number once."""
    return [[*number, number[-1]] for number in numbers]


def _subtract(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    a, b = numbers
    carry = _sum(builder, a, [literal ^ 1 for literal in b], bit, cut, carry=TRUE)
    return carry ^ int(bit == len(a))


def _less(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    a, b = numbers
    return less(builder, *_carry_cut(a, b, len(a), cut))


def _less_signed(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    # The sign counts the other way round.
    a, b = ([*number[:-1], number[-1] ^ 1] for number in numbers)
    return _less(builder, (a, b), bit, cut)


def _equal(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    a, b = _carry_cut(numbers[0], numbers[1], len(numbers[0]), cut)
    return builder.any_of(builder.exclusive(one, two) for one, two in zip(a, b, strict=True)) ^ 1


def _multiply(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int, *, signed: bool = False) -> int:
    """Add the partial products of the columns from `bit - cut` to `bit`; the rest count as their mean."""
    a, b = numbers
    width, low = len(a), max(0, bit - cut)
    columns: list[list[int]] = [[] for _ in range(bit + 1 - low)]
    dropped = 0.0
    for one in range(width):
        for two in range(width):
            place = one + two
            if place < low:
                dropped += 0.25 * 2.0 ** (place - low)
            elif place <= bit:
                # Baugh and Wooley: products with one sign count negatively, as their complement and constants.
                turned = signed and (one == width - 1) != (two == width - 1)
                columns[place - low].append(builder.conjunction(a[one], b[two]) ^ int(turned))
    ones = [width, 2 * width - 1] if signed else []
    constant = sum(1 << (place - low) for place in ones if low <= place <= bit) + max(0, round(dropped - 0.5))
    for place in range(len(columns)):
        if constant >> place & 1:
            columns[place].append(TRUE)
    return add_columns(builder, columns, top_parity=True)[-1]


def _quotient(builder: NetworkBuilder, a: Literals, b: Literals, lowest: int) -> tuple[dict[int, int], list[int]]:
    """Divide by a restoring array down to quotient bit `lowest`; give the bits, and what is left before the last."""
    rest: list[int] = []
    bits = {}
    for place in range(len(a) - 1, lowest - 1, -1):
        rest = [a[place], *rest]
        size = len(rest)
        # What is left has as many bits as rows so far: a divisor with a higher one does not fit into it.
        high = builder.any_of(b[size:])
        less_, borrow = subtract(builder, rest, b[:size])
        bits[place] = builder.conjunction(borrow ^ 1, high ^ 1)
        if place > lowest:
            rest = _restored(builder, bits[place], rest, less_, b[:size])
    return bits, rest


def _restored(builder: NetworkBuilder, take: int, rest: Literals, less_: Literals, amount: Literals) -> list[int]:
    """Give `less_` where `take` holds, else `rest`."""
    return [builder.choose(take, new, old) for new, old in zip(less_, rest, strict=True)]


def _divide(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    a, b = (number[max(0, len(number) - bit - cut) :] for number in numbers)
    return _quotient(builder, a, b, bit)[0][bit]


def _remainder(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    """Subtract from the dividend's low bits the quotient's low bits times the divisor's."""
    a, b = numbers
    if cut >= len(a):
        bits, rest = _quotient(builder, a, b, 0)
        made, _ = subtract(builder, rest, b)
        return builder.choose(bits[0], made[bit], rest[bit])
    tops = [number[max(0, len(number) - bit - cut) :] for number in numbers]
    quotient, _ = _quotient(builder, tops[0], tops[1], 0)
    columns: list[list[int]] = [[a[place]] for place in range(bit + 1)]
    for one in range(bit + 1):
        for two in range(bit + 1 - one):
            # -x is the complement of x and 1 more, in each column and every one above.
            product = builder.conjunction(quotient[one], b[two])
            for place in range(one + two, bit + 1):
                columns[place].append(product)
    return add_columns(builder, columns, top_parity=True)[-1]


def _square_root(builder: NetworkBuilder, numbers: Sequence[Literals], bit: int, cut: int) -> int:
    """Find the root digit by digit, restoring; columns more than `cut` below the top of the last row are dropped."""
    number = list(numbers[0])
    number += [FALSE] * (len(number) % 2)
    pairs = len(number) // 2 - bit
    rest: list[int] = []
    root: list[int] = []
    for row in range(pairs):
        at = 2 * (pairs - 1 - row + bit)
        rest = [number[at], number[at + 1], *rest]
        amount = [TRUE, FALSE, *root]
        size = max(len(amount), min(len(rest), row + 3))
        rest, amount = _padded(rest, size), _padded(amount, size)
        low = max(0, pairs + 1 - cut - 2 * (pairs - 1 - row)) if cut < EXACT else 0
        low = min(low, size - 1)
        kept, borrow = subtract(builder, rest[low:], amount[low:])
        take = borrow ^ 1
        root = [take, *root]
        rest = [FALSE] * low + _restored(builder, take, rest[low:], kept, amount[low:])
        # What is left is at most twice the root.
        rest = rest[: row + 2]
    return root[0]


def _padded(bits: Sequence[int], size: int) -> list[int]:
    return [*bits, *([FALSE] * (size - len(bits)))]


Circuit = Callable[[NetworkBuilder, Sequence[Literals], int, int], int]

CIRCUITS: Mapping[str, tuple[Circuit, tuple[int, ...]]] = {
    "add": (_add, (8, 11)),
    "add signed": (lambda builder, numbers, bit, cut: _add(builder, _extended(numbers), bit, cut), (8, 11)),
    "subtract": (_subtract, (8, 11)),
    "subtract signed": (lambda builder, numbers, bit, cut: _subtract(builder, _extended(numbers), bit, cut), (8, 11)),
    "equal": (_equal, ()),
    "less": (_less, (8, 11)),
    "less signed": (_less_signed, (8, 11)),
    "multiply": (_multiply, (3, 4, 5, 6, 7, 8, 9, 10, 12)),
    "multiply signed": (
        lambda builder, numbers, bit, cut: _multiply(builder, numbers, bit, cut, signed=bit >= len(numbers[0])),
        (3, 4, 5, 6, 7, 8, 9, 10, 12),
    ),
    "divide": (_divide, (8, 10, 12, 14, 16, 18, 20)),
    "remainder": (_remainder, (8, 10, 12, 14, 16, 18, 20)),
    "square root": (_square_root, (6, 8, 10, 12)),
}
"""By the names of `words.OPERATIONS`: what builds a bit of the result, and the cuts that are worth a try."""
