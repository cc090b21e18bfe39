"""Deviation: how far every operation can lie from its exact value where sums leave out their lowest columns.

One pass over the dataflow writes the approximate dataflow and proves its error on the way, by interval analysis: each
value is known by the range that it keeps and by the range of its difference from the exact value. Registers are taken
by induction: what they hold differs by no more than was assumed, or the error is refused as unbounded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hdlgen.arithmetic.sums import SumStyle
from hdlgen.dataflow import Dataflow, Kind, Register
from hdlgen.deviation_rules import DeviationPass, Range

__all__ = ["Deviated", "deviate"]

_ROUNDS = 24
"""How often the deviations of states may grow before they count as unbounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviated:
    """An approximate dataflow with its proof.

    Args:
        dataflow: the operations; outputs are the same ports in the same units.
        bound_lsb: no element of an output is ever farther from the exact value; infinite where nothing is proved.
        share_lsb: about the same before the last rounding; a guide, no proof.
        origins: for each of its sums the number of the exact one.
        costs: for each sum of the exact dataflow that was looked at, the estimated cost of its heap in adders.
    """

    dataflow: Dataflow
    bound_lsb: float
    share_lsb: float
    origins: Mapping[int, int]
    costs: Mapping[int, int]


def deviate(
    dataflow: Dataflow,
    columns: Mapping[int, int],
    style: SumStyle,
    *,
    lost: Mapping[int, Range] | None = None,
    ties: Mapping[int, Range] | None = None,
    only: Collection[int] | None = None,
    elements: Collection[int] | None = None,
) -> Deviated:
    """Write the approximate dataflow in which sums leave out columns, and prove how far its outputs can be off.

    Args:
        dataflow: exact.
        columns: for some sums, how many of the lowest columns that their terms reach are left out.
        style: how sums are built.
        lost: for some sums the least and the greatest sum of the bits left out, where they are built otherwise than
            each on a unit of its own; in units of the lowest column.
        ties: for some sums how far their terms as they stand are off the exact sum.
        only: the operations to look at, with all that they read; the dataflow is then no whole one.
        elements: the output operations among them.
    """
    states: dict[int, tuple[int, int, float]] = {}
    order = range(len(dataflow.operations)) if only is None else sorted(only)
    registers = [register for register in dataflow.registers if only is None or register.state in only]
    proved = False
    for _ in range(_ROUNDS):
        made = DeviationPass(dataflow, columns, style, lost or {}, states, ties or {})
        for number in order:
            made.visit(number)
        grown = dict(states)
        for register in registers:
            value = made.values[register.next]
            below, above, share = grown.get(register.state, (0, 0, 0.0))
            wider = min(below, value.below, 0), max(above, value.above, 0)
            if wider != (below, above):
                grown[register.state] = (*wider, max(share, value.share))
        proved = grown == states
        if proved or _useless(dataflow, grown):
            break
        states = grown
        _along_delays(dataflow, registers, states)
    bound, share = (0.0, 0.0) if proved else (math.inf, math.inf)
    wanted = set(dataflow.results() if elements is None else elements)
    results: dict[int, int] = {}
    for number in sorted(wanted):
        value, before = made.values[number], dataflow.operations[number]
        if not before.format.holds(value.low, value.high):
            value = made.saturated(value, before)
        bound, share = max(bound, -value.below, value.above), max(share, value.share)
        results[number] = made.whole(value)
    outputs = tuple(
        (name, tuple(results[element] for element in row if element in results)) for name, row in dataflow.outputs
    )
    written = tuple(
        Register(
            state=made.values[register.state].number,
            next=made.whole(made.values[register.next]),
            initial=register.initial,
        )
        for register in registers
    )
    return Deviated(
        dataflow=Dataflow(operations=tuple(made.operations), outputs=outputs, registers=written),
        bound_lsb=float(bound),
        share_lsb=share,
        origins=made.origins,
        costs=made.costs,
    )


def _useless(dataflow: Dataflow, states: Mapping[int, tuple[int, int, float]]) -> bool:
    """Tell whether a state is off by more than all that it can hold."""
    return any(
        max(-below, above) > dataflow.operations[state].high - dataflow.operations[state].low
        for state, (below, above, _) in states.items()
    )


def _along_delays(dataflow: Dataflow, registers: Sequence[Register], states: dict[int, tuple[int, int, float]]) -> None:
    """Carry deviations along states that hand over what another state holds, as in a window."""
    for _ in registers:
        changed = False
        for register in registers:
            if dataflow.operations[register.next].kind is Kind.STATE and register.next in states:
                below, above, share = states[register.next]
                mine = states.get(register.state, (0, 0, 0.0))
                wider = (min(below, mine[0]), max(above, mine[1]), max(share, mine[2]))
                if wider != mine:
                    states[register.state] = wider
                    changed = True
        if not changed:
            return
