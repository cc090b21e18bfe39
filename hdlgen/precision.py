"""Precision: how many columns each sum leaves out, so that an allowed share of the error is used where it saves most.

The search is greedy: of the sums that meet in the same outputs, the one that saves most adders for its part of the
error leaves out more columns, until none can. It decides nothing about soundness: the design that comes out is proved
again as a whole, on the units that it is really built of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hdlgen.allocation import Allocation, Operand, allocate, multiplies
from hdlgen.arithmetic.sums import Position, SumStyle
from hdlgen.arithmetic.truncation import left_out
from hdlgen.dataflow import Dataflow, Kind
from hdlgen.deviation import Deviated, deviate
from hdlgen.deviation_rules import Range
from hdlgen.ties import without_ties

__all__ = ["PRECISIONS", "Truncated", "needed", "truncate"]

PRECISIONS = (0, 25, 50, 75, 100)
"""The choices of the knob: percent of the allowed error that truncation may use; the first is exact."""

_STEPS = (1, 2, 3, 5, 8)
"""Columns more that are tried at once."""

_MOST_GROUPS = 12
"""Groups of sums in one search; beyond them, sums as far from the inputs as each other move together."""

_PROOFS = 6
_RETREATS = 8

_Group = tuple[int, ...]
"""Sums that leave out equally many columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncated:
    """What takes the place of an exact dataflow.

    Args:
        dataflow: the operations, sums with the columns that they leave out.
        bound_lsb: proved: no element of an output is farther from the exact one, whatever the inputs are.
        columns: for each sum of the exact dataflow how many columns it leaves out, where it does.
    """

    dataflow: Dataflow
    bound_lsb: float
    columns: Mapping[int, int]


def truncate(
    dataflow: Dataflow, style: SumStyle, *, interval: int, fold: int, allowed_lsb: float, percent: int
) -> Truncated:
    """Leave out of the sums what costs an allowed share of the error at the most.

    Args:
        dataflow: exact, rewritten.
        style, interval, fold: how it is to be built.
        allowed_lsb: how far outputs may be off, in units of their last place.
        percent: which part of that may be used.
    Returns: an approximation that is proved to keep `allowed_lsb`; the exact dataflow itself where nothing can be
        left out.
    """
    exact = Truncated(dataflow=dataflow, bound_lsb=0.0, columns={})
    if not percent or allowed_lsb < 1:  # errors are of whole units
        return exact
    plain, ties = without_ties(dataflow)
    columns: dict[int, int] = {}
    for part in _parts(plain, ties, allocate(plain, interval=interval, fold=fold), style):
        columns.update(part.search(allowed_lsb, allowed_lsb * percent / 100))
    for _ in range(_RETREATS):
        columns = {number: count for number, count in columns.items() if count > 0}
        if not columns:
            break
        found = _proved(plain, ties, columns, style, interval=interval, fold=fold)
        if found is not None and found.bound_lsb <= allowed_lsb:
            found.dataflow.verify()
            return Truncated(dataflow=found.dataflow, bound_lsb=found.bound_lsb, columns=columns)
        columns = {number: count - 1 for number, count in columns.items()}
    return exact


def _proved(
    dataflow: Dataflow,
    ties: Mapping[int, Range],
    columns: Mapping[int, int],
    style: SumStyle,
    *,
    interval: int,
    fold: int,
) -> Deviated | None:
    """Prove the error of the units that are really built, which sums may share; None where no proof is found."""
    only = needed(dataflow)
    lost: dict[int, Range] = {}
    for _ in range(_PROOFS):
        made = deviate(dataflow, columns, style, lost=lost, ties=ties, only=only)
        allocation = allocate(made.dataflow, interval=interval, fold=fold)
        assumed = dict(lost)
        for origin, found in _lost(allocation, made, style).items():
            low, high = lost.get(origin, found)
            lost[origin] = min(low, found[0]), max(high, found[1])
        if lost == assumed:
            return made
    return None


def _lost(allocation: Allocation, made: Deviated, style: SumStyle) -> dict[int, Range]:
    """Bound what the unit of each sum leaves out in all the cycles that it takes; numbered as in the exact dataflow."""
    built = [number for number, operation in enumerate(allocation.dataflow.operations) if operation.kind is Kind.SUM]
    before = [number for number, operation in enumerate(made.dataflow.operations) if operation.kind is Kind.SUM]
    origin = dict(zip(built, (made.origins[number] for number in before), strict=True))
    found: dict[int, Range] = {}
    for team in allocation.teams:
        for task in team.tasks:
            low = high = 0
            for step in task.steps:
                for position, operands in zip(team.shape.positions, step, strict=True):
                    least, most = _position_lost(position, operands, style, team.shape.dropped)
                    low, high = low + least, high + most
            found[origin[task.operation]] = low, high
    return found


def _position_lost(position: Position, operands: Sequence[Operand], style: SumStyle, dropped: int) -> Range:
    """Bound what one position leaves out in one cycle: nothing where it idles, or takes a constant without low bits."""
    known = all(operand.number is None for operand in operands)
    mask = (1 << dropped) - 1 if len(operands) == 1 and position.coefficient == 1 else -1
    if known and not any(operand.constant & mask for operand in operands):
        return 0, 0
    return left_out(position, style, dropped)


