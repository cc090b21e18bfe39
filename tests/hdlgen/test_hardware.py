"""Hardware: streams through every kind of design, with gaps and stalls, against the golden model.

Most cases run the emitted RTLIL in many lanes at once; a few anchor that in Amaranth's own simulator and in Icarus.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdlgen.arithmetic.adders import ADDERS
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.sum_shape import MULTIPLIERS, REDUCTIONS, SumStyle
from hdlgen.builder import GraphBuilder
from hdlgen.compiler import Compiler
from hdlgen.datapath import Datapath, build_datapath
from hdlgen.emit import to_rtlil
from hdlgen.errors import PointError
from hdlgen.graph import Graph
from hdlgen.hardware import Kernel, Top
from hdlgen.number import Format
from hdlgen.operation import Op
from hdlgen.payload import payload_width
from sim import tools
from sim.simulate import simulate
from sim.simulation import Phase, SimulationJob
from sim.yosys import run_passes
from tests.hdlgen.graphs import GRAPHS, graphs
from tests.hdlgen.lanes import LANES, STEADY, Lane, payloads, run_lanes, streams_match
from tests.hdlgen.rtlil import Netlist, Run
from tests.hdlgen.streams import run_stream

STYLES = st.builds(
    SumStyle,
    reduction=st.sampled_from(REDUCTIONS),
    multiplier=st.sampled_from(sorted(MULTIPLIERS)),
    adder=st.sampled_from(sorted(ADDERS)),
    constants=st.sampled_from(sorted(CONSTANT_ENCODINGS)),
    cells=st.booleans(),
)
FOLDINGS = ((1, 1), (2, 1), (2, 2), (3, 1), (3, 3), (4, 1), (4, 2), (4, 4), (6, 2), (8, 4), (8, 8))
NAMED_STYLES = (
    SumStyle(cells=True),
    SumStyle(reduction="tree", multiplier="booth", adder="ripple", constants="binary"),
    SumStyle(reduction="chain", multiplier="array", adder="kogge_stone", cells=True),
    SumStyle(multiplier="booth", adder="brent_kung", constants="binary"),
)


@lru_cache
def compiled(name: str) -> tuple[Graph, Compiler]:
    graph = GRAPHS[name]()
    return graph, Compiler.of(graph)


def top_of(compiler: Compiler, datapath: Datapath) -> Top:
    return Top(Kernel(datapath, inputs=compiler.inputs, outputs=compiler.outputs))


def built(
    name: str, interval: int = 1, fold: int = 1, stages: int = 0, style: SumStyle = NAMED_STYLES[0]
) -> tuple[Graph, Datapath, Top]:
    graph, compiler = compiled(name)
    datapath = build_datapath(compiler.dataflow, style, interval=interval, fold=fold, stages=stages)
    return graph, datapath, top_of(compiler, datapath)


@pytest.mark.parametrize("name", sorted(GRAPHS))
@pytest.mark.parametrize("style", range(len(NAMED_STYLES)))
def test_streams_come_out_as_the_golden_model_says(name: str, style: int) -> None:
    for number, (interval, fold) in enumerate(FOLDINGS):
        if number % len(NAMED_STYLES) == style:
            stages = (0, 2, 1, 4)[number // 3]
            graph, _, top = built(name, interval, fold, stages, NAMED_STYLES[style])
            assert streams_match(to_rtlil(top), graph), (interval, fold, stages)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(graphs(), STYLES, st.sampled_from(FOLDINGS), st.integers(0, 4))
def test_random_designs(graph: Graph, style: SumStyle, folding: tuple[int, int], stages: int) -> None:
    compiler = Compiler.of(graph)
    try:
        datapath = build_datapath(compiler.dataflow, style, interval=folding[0], fold=folding[1], stages=stages)
    except PointError:
        return  # a loop of shared units
    assert streams_match(to_rtlil(top_of(compiler, datapath)), graph)


@pytest.mark.parametrize("interval", [1, 2, 3, 4, 8])
def test_interval_and_latency_are_what_the_datapath_says(interval: int) -> None:
    for name, fold, stages in (("complex_multiply", 1, 2), ("feedback", interval, 0)):
        graph, datapath, top = built(name, interval, fold, stages)
        given, _ = payloads(graph, 12)
        (steady,) = run_lanes(Netlist(to_rtlil(top)), given, [STEADY])
        distances = {later - earlier for earlier, later in zip(steady.accepted, steady.accepted[1:], strict=False)}
        latencies = {out - into for into, out in zip(steady.accepted, steady.given, strict=True)}
        assert (distances, latencies) == ({interval}, {datapath.latency_cycles})
        assert datapath.interval_cycles == interval


def test_bubbles_do_not_advance_state() -> None:
    # The states of the window and of the filter would show every cycle in which they moved without a token.
    for name in ("fir", "feedback"):
        for interval, fold in ((1, 1), (3, 3)):
            graph, _, top = built(name, interval, fold)
            given, wanted = payloads(graph, 12)
            for observed in run_lanes(Netlist(to_rtlil(top)), given, [Lane(gap=gap) for gap in (0.1, 0.5, 0.9)] * 3):
                assert observed.results == wanted


def test_a_state_that_takes_an_input_ignores_bubbles() -> None:
    # Its register is the only reader of the token's payload, so nothing else makes the register in which that waits.
    builder = GraphBuilder()
    x, y = (builder.input(name, Format(width=3)) for name in "xy")
    builder.output("old", builder.apply(Op.NEG, builder.delay(y, [3])))
    builder.output("new", x)
    graph = builder.graph()
    compiler = Compiler.of(graph)
    for interval in (1, 2, 4):
        datapath = build_datapath(compiler.dataflow, SumStyle(), interval=interval, fold=1, stages=0)
        assert streams_match(to_rtlil(top_of(compiler, datapath)), graph, count=20)


def test_a_state_may_take_its_value_after_the_result_has_left() -> None:
    builder = GraphBuilder()
    x = builder.input("x", Format(width=4))
    builder.output("y", builder.delay(builder.apply(Op.MUL, x, builder.apply(Op.MUL, x, x)), [-3]))
    graph = builder.graph()
    compiler = Compiler.of(graph)
    late = 0
    for interval, stages in ((1, 2), (4, 0), (4, 2), (8, 4)):
        datapath = build_datapath(compiler.dataflow, SumStyle(), interval=interval, fold=1, stages=stages)
        assert streams_match(to_rtlil(top_of(compiler, datapath)), graph, count=16)
        late += max(datapath.loads.values()) >= datapath.latency_cycles
    assert late, "the case must occur"


def test_a_reset_begins_anew_whatever_went_before() -> None:
    for interval, fold in ((1, 1), (4, 4)):
        graph, _, top = built("feedback", interval, fold)
        netlist = Netlist(to_rtlil(top))
        given, wanted = payloads(graph, 6)
        for seed in range(8):  # of the noise that the registers hold before
            assert [observed.results for observed in run_lanes(netlist, given, [STEADY] * 4, seed=seed)] == [wanted] * 4


def test_reset_reaches_control_and_state_alone() -> None:
    _, _, top = built("feedback", 2, 1)
    text = to_rtlil(top)
    kernel = text[text.index("module \\top.kernel\n") :]
    processes = re.findall(r"process .*?\n  end", kernel, re.DOTALL)
    with_reset = {match for body in processes if "switch \\rst" in body for match in re.findall(r"\] \\(\w+)", body)}
    without = {
        match for body in processes if "switch \\rst" not in body for match in re.findall(r"\] \\(value_\w+) \[", body)
    }
    assert {"valid_1", "phase", "done"} <= with_reset
    assert any(name.startswith("state_") for name in with_reset)
    assert without and not any(name.startswith("value_") for name in with_reset - without)


def test_a_stall_freezes_the_whole_kernel() -> None:
    graph, datapath, top = built("dot", 2, 2)
    given, _ = payloads(graph, 6)
    netlist = Netlist(to_rtlil(top))
    run = Run(netlist, 1)
    for cycle in range(60):
        run.set("rst", [int(cycle < 2)])
        run.set("inputs__valid", [int(cycle >= 2)])
        run.set("inputs__payload", [given[0]])
        run.set("outputs__ready", [0])
        run.settle()
        if cycle > 2 + 2 * datapath.latency_cycles:
            assert (run.get("outputs__valid"), run.get("inputs__ready")) == ([1], [0])
        run.tick()


def test_a_wrong_gate_is_seen() -> None:
    graph, _, top = built("dot", 4, 4, 1)
    text = to_rtlil(top)
    assert streams_match(text, graph)
    assert not streams_match(text.replace("cell $xor ", "cell $and ", 1), graph)


def test_a_state_that_moves_with_bubbles_is_seen() -> None:
    graph, _, top = built("fir")
    moves = r"(\\state_\d+ \[[\d:]+\]\n\s+switch \\advance \[0\]\n\s+case 1'1\n\s+switch )\$\d+ \[0\]"
    text, count = re.subn(moves, r"\g<1>1'1", to_rtlil(top))
    assert count == 7
    given, wanted = payloads(graph, 12)
    assert all(observed.results != wanted for observed in run_lanes(Netlist(text), given))


@pytest.mark.parametrize(
    ("name", "interval", "fold", "stages"), [("dot", 4, 2, 1), ("fir", 1, 1, 1), ("feedback", 2, 1, 0)]
)
def test_amaranth_s_simulator_agrees(name: str, interval: int, fold: int, stages: int) -> None:
    graph, _, top = built(name, interval, fold, stages, SumStyle(multiplier="booth"))
    given, wanted = payloads(graph, 10)
    assert run_stream(top, given, gap=0.3, stall=0.4) == wanted


def test_icarus_agrees_on_full_adder_cells(tmp_path: Path) -> None:
    if tools.find("iverilog") is None:
        pytest.skip("Icarus Verilog is not installed")
    jobs = []
    for name, interval, fold, stages in (("dot", 1, 1, 2), ("dot", 4, 4, 0), ("complex_unsigned", 2, 1, 1)):
        graph, _, top = built(name, interval, fold, stages)
        text = to_rtlil(top)
        assert Netlist(text).cell_types["$fa"]
        (tmp_path / "design.il").write_text(text)
        passes = ["read_rtlil design.il", "proc", "flatten", "techmap", "write_verilog -noattr design.v"]
        run_passes(passes, folder=tmp_path, seconds=60)
        given, wanted = payloads(graph, 40)
        steady = Phase(name="steady", inputs=tuple(given), expected=tuple(wanted))
        compiler = compiled(name)[1]
        jobs.append(
            SimulationJob(
                name=f"{name}_{interval}",
                verilog=(tmp_path / "design.v").read_text(),
                input_width=payload_width(compiler.inputs),
                output_width=payload_width(compiler.outputs),
                phases=(steady, replace(steady, name="stalls", input_gap=0.5, output_stall=0.5)),
            )
        )
    for result in simulate(jobs, simulator="icarus", folder=tmp_path / "runs"):
        assert (result.status, result.mismatches, result.tokens) == ("ok", 0, 80), result


def test_a_thorough_run_has_lanes_of_every_kind() -> None:
    assert LANES[0] == STEADY
    assert any(lane.gap for lane in LANES) and any(lane.stall for lane in LANES)
