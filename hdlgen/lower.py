"""Lower a graph of arrays to scalar dataflow: every element becomes its own operations, binary points become shifts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from hdlgen.approximation import Approximation
from hdlgen.dataflow import Dataflow, Kind, Operation, Register, Term
from hdlgen.division import divide
from hdlgen.error_bounds import error_bounds
from hdlgen.graph import Graph, Node
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.scalars import BIT, Scalars
from hdlgen.sorting_networks import sorting_network

__all__ = ["lower"]


def _integer(format: Format) -> Format:
    """Take the binary point away."""
    return Format(width=format.width, signed=format.signed)


Arguments = Sequence[tuple[int, Format]]
"""For each argument of a node the operation of the element at hand and the argument's own format."""


def _aligned(scalars: Scalars, args: Arguments, fraction: int) -> list[int]:
    return [scalars.scaled(number, fraction - own.fraction) for number, own in args]


def _linear(coefficients: Sequence[int]) -> Callable[[Scalars, Node, Arguments, tuple[int, int]], int]:
    """Lower an addition of the arguments with these signs, aligned to the result's binary point."""

    def build(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
        terms = [
            Term(factors=(number,), coefficient=sign << (node.format.fraction - own.fraction))
            for sign, (number, own) in zip(coefficients, args, strict=True)
        ]
        return scalars.sum(terms, within=within)

    return build


def _multiply(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    return scalars.sum([Term(factors=tuple(number for number, _ in args))], within=within)


def _absolute(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number = args[0][0]
    minus = scalars.sum([Term(factors=(number,), coefficient=-1)])
    return scalars.select(scalars.negative(number), minus, number)


def _extreme(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    left, right = _aligned(scalars, args, node.format.fraction)
    first = scalars.less(left, right)
    yes, no = (left, right) if node.op is Op.MIN else (right, left)
    return scalars.select(first, yes, no, within=within)


def _compare(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    left, right = _aligned(scalars, args, max(own.fraction for _, own in args))
    if node.op in (Op.GT, Op.GE):
        left, right = right, left
    if node.op in (Op.EQ, Op.NE):
        equal = scalars.bits(Kind.EQUAL, left, right, format=BIT) if left != right else scalars.constant(1)
        return equal if node.op is Op.EQ else scalars.invert_bit(equal)
    return scalars.less(left, right, or_equal=node.op in (Op.LE, Op.GE))


def _bitwise(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    kind = {Op.AND: Kind.AND, Op.OR: Kind.OR, Op.XOR: Kind.XOR, Op.INVERT: Kind.NOT}[node.op]
    return scalars.bits(kind, *(number for number, _ in args), format=_integer(node.format))


def _choose(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    yes, no = _aligned(scalars, args[1:], node.format.fraction)
    return scalars.select(args[0][0], yes, no)


def _shift(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    return scalars.scaled(number, node.attribute("amount") + node.format.fraction - own.fraction)


def _variable_shift(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    (number, own), (amount, _) = args
    if node.op is Op.SHIFT_LEFT:
        return scalars.bits(Kind.SHIFT_LEFT, number, amount, format=_integer(node.format))
    scaled = scalars.scaled(number, node.format.fraction - own.fraction)
    return scalars.bits(Kind.SHIFT_RIGHT, scaled, amount, format=_integer(node.format))


def _convert(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    added = node.format.fraction - own.fraction
    if added >= 0:
        number = scalars.scaled(number, added)
    else:
        number = scalars.rounded(number, -added, node.attribute("rounding"))
    if node.attribute("overflow") == "saturate":
        return scalars.saturate(number, _integer(node.format))
    return scalars.slice(number, 0, _integer(node.format))


def _reinterpret(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    return scalars.slice(args[0][0], node.attribute("low"), _integer(node.format))


def _join(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    patterns = [scalars.pattern(number, own.width) for number, own in reversed(args)]
    return scalars.bits(Kind.JOIN, *patterns, format=_integer(node.format))


def _popcount(scalars: Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    bits = [scalars.slice(number, place, BIT) for place in range(own.width)]
    return scalars.sum([Term(factors=(bit,)) for bit in bits], within=within)


_ELEMENT: Mapping[Op, Callable[[Scalars, Node, Arguments, tuple[int, int]], int]] = {
    Op.ADD: _linear((1, 1)),
    Op.SUB: _linear((1, -1)),
    Op.NEG: _linear((-1,)),
    Op.MUL: _multiply,
    Op.ABS: _absolute,
    **dict.fromkeys((Op.MIN, Op.MAX), _extreme),
    **dict.fromkeys((Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE), _compare),
    **dict.fromkeys((Op.AND, Op.OR, Op.XOR, Op.INVERT), _bitwise),
    Op.SELECT: _choose,
    Op.SHIFT: _shift,
    **dict.fromkeys((Op.SHIFT_LEFT, Op.SHIFT_RIGHT), _variable_shift),
    Op.CONVERT: _convert,
    Op.REINTERPRET: _reinterpret,
    Op.JOIN_BITS: _join,
    Op.POPCOUNT: _popcount,
}


def _best_index(scalars: Scalars, elements: Sequence[int], *, largest: bool) -> int:
    """Find the index of the first largest or smallest element by a tournament of neighbours."""
    players = [(element, scalars.constant(index)) for index, element in enumerate(elements)]
    while len(players) > 1:
        winners = []
        for (left, left_index), (right, right_index) in zip(players[::2], players[1::2], strict=False):
            later = scalars.less(left, right) if largest else scalars.less(right, left)
            winners.append((scalars.select(later, right, left), scalars.select(later, right_index, left_index)))
        players = winners + players[len(players) & ~1 :]
    return players[0][1]


def _in_order(scalars: Scalars, elements: Sequence[int], ranks: Sequence[int]) -> list[int]:
    """Give the elements of some ranks by a sorting network; one comparison chooses both values of a comparator."""
    wires = list(elements)
    for layer in sorting_network(len(wires), ranks):
        for first, second in layer:
            left, right = wires[first], wires[second]
            wires[first], wires[second] = _exchanged(scalars, left, right)
    return [wires[rank] for rank in ranks]


def _exchanged(scalars: Scalars, left: int, right: int) -> tuple[int, int]:
    """Give the smaller and the larger of two values."""
    one, other = scalars.operations[left], scalars.operations[right]
    swap = scalars.less(right, left)
    return (
        scalars.select(swap, right, left, within=(min(one.low, other.low), min(one.high, other.high))),
        scalars.select(swap, left, right, within=(max(one.low, other.low), max(one.high, other.high))),
    )


def lower(graph: Graph, functions: Mapping[int, Approximation] | None = None) -> Dataflow:
    """Write a graph as scalar operations on raw integers; equal operations are made once.

    Args:
        graph: a graph that keeps its own rules (`Graph.verify`).
        functions: for each node of a function with one argument how it is computed.
    """
    scalars = Scalars()
    operands = graph.operands()
    functions = functions or {}
    errors = error_bounds(graph, {number: found.error for number, found in functions.items()})
    elements: list[tuple[int, ...]] = []
    for number, node in enumerate(graph.nodes):
        bounds = list(
            zip(
                (int(raw) for raw in operands[number].low.flat),
                (int(raw) for raw in operands[number].high.flat),
                strict=True,
            )
        )
        if errors[number]:
            bounds = _widened(bounds, errors[number], node)
        args = [(elements[arg], graph.nodes[arg]) for arg in node.args]
        if node.op is Op.FUNCTION:
            kept = [
                (tuple(_kept(scalars, element, graph.nodes[arg], errors[arg]) for element in elements[arg]), own)
                for arg, (_, own) in zip(node.args, args, strict=True)
            ]
            elements.append(_lower_function(scalars, node, kept, functions.get(number)))
        else:
            elements.append(_lower_node(scalars, node, args, bounds))
    registers = tuple(
        Register(
            state=state,
            next=_kept(scalars, elements[source.next][place], graph.nodes[source.node], errors[source.next]),
            initial=source.initial[place],
        )
        for source in graph.states
        for place, state in enumerate(elements[source.node])
    )
    outputs = tuple(
        (name, tuple(_kept(scalars, element, graph.nodes[number], errors[number]) for element in elements[number]))
        for name, number in graph.outputs
    )
    dataflow = Dataflow(operations=tuple(scalars.operations), outputs=outputs, registers=registers)
    dataflow.verify()
    return dataflow


def _widened(bounds: Sequence[tuple[int, int]], error: float, node: Node) -> list[tuple[int, int]]:
    """Make room for errors; a state is kept within its format, and so is whatever nothing is known of."""
    if math.isinf(error) or node.op is Op.STATE:
        return [(node.format.low, node.format.high)] * len(bounds)
    return [(low - math.ceil(error), high + math.ceil(error)) for low, high in bounds]


def _kept(scalars: Scalars, number: int, node: Node, error: float) -> int:
    """Clip what an error could carry out of a node's format, which brings it nearer to the exact value."""
    operation = scalars.operations[number]
    if not error or node.format.holds(operation.low, operation.high):
        return number
    return scalars.saturate(number, _integer(node.format))


def _lower_function(
    scalars: Scalars, node: Node, args: Sequence[tuple[tuple[int, ...], Node]], how: Approximation | None
) -> tuple[int, ...]:
    results = []
    for place in range(node.elements):
        given = [numbers[place] for numbers, _ in args]
        if how is not None:
            results.append(how.build(scalars, given[0]))
        else:
            formats = (args[0][1].format, args[1][1].format)
            results.append(divide(scalars, (given[0], given[1]), formats, node.format))
    return tuple(results)


def _lower_node(
    scalars: Scalars,
    node: Node,
    args: Sequence[tuple[tuple[int, ...], Node]],
    bounds: Sequence[tuple[int, int]],
) -> tuple[int, ...]:
    places = range(node.elements)
    match node.op:
        case Op.INPUT:
            name = node.attribute("name")
            low, high = node.format.low, node.format.high
            format = _integer(node.format)
            return tuple(
                scalars.add(Operation(kind=Kind.INPUT, format=format, place=place, name=name, low=low, high=high))
                for place in places
            )
        case Op.CONSTANT:
            return tuple(scalars.constant(raw) for raw in node.attribute("values"))
        case Op.STATE:
            format = _integer(node.format)
            return tuple(
                scalars.add(Operation(kind=Kind.STATE, format=format, low=bounds[place][0], high=bounds[place][1]))
                for place in places
            )
        case Op.GATHER:
            return tuple(args[which][0][element] for which, element in node.attribute("indices"))
        case Op.SUM:
            width = len(args[0][0]) // max(node.elements, 1)
            groups = [args[0][0][place * width : (place + 1) * width] for place in places]
            return tuple(
                scalars.sum([Term(factors=(element,)) for element in group], within=bounds[place])
                for place, group in enumerate(groups)
            )
        case Op.ARGMAX | Op.ARGMIN:
            width = len(args[0][0]) // max(node.elements, 1)
            return tuple(
                _best_index(scalars, args[0][0][place * width : (place + 1) * width], largest=node.op is Op.ARGMAX)
                for place in places
            )
        case Op.SORT:
            ranks = node.attribute("ranks")
            length = args[0][1].shape[-1]
            rows = range(0, len(args[0][0]), length)
            return tuple(
                number for start in rows for number in _in_order(scalars, args[0][0][start : start + length], ranks)
            )
        case _:
            build = _ELEMENT[node.op]
            return tuple(
                build(scalars, node, [(numbers[place], own.format) for numbers, own in args], bounds[place])
                for place in places
            )
