"""Scores on FPGAs: the harness that feeds a design, and small designs through synthesis, place and route."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hdlgen.emit import to_rtlil
from hdlgen.errors import PointError
from sim.fpga.devices import DEVICES
from sim.fpga.scoring import FPGA_STOCK_FLOWS, harness, map_on_fpga
from sim.fpga.synthesis import FPGA_FLOWS
from tests.sim.fpga.tools import Adding, needs

PORTS = {
    "clk": {"direction": "input", "bits": [2]},
    "rst": {"direction": "input", "bits": [3]},
    "a": {"direction": "input", "bits": [4, 5, 6]},
    "y": {"direction": "output", "bits": [7, 8]},
}


@pytest.mark.parametrize(("family", "tables"), [("ice40", 4 + 1 + 2), ("ecp5", 2)])
def test_the_harness_has_a_register_for_every_bit_and_says_what_it_takes(family: str, tables: int) -> None:
    text, counted = harness({"ports": PORTS}, family)
    assert counted == tables
    assert len(re.findall(r"(?:SB_DFF|TRELLIS_FF).*\bin_\d+ ", text)) == 5
    assert len(re.findall(r"(?:SB_DFF|TRELLIS_FF).*\bout_\d+ ", text)) == 2
    assert ".\\rst (entering[0:0])" in text and ".\\a (entering[3:1])" in text and ".\\y (leaving[1:0])" in text


def test_ours_is_no_stock_flow() -> None:
    assert set(FPGA_FLOWS) - set(FPGA_STOCK_FLOWS) == {"generated"}


@needs("ice40")
def test_an_adder_takes_a_cell_a_bit_and_its_registers_theirs() -> None:
    # 8 cells for the register in front, 8 for the chain with the result's registers in the same cells, one for the
    # valid bit; two cells at most go for the reset and the carry's beginning.
    found = map_on_fpga(to_rtlil(Adding(8)), DEVICES["ice40-up5k"], "abc", "generated", seconds=900)
    assert found.flip_flops == 8 + 8 + 1
    assert found.luts is not None and 17 <= found.luts <= 20
    assert (found.dsps, found.brams, found.area_um2) == (0, 0, 0.0)
    assert 2_000 < found.period_ps < 30_000
    assert found.path and "SB_CARRY" in found.netlist
    again = map_on_fpga(to_rtlil(Adding(8)), DEVICES["ice40-up5k"], "abc", "generated", seconds=900)
    assert replace(again, stages={}) == replace(found, stages={})


@needs("ecp5")
def test_the_other_family_is_placed_too() -> None:
    found = map_on_fpga(to_rtlil(Adding(8)), DEVICES["ecp5-25k"], "abc", "generated", seconds=900)
    assert found.flip_flops == 17 and found.luts is not None and 8 <= found.luts <= 16
    assert found.period_ps < 10_000


@needs("ice40")
def test_what_does_not_fit_is_a_point_that_cannot_be_built() -> None:
    small = replace(DEVICES["ice40-up5k"], luts=10)
    with pytest.raises(PointError) as error:
        map_on_fpga(to_rtlil(Adding(8)), small, "abc", "generated", seconds=900)
    assert re.fullmatch(r"ice40-up5k: the design must fit the device's 10 LUTs, not need \d+", str(error.value))


@pytest.mark.parametrize(
    ("flow", "recipe", "message"),
    [
        (
            "plane",
            "abc",
            "flow must be one of generated, plain, booth, mcm, plain_dsp, not 'plane' (did you mean 'plain'?)",
        ),
        ("plain", "abc8", "recipe must be one of abc, abc9, not 'abc8' (did you mean 'abc'?)"),
    ],
)
def test_another_flow_or_recipe_is_refused(flow: str, recipe: str, message: str) -> None:
    with pytest.raises(ValueError) as error:
        map_on_fpga("", DEVICES["ice40-up5k"], recipe, flow, seconds=60)
    assert str(error.value) == f"synthesize_on_fpga: {message}"
