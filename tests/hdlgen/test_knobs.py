"""Knobs: what is offered can be built, changes the hardware, and closes every feedback."""

from __future__ import annotations

from functools import lru_cache

import pytest

from hdlgen.arithmetic.adders import ADDERS
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, SumStyle
from hdlgen.builder import GraphBuilder
from hdlgen.compiler import Compiler
from hdlgen.emit import digest
from hdlgen.errors import PointError
from hdlgen.graph import Graph
from hdlgen.knobs import Mapping, Settings, offer, settings
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.space import Point, Space
from tests.hdlgen.graphs import GRAPHS
from tests.hdlgen.lanes import streams_match
from tests.hdlgen.test_schedule import recurrence

CELLS = Mapping(recipes=("fast", "small"), full_adder_cells=True)
GATES = Mapping(recipes=("fast",), full_adder_cells=False)


@lru_cache
def offered(name: str) -> tuple[Graph, Compiler, Space]:
    graph = GRAPHS[name]()
    compiler = Compiler.of(graph)
    return graph, compiler, offer(compiler.dataflow, CELLS)


def choices(space: Space) -> dict[str, tuple[object, ...]]:
    return {knob.name: knob.choices for knob in space.knobs}


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_points_drawn_from_the_space_build_and_work(name: str) -> None:
    graph, compiler, space = offered(name)
    for point in [space.default(), *space.sample(4, seed=11)]:
        design = compiler.build(point)
        assert design.datapath.interval_cycles == point["interval"]
        assert streams_match(design.rtlil, graph, count=6), point.text()


@pytest.mark.parametrize("name", ["dot", "fir", "feedback"])
def test_no_choice_is_without_effect(name: str) -> None:
    _, compiler, space = offered(name)
    default = space.default()
    seen = {digest(compiler.build(default).rtlil): default.text()}
    coinciding = {"adder": 0, "multiplier": 0}
    for knob in space.knobs:
        # A longer interval brings its first fold along, and the deepest stages are for a chain.
        if knob.name not in ("recipe", "fold"):
            for choice in knob.choices[: 4 if knob.name == "stages" else None]:
                if str(choice).startswith("gates_"):
                    continue  # cells for the compiler; the mapper makes gates of some
                point = Point.parse(f"{knob.name}={choice}", space)
                if point != default:
                    key = digest(compiler.build(point).rtlil)
                    if knob.name in coinciding and f"{knob.name}=" in seen.get(key, ""):
                        coinciding[knob.name] += 1  # where sums are narrow, some graphs and plans are the same
                        continue
                    assert key not in seen, (point.text(), seen[key])
                    seen[key] = point.text()
    assert coinciding["adder"] <= len(ADDERS) - 3
    assert coinciding["multiplier"] <= 1


def test_folds_of_one_interval_differ() -> None:
    _, compiler, space = offered("matrix")
    pairs = [(6, 2), (6, 3), (9, 3), (3, 1), (3, 3)]
    points = [Point.parse(f"interval={interval},fold={fold}", space) for interval, fold in pairs]
    assert len({digest(compiler.build(point).rtlil) for point in points}) == len(points)


def test_a_dot_product_offers_its_divisors_and_every_scheme() -> None:
    offer_of = choices(offered("dot")[2])
    assert offer_of["interval"] == offer_of["fold"] == (1, 2, 4, 8)
    assert offer_of["reduction"] == ("heap", "tree", "chain")
    assert offer_of["multiplier"] == tuple(MULTIPLIERS)
    assert offer_of["adder"] == tuple(ADDERS)
    assert offer_of["full_adders"] == ("cells", "gates_25", "gates_50", "gates_75", "gates")
    assert offer_of["recipe"] == ("fast", "small")
    assert "constants" not in offer_of, "nothing is multiplied by a constant"


def test_knobs_that_need_an_interval_stay_out_of_the_others() -> None:
    _, _, space = offered("fir")
    for text, needed in (
        ("interval=1,multiplier=dadda", "interval=2, 4 or 8"),
        ("interval=4,constants=binary", "interval=1"),
    ):
        name, choice = text.split(",")[1].split("=")
        message = f"point: {name}={choice} must go with {needed}, not with {text.split(',')[0]}"
        with pytest.raises(PointError, match=f"^{message}$"):
            Point.parse(text, space)


