"""Lower a graph of arrays to scalar dataflow: every element becomes its own operations, binary points become shifts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hdlgen.dataflow import Dataflow, Kind, Operation, Register, Term
from hdlgen.graph import Graph, Node
from hdlgen.number import Format
from hdlgen.operation import Op

__all__ = ["lower"]

_BIT = Format(width=1, signed=False)


class _Scalars:
    """Collect operations; equal ones are made once, known results become constants."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._known: dict[Operation, int] = {}

    def add(self, operation: Operation) -> int:
        """Add an operation, or find the equal one that is there already."""
        if operation.low == operation.high and operation.kind is not Kind.STATE:
            operation = _constant(operation.low)
        if operation.kind is Kind.STATE:
            self.operations.append(operation)
            return len(self.operations) - 1
        if operation not in self._known:
            self._known[operation] = len(self.operations)
            self.operations.append(operation)
        return self._known[operation]

    def constant(self, value: int) -> int:
        """Add a constant."""
        return self.add(_constant(value))

    def sum(self, terms: Sequence[Term], constant: int = 0, *, within: tuple[int, int] | None = None) -> int:
        """Add a sum of products; `within` is a range that the caller knows the result to keep."""
        low = high = constant
        for term in terms:
            corners = [term.coefficient]
            for factor in term.factors:
                bounds = (self.operations[factor].low, self.operations[factor].high)
                corners = [corner * bound for corner in corners for bound in bounds]
            low, high = low + min(corners), high + max(corners)
        if within is not None:
            low, high = max(low, within[0]), min(high, within[1])
        if not constant and len(terms) == 1 and terms[0].coefficient == 1 and len(terms[0].factors) == 1:
            return terms[0].factors[0]
        args = tuple(factor for term in terms for factor in term.factors)
        format = Format.holding(low, high)
        return self.add(
            Operation(kind=Kind.SUM, format=format, args=args, terms=tuple(terms), place=constant, low=low, high=high)
        )

    def scaled(self, number: int, shift: int) -> int:
        """Multiply by `2**shift`."""
        return self.sum([Term(factors=(number,), coefficient=1 << shift)])

    def slice(self, number: int, place: int, format: Format) -> int:
        """Take bits from `place` on, sign-extended where the value has fewer, and read them in a format."""
        operation = self.operations[number]
        low, high = operation.low >> place, operation.high >> place
        if not format.holds(low, high):
            low, high = format.low, format.high
        elif not place and operation.format.signed == format.signed and operation.format.width <= format.width:
            return number
        return self.add(Operation(kind=Kind.SLICE, format=format, args=(number,), place=place, low=low, high=high))

    def pattern(self, number: int, width: int) -> int:
        """Give exactly so many bits: an element may have fewer than its array's format, where its range is narrower."""
        if self.operations[number].format.width == width:
            return number
        return self.bits(Kind.SLICE, number, format=Format(width=width, signed=False))

    def floor(self, number: int, count: int) -> int:
        """Drop the lowest bits."""
        operation = self.operations[number]
        return self.slice(number, count, Format.holding(operation.low >> count, operation.high >> count))

    def negative(self, number: int) -> int:
        """Tell by one bit whether a value is below zero."""
        operation = self.operations[number]
        if operation.low >= 0 or operation.high < 0:
            return self.constant(int(operation.high < 0))
        return self.slice(number, operation.format.width - 1, _BIT)

    def less(self, left: int, right: int, *, or_equal: bool = False) -> int:
        """Compare two values by the sign of their difference."""
        terms = [Term(factors=(left,)), Term(factors=(right,), coefficient=-1)]
        return self.negative(self.sum(terms, -1 if or_equal else 0))

    def bits(self, kind: Kind, *args: int, format: Format) -> int:
        """Add a bitwise operation, a comparison or a shift; its range is its format's."""
        return self.add(Operation(kind=kind, format=format, args=args, low=format.low, high=format.high))

    def invert_bit(self, number: int) -> int:
        """Invert one bit."""
        if self.operations[number].kind is Kind.CONSTANT:
            return self.constant(1 - self.operations[number].place)
        return self.bits(Kind.NOT, number, format=_BIT)

    def select(self, condition: int, yes: int, no: int) -> int:
        """Choose by a bit."""
        if yes == no:
            return yes
        if self.operations[condition].kind is Kind.CONSTANT:
            return yes if self.operations[condition].place else no
        low = min(self.operations[yes].low, self.operations[no].low)
        high = max(self.operations[yes].high, self.operations[no].high)
        args = (condition, yes, no)
        return self.add(Operation(kind=Kind.SELECT, format=Format.holding(low, high), args=args, low=low, high=high))

    def saturate(self, number: int, format: Format) -> int:
        """Clip to a format."""
        operation = self.operations[number]
        low, high = (min(max(bound, format.low), format.high) for bound in (operation.low, operation.high))
        if (low, high) == (operation.low, operation.high):
            return self.slice(number, 0, format)
        return self.add(Operation(kind=Kind.SATURATE, format=format, args=(number,), low=low, high=high))

    def rounded(self, number: int, count: int, rounding: str) -> int:
        """Drop the lowest `count` bits by a rounding: an addition before the cut, none for `floor`."""
        if count == 0:
            return number
        half = 1 << (count - 1)
        value = Term(factors=(number,))
        if rounding == "half_up":
            number = self.sum([value], half)
        elif rounding == "half_even":
            number = self.sum([value, Term(factors=(self.slice(number, count, _BIT),))], half - 1)
        elif rounding == "toward_zero":
            number = self.sum([value, Term(factors=(self.negative(number),), coefficient=(1 << count) - 1)])
        return self.floor(number, count)


