"""Deviation rules: what each kind of operation makes of arguments that are not exact, and how it is written then."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hdlgen.arithmetic.sums import Position, SumStyle
from hdlgen.arithmetic.truncation import kept_bits, left_out
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.limits import MAX_WIDTH
from hdlgen.linear_forms import LinearForms
from hdlgen.number import Format

__all__ = ["DeviatedValue", "DeviationPass", "Range"]

Range = tuple[int, int]

_BIT = Format(width=1, signed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviatedValue:
    """An operation of the exact dataflow, as the approximate one has it.

    Args:
        number: approximate operation, which counts in units of `2**scale` of the exact one's.
        low, high: range that the approximate value keeps, in the exact one's units, as are:
        below, above: least and greatest difference from the exact value.
        share: the same as one number, without the jumps of rounding; no proof, only a guide.
    """

    number: int
    scale: int = 0
    low: int
    high: int
    below: int = 0
    above: int = 0
    share: float = 0.0

    @property
    def exact(self) -> bool:
        return self.below == self.above == 0


def _product(left: Range, right: Range) -> Range:
    corners = [a * b for a in left for b in right]
    return min(corners), max(corners)


def _is_sign(operation: Operation, source: Operation) -> bool:
    """Tell whether a slice is the sign of what it is taken from."""
    top = source.format.width - 1
    return operation.format == _BIT and source.format.signed and operation.place == top and source.low < 0


def _rounded_in(low: int, high: int, scale: int) -> Range:
    """Give the range in units of `2**scale` of what counts in such units."""
    return -(-low >> scale), high >> scale


def _zeros(number: int) -> int:
    """Count the zeros below the lowest one of a number that is not 0."""
    return (number & -number).bit_length() - 1


class DeviationPass:
    """One pass over the operations, with what states are assumed to be off by."""

    def __init__(
        self,
        dataflow: Dataflow,
        columns: Mapping[int, int],
        style: SumStyle,
        lost: Mapping[int, Range],
        states: Mapping[int, tuple[int, int, float]],
        ties: Mapping[int, Range],
    ) -> None:
        self.exact = dataflow.operations
        self.forms = LinearForms(dataflow.operations)
        self.ties = ties
        self.columns, self.style, self.lost, self.states = columns, style, lost, states
        self.operations: list[Operation] = []
        self.values: dict[int, DeviatedValue] = {}
        self.costs: dict[int, int] = {}
        self.origins: dict[int, int] = {}
        self._whole: dict[tuple[int, int], int] = {}

    def visit(self, number: int) -> None:
        """Write one operation, whose arguments have been visited."""
        operation = self.exact[number]
        match operation.kind:
            case Kind.INPUT | Kind.CONSTANT:
                value = self._made(operation)
            case Kind.STATE:
                below, above, share = self.states.get(number, (0, 0, 0.0))
                low, high = operation.low + below, operation.high + above
                format = operation.format if operation.format.holds(low, high) else Format.holding(low, high)
                made = self._add(replace(operation, format=format, low=low, high=high))
                value = DeviatedValue(number=made, low=low, high=high, below=below, above=above, share=share)
            case Kind.SUM:
                value = self._sum(number, operation)
            case Kind.SLICE:
                value = self._slice(operation)
            case Kind.SATURATE:
                value = self.saturated(self.values[operation.args[0]], operation)
            case Kind.SELECT:
                value = self._select(operation)
            case _:
                value = self._other(operation)
        self.values[number] = value

    def _add(self, operation: Operation) -> int:
        self.operations.append(operation)
        return len(self.operations) - 1

    def _made(self, operation: Operation) -> DeviatedValue:
        return DeviatedValue(number=self._add(operation), low=operation.low, high=operation.high)

    def whole(self, value: DeviatedValue, scale: int = 0) -> int:
        """Give a value in units of `2**scale`: zeros are put below it, and only constants are given in coarser ones."""
        added = value.scale - scale
        if added == 0:
            return value.number
        if added < 0:
            bound = value.low >> scale
            format = Format.holding(bound, bound)
            return self._add(Operation(kind=Kind.CONSTANT, format=format, place=bound, low=bound, high=bound))
        if (value.number, added) not in self._whole:
            zeros = Operation(kind=Kind.CONSTANT, format=Format(width=added, fraction=0, signed=False), low=0, high=0)
            source = self.operations[value.number]
            format = replace(source.format, width=source.format.width + added)
            join = Operation(
                kind=Kind.JOIN,
                format=format,
                args=(self._add(zeros), value.number),
                low=source.low << added,
                high=source.high << added,
            )
            self._whole[value.number, added] = self._add(join)
        return self._whole[value.number, added]

    def _coarsest(self, value: DeviatedValue) -> int:
        """Tell in which units at the most a value can be given: a constant in any that divide it."""
        operation = self.operations[value.number]
        if operation.kind is not Kind.CONSTANT or value.scale:
            return value.scale
        return _zeros(operation.place) if operation.place else MAX_WIDTH

    def as_before(self, value: DeviatedValue, format: Format) -> int:
        """Give a value in the format that its exact one has; beyond it, it wraps around."""
        number = self.whole(value)
        if self.operations[number].format == format:
            return number
        low, high = value.low, value.high
        if not format.holds(low, high):
            low, high = format.low, format.high
        return self._add(Operation(kind=Kind.SLICE, format=format, args=(number,), low=low, high=high))

    def _other(self, operation: Operation) -> DeviatedValue:
        """Write an operation of which nothing is known but its format, where an argument is not exact."""
        values = [self.values[arg] for arg in operation.args]
        args = tuple(
            self.as_before(value, self.exact[arg].format) for value, arg in zip(values, operation.args, strict=True)
        )
        if all(value.exact for value in values):
            return self._made(replace(operation, args=args))
        low, high = operation.format.low, operation.format.high
        number = self._add(replace(operation, args=args, low=low, high=high))
        below, above = low - operation.high, high - operation.low
        return DeviatedValue(number=number, low=low, high=high, below=below, above=above, share=float(above - below))

    def _select(self, operation: Operation) -> DeviatedValue:
        condition, yes, no = (self.values[arg] for arg in operation.args)
        scale = min(self._coarsest(yes), self._coarsest(no))
        low, high = min(yes.low, no.low), max(yes.high, no.high)
        below, above, share = min(yes.below, no.below), max(yes.above, no.above), max(yes.share, no.share)
        if not condition.exact:  # the other choice may be taken than the exact one
            wrong = self._by_sign(operation) or self._by_range(operation)
            below, above = min(below, wrong[0]), max(above, wrong[1])
            share = max(share, wrong[2])
        args = (
            self.as_before(condition, self.exact[operation.args[0]].format),
            self.whole(yes, scale),
            self.whole(no, scale),
        )
        bounds = _rounded_in(low, high, scale)
        number = self._add(replace(operation, format=Format.holding(*bounds), args=args, low=bounds[0], high=bounds[1]))
        return DeviatedValue(number=number, scale=scale, low=low, high=high, below=below, above=above, share=share)

    def _by_range(self, operation: Operation) -> tuple[int, int, float]:
        """Bound how far a wrong choice is off by what the choices can be."""
        yes, no = (self.values[arg] for arg in operation.args[1:])
        right, other = (self.exact[arg] for arg in operation.args[1:])
        below = min(no.low - right.high, yes.low - other.high)
        above = max(no.high - right.low, yes.high - other.low)
        return below, above, float(max(-below, above))

    def _by_sign(self, operation: Operation) -> tuple[int, int, float] | None:
        """Bound how far a wrong choice is off where the sign of what the choices differ by makes it.

        A choice by the sign of `s`, as in `max`, `min` and `abs`, between values that differ by `k * s + m`, is wrong
        only where `s` is nearer to 0 than it is off itself: there the values are about as near to each other.
        """
        condition, *choices = operation.args
        chooser = self.exact[condition]
        if chooser.kind is not Kind.SLICE or not _is_sign(chooser, self.exact[chooser.args[0]]):
            return None
        found = self.forms.multiple((choices[0], choices[1]), chooser.args[0])
        if found is None:
            return None
        factor, constant = found
        sign, (yes, no) = self.values[chooser.args[0]], (self.values[choice] for choice in choices)
        below = above = 0
        if sign.above > 0:  # below 0, but taken for 0 or more: `no` instead of `yes`
            ends = [-(factor * s + constant) for s in (-sign.above, -1)]
            below = min(below, no.below + math.floor(min(ends)))
            above = max(above, no.above + math.ceil(max(ends)))
        if sign.below < 0:  # 0 or more, but taken for less: `yes` instead of `no`
            ends = [factor * s + constant for s in (0, -sign.below - 1)]
            below = min(below, yes.below + math.floor(min(ends)))
            above = max(above, yes.above + math.ceil(max(ends)))
        return below, above, float(abs(factor)) * sign.share + float(abs(constant))

    def saturated(self, value: DeviatedValue, operation: Operation) -> DeviatedValue:
        """Clip to the format of an exact operation: that brings no value farther from one within the format."""
        format = operation.format
        low, high = (min(max(bound, format.low), format.high) for bound in (value.low, value.high))
        number = self._add(Operation(kind=Kind.SATURATE, format=format, args=(self.whole(value),), low=low, high=high))
        below, above = min(value.below, 0), max(value.above, 0)
        return DeviatedValue(number=number, low=low, high=high, below=below, above=above, share=value.share)

    def _slice(self, operation: Operation) -> DeviatedValue:
        source, value = self.exact[operation.args[0]], self.values[operation.args[0]]
        place, format = operation.place, operation.format
        if format.holds(source.low >> place, source.high >> place):  # a floor, which nothing wraps around
            below, above = value.below >> place, (value.above + (1 << place) - 1) >> place
            low = max(value.low >> place, operation.low + below)
            high = min(value.high >> place, operation.high + above)
            format = format if format.holds(low, high) else Format.holding(low, high)
        elif _is_sign(operation, source):  # wherever it is now
            low, high = int(value.high < 0), int(value.low < 0)
            below, above = (0, 0) if value.exact else (low - operation.high, high - operation.low)
            place = self.operations[value.number].format.width - 1 + value.scale
            if low == high:
                constant = Operation(kind=Kind.CONSTANT, format=_BIT, place=low, low=low, high=high)
                return DeviatedValue(
                    number=self._add(constant), low=low, high=high, below=below, above=above, share=1.0
                )
        else:
            low, high = (operation.low, operation.high) if value.exact else (format.low, format.high)
            below, above = (0, 0) if value.exact else (low - operation.high, high - operation.low)
        number, scale = value.number, value.scale
        if place < scale:
            number, scale = self.whole(value, place), place
        if place > scale or self.operations[number].format != format:
            made = replace(operation, format=format, args=(number,), place=place - scale, low=low, high=high)
            number = self._add(made)
        share = math.ldexp(value.share, -operation.place)
        return DeviatedValue(number=number, low=low, high=high, below=below, above=above, share=share)

    def _sum(self, number: int, operation: Operation) -> DeviatedValue:
        """Write a sum without its lowest columns, its constant moved so that the difference lies about zero."""
        below, above = self.ties.get(number, (0, 0))
        low = high = 0
        share = 0.0
        terms = []
        for term in operation.terms:
            values = [self.values[factor] for factor in term.factors]
            exact = [(self.exact[factor].low, self.exact[factor].high) for factor in term.factors]
            off, span, doubt = _products_off(values, exact)
            off, span = (_product(bounds, (term.coefficient, term.coefficient)) for bounds in (off, span))
            below, above, low, high = below + off[0], above + off[1], low + span[0], high + span[1]
            share += abs(term.coefficient) * doubt
            scale = sum(value.scale for value in values)
            terms.append(Term(factors=tuple(value.number for value in values), coefficient=term.coefficient << scale))
        columns = self.columns.get(number, 0)
        zeros = min((_zeros(term.coefficient) for term in terms), default=0)
        if not columns and operation.place:
            zeros = min(zeros, _zeros(operation.place))
        terms = [replace(term, coefficient=term.coefficient >> zeros) for term in terms]
        positions = [
            Position(
                factors=tuple(self.operations[factor].format for factor in term.factors),
                coefficient=term.coefficient,
                squared=len(term.factors) == 2 and term.factors[0] == term.factors[1],
            )
            for term in terms
        ]
        lost = self.lost.get(number)
        if lost is None:
            each = [left_out(position, self.style, columns) for position in positions]
            lost = sum(least for least, _ in each), sum(most for _, most in each)
        below, above = below - (lost[1] << zeros), above - (lost[0] << zeros)
        low, high = low - (lost[1] << zeros), high - (lost[0] << zeros)
        share += (lost[1] - lost[0]) * 2.0 ** (zeros - 1)
        scale, place = zeros + columns, operation.place
        if columns:
            wanted = place - (below + above) // 2
            place = (wanted + (1 << scale >> 1)) >> scale << scale
            below, above = below + place - operation.place, above + place - operation.place
        low = max(low + place, operation.low + below)
        high = min(high + place, operation.high + above)
        if not columns and not place and len(terms) == 1 and terms[0].coefficient == 1 and len(terms[0].factors) == 1:
            made = terms[0].factors[0]
        else:
            least, most = _rounded_in(low, high, scale)
            format = Format.holding(least, most)
            args = tuple(factor for term in terms for factor in term.factors)
            made = self._add(
                Operation(
                    kind=Kind.SUM,
                    format=format,
                    args=args,
                    terms=tuple(terms),
                    place=place >> zeros,
                    dropped=columns,
                    low=least,
                    high=most,
                )
            )
            self.origins[made] = number
            if len(terms) > 1 or any(position.factors[1:] or position.coefficient != 1 for position in positions):
                kept = sum(kept_bits(position, self.style, columns) for position in positions)
                self.costs[number] = kept + format.width
        return DeviatedValue(number=made, scale=scale, low=low, high=high, below=below, above=above, share=share)


def _products_off(values: Sequence[DeviatedValue], exact: Sequence[Range]) -> tuple[Range, Range, float]:
    """Bound how far a product of one or two values is off, the product itself, and the guide to the former."""
    first = values[0]
    if len(values) == 1:
        return (first.below, first.above), (first.low, first.high), first.share
    second = values[1]
    off = [
        _product(exact[0], (second.below, second.above)),
        _product((second.low, second.high), (first.below, first.above)),
    ]
    doubt = max(map(abs, exact[0])) * second.share + max(abs(second.low), abs(second.high)) * first.share
    span = _product((first.low, first.high), (second.low, second.high))
    return (off[0][0] + off[1][0], off[0][1] + off[1][1]), span, float(doubt)