def test_constants_that_both_encodings_write_alike_offer_no_choice() -> None:
    assert "constants" in choices(offered("fir")[2])
    assert "constants" not in choices(offered("feedback")[2]), "-5 has two digits either way"


def test_what_sums_can_share_is_a_choice_of_constants() -> None:
    builder = GraphBuilder()
    a, b = (builder.input(name, Format(width=8)) for name in "ab")
    for name, constants in (("y", (3, 5)), ("z", (-3, 9))):
        products = [builder.apply(Op.MUL, x, builder.constant(c)) for x, c in zip((a, b), constants, strict=True)]
        builder.output(name, builder.apply(Op.ADD, *products))
    graph = builder.graph()
    compiler = Compiler.of(graph)
    space = offer(compiler.dataflow, CELLS)
    ways = choices(space)["constants"]
    assert ways[:3] == ("signed_digits", "binary", "shared")
    designs = [compiler.build(Point.parse(f"constants={way}", space)) for way in ways]
    assert len({digest(design.rtlil) for design in designs}) == len(ways)
    assert all(streams_match(design.rtlil, graph, count=20) for design in designs)
    assert settings(Point.parse("constants=shared", space)).style.constants == "signed_digits"


def test_two_words_are_added_in_one_way_only() -> None:
    builder = GraphBuilder()
    a, b = (builder.input(name, Format(width=8)) for name in "ab")
    builder.output("y", builder.apply(Op.SUB, builder.apply(Op.SHIFT, a, amount=2), b))
    assert "reduction" not in choices(offer(Compiler.of(builder.graph()).dataflow, CELLS))


def test_without_full_adder_cells_there_is_no_such_knob() -> None:
    _, compiler, _ = offered("dot")
    space = offer(compiler.dataflow, GATES)
    assert "full_adders" not in choices(space)
    assert "$fa" not in compiler.build(space.default()).rtlil


def test_logic_without_sums_offers_only_the_recipe() -> None:
    builder = GraphBuilder()
    a, b = (builder.input(name, Format(width=4, signed=False)) for name in "ab")
    builder.output("y", builder.apply(Op.XOR, a, b))
    compiler = Compiler.of(builder.graph())
    space = offer(compiler.dataflow, CELLS)
    assert {name: found for name, found in choices(space).items() if len(found) > 1} == {"recipe": ("fast", "small")}
    compiler.build(space.default())


def test_intervals_in_which_a_feedback_cannot_close_are_not_offered() -> None:
    for power in (3, 4):
        compiler = Compiler.of(recurrence(power))
        space = offer(compiler.dataflow, CELLS)
        pairs = {(point["interval"], point["fold"]) for point in space.enumerate()}
        assert (1, 1) in pairs
        for interval, fold in sorted(pairs):
            compiler.build(Point.parse(f"interval={interval},fold={fold}", space))
        assert (2, 1) not in pairs or power == 3
    assert choices(offered("feedback")[2])["interval"] == (1, 2)


def test_a_loop_has_no_use_for_stages() -> None:
    assert choices(offered("feedback")[2])["stages"] == (0,)


def test_a_point_is_read_into_settings() -> None:
    _, _, space = offered("matrix")
    text = "interval=6,fold=3,stages=2,reduction=tree,multiplier=booth,adder=ripple,full_adders=gates"
    assert settings(Point.parse(text, space)) == Settings(
        interval=6,
        fold=3,
        stages=2,
        style=SumStyle(reduction="tree", multiplier="booth", adder="ripple", constants="signed_digits", cells=False),
        recipe="fast",
        gate_share=1.0,
    )
    some = settings(Point.parse("full_adders=gates_25", space))
    assert (some.gate_share, some.style.cells) == (0.25, True)


def test_knobs_that_are_missing_take_the_neutral_choice() -> None:
    assert settings(Point(values=(("recipe", "small"),))) == Settings(recipe="small", gate_share=1.0)
    assert Settings(recipe="small").style == SumStyle()
    with pytest.raises(KeyError):
        settings(Point(values=(("interval", 2),)))
