"""What a dataflow means, as integer terms: the claim that units are held to, one operation at a time."""

from __future__ import annotations

from hdlgen.dataflow import Dataflow, Kind, Operation
from sim.integers import Integers

__all__ = ["Unsupported", "dataflow_terms"]


class Unsupported(Exception):
    """An operation whose meaning has no term; the message says which."""


def dataflow_terms(dataflow: Dataflow, integers: Integers) -> list[int]:
    """Give the term of every operation; an input is the variable of its name, a state that of its operation's number.

    Raises: Unsupported for a sum that drops columns.
    """
    terms: list[int] = []
    for number, operation in enumerate(dataflow.operations):
        format = operation.format
        if operation.kind is Kind.INPUT:
            terms.append(integers.variable(operation.name, operation.place, format.low, format.high))
        elif operation.kind is Kind.STATE:
            terms.append(integers.variable("state", number, format.low, format.high))
        elif operation.kind is Kind.CONSTANT:
            terms.append(integers.constant(operation.place))
        else:
            exact = _result(dataflow, operation, terms, integers)
            terms.append(integers.wrap(exact, format.width, signed=format.signed))
    return terms


def _result(dataflow: Dataflow, operation: Operation, terms: list[int], integers: Integers) -> int:
    args = [terms[arg] for arg in operation.args]
    format = operation.format
    match operation.kind:
        case Kind.SUM:
            if operation.dropped:
                raise Unsupported("a sum leaves out columns")
            return _sum(operation, terms, integers)
        case Kind.AND | Kind.OR | Kind.XOR:
            return integers.bitwise(operation.kind.value, *args)
        case Kind.NOT:
            return integers.add((args[0], -1), (integers.constant(-1), 1))
        case Kind.EQUAL:
            return integers.zero(integers.add((args[0], 1), (args[1], -1)))
        case Kind.SELECT:
            return integers.choose(_holds(args[0], integers), args[1], args[2])
        case Kind.SATURATE:
            return integers.clip(args[0], format.low, format.high)
        case Kind.SHIFT_LEFT:
            return integers.multiply(args[0], integers.power(args[1]))
        case Kind.SHIFT_RIGHT:
            return integers.shifted(args[0], args[1])
        case Kind.SLICE:
            return integers.floor(args[0], operation.place)
        case Kind.JOIN:
            return _join(dataflow, operation, terms, integers)
        case Kind.TABLE:
            return integers.table(operation.values, args[0])
    raise Unsupported(f"{operation.kind.value} has no meaning here")


def _holds(term: int, integers: Integers) -> int:
    """Give 1 where a term is not 0."""
    if integers.ranges[term][0] >= 0 and integers.ranges[term][1] <= 1:
        return term
    return integers.add((integers.constant(1), 1), (integers.zero(term), -1))


def _sum(operation: Operation, terms: list[int], integers: Integers) -> int:
    weighted = [(integers.constant(operation.place), 1)]
    for term in operation.terms:
        value = integers.constant(1)
        for factor in term.factors:
            value = integers.multiply(value, terms[factor])
        weighted.append((value, term.coefficient))
    return integers.add(*weighted)


def _join(dataflow: Dataflow, operation: Operation, terms: list[int], integers: Integers) -> int:
    place, weighted = 0, list[tuple[int, int]]()
    for number, arg in enumerate(operation.args, start=1):
        width = dataflow.operations[arg].format.width
        # Of the topmost one the pattern alone counts, which the wrapping of the whole takes.
        term = terms[arg]
        if number < len(operation.args):
            term = integers.wrap(term, width, signed=False)
        weighted.append((term, 1 << place))
        place += width
    return integers.add(*weighted)
