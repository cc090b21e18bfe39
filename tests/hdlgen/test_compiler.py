"""The compiler in one piece: a graph and a point in, the hardware that the point asks for out."""

from __future__ import annotations

import pytest

from hdlgen.compiler import Compiler
from hdlgen.errors import PointError
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point
from tests.hdlgen.graphs import GRAPHS
from tests.hdlgen.lanes import streams_match
from tests.hdlgen.rtlil import Netlist
from tests.hdlgen.test_schedule import recurrence

CELLS = Mapping(recipes=("fast",), full_adder_cells=True)


def test_a_point_decides_what_is_built() -> None:
    graph = GRAPHS["dot"]()
    compiler = Compiler.of(graph)
    space = offer(compiler.dataflow, CELLS)
    small = compiler.build(Point.parse("interval=8,fold=8,adder=ripple", space))
    fast = compiler.build(Point.parse("stages=4,full_adders=gates", space))
    assert (small.datapath.interval_cycles, fast.datapath.interval_cycles) == (8, 1)
    assert fast.datapath.latency_cycles == 6
    for design in (small, fast):
        assert streams_match(design.rtlil, graph)
    assert Netlist(small.rtlil).cell_types["$fa"] and not Netlist(fast.rtlil).cell_types["$fa"]


def test_the_same_point_gives_the_same_text() -> None:
    texts = set()
    for _ in range(2):
        compiler = Compiler.of(GRAPHS["complex_unsigned"]())
        space = offer(compiler.dataflow, CELLS)
        texts.add(compiler.build(Point.parse("interval=2", space)).rtlil)
    assert len(texts) == 1


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_stock_has_the_same_shell_around_the_plain_expression(name: str) -> None:
    graph = GRAPHS[name]()
    compiler = Compiler.of(graph)
    stock = compiler.stock()
    ours = compiler.build(offer(compiler.dataflow, CELLS).default())
    assert streams_match(stock.rtlil, graph)
    plain, made = Netlist(stock.rtlil), Netlist(ours.rtlil)
    assert plain.ports.keys() == made.ports.keys()
    assert plain.gates.registers == made.gates.registers, "stock must hold the same registers"
    assert stock.datapath.latency_cycles == ours.datapath.latency_cycles
    assert not plain.cell_types["$fa"]
    multiplies = any(len(term.factors) == 2 for made in compiler.dataflow.operations for term in made.terms)
    assert bool(plain.cell_types["$mul"]) >= multiplies
    assert not made.cell_types["$mul"]


def test_a_point_without_a_schedule_says_so() -> None:
    compiler = Compiler.of(recurrence(4))
    point = Point(values=(("interval", 2), ("fold", 1), ("recipe", "fast")))
    with pytest.raises(
        PointError, match=r"^interval: the feedback must close within the interval, not in more than 2 cycles$"
    ):
        compiler.build(point)
