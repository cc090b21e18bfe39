"""Proof: Yosys and ABC agree with what is known of small circuits, and every planted fault is found."""

from __future__ import annotations

from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from hdlgen.bits import pack_table
from hdlgen.errors import InputError, ToolError
from hdlgen.evaluation import Verdict
from hdlgen.network import Network
from hdlgen.network_text import write_verilog
from sim import tools
from sim.expressions import Expressions, to_network
from sim.networks import shrink
from sim.prove import EquivalenceProver, read_golden
from tests.hdlgen.circuits import adder_network

ADDER = adder_network(6)
GOLDEN = "module add(input [5:0] b, input [5:0] a, output [6:0] y); assign y = b + a; endmodule\n"


def _golden(tmp_path: Path, text: str = GOLDEN) -> Network:
    path = tmp_path / "golden.v"
    path.write_text(text)
    return read_golden(path, ADDER.interface)


def _faulty(gate: int) -> Network:
    gates = ADDER.gates.copy()
    gates[gate, 0] ^= 1
    return Network(interface=ADDER.interface, gates=gates, outputs=ADDER.outputs)


def test_an_adder_is_proved_whatever_the_order_of_the_ports(tmp_path: Path) -> None:
    assert EquivalenceProver(_golden(tmp_path)).prove(ADDER).verdict is Verdict.EQUAL


def test_our_verilog_is_the_network(tmp_path: Path) -> None:
    assert EquivalenceProver(_golden(tmp_path, write_verilog(ADDER))).prove(ADDER).verdict is Verdict.EQUAL


@pytest.mark.parametrize("random_words", [256, 0], ids=["simulation", "abc"])
def test_every_planted_fault_gives_a_counterexample(
    tmp_path: Path, random_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.prove._RANDOM_WORDS", random_words)
    golden = _golden(tmp_path)
    for gate in (0, len(ADDER.gates) // 2, len(ADDER.gates) - 1):
        proof = EquivalenceProver(golden).prove(_faulty(gate))
        assert proof.verdict is Verdict.DIFFERENT
        row = pack_table(np.array([proof.counterexample], dtype=np.uint8))
        assert ((golden.evaluate(row) ^ _faulty(gate).evaluate(row)) & np.uint64(1)).any()


@pytest.mark.parametrize("swapped", [False, True])
def test_a_counterexample_holds_inputs_that_one_side_alone_reads(swapped: bool) -> None:
    made = Expressions()
    inputs = [made.variable(f"x[{place}]") for place in range(40)]
    some = reduce(made.conjunction, inputs[:20])
    # They differ where all 40 are 1, which no random words show, and one side does not read half of them.
    sides = to_network(made, inputs, [[some], [made.conjunction(some, reduce(made.conjunction, inputs[20:]) ^ 1)]])
    one, other = reversed(sides) if swapped else sides
    proof = EquivalenceProver(other).prove(one)
    assert (proof.verdict, proof.counterexample) == (Verdict.DIFFERENT, (1,) * 40)


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("", "it must say whether networks are equivalent, not: nothing"),
        ("Networks are almost equivalent.", "not: Networks are almost equivalent."),
        ("** cmd error: unknown command 'cec'\nNetworks are equivalent.", "it must compare without an error"),
        ("Networks are NOT EQUIVALENT.\nInput pattern: pi0=1 pi6=1\n", "its counterexample must show a difference"),
    ],
)
def test_only_positive_evidence_counts(
    tmp_path: Path, printed: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prover = EquivalenceProver(_golden(tmp_path))
    said = tools.Completed(status=0, output=printed, error="")
    monkeypatch.setattr("sim.yosys_abc.tools.run", lambda *_, **__: said)
    with pytest.raises(ToolError, match=message):
        prover.prove(ADDER)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOLDEN.replace("[6:0] y", "[5:0] y"), r"its outputs must be y\[7\], not y\[6\]"),
        (GOLDEN.replace("assign", "assing"), "the golden model must be Verilog that Yosys reads"),
        (
            GOLDEN.replace("assign y = b + a;", "reg c; always @(posedge a[0]) c <= b[0]; assign y = c;"),
            "the network must be combinational, not have 1 latches",
        ),
    ],
)
def test_golden_models_that_cannot_serve_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        _golden(tmp_path, text)


def test_shrinking_is_proved_and_a_script_that_changes_the_function_is_refused() -> None:
    doubled = adder_network(6)
    small = shrink(doubled)
    assert small.and_nodes <= doubled.and_nodes
    assert EquivalenceProver(doubled).prove(small).verdict is Verdict.EQUAL
    with pytest.raises(ToolError, match="without changing its function, and changed it"):
        shrink(doubled, rounds=("strash; zeropo -N 3",))
    with pytest.raises(ToolError, match="it must shrink the network without an error"):
        shrink(doubled, rounds=("no_such_command",))
