"""Gates: sums, comparisons, counts and small tables of literals, built in a network."""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.network import FALSE, TRUE, NetworkBuilder

__all__ = ["add_columns", "at_least", "full_adder", "half_adder", "less", "parity", "subtract", "table", "weighted_sum"]


def half_adder(builder: NetworkBuilder, a: int, b: int) -> tuple[int, int]:
    """Give sum and carry of two bits."""
    return builder.exclusive(a, b), builder.conjunction(a, b)


def full_adder(builder: NetworkBuilder, a: int, b: int, c: int) -> tuple[int, int]:
    """Give sum and carry of three bits, in 7 gates: the carry shares the first gate of the first XOR."""
    if FALSE in (a, b, c):
        rest = sorted((a, b, c))[1:]
        return half_adder(builder, rest[0], rest[1])
    either = builder.exclusive(a, b)
    carry = builder.disjunction(builder.conjunction(a, b), builder.conjunction(either, c))
    return builder.exclusive(either, c), carry


def add_columns(builder: NetworkBuilder, columns: Sequence[Sequence[int]], *, top_parity: bool = False) -> list[int]:
    """Add bits by columns of equal weight, lowest first.

    Args:
        top_parity: nothing above the last column is needed, so that this one is a parity.
    Returns: the sum's bits, lowest first; as many as there are columns with `top_parity`, else all.
    """
    heap = [list(column) for column in columns]
    result: list[int] = []
    at = 0
    while at < len(heap):
        column = [literal for literal in heap[at] if literal != FALSE]
        if top_parity and at == len(columns) - 1:
            return [*result, parity(builder, column)]
        carries = []
        # First in, first out: early bits are added first, so that the tree stays balanced.
        while len(column) > 1:
            taken, column = column[:3], column[3:]
            made, carry = full_adder(builder, *taken) if len(taken) == 3 else half_adder(builder, *taken)
            column.append(made)
            carries.append(carry)
        result.append(column[0] if column else FALSE)
        carries = [carry for carry in carries if carry != FALSE]
        if carries:
            if at + 1 == len(heap):
                heap.append([])
            heap[at + 1].extend(carries)
        at += 1
    return result


def parity(builder: NetworkBuilder, literals: Sequence[int]) -> int:
    """Give the XOR of some literals, as a balanced tree."""
    terms = list(literals) or [FALSE]
    while len(terms) > 1:
        paired = [builder.exclusive(*pair) for pair in zip(terms[::2], terms[1::2], strict=False)]
        terms = paired + terms[len(paired) * 2 :]
    return terms[0]


def subtract(builder: NetworkBuilder, a: Sequence[int], b: Sequence[int]) -> tuple[list[int], int]:
    """Give `a - b` of equal widths and the borrow."""
    borrow, bits = FALSE, []
    for left, right in zip(a, b, strict=True):
        bit, kept = full_adder(builder, left ^ 1, right, borrow)
        bits.append(bit ^ 1)
        borrow = kept
    return bits, borrow


def less(builder: NetworkBuilder, a: Sequence[int], b: Sequence[int]) -> int:
    """Give the literal of `a < b`, both unsigned and of equal widths, lowest bit first."""
    borrow = FALSE
    for left, right in zip(a, b, strict=True):
        # Where the bits differ, the right one decides.
        borrow = builder.disjunction(
            builder.conjunction(left ^ 1, right),
            builder.conjunction(builder.conjunction(left, right ^ 1) ^ 1, borrow),
        )
    return borrow


def at_least(builder: NetworkBuilder, bits: Sequence[int], bound: int) -> int:
    """Give the literal of `value >= bound` for an unsigned value, lowest bit first."""
    if bound <= 0:
        return TRUE
    if bound >> len(bits):
        return FALSE
    result = TRUE
    for at, bit in enumerate(bits):
        result = builder.conjunction(bit, result) if bound >> at & 1 else builder.disjunction(bit, result)
    return result


def weighted_sum(builder: NetworkBuilder, terms: Sequence[tuple[int, int]]) -> tuple[list[int], int]:
    """Add integers by literals: each term is a weight of any sign and the literal that it counts with.

    Returns: the bits of an unsigned sum, and what must be added to it to have the true one.
    """
    columns: list[list[int]] = []
    offset = 0
    for weight, literal in terms:
        if weight < 0:
            offset, weight, literal = offset + weight, -weight, literal ^ 1
        at = 0
        while weight:
            # Signed digits: 7 is 8 - 1, and a digit of -1 is the complement and -1 in the offset.
            digit = 2 - (weight & 3) if weight & 1 else 0
            if digit:
                columns += [[] for _ in range(at + 1 - len(columns))]
                columns[at].append(literal if digit > 0 else literal ^ 1)
                offset -= (digit < 0) << at
            weight = (weight - digit) >> 1
            at += 1
    return add_columns(builder, columns), offset


def table(builder: NetworkBuilder, select: Sequence[int], values: Sequence[int]) -> int:
    """Give the bit of a table that the select bits point to, the first the lowest; equal halves are one."""
    level = [TRUE if value else FALSE for value in values]
    if len(level) != 1 << len(select):
        raise ValueError(f"table: {len(select)} select bits must have {1 << len(select)} values, not {len(level)}")
    for bit in select:
        level = [builder.choose(bit, one, zero) for zero, one in zip(level[::2], level[1::2], strict=True)]
    return level[0]
