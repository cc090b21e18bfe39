"""Units of a datapath that are no `SumUnit`: single operations, and sums as a plain description writes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.arithmetic.decisions import DecisionDiagram, Node
from hdlgen.arithmetic.sums import Position, SumShape, sum_ports
from hdlgen.dataflow import FREE, Kind, Operation
from hdlgen.number import Format

__all__ = ["OperationUnit", "PlainSum", "read_as", "shape_of"]


def shape_of(format: Format) -> Shape:
    """Give the shape of a raw integer in hardware."""
    return signed(format.width) if format.signed else unsigned(format.width)


def read_as(bits: Value, format: Format) -> Value:
    """Read bits, as many as the format has, with its sign."""
    return bits.as_signed() if format.signed else bits.as_unsigned()


def _saturated(value: Value, source: Format, target: Format) -> Value:
    """Clip a value: its sign and the bits above the target's decide."""
    minus = value[-1] if source.signed else Const(0, 1)
    value = Cat(value, minus.replicate(max(target.width - source.width, 0)))
    above = value[target.width - 1 if target.signed else target.width :]
    beyond = above.any()
    if source.signed:
        beyond = beyond & ~above.all() if target.signed else beyond | minus
    limit = Mux(minus, Const(target.low, shape_of(target)), Const(target.high, shape_of(target)))
    return Mux(beyond, limit, read_as(value[: target.width], target))


class OperationUnit(wiring.Component):
    """Do one operation that is no sum: logic, comparison, choice, saturation or shift; combinational.

    Ports: `arg_0`, `arg_1`, ... in; `result` out.
    """

    result: Signal

    def __init__(self, operation: Operation, formats: Sequence[Format]) -> None:
        if operation.kind in FREE or operation.kind is Kind.SUM:
            raise ValueError(f"OperationUnit: kind must be one that it computes, not {operation.kind.value!r}")
        self.operation = operation
        self.formats = tuple(formats)
        ports = {f"arg_{place}": In(shape_of(format)) for place, format in enumerate(formats)}
        super().__init__({**ports, "result": Out(shape_of(operation.format))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        args: list[Signal] = [getattr(self, f"arg_{place}") for place in range(len(self.formats))]
        m.d.comb += self.result.eq(self._value(m, args))
        return m

    def _looked_up(self, m: Module, index: Signal) -> Value:
        """Read a table by its decision diagram: a row of multiplexers for each bit of the index, all in one vector.

        One vector a bit keeps the text short, and a simulator at one statement a bit.
        """
        format = self.operation.format
        diagram = DecisionDiagram.of(self.operation.values, format.width)
        rows: list[Value] = []

        def bit(node: Node) -> Value:
            return Const(node.place, 1) if node.row < 0 else rows[node.row][node.place]

        for place, row in enumerate(diagram.rows):
            vector = Signal(len(row), name=f"row_{place}")
            if row:
                low, high = Cat(bit(low) for low, _ in row), Cat(bit(high) for _, high in row)
                m.d.comb += vector.eq(Mux(index[place], high, low))
            rows.append(vector)
        return read_as(Cat(bit(root) for root in diagram.roots), format)

    def _value(self, m: Module, args: Sequence[Signal]) -> Value:
        match self.operation.kind:
            case Kind.AND:
                return args[0] & args[1]
            case Kind.OR:
                return args[0] | args[1]
            case Kind.XOR:
                return args[0] ^ args[1]
            case Kind.NOT:
                # Not `~`, which keeps the width of an argument without sign: -x - 1 needs one bit more.
                return args[0] ^ Const(-1, shape_of(self.operation.format))
            case Kind.EQUAL:
                return args[0] == args[1]
            case Kind.SELECT:
                return Mux(args[0], args[1], args[2])
            case Kind.SATURATE:
                return _saturated(args[0], self.formats[0], self.operation.format)
            case Kind.SHIFT_LEFT:
                return args[0] << args[1]
            case Kind.SHIFT_RIGHT:
                return args[0] >> args[1]
            case Kind.TABLE:
                return self._looked_up(m, args[0])
            case kind:
                raise AssertionError(f"{kind.value} computes nothing")


class PlainSum(wiring.Component):
    """Add up products as a plain description would: `*` and `+` of the language, left to right.

    Its ports are those of a `SumUnit` that does not accumulate; it stands in for one in the stock designs that ours
    are compared with.
    """

    result: Signal

    def __init__(self, shape: SumShape) -> None:
        self.shape = shape
        super().__init__(sum_ports(shape))

    def factor(self, position: int, number: int) -> Signal:
        """Give the port of a factor."""
        port: Signal = getattr(self, f"factor_{position}_{number}")
        return port

    def elaborate(self, platform: object) -> Module:
        m = Module()
        shape = self.shape
        terms: list[tuple[Value, bool]] = []
        for place, position in enumerate(shape.positions):
            factors = [read_as(self.factor(place, n), format) for n, format in enumerate(position.factors)]
            # Powers of two are shifts and subtractions to whoever writes them; other constants are multiplied by.
            shifted = abs(position.coefficient).bit_count() == 1
            coefficient = abs(position.coefficient) if shifted else position.coefficient
            low, high = Position(factors=position.factors, coefficient=coefficient).range()
            value = reduce(lambda left, right: left * right, factors)
            if coefficient != 1:
                value = value << coefficient.bit_length() - 1 if shifted else value * coefficient
            product = Signal(shape_of(Format.holding(low, high)), name=f"product_{place}")
            m.d.comb += product.eq(value)
            terms.append((product, shifted and position.coefficient < 0))
        if shape.constant or not terms:
            terms.append((Const(shape.constant), False))
        width = Shape(shape.result.width, signed=True)
        terms.sort(key=lambda term: term[1])
        total: Value = -terms[0][0] if terms[0][1] else terms[0][0]
        for number, (term, subtracted) in enumerate(terms[1:]):
            partial_sum = Signal(width, name=f"sum_{number}")
            m.d.comb += partial_sum.eq(total - term if subtracted else total + term)
            total = partial_sum
        m.d.comb += self.result.eq(total)
        return m
