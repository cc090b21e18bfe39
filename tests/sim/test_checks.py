"""Checks of measured designs: the netlist in the testbench of its Verilog, and a netlist with a wrong gate."""

from __future__ import annotations

import re
from pathlib import Path

from sim.artifacts import collect
from sim.checks import check
from sim.measure import PRELOAD
from sim.pool import Pool
from tests.sim.specs import DOT, make_measure, point_of


def test_a_netlist_passes_and_one_with_a_wrong_gate_does_not(tmp_path: Path) -> None:
    with Pool(2, preload=PRELOAD) as pool:
        measure = make_measure(DOT, pool, tmp_path)
        points = [point_of(measure, ""), point_of(measure, "interval=2,fold=2")]
        measured = list(measure.evaluate(points))
        made = collect(measure, points)
        wrong = {**made[0], "netlist.v": re.sub(r"_nand2_(\d) ", r"_nor2_\1 ", made[0]["netlist.v"], count=1)}
        assert wrong != made[0]
        right, folded, faulty = check(measure, [*measured, measured[0]], [*made, wrong], prove_seconds=None)
        for checked in (right, folded):
            assert (checked.gate_level, checked.message, checked.claims) == ("ok", "", ())
            assert checked.tokens > 256
        assert faulty.gate_level == "mismatch" and "the result must be the expected one" in faulty.message
        again = check(measure, measured, made, prove_seconds=None)
        assert again == [right, folded]
