"""Arrivals: tell the sums of a datapath without pipeline registers which of their terms come late.

A heap adds early bits first. Within one cycle the results of other operations are later than inputs and states by the
estimated delay of what makes them; a heap that knows can do most of its work while it waits.
"""

from __future__ import annotations

from dataclasses import replace

from hdlgen.allocation import Allocation, Team
from hdlgen.arithmetic.sum_levels import in_one_heap
from hdlgen.arithmetic.sums import SumStyle, estimate
from hdlgen.schedule import operation_delay

__all__ = ["with_arrivals"]

_DIGITS = 1
"""Decimal places of an arrival: finer differences tell nothing."""


def with_arrivals(allocation: Allocation, style: SumStyle) -> Allocation:
    """Write into each position of each sum how much later than the earliest its factors are ready.

    Args:
        allocation: with a unit of its own for each sum, all of one cycle.
        style: how sums are built.
    Returns: the same allocation where adders ripple: their low bits, with which heaps begin, are hardly late.
    """
    if style.adder == "ripple":
        return allocation
    operations = allocation.dataflow.operations
    owners = {team.tasks[0].operation: number for number, team in enumerate(allocation.teams)}
    teams = list(allocation.teams)
    ready: list[float] = []
    for number, operation in enumerate(operations):
        if number not in owners:
            latest = max((ready[arg] for arg in operation.args), default=0.0)
            ready.append(latest + operation_delay(operation, operations))
            continue
        team = teams[owners[number]]
        arrivals = [
            max((ready[operand.number] for operand in operands if operand.number is not None), default=0.0)
            for operands in team.tasks[0].steps[0]
        ]
        earliest = min(arrivals, default=0.0)
        teams[owners[number]] = team = _late(team, [arrival - earliest for arrival in arrivals])
        began = earliest if in_one_heap(team.shape, style) else max(arrivals, default=0.0)
        ready.append(began + sum(level.delay for level in estimate(team.shape, style)))
    return replace(allocation, teams=tuple(teams))


def _late(team: Team, arrivals: list[float]) -> Team:
    positions = tuple(
        replace(position, arrival=round(arrival, _DIGITS))
        for position, arrival in zip(team.shape.positions, arrivals, strict=True)
    )
    return replace(team, shape=replace(team.shape, positions=positions))
