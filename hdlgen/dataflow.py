"""Dataflow: the scalar form of a graph, raw integers only, as the back end schedules and builds it.

Every operation has one integer result. Arithmetic is one kind, the sum of products; wiring (slices, joins) is free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hdlgen.number import Format

__all__ = ["FREE", "Dataflow", "Kind", "Operation", "Register", "Term", "sources"]


class Kind(StrEnum):
    """What an operation does with the raw integers of its arguments."""

    INPUT = "input"  # element `place` of the payload field `name`
    CONSTANT = "constant"  # `place`
    STATE = "state"  # what its register held when the token came
    SUM = "sum"  # constant `place` plus the terms
    AND = "and"
    OR = "or"
    XOR = "xor"
    NOT = "not"
    EQUAL = "equal"
    SELECT = "select"  # args[0] is not 0 ? args[1] : args[2]
    SATURATE = "saturate"  # clipped to the format
    SHIFT_LEFT = "shift_left"  # args[0] << args[1]
    SHIFT_RIGHT = "shift_right"  # floor of args[0] / 2**args[1]
    SLICE = "slice"  # bits from `place` on, read in the format
    JOIN = "join"  # bits side by side, args[0] lowest
    TABLE = "table"  # values[args[0]]


FREE = frozenset({Kind.INPUT, Kind.CONSTANT, Kind.STATE, Kind.SLICE, Kind.JOIN})
"""The kinds that cost neither area nor delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`coefficient` times the product of one or two values, given by their operation numbers."""

    factors: tuple[int, ...]
    coefficient: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One scalar operation.

    Args:
        kind: what it does.
        format: integer format of the result (fraction 0).
        args: numbers of the operations that it reads; for a sum, the factors of its terms in order.
        terms: the terms of a sum.
        place: constant, lowest bit or element, as the kind says.
        dropped: lowest columns that a sum may leave out when it is added up; its result counts in units of
            `2**dropped`, and how near it comes depends on how it is built.
        name: port of an input.
        values: of a table, one for each number that the unsigned format of its argument holds.
        low, high: least and greatest raw result that can occur.
    """

    kind: Kind
    format: Format
    args: tuple[int, ...] = ()
    terms: tuple[Term, ...] = ()
    place: int = 0
    dropped: int = 0
    name: str = ""
    values: tuple[int, ...] = ()
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """State over tokens: operation `state` gives what operation `next` gave one token ago, `initial` at first."""

    state: int
    next: int
    initial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataflow:
    """Scalar operations in static single assignment.

    Args:
        operations: each reads earlier ones only; feedback runs through registers.
        outputs: for each output port its name and its elements' operations, row-major.
        registers: the states.
    """

    operations: tuple[Operation, ...]
    outputs: tuple[tuple[str, tuple[int, ...]], ...]
    registers: tuple[Register, ...] = ()

    def verify(self) -> None:
        """Check the invariants that every pass must keep.

        Raises: ValueError that names the first operation out of order.
        """
        states = {register.state for register in self.registers}
        for number, operation in enumerate(self.operations):
            if any(not 0 <= arg < number for arg in operation.args):
                raise ValueError(f"dataflow: operation {number} must read earlier operations, not {operation.args!r}")
            if operation.kind is Kind.SUM and operation.args != tuple(f for t in operation.terms for f in t.factors):
                raise ValueError(f"dataflow: operation {number} must list the factors of its terms as arguments")
            if (operation.kind is Kind.STATE) != (number in states):
                raise ValueError(f"dataflow: operation {number} must be a state exactly where a register holds it")
            if operation.kind is Kind.TABLE:
                index = self.operations[operation.args[0]].format
                if index.signed or len(operation.values) != 1 << index.width:
                    raise ValueError(
                        f"dataflow: operation {number} must have a value for each number without sign of"
                        f" {index.width} bits, not {len(operation.values)} for {index}"
                    )
            if not operation.format.low <= operation.low <= operation.high <= operation.format.high:
                raise ValueError(
                    f"dataflow: operation {number} must fit {operation.format}, not {operation.low} to {operation.high}"
                )
        for number in [*self.results(), *(register.next for register in self.registers)]:
            if not 0 <= number < len(self.operations):
                raise ValueError(f"dataflow: a result must be an operation, not {number}")

    def results(self) -> Iterator[int]:
        """List the operations of all outputs, first port and element first."""
        for _, elements in self.outputs:
            yield from elements

    def uses(self) -> list[int]:
        """Count how often each operation is read: by operations, registers and outputs."""
        counts = [0] * len(self.operations)
        for operation in self.operations:
            for arg in operation.args:
                counts[arg] += 1
        for number in [*self.results(), *(register.next for register in self.registers)]:
            counts[number] += 1
        return counts

    def run(self, tokens: Sequence[Mapping[str, Sequence[int]]]) -> list[dict[str, list[int]]]:
        """Evaluate a stream of tokens, one Python integer at a time; for tests of passes against the golden model.

        Args:
            tokens: for each token the raw elements of every input port, row-major.
        Returns: for each token the raw elements of every output port.
        """
        state = {register.state: register.initial for register in self.registers}
        results = []
        for token in tokens:
            values: list[int] = []
            for number, operation in enumerate(self.operations):
                values.append(self._result(operation, values, token, state.get(number, 0)))
            results.append({name: [values[element] for element in elements] for name, elements in self.outputs})
            state = {register.state: values[register.next] for register in self.registers}
        return results

    def _result(
        self, operation: Operation, values: Sequence[int], token: Mapping[str, Sequence[int]], state: int
    ) -> int:
        args = [values[arg] for arg in operation.args]
        match operation.kind:
            case Kind.INPUT:
                return token[operation.name][operation.place]
            case Kind.CONSTANT:
                return operation.place
            case Kind.STATE:
                return state
            case Kind.SUM:
                total = operation.place
                for term in operation.terms:
                    product = term.coefficient
                    for factor in term.factors:
                        product *= values[factor]
                    total += product
                return total >> operation.dropped
            case Kind.AND:
                return args[0] & args[1]
            case Kind.OR:
                return args[0] | args[1]
            case Kind.XOR:
                return args[0] ^ args[1]
            case Kind.NOT:
                return _read(~args[0], operation.format)
            case Kind.EQUAL:
                return int(args[0] == args[1])
            case Kind.SELECT:
                return args[1] if args[0] else args[2]
            case Kind.SATURATE:
                return min(max(args[0], operation.format.low), operation.format.high)
            case Kind.SHIFT_LEFT:
                return args[0] << args[1]
            case Kind.SHIFT_RIGHT:
                return args[0] >> args[1]
            case Kind.SLICE:
                return _read(args[0] >> operation.place, operation.format)
            case Kind.TABLE:
                return operation.values[args[0]]
            case Kind.JOIN:
                return _read(self._joined(operation, values), operation.format)

    def _joined(self, operation: Operation, values: Sequence[int]) -> int:
        """Put the arguments' patterns side by side, the first one lowest."""
        pattern, place = 0, 0
        for arg in operation.args:
            width = self.operations[arg].format.width
            pattern |= (values[arg] & ((1 << width) - 1)) << place
            place += width
        return pattern


def _read(pattern: int, format: Format) -> int:
    """Read the low bits of a pattern in a format."""
    bits = pattern & ((1 << format.width) - 1)
    return bits - (1 << format.width) if format.signed and bits >> (format.width - 1) else bits


def sources(operations: Sequence[Operation], number: int) -> list[int]:
    """Follow wiring back to the operations, inputs or states that it is taken from."""
    operation = operations[number]
    if operation.kind in (Kind.SLICE, Kind.JOIN):
        return [source for arg in operation.args for source in sources(operations, arg)]
    return [number]
