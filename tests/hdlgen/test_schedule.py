"""Schedules: delays added up again by other code, units that do one thing a cycle, and feedback that closes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.allocation import Allocation, allocate
from hdlgen.arithmetic.delay import AND, MULTIPLEXER, XOR, choice_delay
from hdlgen.arithmetic.sums import SumStyle, estimate
from hdlgen.builder import GraphBuilder
from hdlgen.dataflow import FREE, Kind, sources
from hdlgen.errors import PointError
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.rewrite import rewrite
from hdlgen.schedule import Schedule, schedule
from tests.hdlgen.graphs import GRAPHS, graphs

FOLDINGS = ((1, 1), (2, 1), (2, 2), (3, 3), (4, 2), (4, 4), (8, 8))
STYLE = SumStyle(adder="ripple")


def delay_of(allocation: Allocation, number: int) -> float:
    """Estimate an operation that is no sum, from the delays that the library of estimates names."""
    operations = allocation.dataflow.operations
    operation = operations[number]
    widths = [operations[arg].format.width for arg in operation.args]
    return {
        Kind.AND: AND,
        Kind.OR: AND,
        Kind.NOT: AND,
        Kind.XOR: XOR,
        Kind.EQUAL: XOR + AND * max(widths).bit_length(),
        Kind.SELECT: MULTIPLEXER + AND,
        Kind.SATURATE: MULTIPLEXER + AND * (max(widths) - operation.format.width).bit_length(),
        Kind.SHIFT_LEFT: MULTIPLEXER * widths[-1],
        Kind.SHIFT_RIGHT: MULTIPLEXER * widths[-1],
    }[operation.kind]


def slowest_cycle(allocation: Allocation, style: SumStyle, plan: Schedule) -> float:
    """Add up the delays of every cycle again, checking that nothing is read before it is there."""
    operations = allocation.dataflow.operations
    arrival: list[float] = []
    slowest = 0.0
    for number, operation in enumerate(operations):
        if operation.kind in FREE:
            last = max((plan.ready[arg] for arg in operation.args), default=plan.ready[number])
            assert plan.ready[number] == last
            arrival.append(max((arrival[arg] for arg in operation.args if plan.ready[arg] == last), default=0.0))
            continue
        start = plan.placements[number].start if operation.kind is Kind.SUM else plan.ready[number]
        assert start >= 0 and all(plan.ready[arg] <= start for arg in operation.args)
        now = max((arrival[arg] for arg in operation.args if plan.ready[arg] == start), default=0.0)
        if operation.kind is not Kind.SUM:
            now += delay_of(allocation, number)
            arrival.append(now)
            slowest = max(slowest, now)
            continue
        place = plan.placements[number]
        team = allocation.teams[place.team]
        delays = [level.delay for level in estimate(team.shape, style)]
        if team.fold > 1 or len(team.tasks) > 1:
            assert now == 0.0, "what shares a unit is chosen at the beginning of a cycle"
            choices = [
                len({step[at][factor] for task in team.tasks for step in task.steps})
                for at, position in enumerate(team.shape.positions)
                for factor in range(len(position.factors))
            ]
            delays[0] += choice_delay(min(max(choices, default=1), plan.interval))
        for level, delay in enumerate(delays):
            now += delay
            slowest = max(slowest, now)
            if level in place.cuts:
                now = 0.0
        arrival.append(now)
        assert plan.ready[number] == start + team.fold - 1 + len(place.cuts)
    return slowest


def check(graph: Graph, interval: int, fold: int, stages: int, style: SumStyle = STYLE) -> Schedule:
    allocation = allocate(rewrite(lower(graph)), interval=interval, fold=fold)
    plan = schedule(allocation, style, interval=interval, stages=stages)
    assert slowest_cycle(allocation, style, plan) == pytest.approx(plan.period)
    taken: set[tuple[int, int, int]] = set()
    for number, place in plan.placements.items():
        team = allocation.teams[place.team]
        assert number in {task.operation for task in team.tasks}
        assert place.unit < -(-len(team.tasks) * team.fold // interval), "there must be no more units than needed"
        for step in range(team.fold):
            slot = (place.team, place.unit, (place.start + step) % interval)
            assert slot not in taken
            taken.add(slot)
    operations = allocation.dataflow.operations
    for register in allocation.dataflow.registers:
        load = plan.loads[register.state]
        assert load >= plan.ready[register.next] or operations[register.next].kind in FREE
        for number, operation in enumerate(operations):
            if operation.kind not in FREE and any(register.state in sources(operations, arg) for arg in operation.args):
                start = plan.placements[number].start if number in plan.placements else plan.ready[number]
                assert start > load - interval, "the next token must not read a state before this one has written it"
    assert plan.last == max([0, *(plan.ready[number] for number in allocation.dataflow.results())])
    return plan


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_named_graphs(name: str) -> None:
    graph = GRAPHS[name]()
    for interval, fold in FOLDINGS:
        for stages in (0, 2):
            check(graph, interval, fold, stages)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(graphs(), st.sampled_from(FOLDINGS), st.integers(0, 4))
def test_random_graphs(graph: Graph, folding: tuple[int, int], stages: int) -> None:
    check(graph, *folding, stages)


@pytest.mark.parametrize("name", ["dot", "horner", "matrix", "fir"])
def test_more_stages_make_a_shorter_period_within_the_latency(name: str) -> None:
    graph = GRAPHS[name]()
    plans = [check(graph, 1, 1, stages, SumStyle()) for stages in range(6)]
    assert not any(place.cuts for place in plans[0].placements.values())
    assert all(plan.last <= plans[0].last + stages for stages, plan in enumerate(plans))
    periods = [plan.period for plan in plans]
    assert periods == sorted(periods, reverse=True)
    assert periods[3] < periods[0] * 0.6


def test_the_best_cut_of_a_single_sum_is_found() -> None:
    graph = GRAPHS["dot"]()
    allocation = allocate(rewrite(lower(graph)), interval=1, fold=1)
    delays = [level.delay for level in estimate(allocation.teams[0].shape, STYLE)]
    best = min(max(sum(delays[:cut]), sum(delays[cut:])) for cut in range(1, len(delays)))
    assert check(graph, 1, 1, 1).period == pytest.approx(best)


def recurrence(power: int) -> Graph:
    """y = low bits of x + y**power: a chain of products in the loop."""
    builder = GraphBuilder()
    x, held = builder.input("x", Format(width=4)), Format(width=4)
    state = builder.state(held)
    value = state
    for _ in range(power - 1):
        product = builder.apply(Op.MUL, value, state)
        value = builder.apply(Op.CONVERT, product, stated=held, rounding="floor", overflow="wrap")
    total = builder.apply(Op.ADD, value, x)
    result = builder.apply(Op.CONVERT, total, stated=held, rounding="floor", overflow="wrap")
    builder.connect(state, result)
    builder.output("y", result)
    return builder.graph()


def test_a_loop_without_shared_units_closes_in_one_cycle_whatever_the_stages() -> None:
    for stages in (0, 3):
        plan = check(recurrence(4), 1, 1, stages)
        assert set(plan.loads.values()) == {plan.last}
        assert not any(place.cuts for place in plan.placements.values())


def test_a_loop_of_shared_products_needs_as_many_cycles() -> None:
    graph = recurrence(4)
    for interval, fold in ((4, 1), (8, 1)):
        check(graph, interval, fold, 0)
    allocation = allocate(rewrite(lower(graph)), interval=2, fold=1)
    message = r"^interval: the feedback must close within the interval, not in more than 2 cycles$"
    with pytest.raises(PointError, match=message):
        schedule(allocation, STYLE, interval=2, stages=0)