def _integer(format: Format) -> Format:
    """Take the binary point away."""
    return Format(width=format.width, signed=format.signed)


def _constant(value: int) -> Operation:
    return Operation(kind=Kind.CONSTANT, format=Format.holding(value, value), place=value, low=value, high=value)


Arguments = Sequence[tuple[int, Format]]
"""For each argument of a node the operation of the element at hand and the argument's own format."""


def _aligned(scalars: _Scalars, args: Arguments, fraction: int) -> list[int]:
    return [scalars.scaled(number, fraction - own.fraction) for number, own in args]


def _linear(coefficients: Sequence[int]) -> Callable[[_Scalars, Node, Arguments, tuple[int, int]], int]:
    """Lower an addition of the arguments with these signs, aligned to the result's binary point."""

    def build(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
        terms = [
            Term(factors=(number,), coefficient=sign << (node.format.fraction - own.fraction))
            for sign, (number, own) in zip(coefficients, args, strict=True)
        ]
        return scalars.sum(terms, within=within)

    return build


def _multiply(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    return scalars.sum([Term(factors=tuple(number for number, _ in args))], within=within)


def _absolute(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number = args[0][0]
    minus = scalars.sum([Term(factors=(number,), coefficient=-1)])
    return scalars.select(scalars.negative(number), minus, number)


def _extreme(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    left, right = _aligned(scalars, args, node.format.fraction)
    first = scalars.less(left, right)
    return scalars.select(first, left, right) if node.op is Op.MIN else scalars.select(first, right, left)


def _compare(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    left, right = _aligned(scalars, args, max(own.fraction for _, own in args))
    if node.op in (Op.GT, Op.GE):
        left, right = right, left
    if node.op in (Op.EQ, Op.NE):
        equal = scalars.bits(Kind.EQUAL, left, right, format=_BIT) if left != right else scalars.constant(1)
        return equal if node.op is Op.EQ else scalars.invert_bit(equal)
    return scalars.less(left, right, or_equal=node.op in (Op.LE, Op.GE))


def _bitwise(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    kind = {Op.AND: Kind.AND, Op.OR: Kind.OR, Op.XOR: Kind.XOR, Op.INVERT: Kind.NOT}[node.op]
    return scalars.bits(kind, *(number for number, _ in args), format=_integer(node.format))


def _choose(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    yes, no = _aligned(scalars, args[1:], node.format.fraction)
    return scalars.select(args[0][0], yes, no)


def _shift(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    return scalars.scaled(number, node.attribute("amount") + node.format.fraction - own.fraction)


def _variable_shift(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    (number, own), (amount, _) = args
    if node.op is Op.SHIFT_LEFT:
        return scalars.bits(Kind.SHIFT_LEFT, number, amount, format=_integer(node.format))
    scaled = scalars.scaled(number, node.format.fraction - own.fraction)
    return scalars.bits(Kind.SHIFT_RIGHT, scaled, amount, format=_integer(node.format))


def _convert(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    added = node.format.fraction - own.fraction
    if added >= 0:
        number = scalars.scaled(number, added)
    else:
        number = scalars.rounded(number, -added, node.attribute("rounding"))
    if node.attribute("overflow") == "saturate":
        return scalars.saturate(number, _integer(node.format))
    return scalars.slice(number, 0, _integer(node.format))


def _reinterpret(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    return scalars.slice(args[0][0], node.attribute("low"), _integer(node.format))


def _join(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    patterns = [scalars.pattern(number, own.width) for number, own in reversed(args)]
    return scalars.bits(Kind.JOIN, *patterns, format=_integer(node.format))


def _popcount(scalars: _Scalars, node: Node, args: Arguments, within: tuple[int, int]) -> int:
    number, own = args[0]
    bits = [scalars.slice(number, place, _BIT) for place in range(own.width)]
    return scalars.sum([Term(factors=(bit,)) for bit in bits], within=within)


_ELEMENT: Mapping[Op, Callable[[_Scalars, Node, Arguments, tuple[int, int]], int]] = {
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


def _best_index(scalars: _Scalars, elements: Sequence[int], *, largest: bool) -> int:
    """Find the index of the first largest or smallest element by a tournament of neighbours."""
    players = [(element, scalars.constant(index)) for index, element in enumerate(elements)]
    while len(players) > 1:
        winners = []
        for (left, left_index), (right, right_index) in zip(players[::2], players[1::2], strict=False):
            later = scalars.less(left, right) if largest else scalars.less(right, left)
            winners.append((scalars.select(later, right, left), scalars.select(later, right_index, left_index)))
        players = winners + players[len(players) & ~1 :]
    return players[0][1]


def lower(graph: Graph) -> Dataflow:
    """Write a graph as scalar operations on raw integers; equal operations are made once.

    Args:
        graph: a graph that keeps its own rules (`Graph.verify`).
    """
    scalars = _Scalars()
    operands = graph.operands()
    elements: list[tuple[int, ...]] = []
    for number, node in enumerate(graph.nodes):
        bounds = list(
            zip(
                (int(raw) for raw in operands[number].low.flat),
                (int(raw) for raw in operands[number].high.flat),
                strict=True,
            )
        )
        args = [(elements[arg], graph.nodes[arg]) for arg in node.args]
        elements.append(_lower_node(scalars, node, args, bounds))
    registers = tuple(
        Register(state=state, next=elements[source.next][place], initial=source.initial[place])
        for source in graph.states
        for place, state in enumerate(elements[source.node])
    )
    outputs = tuple((name, elements[number]) for name, number in graph.outputs)
    dataflow = Dataflow(operations=tuple(scalars.operations), outputs=outputs, registers=registers)
    dataflow.verify()
    return dataflow


def _lower_node(
    scalars: _Scalars,
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
        case _:
            build = _ELEMENT[node.op]
            return tuple(
                build(scalars, node, [(numbers[place], own.format) for numbers, own in args], bounds[place])
                for place in places
            )
