"""Schedule: give every operation its cycle, by modulo scheduling with chaining by estimated delay.

A token's cycle 0 is the first one after its acceptance; a new token may follow every `interval` cycles. Operations
chain within a cycle while the estimated delay allows; a unit that several tasks share serves each in its own cycles,
counted modulo the interval. The period is the smallest one that keeps the latency within the wanted stages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hdlgen.allocation import Allocation, Team
from hdlgen.arithmetic.delay import AND, MULTIPLEXER, XOR, choice_delay
from hdlgen.arithmetic.sums import SumStyle, estimate
from hdlgen.dataflow import FREE, Dataflow, Kind, Operation, Register, sources
from hdlgen.errors import PointError

__all__ = ["Placement", "Schedule", "operation_delay", "schedule"]

_EPSILON = 1e-9
_ROUNDS = 64
"""How often states may push their readers back before a period counts as too short for the feedback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a sum is done.

    Args:
        team: number of the team in the allocation.
        unit: number of the unit within the team.
        start: cycle of the first step.
        cuts: levels after which the unit has pipeline registers.
    """

    team: int
    unit: int
    start: int
    cuts: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The cycles of one token.

    Args:
        interval: cycles between tokens.
        ready: for each operation the cycle in which its result is there, before any register; inputs -1.
        placements: for each sum where and when it is done.
        loads: for each state the cycle at whose end its register takes the token's value.
        last: the cycle at whose end the outputs are whole; they can be read in the one after.
        period: estimated delay of the slowest cycle in FO4.
    """

    interval: int
    ready: tuple[int, ...]
    placements: Mapping[int, Placement]
    loads: Mapping[int, int]
    last: int
    period: float


class _Infeasible(Exception):
    """The feedback cannot close within the interval at this period."""


def operation_delay(operation: Operation, operations: Sequence[Operation]) -> float:
    """Estimate an operation that is no sum."""
    widths = [operations[arg].format.width for arg in operation.args]
    match operation.kind:
        case Kind.AND | Kind.OR | Kind.NOT:
            return AND
        case Kind.XOR:
            return XOR
        case Kind.EQUAL:
            return XOR + AND * max(widths).bit_length()
        case Kind.SELECT:
            return MULTIPLEXER + AND
        case Kind.SATURATE:
            return MULTIPLEXER + AND * (max(widths) - operation.format.width).bit_length()
        case Kind.SHIFT_LEFT | Kind.SHIFT_RIGHT:
            return MULTIPLEXER * widths[1]
        case Kind.TABLE:
            return MULTIPLEXER + AND * widths[0]
        case _:
            return 0.0


def _chain(levels: Sequence[float], arrival: float, period: float) -> tuple[bool, frozenset[int], float, float]:
    """Lay levels into cycles: whether a register must come first, the cuts, the last arrival and the slowest one."""
    before = arrival + levels[0] > period + _EPSILON and arrival > 0
    if before:
        arrival = 0.0
    cuts = []
    slowest = arrival
    for number, delay in enumerate(levels):
        if number and arrival + delay > period + _EPSILON:
            cuts.append(number - 1)
            arrival = 0.0
        arrival += delay
        slowest = max(slowest, arrival)
    return before, frozenset(cuts), arrival, slowest


def _widest_choice(team: Team, tasks_a_unit: int) -> int:
    """Count the most values that one factor of a unit may have to choose from."""
    most = 1
    for place, position in enumerate(team.shape.positions):
        for factor in range(len(position.factors)):
            distinct = {step[place][factor] for task in team.tasks for step in task.steps}
            most = max(most, min(len(distinct), tasks_a_unit * team.fold))
    return most


