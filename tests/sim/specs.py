"""Small specs and what is needed to measure them: a few hundred milliseconds a design."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hdlgen.compiler import Compiler
from hdlgen.graph import Graph
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point, Space
from hdlgen.spec import parse
from sim.cache import Cache
from sim.measure import Measure
from sim.pool import Pool
from sim.recipes import RECIPES
from sim.technology import load
from sim.workload import Workload

__all__ = ["DOT", "PAIR", "SHIPPED", "compiler_of", "graph_of", "make_measure", "point_of", "space_of", "twins"]

SHIPPED = "sky130hd"

DOT = """
name = "dot4"
[inputs]
a = { format = "i4", shape = [4] }
b = { format = "i4", shape = [4] }
[outputs]
y = {}
[compute]
y = "sum(a * b)"
"""

PAIR = """
name = "pair"
[inputs]
a = { format = "i2", shape = [2] }
b = { format = "u2", shape = [2] }
[outputs]
y = {}
[compute]
y = "sum(a * b)"
"""
"""So small that the highest numbers of `stages` cannot be told apart."""


def graph_of(text: str) -> Graph:
    """Read a spec."""
    return parse(text).graph


def compiler_of(text: str) -> Compiler:
    """Read a spec and make its compiler."""
    return Compiler.of(graph_of(text))


def space_of(compiler: Compiler) -> Space:
    """Offer the knobs of a design on a technology with full adders."""
    return offer(compiler.dataflow, Mapping(recipes=tuple(RECIPES), full_adder_cells=True))


def twins(compiler: Compiler, space: Space) -> tuple[Point, Point, Point]:
    """Find two points of equal hardware and one of another, by what is built alone."""
    built: dict[str, Point] = {}
    for stages in next(knob for knob in space.knobs if knob.name == "stages").choices:
        point = Point.parse(f"stages={stages}", space)
        rtlil = compiler.build(point).rtlil
        if rtlil in built and len(built) > 1:
            other = next(known for text, known in built.items() if text != rtlil)
            return built[rtlil], point, other
        built[rtlil] = point
    raise AssertionError("the design must have points of equal hardware")


def make_measure(text: str, pool: Pool, folder: Path, **changes: Any) -> Measure:
    """Make what measures a spec, with a cache of its own below a folder."""
    graph = graph_of(text)
    settings: dict[str, Any] = {
        "compiler": Compiler.of(graph),
        "workload": Workload(graph),
        "technology": load(SHIPPED),
        "constraints": (),
        "pool": pool,
        "cache": Cache(folder / "results"),
    }
    return Measure(**(settings | changes))


def point_of(measure: Measure, text: str) -> Point:
    """Read a point; knobs left out take their first choice."""
    return Point.parse(text, space_of(measure.compiler))
