"""Counted changes against those that numpy counts in the tokens, hazards included, and faults that must not pass."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from hdlgen.errors import ToolError
from sim.activity import COUNTED, SKIPPED, count_changes, tokens, workload
from sim.netlist import Bit
from sim.technology import load
from sim.timing import conditions
from tests.sim.gates import IN, OUT, Q, phase_of, registered
from tests.sim.specs import PAIR, graph_of

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")
TECHNOLOGY = load("sky130hd")
BITS = np.random.default_rng(3).integers(0, 2, tokens(1, 1)).tolist()


def changes_between(bits: list[int]) -> float:
    """Count how often neighbours differ from the first result at which the counters are read to the second."""
    window = np.array(bits[SKIPPED - 1 : SKIPPED + COUNTED])
    return float((window[1:] != window[:-1]).sum()) / COUNTED


def hazard(inverters: int) -> list[tuple[str, str, dict[str, Bit]]]:
    """Compare a bit with itself some inverters later: always equal in the end, and different for a while."""
    chain: list[tuple[str, str, dict[str, Bit]]] = [
        (f"i{n}", "inv_1", {"A": Q if n == 0 else 29 + n, "Y": 30 + n}) for n in range(inverters)
    ]
    return [*chain, ("x", "xor2_1", {"A": Q, "B": 29 + inverters, "X": OUT})]


@needs_icarus
def test_registers_and_clock_change_as_the_tokens_say() -> None:
    netlist = registered()
    counted = count_changes(netlist, TECHNOLOGY, conditions(netlist, TECHNOLOGY), phase_of(BITS, BITS))
    assert counted.cycles == 1.0
    assert counted.changes[2] == 2.0  # the clock: up and down
    assert counted.changes[Q] == changes_between(BITS) > 0.2
    assert counted.changes[IN] == pytest.approx(changes_between(BITS), abs=2 / COUNTED)  # a token ahead
    assert counted.changes[3] == counted.changes[8] == 0.0  # reset and valid stand still


@needs_icarus
@pytest.mark.parametrize(("inverters", "pulses"), [(12, True), (0, False)])
def test_a_hazard_counts_where_the_gate_lets_it_through(inverters: int, pulses: bool) -> None:
    gates = hazard(inverters) if inverters else [("x", "xor2_1", {"A": Q, "B": Q, "X": OUT})]
    netlist = registered(*gates, out=OUT)
    phase = phase_of(BITS, [0] * len(BITS))
    counted = count_changes(netlist, TECHNOLOGY, conditions(netlist, TECHNOLOGY), phase)
    # The settled value is always 0: an analysis without delays would count nothing.
    assert counted.changes[OUT] == (2 * changes_between(BITS) if pulses else 0.0)


@needs_icarus
def test_a_netlist_with_a_planted_fault_is_refused() -> None:
    netlist = registered(("i", "inv_1", {"A": Q, "Y": OUT}), out=OUT)
    with pytest.raises(
        ToolError, match=r"^activity: the mapped netlist must give the golden model's results \(energy, tok"
    ):
        count_changes(netlist, TECHNOLOGY, conditions(netlist, TECHNOLOGY), phase_of(BITS, BITS))


@needs_icarus
def test_too_few_results_are_no_count() -> None:
    netlist = registered()
    few = BITS[: SKIPPED + COUNTED - 1]
    with pytest.raises(ToolError, match="must count at two results, not leave"):
        count_changes(netlist, TECHNOLOGY, conditions(netlist, TECHNOLOGY), phase_of(few, few))


def test_the_workload_fills_the_pipeline_to_the_end() -> None:
    assert tokens(7, 2) == SKIPPED + COUNTED + 2 + 4
    phase = workload(graph_of(PAIR), tokens(7, 2))
    assert len(phase.inputs) == tokens(7, 2) and len(set(phase.inputs)) > 20
    assert phase.input_gap == phase.output_stall == 0
