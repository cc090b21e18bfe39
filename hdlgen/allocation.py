"""Allocate: decide which operations share a unit, and which sums are folded over several cycles.

With an initiation interval of `n` cycles a unit can work `n` times a token. A sum may take `fold` of these cycles,
adding some of its terms in each (the unit accumulates); and sums of the same make may take turns on one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hdlgen.arithmetic.sums import Position, SumShape
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.number import Format

__all__ = ["Allocation", "Operand", "Task", "Team", "allocate", "fold_of", "is_power_of_two", "multiplies"]


_FEWEST_ADDENDS = 4
"""Addends without a product that are worth an accumulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """What a factor reads: operation `number`, or a constant where that is None."""

    number: int | None
    constant: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A sum as its unit sees it.

    Args:
        operation: the sum.
        steps: for each cycle of the fold, for each position, the operands of its factors.
        initial: what an accumulating unit starts from.
    """

    operation: int
    steps: tuple[tuple[tuple[Operand, ...], ...], ...]
    initial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Tasks of the same make that may take turns, and the shape of a unit that can do each of them."""

    shape: SumShape
    tasks: tuple[Task, ...]

    @property
    def fold(self) -> int:
        """Tell how many cycles each task takes."""
        return len(self.tasks[0].steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The dataflow, prepared for sharing, with a team for every sum in it."""

    dataflow: Dataflow
    teams: tuple[Team, ...]


def _without_negative_products(dataflow: Dataflow) -> Dataflow:
    """Write `-a * b` as `~a * b + b`, so that products of both signs can take turns on one multiplier."""
    signs = {t.coefficient > 0 for operation in dataflow.operations for t in operation.terms if len(t.factors) == 2}
    if len(signs) < 2:
        return dataflow
    operations: list[Operation] = []
    numbers: dict[int, int] = {}
    inverted: dict[int, int] = {}
    for old, operation in enumerate(dataflow.operations):
        terms: list[Term] = []
        for term in operation.terms:
            factors = tuple(numbers[factor] for factor in term.factors)
            if len(factors) == 1 or term.coefficient > 0:
                terms.append(replace(term, factors=factors))
                continue
            source = operations[factors[0]]
            if factors[0] not in inverted:
                low, high = ~source.high, ~source.low
                format = source.format if source.format.signed else Format(width=source.format.width + 1)
                inverted[factors[0]] = len(operations)
                operations.append(Operation(kind=Kind.NOT, format=format, args=(factors[0],), low=low, high=high))
            terms.append(Term(factors=(inverted[factors[0]], factors[1]), coefficient=-term.coefficient))
            terms.append(Term(factors=(factors[1],), coefficient=-term.coefficient))
        args = tuple(f for t in terms for f in t.factors) if terms else tuple(numbers[arg] for arg in operation.args)
        numbers[old] = len(operations)
        operations.append(replace(operation, terms=tuple(terms), args=args))
    return Dataflow(
        operations=tuple(operations),
        outputs=tuple((name, tuple(numbers[element] for element in elements)) for name, elements in dataflow.outputs),
        registers=tuple(replace(r, state=numbers[r.state], next=numbers[r.next]) for r in dataflow.registers),
    )


Make = tuple[int, int]
"""What a position must be to take a term: its number of factors and its coefficient."""


def _classes(operation: Operation, *, general: bool) -> dict[Make, list[tuple[Operand, ...]]]:
    """Sort the terms of a sum by make.

    Where `general`, terms of one factor with different coefficients become products with a constant.
    """
    single = {term.coefficient for term in operation.terms if len(term.factors) == 1}
    classes: dict[Make, list[tuple[Operand, ...]]] = {}
    for term in operation.terms:
        operands = tuple(Operand(number=factor) for factor in term.factors)
        if len(operands) == 1 and general and len(single) > 1:
            made = (*operands, Operand(number=None, constant=term.coefficient))
            classes.setdefault((2, 1), []).append(made)
        else:
            classes.setdefault((len(operands), term.coefficient), []).append(operands)
    return classes


def _join(formats: Sequence[Format]) -> Format:
    return Format.holding(min(format.low for format in formats), max(format.high for format in formats))


def _format(operations: Sequence[Operation], operand: Operand) -> Format:
    if operand.number is None:
        return Format.holding(operand.constant, operand.constant)
    return operations[operand.number].format


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A sum spread over the cycles of its fold: for each make of position its columns, each with an entry a cycle."""

    operation: int
    initial: int
    dropped: int
    columns: dict[Make, list[list[tuple[Operand, ...]]]]


def _draft(number: int, operation: Operation, fold: int, *, general: bool) -> _Draft:
    """Spread the terms of a sum over the cycles of its fold."""
    columns: dict[Make, list[list[tuple[Operand, ...]]]] = {}
    for make, members in sorted(_classes(operation, general=general).items()):
        chunks = [members[start : start + fold] for start in range(0, len(members), fold)]
        columns[make] = [chunk + [_idle(make)] * (fold - len(chunk)) for chunk in chunks]
    return _Draft(operation=number, initial=operation.place, dropped=operation.dropped, columns=columns)


def _is_square(operands: Sequence[Operand]) -> bool:
    return operands[0] == operands[1]


def _idle(make: Make) -> tuple[Operand, ...]:
    return (Operand(number=None),) * make[0]


def _team(operations: Sequence[Operation], drafts: Sequence[_Draft], fold: int) -> Team:
    """Find the shape of a unit that can do each of some sums, and give them what it needs."""
    constants = {draft.initial for draft in drafts}
    varying = fold == 1 and len(constants) > 1
    makes = [
        make
        for make in sorted({make for draft in drafts for make in draft.columns})
        for _ in range(max(len(draft.columns.get(make, ())) for draft in drafts))
    ]
    tasks = []
    for draft in drafts:
        sources = {make: iter(columns) for make, columns in draft.columns.items()}
        rows = [next(sources.get(make, iter(())), [_idle(make)] * fold) for make in makes]
        if varying:
            rows.append([(Operand(number=None, constant=draft.initial),)])
        steps = tuple(tuple(row[step] for row in rows) for step in range(fold))
        tasks.append(Task(operation=draft.operation, steps=steps, initial=draft.initial >> draft.dropped))
    positions = tuple(
        Position(
            factors=tuple(
                _join([_format(operations, step[place][factor]) for task in tasks for step in task.steps])
                for factor in range(factors)
            ),
            coefficient=coefficient,
            squared=factors == 2 and all(_is_square(step[place]) for task in tasks for step in task.steps),
        )
        for place, (factors, coefficient) in enumerate([*makes, (1, 1)] if varying else makes)
    )
    shape = SumShape(
        positions=positions,
        constant=constants.pop() if fold == 1 and not varying else 0,
        result=_join([operations[task.operation].format for task in tasks]),
        accumulates=fold > 1,
        dropped=drafts[0].dropped,
    )
    return Team(shape=shape, tasks=tuple(tasks))


def is_power_of_two(coefficient: int) -> bool:
    """Tell whether multiplying by a constant is wiring, and a subtraction at the most."""
    return not abs(coefficient) & (abs(coefficient) - 1)


def multiplies(operation: Operation) -> bool:
    """Tell whether a sum holds a product, or a constant that is no power of two."""
    return any(len(term.factors) == 2 or not is_power_of_two(term.coefficient) for term in operation.terms)


def fold_of(operation: Operation, fold: int) -> int:
    """Choose the fold of one sum: the largest divisor of the wanted one that leaves every cycle a term.

    A few addends without a product are added at once: an accumulator would cost more than their adders.
    """
    terms = len(operation.terms)
    if not multiplies(operation) and terms < _FEWEST_ADDENDS:
        return 1
    return max(cycles for cycles in range(1, fold + 1) if fold % cycles == 0 and cycles <= max(terms, 1))


def allocate(dataflow: Dataflow, *, interval: int, fold: int) -> Allocation:
    """Put every sum into a team.

    Args:
        interval: cycles between tokens.
        fold: cycles that a sum with enough terms takes; divides the interval.
    """
    if interval % fold:
        raise ValueError(f"allocate: fold must divide the interval of {interval} cycles, not {fold!r}")
    if interval > 1:
        dataflow = _without_negative_products(dataflow)
    shared: dict[tuple[tuple[tuple[Make, int], ...], int, int, int], list[_Draft]] = {}
    for number, operation in enumerate(dataflow.operations):
        if operation.kind is not Kind.SUM:
            continue
        cycles = fold_of(operation, fold)
        draft = _draft(number, operation, cycles, general=interval > 1 and multiplies(operation))
        products = tuple((make, len(columns)) for make, columns in sorted(draft.columns.items()) if make[0] == 2)
        # An adder alone is cheaper than the multiplexers that would let others use it.
        alone = interval == 1 or (not products and cycles == 1)
        key = (products, cycles, operation.dropped, number if alone else -1)
        shared.setdefault(key, []).append(draft)
    teams = tuple(_team(dataflow.operations, drafts, cycles) for (_, cycles, _, _), drafts in shared.items())
    return Allocation(dataflow=dataflow, teams=teams)
