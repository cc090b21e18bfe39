"""Hardware: a datapath as an Amaranth component with a valid/ready stream at both ends.

`Kernel` holds units, registers and the phase counter and knows nothing of stalls; `Top` freezes it as a whole while a
result waits for its receiver.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from amaranth.hdl import Cat, Const, EnableInserter, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from hdlgen.allocation import Operand
from hdlgen.arithmetic.sums import SumUnit
from hdlgen.dataflow import Kind
from hdlgen.datapath import Datapath, Unit
from hdlgen.number import Format
from hdlgen.payload import Port, payload_width
from hdlgen.units import OperationUnit, PlainSum, read_as, shape_of

__all__ = ["Kernel", "Top"]


class Kernel(wiring.Component):
    """Compute: units, the registers between them, and a counter of the phases of the interval.

    Ports: `payload`, `valid` in; `result`, `done` out (`done` in the one cycle in which a result stands);
    `accepts` out, high in the cycle at whose end a token is taken.

    Args:
        datapath: a datapath that keeps its own rules.
        inputs, outputs: fields of the two streams.
        plain: whether sums are written as plain expressions.

    Attributes:
        unit_results: once elaborated, the signal in which each unit's results stand, by the unit's name.
        states: likewise the register of each state, by its operation's number.
    """

    payload: Signal
    valid: Signal
    result: Signal
    done: Signal
    accepts: Signal

    def __init__(
        self, datapath: Datapath, *, inputs: Sequence[Port], outputs: Sequence[Port], plain: bool = False
    ) -> None:
        self.datapath = datapath
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.plain = plain
        self.unit_results: dict[str, Signal] = {}
        self.states: dict[int, Signal] = {}
        super().__init__(
            {
                "payload": In(payload_width(inputs)),
                "valid": In(1),
                "result": Out(payload_width(outputs)),
                "done": Out(1),
                "accepts": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        return _Elaboration(self).build()


class _Elaboration:
    """The state of one elaboration: what has been built so far."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.datapath = kernel.datapath
        self.operations = kernel.datapath.dataflow.operations
        self.interval = kernel.datapath.interval_cycles
        self.m = Module()
        self.phase = Signal(range(self.interval), init=self.interval - 1)
        self.results: dict[int, Value] = {}
        self.accumulators: dict[int, Value] = {}
        self.waiting: dict[tuple[int, int], Value] = {}
        self.valid = self._valid_chain()

    def build(self) -> Module:
        """Build everything and return the module."""
        m, datapath = self.m, self.datapath
        states = {register.state: register for register in datapath.dataflow.registers}
        starts = _starts(self.kernel.inputs)
        for number, operation in enumerate(self.operations):
            if operation.kind is Kind.INPUT:
                low = starts[operation.name] + operation.place * operation.format.width
                self.results[number] = read_as(
                    self.kernel.payload[low : low + operation.format.width], operation.format
                )
            elif operation.kind is Kind.STATE:
                init = states[number].initial
                state = Signal(shape_of(operation.format), name=f"state_{number}", init=init)
                self.results[number] = self.kernel.states[number] = state
        units = [(unit, self._make(unit)) for unit in datapath.units]
        for unit, component in units:
            if isinstance(component, OperationUnit):
                self._connect_operation(unit, component)
            else:
                self._connect_sum(unit, component)
        for register in datapath.dataflow.registers:
            load = datapath.loads[register.state]
            state = self.results[register.state]
            source = self.read(register.next, load)  # out here: a register made within the If would stop with bubbles
            with m.If(self._at(load) & self._valid_in(load)):
                m.d.sync += state.eq(source)
        end = datapath.latency_cycles - 1
        elements = dict(datapath.dataflow.outputs)
        fields = [
            self._extended(number, end, port.format.width)
            for port in self.kernel.outputs
            for number in elements[port.name]
        ]
        m.d.comb += self.kernel.result.eq(Cat(fields))
        m.d.sync += self.kernel.done.eq(self._valid_in(end - 1) & self._at(end - 1))
        self._count_phases()
        return m

    def _extended(self, number: int, cycle: int, width: int) -> Value:
        """Give the bits of a value, as many as wanted."""
        own = self.operations[number].format
        value = self.read(number, cycle)[: own.width]
        sign = value[-1] if own.signed else Const(0, 1)
        return Cat(value, sign.replicate(max(width - own.width, 0)))[:width]

    def _make(self, unit: Unit) -> OperationUnit | SumUnit | PlainSum:
        """Make a unit's component and note where its results come out."""
        first = self.operations[unit.bindings[0].operation]
        component: OperationUnit | SumUnit | PlainSum
        if unit.shape is None:
            component = OperationUnit(first, [self.operations[arg].format for arg in first.args])
        else:
            if self.kernel.plain:
                component = PlainSum(unit.shape)
            else:
                component = SumUnit(unit.shape, self.datapath.style, cuts=unit.cuts)
            if unit.shape.accumulates:
                last = Signal(unit.shape.result.width, name=f"{unit.name}_total", reset_less=True)
                self.m.d.sync += last.eq(component.result)
                self.accumulators.update({binding.operation: last for binding in unit.bindings})
        self.m.submodules[unit.name] = component
        self.kernel.unit_results[unit.name] = component.result
        for binding in unit.bindings:
            format = self.operations[binding.operation].format
            self.results[binding.operation] = read_as(component.result[: format.width], format)
        return component

    def _connect_operation(self, unit: Unit, component: OperationUnit) -> None:
        binding = unit.bindings[0]
        for place, arg in enumerate(self.operations[binding.operation].args):
            self.m.d.comb += getattr(component, f"arg_{place}").eq(self.read(arg, binding.start))

    def _connect_sum(self, unit: Unit, component: SumUnit | PlainSum) -> None:
        """Give every factor what the phase asks for."""
        shape = unit.shape
        assert shape is not None
        tasks = [(binding, binding.task) for binding in unit.bindings if binding.task is not None]
        for place, position in enumerate(shape.positions):
            for factor, format in enumerate(position.factors):
                by_phase: dict[int, Value] = {}
                for binding, task in tasks:
                    for step, positions in enumerate(task.steps):
                        cycle = binding.start + step
                        by_phase[cycle % self.interval] = self._operand(positions[place][factor], cycle, format)
                self.m.d.comb += component.factor(place, factor).eq(self._choose(by_phase))
        if shape.accumulates and isinstance(component, SumUnit):
            delay = len(unit.cuts)
            starts = {(binding.start + delay) % self.interval: task.initial for binding, task in tasks}
            first: Value = reduce(lambda a, b: a | b, [self._at(start) for start in starts])
            initial = {start: Const(value, shape_of(shape.result)) for start, value in starts.items()}
            self.m.d.comb += [
                component.first.eq(first),
                component.initial.eq(self._choose(dict(initial))),
            ]

    def _operand(self, operand: Operand, cycle: int, format: Format) -> Value:
        if operand.number is None:
            return Const(operand.constant, shape_of(format))
        return self.read(operand.number, cycle)

    def _at(self, cycle: int) -> Value:
        """Tell whether this is the phase of a cycle."""
        return Const(1, 1) if self.interval == 1 else self.phase == cycle % self.interval

    def _choose(self, by_phase: dict[int, Value]) -> Value:
        """Build a multiplexer tree over the bits of the phase; phases without a wish take a neighbour's."""

        def tree(bit: int, low: int) -> Value | None:
            if bit < 0:
                return by_phase.get(low)
            zero, one = tree(bit - 1, low), tree(bit - 1, low + (1 << bit))
            if zero is None or one is None:
                return one if zero is None else zero
            return zero if _same(zero, one) else Mux(self.phase[bit], one, zero)

        chosen = tree((self.interval - 1).bit_length() - 1, 0)
        assert chosen is not None
        return chosen

    def read(self, number: int, cycle: int) -> Value:
        """Give the value of an operation in a cycle: as it is made, or from the registers in which it waits."""
        operation = self.operations[number]
        match operation.kind:
            case Kind.CONSTANT:
                return Const(operation.place, shape_of(operation.format))
            case Kind.SLICE:
                end = operation.place + operation.format.width
                return read_as(self._extended(operation.args[0], cycle, end)[operation.place :], operation.format)
            case Kind.JOIN:
                parts = [self._extended(arg, cycle, self.operations[arg].format.width) for arg in operation.args]
                return read_as(Cat(parts), operation.format)
        produced = self.datapath.produced(number)
        if cycle <= produced:
            return self.results[number]
        if number in self.accumulators and self.datapath.waits[number] == produced + 1:
            return read_as(self.accumulators[number][: operation.format.width], operation.format)
        return self._wait(number, -(-(cycle - produced) // self.interval))

    def _wait(self, number: int, depth: int) -> Value:
        """Give the register at a depth of the chain in which a value waits."""
        if depth == 0:
            return self.results[number]
        if (number, depth) not in self.waiting:
            register = Signal(shape_of(self.operations[number].format), name=f"value_{number}_{depth}", reset_less=True)
            self.waiting[number, depth] = register
            source = self._wait(number, depth - 1)
            with self.m.If(self._at(self.datapath.produced(number))):
                self.m.d.sync += register.eq(source)
        return self.waiting[number, depth]

    def _valid_chain(self) -> list[Signal]:
        """Make the bits that say, for each token in flight, whether there is one."""
        chain = [Signal(name=f"valid_{place}") for place in range(1, self.datapath.intervals_in_flight + 1)]
        with self.m.If(self._at(-1)):
            for source, bit in zip([self.kernel.valid, *chain], chain, strict=False):
                self.m.d.sync += bit.eq(source)
        return chain

    def _valid_in(self, cycle: int) -> Value:
        """Tell whether the token that is in a cycle is a real one."""
        depth = -(-(cycle + 1) // self.interval)
        return self.valid[depth - 1] if depth else self.kernel.valid

    def _count_phases(self) -> None:
        """Count the phases; with no token in flight wait in the one that accepts."""
        m = self.m
        m.d.comb += self.kernel.accepts.eq(self._at(-1))
        if self.interval == 1:
            return
        busy = Cat(self.valid).any()
        with m.If(~self._at(-1)):
            m.d.sync += self.phase.eq(self.phase + 1)
        with m.Elif(self.kernel.valid | busy):
            m.d.sync += self.phase.eq(0)


def _starts(ports: Sequence[Port]) -> dict[str, int]:
    """Tell the lowest bit of each field."""
    starts, place = {}, 0
    for port in ports:
        starts[port.name] = place
        place += port.width
    return starts


def _same(left: Value, right: Value) -> bool:
    """Tell whether two values are the same signal or equal constants."""
    if isinstance(left, Const) and isinstance(right, Const):
        return bool(left.value == right.value)
    return left is right


class Top(wiring.Component):
    """A design as a stream processor: tokens in and results out by valid/ready, payloads in registers at both ends.

    While a result waits for its receiver the whole kernel stands still, so no token is lost, doubled or reordered.
    """

    inputs: stream.Interface
    outputs: stream.Interface

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        super().__init__(
            {"inputs": In(stream.Signature(len(kernel.payload))), "outputs": Out(stream.Signature(len(kernel.result)))}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        kernel = self.kernel
        advance = Signal()
        m.submodules.kernel = EnableInserter(advance)(kernel)
        m.d.comb += [
            advance.eq(~kernel.done | self.outputs.ready),
            kernel.payload.eq(self.inputs.payload),
            kernel.valid.eq(self.inputs.valid),
            self.inputs.ready.eq(advance & kernel.accepts),
            self.outputs.payload.eq(kernel.result),
            self.outputs.valid.eq(kernel.done),
        ]
        return m