class _Part:
    """Outputs that share sums, and the search among these sums."""

    def __init__(
        self,
        dataflow: Dataflow,
        ties: Mapping[int, Range],
        style: SumStyle,
        groups: Sequence[_Group],
        only: frozenset[int],
        elements: frozenset[int],
    ) -> None:
        self.dataflow, self.ties, self.style, self.groups = dataflow, ties, style, groups
        self.only, self.elements = only, elements

    def search(self, allowed_lsb: float, share_lsb: float) -> dict[int, int]:
        """Find for each sum how many columns it leaves out; the best of the greedy ways that begin with one step back.

        Args:
            allowed_lsb: what the error must be proved to keep.
            share_lsb: what it may use of that, before rounding.
        """
        self.allowed_lsb, self.share_lsb = allowed_lsb, share_lsb
        counts = self._advance(dict.fromkeys(self.groups, 0))
        least = self._tried(counts)[2]
        for group in self.groups:
            if counts[group]:
                other = self._advance({**counts, group: counts[group] - 1})
                cost = self._tried(other)[2]
                if cost < least:
                    counts, least = other, cost
        return self._columns(counts)

    def _columns(self, counts: Mapping[_Group, int]) -> dict[int, int]:
        return {number: count for group, count in counts.items() for number in group if count}

    def _tried(self, counts: Mapping[_Group, int]) -> tuple[bool, float, int]:
        """Tell whether an attempt keeps to what is allowed, what it uses of it, and what its heaps cost."""
        made = deviate(
            self.dataflow,
            self._columns(counts),
            self.style,
            ties=self.ties,
            only=self.only,
            elements=self.elements,
        )
        keeps = made.bound_lsb <= self.allowed_lsb and made.share_lsb <= self.share_lsb
        return keeps, made.share_lsb, sum(made.costs.values())

    def _advance(self, counts: dict[_Group, int]) -> dict[_Group, int]:
        """Leave out more columns where that saves most for its error, until nothing more can be saved."""
        _, share, cost = self._tried(counts)
        while True:
            best: tuple[float, dict[_Group, int], float, int] | None = None
            for group in self.groups:
                for step in _STEPS:
                    attempt = {**counts, group: counts[group] + step}
                    keeps, used, left = self._tried(attempt)
                    if not keeps:
                        break
                    worth = (cost - left) / max(used - share, self.share_lsb / 1000)
                    if left < cost and (best is None or worth > best[0]):
                        best = worth, attempt, used, left
            if best is None:
                return counts
            _, counts, share, cost = best


def _parts(dataflow: Dataflow, ties: Mapping[int, Range], allocation: Allocation, style: SumStyle) -> list[_Part]:
    """Split the search: sums meet where they share a unit or a way to the same output."""
    sums = [number for number, operation in enumerate(dataflow.operations) if operation.kind is Kind.SUM]
    built = [number for number, operation in enumerate(allocation.dataflow.operations) if operation.kind is Kind.SUM]
    origin = dict(zip(built, sums, strict=True))
    teams = [tuple(sorted(origin[task.operation] for task in team.tasks)) for team in allocation.teams]
    needs = {element: needed(dataflow, (element,)) for element in dict.fromkeys(dataflow.results())}
    parts: list[tuple[list[_Group], frozenset[int], frozenset[int]]] = []
    for element, only in needs.items():
        groups = [team for team in teams if only.intersection(team) and _worth_a_search(dataflow, team)]
        members = frozenset([element])
        apart = []
        for part in parts:
            if set(part[0]).intersection(groups):
                groups += [group for group in part[0] if group not in groups]
                only, members = only | part[1], members | part[2]
            else:
                apart.append(part)
        parts = [*apart, (groups, only, members)]
    return [_Part(dataflow, ties, style, _few(dataflow, groups), only, members) for groups, only, members in parts]


def needed(dataflow: Dataflow, elements: Iterable[int] | None = None) -> frozenset[int]:
    """List all that some output elements, or all of them, depend on: now, or by registers."""
    held = {register.state: register.next for register in dataflow.registers}
    found: set[int] = set()
    pending = list(dataflow.results() if elements is None else elements)
    while pending:
        number = pending.pop()
        if number not in found:
            found.add(number)
            pending += [*dataflow.operations[number].args, *([held[number]] if number in held else [])]
    return frozenset(found)


def _worth_a_search(dataflow: Dataflow, group: _Group) -> bool:
    return any(len(dataflow.operations[n].terms) > 1 or multiplies(dataflow.operations[n]) for n in group)


def _few(dataflow: Dataflow, groups: Sequence[_Group]) -> list[_Group]:
    """Join groups that are as many sums away from the inputs as each other, where there are too many to search."""
    ordered = sorted(groups)
    if len(ordered) <= _MOST_GROUPS:
        return ordered
    depths: list[int] = []
    for operation in dataflow.operations:
        before = max((depths[arg] for arg in operation.args), default=0)
        depths.append(before + (operation.kind is Kind.SUM))
    levels: dict[int, list[int]] = {}
    for group in ordered:
        levels.setdefault(max(depths[number] for number in group), []).extend(group)
    return [tuple(sorted(levels[level])) for level in sorted(levels)]
