"""Proofs of designs: every kind of design is proved, and a fault planted in each place is found by the proof of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hdlgen.claims import Claim, Outcome
from hdlgen.cli.project import open_project
from hdlgen.compiler import Compiler, Design
from hdlgen.knobs import settings
from hdlgen.space import Point
from sim.prove_design import DesignProver
from sim.prove_function import Names, names_in, prove_function
from sim.prove_handshake import Timing, prove_handshake
from sim.prove_mapping import prove_mapping
from sim.steps import map_and_time
from sim.technology import load
from sim.verilog import rtlil_to_verilog
from tests.hdlgen.graphs import GRAPHS
from tests.sim.specs import DOT, SHIPPED, compiler_of, graph_of, space_of

SECONDS = 300.0
POINTS = (
    "",
    "interval=2,fold=2",
    "stages=2",
    "interval=4,fold=4,multiplier=dadda,adder=ripple",
    "full_adders=gates",
    "reduction=chain",
    "reduction=tree,stages=1",
)


def made(compiler: Compiler, text: str = "") -> tuple[Point, Design]:
    point = Point.parse(text, space_of(compiler))
    return point, compiler.build(point)


def timing_of(design: Design) -> Timing:
    datapath = design.datapath
    states = [(f"kernel.state_{r.state}", datapath.loads[r.state], r.initial) for r in datapath.dataflow.registers]
    return Timing(interval=datapath.interval_cycles, latency=datapath.latency_cycles, states=states)


@pytest.mark.parametrize("text", POINTS)
def test_the_function_of_a_design_is_proved(text: str) -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler, text)
    claim = prove_function(graph_of(DOT), design, names_in(compiler, design), seconds=SECONDS)
    assert claim.text == "proved", claim


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_the_function_of_any_graph_is_proved(name: str) -> None:
    graph = GRAPHS[name]()
    compiler = Compiler.of(graph)
    _, design = made(compiler)
    claim = prove_function(graph, design, names_in(compiler, design), seconds=SECONDS)
    assert claim.text == "proved", claim


FOLDED = DOT.replace("sum(a * b)", "sum(a * [3, -5, 7, 6]) + sum(b * [-4, 1, 2, 5]) - 9")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # Constants by phase in gates: as one sum its polynomial grows out of all bounds.
        ("dense16x5", "interval=16,fold=16,stages=2,reduction=tree,multiplier=booth_whole_stages,full_adders=gates"),
        # Words in trees and chains, extended by their sign behind adders that their lowest bits pass by.
        ("dct8", "stages=6,reduction=tree,constants=shared"),
        ("conv3x3", "interval=16,stages=4,reduction=chain,full_adders=gates"),
    ],
)
def test_sums_that_are_too_much_for_sat_are_proved(name: str, text: str) -> None:
    project = open_project(name)
    design = project.compiler.build(Point.parse(text, project.space))
    claim = prove_function(project.spec.graph, design, names_in(project.compiler, design), seconds=SECONDS)
    assert claim.text == "proved", claim


def test_a_folded_sum_that_adds_in_another_order_is_right_as_well() -> None:
    compiler = compiler_of(FOLDED)
    _, design = made(compiler, "interval=4,fold=4")
    names = names_in(compiler, design)
    units = list(design.datapath.units)
    place = next(n for n, unit in enumerate(units) if unit.shape is not None and unit.shape.accumulates)
    binding = units[place].bindings[0]
    assert binding.task is not None
    turned = replace(binding, task=replace(binding.task, steps=binding.task.steps[::-1]))
    units[place] = replace(units[place], bindings=(turned, *units[place].bindings[1:]))
    other = replace(design, datapath=replace(design.datapath, units=tuple(units)))
    assert prove_function(graph_of(FOLDED), other, names, seconds=SECONDS).text == "proved"


@pytest.mark.parametrize("gate", [("xor", "or"), ("and", "or")])
def test_a_wrong_gate_in_a_folded_sum_is_found(gate: tuple[str, str]) -> None:
    compiler = compiler_of(FOLDED)
    _, design = made(compiler, "interval=4,fold=4")
    rtlil = with_another_gate(design.rtlil, *gate)
    names = names_in(compiler, design)
    assert prove_function(graph_of(FOLDED), design, names, seconds=SECONDS).text == "proved"
    claim = prove_function(graph_of(FOLDED), design, names, seconds=SECONDS, rtlil=rtlil)
    assert claim.outcome is Outcome.REFUTED, claim


def with_another_gate(rtlil: str, kind: str, other: str) -> str:
    """Make another gate of one that reads no constant, in the first unit."""
    start = rtlil.index("module \\top.kernel.sum_0")
    for found in re.finditer(rf"cell \${kind} [^\n]*\n.*?\n  end\n", rtlil[start:], re.DOTALL):
        if not re.search(r"connect \\[AB] [^\n]*'", found[0]):
            wrong = found[0].replace(f"cell ${kind}", f"cell ${other}")
            return rtlil[:start] + rtlil[start:].replace(found[0], wrong, 1)
    raise AssertionError(f"there must be a gate {kind} without constants")


@pytest.mark.parametrize("text", ["", "interval=2,fold=2", "stages=2"])
@pytest.mark.parametrize("gate", [("xor", "or"), ("and", "or"), ("or", "xor")])
def test_a_wrong_gate_in_the_design_is_found_by_the_proof_of_its_function(text: str, gate: tuple[str, str]) -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler, text)
    names = names_in(compiler, design)
    rtlil = with_another_gate(design.rtlil, *gate)
    assert rtlil != design.rtlil
    claim = prove_function(graph_of(DOT), design, names, seconds=SECONDS, rtlil=rtlil)
    if gate == ("or", "xor"):  # what is chosen from two is never both: the same function
        assert claim.outcome is Outcome.PROVED, claim
    else:
        assert claim.outcome is Outcome.REFUTED, claim


def test_a_wrong_constant_is_found() -> None:
    graph = GRAPHS["fir"]()
    compiler = Compiler.of(graph)
    _, design = made(compiler)
    names = names_in(compiler, design)
    operations = list(design.datapath.dataflow.operations)
    place = next(n for n, o in enumerate(operations) if o.terms)
    term = operations[place].terms[0]
    changed = (replace(term, coefficient=term.coefficient + 1), *operations[place].terms[1:])
    operations[place] = replace(operations[place], terms=changed)
    dataflow = replace(design.datapath.dataflow, operations=tuple(operations))
    other = replace(design, datapath=replace(design.datapath, dataflow=dataflow))
    # A dataflow that says something else than the hardware does, and than the graph: both steps must object.
    assert prove_function(graph, other, names, seconds=SECONDS).outcome is Outcome.REFUTED


def test_another_graph_than_the_design_was_made_of_is_refuted() -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler)
    other = graph_of(DOT.replace("sum(a * b)", "sum(a * b) + a[0] - a[1]").replace("y = {}", 'y = { format = "i12" }'))
    same = graph_of(DOT.replace("sum(a * b)", "b[0] * a[0] + sum(a * b) - a[0] * b[0]"))
    names = names_in(compiler, design)
    assert prove_function(other, design, names, seconds=SECONDS).outcome is not Outcome.PROVED
    assert prove_function(same, design, names, seconds=SECONDS).outcome is not Outcome.REFUTED


def test_wrong_hints_lose_the_proof_and_fake_none() -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler)
    names = names_in(compiler, design)
    lost = Names(results={}, states={}, phase=names.phase)
    assert prove_function(graph_of(DOT), design, lost, seconds=SECONDS).outcome is Outcome.SIMULATED
    hidden = Names(results=dict.fromkeys(names.results, "inputs__payload"), states={})
    assert prove_function(graph_of(DOT), design, hidden, seconds=SECONDS).outcome is not Outcome.PROVED


@pytest.mark.parametrize("text", POINTS[:4])
def test_the_handshake_of_a_design_is_proved(text: str) -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler, text)
    claim = prove_handshake(rtlil_to_verilog(design.rtlil), timing_of(design), seconds=SECONDS)
    assert claim.text == "proved", claim


@pytest.mark.parametrize("name", ["fir", "feedback"])
def test_states_load_for_tokens_alone(name: str) -> None:
    compiler = Compiler.of(GRAPHS[name]())
    _, design = made(compiler)
    verilog = rtlil_to_verilog(design.rtlil)
    assert prove_handshake(verilog, timing_of(design), seconds=SECONDS).text == "proved"
    wrong = re.sub(r"(advance \? )\((?:valid(?:_1)?) \? ", r"\1(1'h1 ? ", verilog, count=1)
    assert wrong != verilog, verilog
    assert prove_handshake(wrong, timing_of(design), seconds=SECONDS).outcome is Outcome.REFUTED


BROKEN_CONTROL = {
    "a token is lost": (
        r"done <= rst \? 1'h0 : \(advance \? (\w+) :",
        r"done <= rst ? 1'h0 : (advance ? \1 & inputs_ :",
    ),
    "results from nothing": (r"(valid_1 <= rst \? 1'h0 : \(advance \? )valid ", r"\g<1>1'h1 "),
    "no reset": (r"valid_1 <= rst \? 1'h0 : ", "valid_1 <= "),
    "a result that moves on while it waits": (r"(done <= rst \? 1'h0 : )\(advance \? (\w+) : done\)", r"\1\2"),
    "a payload that does not wait": (r"(value_\d+_1 <= )advance \? (\w[^:]*) : \w+;", r"\1\2;"),
}


@pytest.mark.parametrize("fault", [name for name in BROKEN_CONTROL if name != "a token is lost"])
def test_a_fault_in_the_control_is_found_by_the_proof_of_the_handshake(fault: str) -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler)
    verilog = rtlil_to_verilog(design.rtlil)
    wrong = re.sub(*BROKEN_CONTROL[fault], verilog, count=1)
    assert wrong != verilog, verilog
    claim = prove_handshake(wrong, timing_of(design), seconds=SECONDS)
    assert claim.outcome is Outcome.REFUTED, claim


def test_a_wrong_latency_is_refuted() -> None:
    compiler = compiler_of(DOT)
    _, design = made(compiler)
    timing = replace(timing_of(design), latency=timing_of(design).latency + 1)
    assert prove_handshake(rtlil_to_verilog(design.rtlil), timing, seconds=SECONDS).outcome is Outcome.REFUTED


def mapped(text: str) -> tuple[Design, str, str]:
    compiler = compiler_of(DOT)
    point, design = made(compiler, text)
    chosen = settings(point)
    netlist = map_and_time(design.rtlil, load(SHIPPED), chosen.recipe, "generated", chosen.gate_share).netlist
    return design, rtlil_to_verilog(design.rtlil), netlist


@pytest.mark.parametrize("text", ["", "interval=2,fold=2"])
def test_a_netlist_is_proved_and_one_with_a_swapped_gate_is_refuted(text: str) -> None:
    design, verilog, netlist = mapped(text)
    claim = prove_mapping(design.rtlil, verilog, netlist, load(SHIPPED), seconds=SECONDS)
    assert claim.text == "proved", claim
    wrong = re.sub(r"_nand2_(\d) ", r"_nor2_\1 ", netlist, count=1)
    assert wrong != netlist
    claim = prove_mapping(design.rtlil, verilog, wrong, load(SHIPPED), seconds=SECONDS)
    assert claim.outcome is Outcome.REFUTED
    assert claim.message.startswith("the netlist differs from the Verilog at ")


def test_verilog_that_is_not_its_rtlil_is_refuted() -> None:
    design, verilog, netlist = mapped("")
    wrong = verilog.replace(" ^ ", " | ", 1)
    claim = prove_mapping(design.rtlil, wrong, netlist, load(SHIPPED), seconds=SECONDS)
    assert claim.text.startswith("refuted (the Verilog differs from the RTLIL at ")


def test_no_time_is_told_and_is_no_proof() -> None:
    design, verilog, netlist = mapped("")
    assert (
        prove_mapping(design.rtlil, verilog, netlist, load(SHIPPED), seconds=0.01).text == "simulated only (time limit)"
    )
    names = names_in(compiler_of(DOT), design)
    assert prove_function(graph_of(DOT), design, names, seconds=0.0).text == "simulated only (time limit)"


def test_a_prover_makes_all_claims_of_a_design() -> None:
    _, verilog, netlist = mapped("")
    compiler = compiler_of(DOT)
    point, _ = made(compiler)
    claims = DesignProver(compiler, graph_of(DOT), load(SHIPPED), seconds=SECONDS).prove(point, verilog, netlist)
    assert [(claim.subject, claim.text) for claim in claims] == [
        ("handshake", "proved"),
        ("function", "proved"),
        ("mapping", "proved"),
    ]
    assert [Claim.from_dict(claim.as_dict()).text for claim in claims] == ["proved"] * 3
