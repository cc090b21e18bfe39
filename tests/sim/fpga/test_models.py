"""Placed designs simulated at the level of their tables and registers, and one with a wrong table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hdlgen.errors import InputError
from hdlgen.knobs import Mapping, offer
from hdlgen.space import Point
from sim.artifacts import collect
from sim.checks import check
from sim.fpga import DEVICES, FPGA_RECIPES, Fpga
from sim.measure import PRELOAD
from sim.pool import Pool
from tests.sim.fpga.tools import needs
from tests.sim.specs import DOT, make_measure


@pytest.mark.parametrize(
    "device", [pytest.param(DEVICES[name], marks=needs(DEVICES[name].family)) for name in ("ice40-up5k", "ecp5-25k")]
)
def test_a_netlist_of_tables_passes_and_one_with_a_wrong_table_does_not(device: Fpga, tmp_path: Path) -> None:
    with Pool(2, preload=PRELOAD) as pool:
        measure = make_measure(DOT, pool, tmp_path, technology=device)
        mapping = Mapping(recipes=tuple(FPGA_RECIPES), full_adder_cells=False, carry_chains=True)
        point = Point.parse("", offer(measure.compiler.dataflow, mapping))
        (measured,) = measure.evaluate([point])
        (made,) = collect(measure, [point])
        turned = re.sub(r"(INIT\(16'h)(\w)", lambda table: f"{table[1]}{15 - int(table[2], 16):x}", made["netlist.v"])
        assert turned != made["netlist.v"]
        right, wrong = check(measure, [measured] * 2, [made, {**made, "netlist.v": turned}], prove_seconds=None)
        assert (right.gate_level, right.message) == ("ok", "") and right.tokens > 256
        assert wrong.gate_level == "mismatch"
        with pytest.raises(InputError, match=f"proofs: the technology must be one of cells, not {device.name}"):
            check(measure, [measured], [made], prove_seconds=10)
