"""Passes over dataflow, one function each, in one readable list; every pass keeps the results of every token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hdlgen.dataflow import Dataflow, Kind, Operation, Register, Term

__all__ = ["PASSES", "drop_unused", "merge_sums", "rewrite"]


def _renumbered(dataflow: Dataflow, operations: Sequence[Operation], numbers: Mapping[int, int]) -> Dataflow:
    """Point outputs and registers to the new numbers of their operations."""
    return Dataflow(
        operations=tuple(operations),
        outputs=tuple((name, tuple(numbers[element] for element in elements)) for name, elements in dataflow.outputs),
        registers=tuple(
            Register(state=numbers[register.state], next=numbers[register.next], initial=register.initial)
            for register in dataflow.registers
            if register.state in numbers
        ),
    )


def _collected(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Add up the coefficients of terms with the same factors; those that cancel fall away."""
    coefficients: dict[tuple[int, ...], int] = {}
    for term in terms:
        factors = tuple(sorted(term.factors))
        coefficients[factors] = coefficients.get(factors, 0) + term.coefficient
    return tuple(Term(factors=factors, coefficient=c) for factors, c in coefficients.items() if c)


def _is_scaling(operation: Operation) -> bool:
    """Tell whether an operation is a value times a constant and nothing else."""
    return (
        operation.kind is Kind.SUM
        and operation.place == 0
        and len(operation.terms) == 1
        and len(operation.terms[0].factors) == 1
    )


def merge_sums(dataflow: Dataflow) -> Dataflow:
    """Write sums of sums as one sum, so that one heap can take all its partial products.

    A sum that is read once joins its reader; a value times a constant joins every reader. A sum that several read
    stays: it would be added several times.
    """
    uses = dataflow.uses()
    operations: list[Operation] = []
    for operation in dataflow.operations:
        if operation.kind is Kind.SUM:
            constant, terms = operation.place, list(operation.terms)
            merged: list[Term] = []
            while terms:
                term = terms.pop(0)
                inner = [operations[factor] for factor in term.factors]
                scaling = next((k for k, factor in enumerate(inner) if _is_scaling(factor)), None)
                if not term.factors:
                    constant += term.coefficient
                elif len(term.factors) == 1 and inner[0].kind is Kind.SUM and uses[term.factors[0]] == 1:
                    constant += term.coefficient * inner[0].place
                    joined = [replace(each, coefficient=each.coefficient * term.coefficient) for each in inner[0].terms]
                    terms = joined + terms
                elif scaling is not None:
                    source = inner[scaling].terms[0]
                    factors = (*term.factors[:scaling], *source.factors, *term.factors[scaling + 1 :])
                    terms.insert(0, Term(factors=factors, coefficient=term.coefficient * source.coefficient))
                elif any(factor.kind is Kind.CONSTANT for factor in inner):
                    known = next(k for k, factor in enumerate(inner) if factor.kind is Kind.CONSTANT)
                    factors = (*term.factors[:known], *term.factors[known + 1 :])
                    terms.insert(0, Term(factors=factors, coefficient=term.coefficient * inner[known].place))
                else:
                    merged.append(term)
            kept = _collected(merged)
            args = tuple(factor for term in kept for factor in term.factors)
            operation = replace(operation, place=constant, terms=kept, args=args)
        operations.append(operation)
    return replace(dataflow, operations=tuple(operations))


def drop_unused(dataflow: Dataflow) -> Dataflow:
    """Leave out what no output depends on; inputs stay only where they are read."""
    sources = {register.state: register.next for register in dataflow.registers}
    needed: set[int] = set()
    pending = list(dataflow.results())
    while pending:
        number = pending.pop()
        if number not in needed:
            needed.add(number)
            pending.extend(dataflow.operations[number].args)
            if number in sources:
                pending.append(sources[number])
    numbers: dict[int, int] = {}
    operations: list[Operation] = []
    for number, operation in enumerate(dataflow.operations):
        if number in needed:
            numbers[number] = len(operations)
            terms = tuple(replace(t, factors=tuple(numbers[f] for f in t.factors)) for t in operation.terms)
            args = tuple(numbers[arg] for arg in operation.args)
            operations.append(replace(operation, args=args, terms=terms))
    return _renumbered(dataflow, operations, numbers)


PASSES: tuple[Callable[[Dataflow], Dataflow], ...] = (merge_sums, drop_unused)
"""The passes, in their order."""


def rewrite(dataflow: Dataflow) -> Dataflow:
    """Run all passes, checking the dataflow after each."""
    for step in PASSES:
        dataflow = step(dataflow)
        dataflow.verify()
    return dataflow
