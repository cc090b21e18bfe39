"""Arrivals: late factors are told apart, heaps make use of it, and pipelines know nothing of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hdlgen.allocation import Allocation, allocate
from hdlgen.arithmetic.sums import Position, SumShape, SumStyle, estimate
from hdlgen.arrivals import with_arrivals
from hdlgen.compiler import Compiler
from hdlgen.dataflow import Dataflow, Kind, Operation, Term
from hdlgen.datapath import build_datapath
from hdlgen.graph import Graph
from hdlgen.knobs import Mapping, offer
from hdlgen.number import Format
from hdlgen.space import Point
from tests.hdlgen.graphs import GRAPHS
from tests.hdlgen.lanes import streams_match
from tests.hdlgen.test_sharing import matrix_graph, random_matrix

I8 = Format(width=8)
STYLE = SumStyle()


def total(*terms: tuple[int, ...]) -> Operation:
    """Add products of operations, given by number."""
    return Operation(
        kind=Kind.SUM,
        format=Format(width=20),
        args=tuple(factor for term in terms for factor in term),
        terms=tuple(Term(factors=term) for term in terms),
        low=-(1 << 19),
        high=(1 << 19) - 1,
    )


def chained() -> Dataflow:
    """Add a + b + c; that and d; and the product of both results with d and a more."""
    inputs = [Operation(kind=Kind.INPUT, name="x", place=n, format=I8, low=-128, high=127) for n in range(4)]
    sums = [total((0,), (1,), (2,)), total((3,), (4,)), total((4, 5), (3,), (0,))]
    return Dataflow(operations=(*inputs, *sums), outputs=(("y", (6,)),))


def arrivals(allocation: Allocation) -> list[list[float]]:
    return [[position.arrival for position in team.shape.positions] for team in allocation.teams]


def delay(allocation: Allocation, team: int) -> float:
    return sum(level.delay for level in estimate(allocation.teams[team].shape, STYLE))


def test_what_comes_late_is_told_by_how_much() -> None:
    plain = allocate(chained(), interval=1, fold=1)
    timed = with_arrivals(plain, STYLE)
    assert arrivals(plain) == [[0, 0, 0], [0, 0], [0, 0, 0]]
    first = delay(timed, 0)
    second = first + delay(timed, 1)  # two words are one adder, which waits for both
    # Positions with one factor come before those with two; the product waits for the later of its factors.
    assert arrivals(timed) == [[0, 0, 0], [0, round(first, 1)], [0, 0, round(second, 1)]]
    assert 0 < first < second


def test_only_differences_count() -> None:
    dataflow = chained()
    late = replace(dataflow, operations=(*dataflow.operations[:6], total((4, 4), (4,))))
    assert arrivals(with_arrivals(allocate(late, interval=1, fold=1), STYLE))[2] == [0, 0]


@pytest.mark.parametrize("name", ["dot", "fir"])
def test_sums_of_inputs_and_states_alone_stay_as_they_are(name: str) -> None:
    allocation = allocate(Compiler.of(GRAPHS[name]()).dataflow, interval=1, fold=1)
    assert with_arrivals(allocation, STYLE) == allocation


def test_nothing_is_told_where_adders_ripple_or_registers_stand_between() -> None:
    allocation = allocate(chained(), interval=1, fold=1)
    assert with_arrivals(allocation, SumStyle(adder="ripple")) is allocation
    for interval, stages, told in ((1, 0, True), (1, 2, False), (2, 0, False)):
        datapath = build_datapath(chained(), STYLE, interval=interval, fold=1, stages=stages)
        positions = [position for unit in datapath.units if unit.shape for position in unit.shape.positions]
        assert any(position.arrival for position in positions) is told


def test_a_heap_works_while_it_waits() -> None:
    early = tuple(Position(factors=(I8,)) for _ in range(12))
    late = (*early[1:], Position(factors=(I8,), arrival=12.0))
    shapes = [SumShape(positions=positions, constant=0, result=Format(width=12)) for positions in (early, late)]
    without, waiting = (sum(level.delay for level in estimate(shape, STYLE)) for shape in shapes)
    assert without < waiting < without + 12.0 / 2


@pytest.mark.parametrize("adder", ["sklansky", "kogge_stone"])
def test_results_stay(adder: str) -> None:
    graph: Graph = matrix_graph(random_matrix(5, 5, 4))
    compiler = Compiler.of(graph)
    space = offer(compiler.dataflow, Mapping(recipes=("fast",), full_adder_cells=True))
    design = compiler.build(Point.parse(f"constants=shared,adder={adder}", space))
    assert any(p.arrival for unit in design.datapath.units if unit.shape for p in unit.shape.positions)
    assert streams_match(design.rtlil, graph, count=20)
