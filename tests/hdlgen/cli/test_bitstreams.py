"""`hdlgen bitstream` and FPGA technologies on the command line: what comes out, and what is refused in one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sim.fpga import boards
from sim.fpga.boards import Board, Pin
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.fpga.tools import needs

pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed; pip install 'hdlgen[fpga]'")

SPEC = """\
name = "tiny"
[inputs]
x = { format = "i4", shape = [2] }
[constants]
h = [-3, 7]
[outputs]
y = { format = "i9" }
[compute]
y = "sum(h * x)"
"""


@pytest.fixture
def tiny(folder: Path) -> str:
    (folder / "tiny.toml").write_text(SPEC)
    return "tiny.toml"


@needs("ice40")
def test_a_point_becomes_a_folder_that_a_board_and_a_host_can_use(hdlgen: Hdlgen, tiny: str, folder: Path) -> None:
    ran = hdlgen("bitstream", tiny, "--tokens", "3", "--out", "out", "--json")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["board"] == "icebreaker" and document["technology"] == "ice40-up5k"
    assert document["reached_mhz"] >= document["clock_mhz"] == 12.0 and 0 < document["luts"] < 400
    data = (folder / "out" / "design.bin").read_bytes()
    assert len(data) > 100_000 and b"\x7e\xaa\x99\x7e" in data[:200], "the sync word of an iCE40 bitstream"
    layout = json.loads((folder / "out" / "design.json").read_text())
    assert (layout["token_bytes"], layout["result_bytes"], layout["inputs"][0]["elements"]) == (1, 2, 2)
    script = [sys.executable, "-I", str(folder / "out" / "host.py"), "--help"]
    assert subprocess.run(script, capture_output=True, timeout=60, check=False).returncode == 0
    assert {"design.v", "pins.pcf", "README.md"} <= {path.name for path in (folder / "out").iterdir()}


@needs("ice40")
def test_a_clock_that_is_missed_is_refused_with_both_figures(
    hdlgen: Hdlgen, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = Board(
        name="quick", device="ice40-up5k", clock_mhz=400.0, clock=Pin(site="35"), rx=Pin(site="6"), tx=Pin(site="9")
    )
    monkeypatch.setattr("hdlgen.cli.bitstreams.load_board", lambda name: quick)
    ran = hdlgen("bitstream", tiny, "--tokens", "0", "--baud", "1000000", "--out", "out")
    assert ran.status == 2
    assert "quick: the design must reach the board's clock of 400 MHz, not " in ran.err
    assert "MHz too few; more stages make it faster" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--board", "icebraker"], "board: name must be one of "),
        (["--board", "fomu-pvt"], "board: fomu-pvt must have the pins of a serial line (uart), not only "),
        (["--baud", "9000000"], "--baud: baud must be at most 3000000 with a clock of 12 MHz, not 9000000"),
        (["--tokens", "-1"], "--tokens must be 0 to 10000, not -1"),
        (["--point", "multiplier=dps"], "point: "),
    ],
)
def test_bad_input_is_one_line(hdlgen: Hdlgen, tiny: str, arguments: list[str], message: str) -> None:
    ran = hdlgen("bitstream", tiny, *arguments)
    assert ran.status == 2 and ran.out == ""
    assert ran.err.startswith(f"hdlgen: {message}") and ran.err.count("\n") == 1
    assert len(boards.BOARDS) > 3


def test_an_fpga_has_knobs_of_its_own_and_its_area_is_tables(hdlgen: Hdlgen, folder: Path) -> None:
    ran = hdlgen("check", "dot8", "--technology", "ice40-up5k", "--json")
    found = json.loads(ran.out)
    assert found["knobs"]["reduction"] == ["carry_chains", "heap"]
    assert found["knobs"]["multiplier"][-1] == "dsp" and found["knobs"]["adder"][0] == "native"
    assert found["objectives"] == ["minimize luts", "maximize throughput_msps"]
    ran = hdlgen("check", "dot8", "--technology", "ice40-hx8k", "--json")
    assert "dsp" not in json.loads(ran.out)["knobs"]["multiplier"], "it has no multiplier blocks"
    ran = hdlgen("check", "dot8", "--technology", "sky130hd", "--json")
    assert "dsp" not in json.loads(ran.out)["knobs"]["multiplier"]


def test_a_bound_that_the_other_kind_does_not_have_is_refused(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "bound.toml").write_text(SPEC + "[constraints]\narea_um2 = 100\n")
    ran = hdlgen("check", "bound.toml", "--technology", "ice40-up5k")
    assert ran.status == 2
    where = "bound.toml: constraints.area_um2 must not be there with --technology ice40-up5k, which does not have it"
    assert ran.err == f"hdlgen: {where}\n"
    (folder / "device.toml").write_text(SPEC + '[technology]\nfpga = "ice40-up5"\n')
    ran = hdlgen("check", "device.toml")
    assert ran.status == 2
    assert ran.err.startswith("hdlgen: device.toml: technology: fpga must be one of ice40-up5k, ")


@needs("ice40")
def test_a_point_is_measured_by_place_and_route(hdlgen: Hdlgen, tiny: str) -> None:
    ran = hdlgen("measure", tiny, "--technology", "ice40-up5k", "--point", "stages=1", "--out", "out", "--json")
    assert ran.status == 0, ran.err
    score = json.loads(ran.out)["score"]
    # 8 bits of a token, two sums of two words and their registers, 9 of the result, a handshake.
    assert 30 <= score["luts"] <= 60 and score["dsps"] == score["brams"] == 0
    assert "area_um2" not in score and score["clock_mhz"] > 20
    assert score["throughput_msps"] == pytest.approx(score["clock_mhz"] / score["interval_cycles"], rel=1e-3)
    assert "SB_CARRY" in Path("out/netlist.v").read_text()


@needs("ice40")
def test_a_search_ends_with_a_front_beside_stock(hdlgen: Hdlgen, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.stock.FPGA_STOCK_FLOWS", ("plain",))
    monkeypatch.setattr("sim.stock.FPGA_RECIPES", {"abc": ""})
    options = ["--technology", "ice40-up5k", "--budget", "2", "--workers", "1", "--strategy", "uniform", "--json"]
    ran = hdlgen("search", tiny, *options)
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["counts"]["ok"] == 2 and document["front"]
    assert [entry["point"] for entry in document["stock"]] == [{"flow": "plain", "recipe": "abc"}]
    assert all(entry["score"]["luts"] > 0 for entry in (*document["front"], *document["stock"]))
    report = Path(document["folder"], "report.html").read_text()
    assert "LUTs" in report
