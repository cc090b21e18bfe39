"""Plans of a heap's reduction: which adders bring every column to two bits, by arrival or in stages.

A 4:2 compressor is two full adders, the inner carry of which comes early: a plan by arrival finds that pair by itself
where the arrivals call for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from amaranth.hdl import Value

from hdlgen.arithmetic.delay import AND, CARRY, CARRY_LAST, FULL_ADDER, SUM, SUM_LAST, XOR

__all__ = ["PLANS", "Adder", "Bit", "plan_adder", "plan_by_arrival", "plan_chains", "plan_queues", "plan_stages"]

_EPSILON = 1e-6
_Columns = Sequence[Sequence["Bit"]]


@dataclass(slots=True, eq=False)
class Bit:
    """One bit of a heap.

    Args:
        value: the bit; None while it is only planned.
        arrival: when it is ready, estimated in FO4 from the heap's first bits or its last register on.
    """

    value: Value | None
    arrival: float = 0.0

    @property
    def made(self) -> Value:
        """Give the value of a bit that is more than planned."""
        assert self.value is not None, "the bit must have been made"
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Adder:
    """A planned full adder, or half adder where it has two operands: `bits = total + 2 * carry`.

    Args:
        column: of the operands and the total; the carry belongs to the next one.
        bits: the operands, the latest last.
        level: number of the level in which it is done, each a full adder's delay long.
        depth: how many adders stand before it.
    """

    column: int
    bits: tuple[Bit, ...]
    total: Bit
    carry: Bit
    level: int
    depth: int

    def settle(self) -> None:
        """Tell the results when they will be ready, from what the operands say by now."""
        first = max(bit.arrival for bit in self.bits[:2])
        if len(self.bits) == 2:
            self.total.arrival, self.carry.arrival = first + XOR, first + AND
        else:
            last = self.bits[2].arrival
            self.total.arrival = max(first + SUM, last + SUM_LAST)
            self.carry.arrival = max(first + CARRY, last + CARRY_LAST)


def plan_by_arrival(columns: _Columns) -> list[Adder]:
    """Plan the adders that bring every column to two bits at the most, as early as can be.

    Source: Oklobdzija, Villeger and Liu, IEEE Trans. Computers 45(3), 1996, 294-306 (three-dimensional method).
    """
    return _plan_hastily(columns, newest_first=False)


def plan_chains(columns: _Columns) -> list[Adder]:
    """Plan chains, as an array has them: each adder of a column takes the sum of the one before."""
    return _plan_hastily(columns, newest_first=True)


def plan_stages(columns: _Columns) -> list[Adder]:
    """Plan as few adders as can be in each of the fewest stages, which come down the heights 2, 3, 4, 6, 9, 13, ...

    Columns wait for the highest ones, and what is left to add has the same height nearly everywhere. Among the bits
    that a stage finds, those that are ready first are taken first.

    Source: Dadda, Alta Frequenza 34, 1965, 349-356.
    """
    return _plan_stages(columns, in_order=False)


def plan_queues(columns: _Columns) -> list[Adder]:
    """Plan stages as `plan_stages` does, each column a queue: the bits that have waited longest are taken first.

    Where arrivals are estimated alike, this keeps neighbouring columns alike, which mapping for speed rewards.
    """
    return _plan_stages(columns, in_order=True)


def _plan_stages(columns: _Columns, *, in_order: bool) -> list[Adder]:
    pools = [list(column) for column in columns]
    depths: dict[int, int] = {}
    plan: list[Adder] = []
    limits = [2]
    while limits[-1] < max(map(len, pools), default=0):
        limits.append(limits[-1] * 3 // 2)
    for limit in reversed(limits[:-1]):
        made: list[list[Bit]] = [[] for _ in range(len(pools) + 1)]
        for place, pool in enumerate(pools):
            if not in_order:
                pool.sort(key=lambda bit: bit.arrival)
            while (excess := len(pool) + len(made[place]) - limit) > 0:
                count = min(excess, 2) + 1
                bits, pool[:count] = pool[:count], []
                adder = plan_adder(place, bits, max(depths.get(id(bit), 0) for bit in bits))
                depths[id(adder.total)] = depths[id(adder.carry)] = adder.depth + 1
                made[place].append(adder.total)
                made[place + 1].append(adder.carry)
                plan.append(adder)
        pools = [[*pool, *results] for pool, results in zip(pools, made, strict=False)]
    return plan


def _plan_hastily(columns: _Columns, *, newest_first: bool) -> list[Adder]:
    """Plan column by column; the latest sum of a first plan, where adders are not spared, is the deadline."""
    hasty = _plan_columns(columns, deadline=0.0, newest_first=newest_first)
    deadline = max((adder.total.arrival for adder in hasty), default=0.0)
    return _plan_columns(columns, deadline=deadline, newest_first=newest_first)


def _plan_columns(columns: Sequence[Sequence[Bit]], *, deadline: float, newest_first: bool) -> list[Adder]:
    """Plan column by column, the lowest first; of what is ready with the newest sum, chains take the latest.

    Three bits that are left over become one where that is done by the deadline, and otherwise two.
    """
    pools = [list(column) for column in columns]
    depths: dict[int, int] = {}
    plan: list[Adder] = []
    for place, pool in enumerate(pools):
        while len(pool) > 2:
            newest = plan[-1].total.arrival if newest_first and plan and plan[-1].column == place else 0.0
            pool.sort(key=lambda bit: (max(bit.arrival, newest), -bit.arrival))
            bits, pool[:3] = pool[:3], []
            depth = max(depths.get(id(bit), 0) for bit in bits)
            adder = plan_adder(place, bits, depth)
            if not pool and adder.total.arrival > deadline:
                pool.append(adder.bits[2])
                adder = plan_adder(place, adder.bits[:2], depth)
            depths[id(adder.total)] = depths[id(adder.carry)] = adder.depth + 1
            pool.append(adder.total)
            if place + 1 < len(pools):
                pools[place + 1].append(adder.carry)
            plan.append(adder)
    return plan


def plan_adder(place: int, bits: Sequence[Bit], depth: int) -> Adder:
    """Plan one adder of two or three bits."""
    ordered = tuple(sorted(bits, key=lambda bit: bit.arrival))
    adder = Adder(column=place, bits=ordered, total=Bit(None), carry=Bit(None), level=0, depth=depth)
    adder.settle()
    return replace(adder, level=max(math.ceil(adder.total.arrival / FULL_ADDER - _EPSILON) - 1, 0))


PLANS: Mapping[str, Callable[[_Columns], list[Adder]]] = {
    "arrival": plan_by_arrival,
    "stages": plan_stages,
    "queues": plan_queues,
    "chains": plan_chains,
}
"""The ways to plan a reduction, by name, the sensible default first."""
