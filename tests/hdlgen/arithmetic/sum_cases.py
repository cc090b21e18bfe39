"""Random sums, and what Python's integers make of them; for everything that has the ports of a sum."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import prod

from hdlgen.arithmetic.sum_shape import Position, SumShape
from hdlgen.arithmetic.sums import SumStyle, SumUnit
from hdlgen.emit import to_rtlil
from hdlgen.number import Format
from tests.hdlgen.rtlil import Netlist, Run

__all__ = ["LANES", "Drawn", "drawn", "expected", "is_exact", "pipelined_results", "random_shape"]

LANES = 80
"""How many cases are run side by side."""

Drawn = list[dict[tuple[int, int], list[int]]]
"""For each cycle and each factor (position, number) one value a lane."""


def random_shape(seed: int, *, accumulates: bool = False, constants: bool = True) -> SumShape:
    """Draw a sum: coefficients of any sign and 0, a result often narrower than the range.

    Args:
        constants: whether positions may have no factor at all.
    """
    chance = random.Random(seed)

    def position() -> Position:
        count = chance.choice((0, 1, 1, 2, 2, 2) if constants and not accumulates else (1, 1, 2, 2, 2))
        formats = tuple(Format(width=chance.randint(1, 5), signed=chance.random() < 0.5) for _ in range(count))
        return Position(factors=formats, coefficient=chance.choice((1, 1, 1, -1, -1, 0, chance.randint(-40, 40))))

    positions = tuple(position() for _ in range(chance.randint(1, 4)))
    constant = 0 if accumulates else chance.choice((0, chance.randint(-60, 60)))
    ranges = [each.range() for each in positions]
    whole = Format.holding(
        min(0, constant + sum(low for low, _ in ranges)), max(0, constant + sum(high for _, high in ranges))
    )
    width = whole.width if chance.random() < 0.5 else chance.randint(1, whole.width + 2)
    result = Format(width=width, signed=chance.random() < 0.5)
    return SumShape(positions=positions, constant=constant, result=result, accumulates=accumulates)


def drawn(shape: SumShape, cycles: int, lanes: int, seed: int) -> Drawn:
    """Draw values for all factors: corners and random ones."""
    chance = random.Random(seed)

    def value(format: Format) -> int:
        return chance.choice((format.low, format.high, chance.randint(format.low, format.high)))

    return [
        {
            (place, number): [value(format) for _ in range(lanes)]
            for place, position in enumerate(shape.positions)
            for number, format in enumerate(position.factors)
        }
        for _ in range(cycles)
    ]


def expected(shape: SumShape, values: dict[tuple[int, int], list[int]], lanes: int) -> list[int]:
    """Add up one cycle of every lane; not yet modulo anything."""
    return [
        shape.constant
        + sum(
            position.coefficient * prod(values[place, number][lane] for number in range(len(position.factors)))
            for place, position in enumerate(shape.positions)
        )
        for lane in range(lanes)
    ]


def pipelined_results(
    netlist: Netlist, given: Drawn, lanes: int, *, latency: int, first: Sequence[int] = (), initial: Sequence[int] = ()
) -> list[list[int]]:
    """Give a netlist new values in every cycle and read what comes out `latency` cycles later.

    Args:
        first, initial: the ports of that name in each cycle in which addends reach the accumulator, for all lanes.
    """
    run, results = Run(netlist, lanes, seed=7), []
    for cycle in range(len(given) + latency):
        for (place, number), values in given[min(cycle, len(given) - 1)].items():
            run.set(f"factor_{place}_{number}", values)
        if first and cycle >= latency:
            run.set("first", [first[cycle - latency]] * lanes)
            run.set("initial", [initial[cycle - latency]] * lanes)
        run.settle()
        if cycle >= latency:
            results.append(run.get("result"))
        run.tick()
    return results


def is_exact(shape: SumShape, style: SumStyle, cuts: frozenset[int] = frozenset(), *, seed: int = 0) -> bool:
    """Feed new values in every cycle and compare what comes out so many cycles later as there are cuts."""
    netlist = Netlist(to_rtlil(SumUnit(shape, style, cuts=cuts)))
    given = drawn(shape, 3 if cuts else 1, LANES, seed)
    found = pipelined_results(netlist, given, LANES, latency=len(cuts))
    modulus = 1 << shape.result.width
    return found == [[total % modulus for total in expected(shape, values, LANES)] for values in given]
