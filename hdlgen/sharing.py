"""Sharing: a pass over dataflow that makes what several sums of shifted values have in common once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from hdlgen.arithmetic.subexpressions import Combination, find_network, pairs_of
from hdlgen.dataflow import Dataflow, Kind, Operation, Register, Term
from hdlgen.limits import MAX_SHARED_PAIRS
from hdlgen.number import Format

__all__ = ["SHARINGS", "Sharing", "share", "sharings_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How far subexpressions are shared before heaps add what is left.

    Args:
        adder_cost: what a bit of a carry-propagating adder counts, in full adders of a heap.
        depth: shared values that may stand behind each other, at the most.
    """

    adder_cost: float
    depth: int


SHARINGS: Mapping[str, Sharing] = {
    "shared": Sharing(adder_cost=0.9, depth=8),
    "shared_less": Sharing(adder_cost=1.3, depth=2),
    "shared_once": Sharing(adder_cost=1.7, depth=1),
}
"""By name, from the smallest area to the shortest period; each is a choice of the knob `constants`."""


def _combination(operation: Operation) -> Combination:
    """Give the terms of a sum that have one factor."""
    return {term.factors[0]: term.coefficient for term in operation.terms if len(term.factors) == 1}


def _args(terms: Sequence[Term]) -> tuple[int, ...]:
    return tuple(factor for term in terms for factor in term.factors)


@lru_cache(maxsize=16)
def share(dataflow: Dataflow, sharing: Sharing) -> Dataflow:
    """Let sums read shared values: each a sum of its own, placed before the first that reads it.

    Args:
        dataflow: rewritten dataflow, in which each sum names a factor that stands alone once.
    Returns: a dataflow with the same results; the very same one where nothing is worth sharing.
    """
    sums = {n: found for n, o in enumerate(dataflow.operations) if o.kind is Kind.SUM and (found := _combination(o))}
    if pairs_of(sums.values()) > MAX_SHARED_PAIRS:
        return dataflow
    factors = sorted({factor for found in sums.values() for factor in found})
    places = {factor: place for place, factor in enumerate(factors)}
    network = find_network(
        [{places[factor]: c for factor, c in found.items()} for found in sums.values()],
        [(dataflow.operations[factor].low, dataflow.operations[factor].high) for factor in factors],
        adder_cost=sharing.adder_cost,
        depth=sharing.depth,
    )
    if not network.shared:
        return dataflow
    outputs = dict(zip(sums, network.outputs, strict=True))
    operations: list[Operation] = []
    numbers: dict[int, int] = {}
    values: dict[int, int] = {}

    def value(number: int) -> int:
        """Give the operation of a value of the network, made now unless it is there."""
        if number < network.inputs:
            return numbers[factors[number]]
        if number not in values:
            combination = network.shared[number - network.inputs]
            terms = tuple(Term(factors=(value(part),), coefficient=c) for part, c in combination.items())
            low, high = network.ranges[number]
            values[number] = len(operations)
            format = Format.holding(low, high)
            operations.append(
                Operation(kind=Kind.SUM, format=format, args=_args(terms), terms=terms, low=low, high=high)
            )
        return values[number]

    for old, operation in enumerate(dataflow.operations):
        if operation.kind is Kind.SUM:
            products = [term for term in operation.terms if len(term.factors) != 1]
            terms = (
                *(replace(t, factors=tuple(numbers[factor] for factor in t.factors)) for t in products),
                *(Term(factors=(value(part),), coefficient=c) for part, c in outputs.get(old, {}).items()),
            )
            operation = replace(operation, terms=terms, args=_args(terms))
        else:
            operation = replace(operation, args=tuple(numbers[arg] for arg in operation.args))
        numbers[old] = len(operations)
        operations.append(operation)
    shared = Dataflow(
        operations=tuple(operations),
        outputs=tuple((name, tuple(numbers[element] for element in elements)) for name, elements in dataflow.outputs),
        registers=tuple(
            Register(state=numbers[register.state], next=numbers[register.next], initial=register.initial)
            for register in dataflow.registers
        ),
    )
    shared.verify()
    return shared


def sharings_of(dataflow: Dataflow) -> tuple[str, ...]:
    """Name the ways of sharing that give this dataflow different hardware."""
    found: dict[Dataflow, str] = {}
    for name, sharing in SHARINGS.items():
        shared = share(dataflow, sharing)
        if shared != dataflow:  # not `is`: what is kept may be an equal dataflow of an earlier caller
            found.setdefault(shared, name)
    return tuple(found.values())
