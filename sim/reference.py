"""The reference of a spec: what its graph says, written with plain integer operations and nothing of the compiler's.

Only the meaning of each operation stands here, as `hdlgen.operation` words it: no heaps, no recoding, no sharing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from hdlgen.graph import Graph, Node, Op
from hdlgen.number import Format
from sim.integers import Integers
from sim.meaning import Unsupported

__all__ = ["graph_terms"]


def graph_terms(graph: Graph, integers: Integers, states: Mapping[int, Sequence[int]]) -> list[tuple[int, ...]]:
    """Give the terms of all elements of every node, row-major.

    Args:
        states: for each STATE node the terms of its elements.
    Raises: Unsupported for a function.
    """
    found: list[tuple[int, ...]] = []
    for number, node in enumerate(graph.nodes):
        args = [(found[arg], graph.nodes[arg]) for arg in node.args]
        if node.op is Op.INPUT:
            name, format = node.attribute("name"), node.format
            terms = [integers.variable(name, place, format.low, format.high) for place in range(node.elements)]
        elif node.op is Op.CONSTANT:
            terms = [integers.constant(raw) for raw in node.attribute("values")]
        elif node.op is Op.STATE:
            terms = list(states[number])
        elif node.op in _WHOLE:
            terms = _WHOLE[node.op](integers, node, args)
        elif node.op in _EACH:
            terms = [
                _EACH[node.op](integers, node, [values[place] for values, _ in args], [own.format for _, own in args])
                for place in range(node.elements)
            ]
        else:
            raise Unsupported(f"the function {node.attribute('function')} has no exact terms")
        found.append(tuple(terms))
    return found


Args = Sequence[tuple[tuple[int, ...], Node]]


def _rows(node: Node, args: Args) -> list[tuple[int, ...]]:
    values, own = args[0]
    length = own.shape[-1]
    return [values[start : start + length] for start in range(0, len(values), length)]


def _gather(integers: Integers, node: Node, args: Args) -> list[int]:
    return [args[which][0][element] for which, element in node.attribute("indices")]


def _sums(integers: Integers, node: Node, args: Args) -> list[int]:
    return [integers.add(*((term, 1) for term in row)) for row in _rows(node, args)]


def _indices(integers: Integers, node: Node, args: Args) -> list[int]:
    """Halve again and again: the left half wins where it is no worse."""
    sign = 1 if node.op is Op.ARGMAX else -1

    def best(row: Sequence[int], start: int) -> tuple[int, int]:
        if len(row) == 1:
            return row[0], integers.constant(start)
        half = 1 << (len(row) - 1).bit_length() - 1
        (left, first), (right, second) = best(row[:half], start), best(row[half:], start + half)
        worse = integers.negative(integers.add((left, sign), (right, -sign)))
        value = integers.greatest(left, right) if sign > 0 else integers.least(left, right)
        return value, integers.choose(worse, second, first)

    return [best(row, 0)[1] for row in _rows(node, args)]


def _sorted(integers: Integers, node: Node, args: Args) -> list[int]:
    """Sort by exchanging neighbours, as many rounds as there are elements."""
    found: list[int] = []
    for row in _rows(node, args):
        values = list(row)
        for last in range(len(values) - 1, 0, -1):
            for place in range(last):
                pair = values[place], values[place + 1]
                values[place], values[place + 1] = integers.least(*pair), integers.greatest(*pair)
        found += [values[rank] for rank in node.attribute("ranks")]
    return found


_WHOLE: Mapping[Op, Callable[[Integers, Node, Args], list[int]]] = {
    Op.GATHER: _gather,
    Op.SUM: _sums,
    Op.ARGMAX: _indices,
    Op.ARGMIN: _indices,
    Op.SORT: _sorted,
}

Formats = Sequence[Format]


def _aligned(integers: Integers, terms: Sequence[int], formats: Formats) -> list[int]:
    """Scale terms to the largest fraction."""
    fraction = max(format.fraction for format in formats)
    return [integers.add((term, 1 << (fraction - own.fraction))) for term, own in zip(terms, formats, strict=True)]


def _plus(sign: int) -> Callable[[Integers, Node, Sequence[int], Formats], int]:
    def build(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
        left, right = _aligned(integers, terms, formats)
        return integers.add((left, 1), (right, sign))

    return build


def _compared(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    left, right = _aligned(integers, terms, formats)
    one = integers.constant(1)
    less = integers.negative(integers.add((left, 1), (right, -1)))
    more = integers.negative(integers.add((right, 1), (left, -1)))
    same = integers.zero(integers.add((left, 1), (right, -1)))
    found = {Op.LT: less, Op.GE: less, Op.GT: more, Op.LE: more, Op.EQ: same, Op.NE: same}[node.op]
    return integers.add((one, 1), (found, -1)) if node.op in (Op.GE, Op.LE, Op.NE) else found


def _extreme(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    pair = _aligned(integers, terms, formats)
    return integers.least(*pair) if node.op is Op.MIN else integers.greatest(*pair)


def _absolute(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    return integers.choose(integers.negative(terms[0]), integers.add((terms[0], -1)), terms[0])


def _bitwise(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    return integers.bitwise(node.op.value, *terms)


def _selected(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    one, zero = _aligned(integers, terms[1:], formats[1:])
    condition = integers.add((integers.constant(1), 1), (integers.zero(terms[0]), -1))
    return integers.choose(condition, one, zero)


def _scaled(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    return integers.add((terms[0], 1 << max(node.attribute("amount") - formats[0].fraction, 0)))


def _shifted_left(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    return integers.multiply(terms[0], integers.power(terms[1]))


def _shifted_right(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    grown = node.format.fraction - formats[0].fraction
    return integers.shifted(integers.add((terms[0], 1 << grown)), terms[1])


def _converted(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    dropped = formats[0].fraction - node.format.fraction
    term, target = terms[0], node.format
    if dropped > 0:
        term = _ROUNDED[node.attribute("rounding")](integers, term, dropped)
    else:
        term = integers.add((term, 1 << -dropped))
    if node.attribute("overflow") == "saturate":
        return integers.clip(term, target.low, target.high)
    return integers.wrap(term, target.width, signed=target.signed)


def _half_up(integers: Integers, term: int, count: int) -> int:
    return integers.floor(integers.add((term, 1), (integers.constant(1 << (count - 1)), 1)), count)


def _half_even(integers: Integers, term: int, count: int) -> int:
    """Round half up; where that was a tie and gave an odd number, take one off."""
    raised = integers.add((term, 1), (integers.constant(1 << (count - 1)), 1))
    up = integers.floor(raised, count)
    tie = integers.zero(integers.wrap(raised, count, signed=False))
    return integers.add((up, 1), (integers.multiply(tie, integers.wrap(up, 1, signed=False)), -1))


def _toward_zero(integers: Integers, term: int, count: int) -> int:
    return integers.floor(integers.add((term, 1), (integers.negative(term), (1 << count) - 1)), count)


_ROUNDED: Mapping[str, Callable[[Integers, int, int], int]] = {
    "floor": lambda integers, term, count: integers.floor(term, count),
    "half_up": _half_up,
    "half_even": _half_even,
    "toward_zero": _toward_zero,
}


def _joined(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    parts = [
        (integers.wrap(term, own.width, signed=False), own.width) for term, own in zip(terms, formats, strict=True)
    ]
    total, _ = reduce(
        lambda high, low: (integers.add((high[0], 1 << low[1]), (low[0], 1)), 0), parts, (integers.constant(0), 0)
    )
    return total


def _counted(integers: Integers, node: Node, terms: Sequence[int], formats: Formats) -> int:
    bits = [integers.wrap(integers.floor(terms[0], place), 1, signed=False) for place in range(formats[0].width)]
    return integers.add(*((bit, 1) for bit in bits))


_EACH: Mapping[Op, Callable[[Integers, Node, Sequence[int], Formats], int]] = {
    Op.ADD: _plus(1),
    Op.SUB: _plus(-1),
    Op.MUL: lambda integers, node, terms, formats: integers.multiply(*terms),
    Op.NEG: lambda integers, node, terms, formats: integers.add((terms[0], -1)),
    Op.ABS: _absolute,
    **dict.fromkeys((Op.MIN, Op.MAX), _extreme),
    **dict.fromkeys((Op.AND, Op.OR, Op.XOR), _bitwise),
    Op.INVERT: lambda integers, node, terms, formats: integers.add((terms[0], -1), (integers.constant(-1), 1)),
    **dict.fromkeys((Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE), _compared),
    Op.SELECT: _selected,
    Op.SHIFT: _scaled,
    Op.SHIFT_LEFT: _shifted_left,
    Op.SHIFT_RIGHT: _shifted_right,
    Op.CONVERT: _converted,
    Op.REINTERPRET: lambda integers, node, terms, formats: integers.wrap(
        integers.floor(terms[0], node.attribute("low")), node.format.width, signed=node.format.signed
    ),
    Op.JOIN_BITS: _joined,
    Op.POPCOUNT: _counted,
}