class _Scheduler:
    """One attempt at a period."""

    def __init__(self, allocation: Allocation, style: SumStyle, interval: int, period: float) -> None:
        self.allocation = allocation
        self.operations = allocation.dataflow.operations
        self.interval = interval
        self.period = period
        self.slowest = 0.0
        self.team_of = {task.operation: number for number, team in enumerate(allocation.teams) for task in team.tasks}
        self.levels = [[level.delay for level in estimate(team.shape, style)] for team in allocation.teams]
        self.groups = _state_groups(allocation.dataflow)

    def shared(self, team: Team) -> bool:
        """Tell whether a team's units take turns or fold."""
        return team.fold > 1 or len(team.tasks) > 1

    def run(self) -> Schedule:
        """Place all operations, pushing back the readers of states until every feedback closes."""
        earliest = dict.fromkeys(range(len(self.groups)), 0)
        for _ in range(_ROUNDS):
            ready, arrival, placements = self._pass(earliest)
            pushed = False
            for group, members in enumerate(self.groups):
                value = max((ready[r.next] for r in members if not self._is_state(r.next)), default=-1)
                need = value - self.interval + 1
                if need > earliest[group]:
                    earliest[group] = need
                    pushed = True
            if not pushed:
                return self._finish(ready, arrival, placements)
        raise _Infeasible

    def _is_state(self, number: int) -> bool:
        return all(self.operations[source].kind is Kind.STATE for source in sources(self.operations, number))

    def _pass(self, earliest: Mapping[int, int]) -> tuple[list[int], list[float], dict[int, Placement]]:
        group_of = {register.state: group for group, members in enumerate(self.groups) for register in members}
        ready: list[int] = []
        arrival: list[float] = []
        placements: dict[int, Placement] = {}
        busy: dict[int, list[set[int]]] = {}
        self.slowest = 0.0
        for number, operation in enumerate(self.operations):
            cycle = max((ready[arg] for arg in operation.args), default=-1)
            here = max((arrival[arg] for arg in operation.args if ready[arg] == cycle), default=0.0)
            if operation.kind is Kind.STATE:
                cycle, here = earliest[group_of[number]], 0.0
            elif operation.kind is Kind.SUM:
                cycle, here, placements[number] = self._place_sum(
                    number, max(cycle, 0), here if cycle >= 0 else 0.0, busy
                )
            elif operation.kind not in FREE:
                if cycle < 0:
                    cycle, here = 0, 0.0
                delay = operation_delay(operation, self.operations)
                if here > 0 and here + delay > self.period + _EPSILON:
                    cycle, here = cycle + 1, 0.0
                here += delay
            ready.append(cycle)
            arrival.append(here)
        return ready, arrival, placements

    def _place_sum(
        self, number: int, cycle: int, here: float, busy: dict[int, list[set[int]]]
    ) -> tuple[int, float, Placement]:
        index = self.team_of[number]
        team, levels = self.allocation.teams[index], self.levels[index]
        if not self.shared(team):
            before, cuts, end, slowest = _chain(levels, here, self.period)
            self.slowest = max(self.slowest, slowest)
            start = cycle + before
            return start + len(cuts), end, Placement(team=index, unit=0, start=start, cuts=cuts)
        units = -(-len(team.tasks) * team.fold // self.interval)
        choices = _widest_choice(team, self.interval // team.fold)
        _, cuts, end, slowest = _chain([levels[0] + choice_delay(choices), *levels[1:]], 0.0, self.period)
        self.slowest = max(self.slowest, slowest)
        slots = busy.setdefault(index, [set() for _ in range(units)])
        start = cycle + (1 if here > 0 else 0)
        while True:
            for unit, taken in enumerate(slots):
                wanted = {(start + step) % self.interval for step in range(team.fold)}
                if start % team.fold == 0 and not wanted & taken:
                    taken |= wanted
                    done = start + team.fold - 1 + len(cuts)
                    return done, end, Placement(team=index, unit=unit, start=start, cuts=cuts)
            start += 1

    def _finish(self, ready: list[int], arrival: list[float], placements: dict[int, Placement]) -> Schedule:
        dataflow = self.allocation.dataflow
        readers: dict[int, list[int]] = {}
        for number, operation in enumerate(self.operations):
            if operation.kind in FREE:
                continue
            at = placements[number].start if number in placements else ready[number]
            for arg in operation.args:
                for source in sources(self.operations, arg):
                    readers.setdefault(source, []).append(at)
        loads: dict[int, int] = {}
        for members in self.groups:
            values = [ready[register.next] for register in members if not self._is_state(register.next)]
            lowest = max([0, *values])
            reads = [at for register in members for at in readers.get(register.state, ())]
            highest = min(reads, default=lowest) + self.interval - 1
            load = max(lowest, min(highest, max(reads, default=lowest)))
            loads.update({register.state: load for register in members})
        results = [ready[number] for number in dataflow.results()]
        return Schedule(
            interval=self.interval,
            ready=tuple(ready),
            placements=placements,
            loads=loads,
            last=max([0, *results]),
            period=max([self.slowest, *arrival]),
        )


def _state_groups(dataflow: Dataflow) -> list[list[Register]]:
    """Join states that hand their values on to each other, as in a window: they load in the same cycle."""
    by_state = {register.state: register for register in dataflow.registers}
    parent = {state: state for state in by_state}

    def root(state: int) -> int:
        while parent[state] != state:
            state = parent[state]
        return state

    for register in dataflow.registers:
        for source in sources(dataflow.operations, register.next):
            if source in parent:
                parent[root(register.state)] = root(source)
    groups: dict[int, list[Register]] = {}
    for state, register in by_state.items():
        groups.setdefault(root(state), []).append(register)
    return list(groups.values())


def schedule(allocation: Allocation, style: SumStyle, *, interval: int, stages: int) -> Schedule:
    """Schedule for the shortest estimated period whose latency exceeds the least one by `stages` at the most.

    Args:
        allocation: the dataflow and its teams.
        style: how sums are built; their levels are what is laid into cycles.
        interval: cycles between tokens.
        stages: pipeline stages beyond those that folding and sharing need.
    Raises: PointError where the feedback cannot close within the interval even without any register in it.
    """

    def attempt(period: float) -> Schedule | None:
        try:
            return _Scheduler(allocation, style, interval, period).run()
        except _Infeasible:
            return None

    best = attempt(float("inf"))
    if best is None:
        raise PointError(f"interval: the feedback must close within the interval, not in more than {interval} cycles")
    if stages == 0:
        return best
    latency = best.last + stages
    low, high = 0.0, best.period
    for _ in range(16):
        middle = (low + high) / 2
        found = attempt(middle)
        if found is not None and found.last <= latency:
            best, high = found, middle
        else:
            low = middle
    return best
