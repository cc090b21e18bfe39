"""`hdlgen tinytapeout`: a whole project that passes its own test, one that does not fit, and what is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np

from sim.technology import load
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import PAIR

LEAN = "full_adders=gates,recipe=lean"


def test_a_project_is_whole_and_its_bytes_are_right(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "pair.toml").write_text(PAIR)
    ran = hdlgen("tinytapeout", "pair.toml", "--point", LEAN, "--author", 'A "B"', "--out", "chip", "--json")
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["tiles"] == "1x1" and 0 < document["utilisation"] < 0.6
    assert document["area_um2"] == document["utilisation"] * document["core_um2"]
    assert (document["bytes_in"], document["bytes_out"]) == (1, 1)
    top = document["top_module"]
    assert top == "tt_um_hdlgen_pair"
    info = (folder / "chip" / "info.yaml").read_text()
    for line in (f'top_module: "{top}"', 'tiles: "1x1"', 'author: "A \\"B\\""', '- "project.v"', "yaml_version: 6"):
        assert line in info
    assert all(f"  {group}[{bit}]: " in info for group in ("ui", "uo", "uio") for bit in range(8))
    assert document["clock_hz"] * document["period_ps"] <= 0.7e12 and f"clock_hz: {document['clock_hz']}" in info
    config = json.loads((folder / "chip" / "src" / "config.json").read_text())
    assert config["CLOCK_PERIOD"] == round(1e9 / document["clock_hz"], 3)
    assert f"module {top} (" in (folder / "chip" / "src" / "project.v").read_text()
    for name in ("docs/info.md", "test/tb.v", "test/test.py", "test/Makefile", "test/requirements.txt"):
        assert (folder / "chip" / name).read_text()
    # The vectors against plain numpy: two signed and two unsigned numbers of 2 bits, lowest first.
    vectors = json.loads((folder / "chip" / "test" / "vectors.json").read_text())
    sent = np.array(vectors["sent"])
    fields = [sent >> shift & 3 for shift in (0, 2, 4, 6)]
    signed = [np.where(field > 1, field - 4, field) for field in fields[:2]]
    width = tomllib.loads(PAIR)["inputs"]["a"]["shape"][0]
    assert width == 2 and len(sent) == len(vectors["expected"]) >= 32
    total = signed[0] * fields[2] + signed[1] * fields[3]
    mask = (1 << int(np.ceil(np.log2(12 + 1))) + 1) - 1  # -12 to 6 takes 5 bits
    assert vectors["expected"] == (total & mask).tolist()

    ran = hdlgen("tinytapeout", "pair.toml", "--out", "chip")
    assert ran.status == 2
    assert ran.err == "hdlgen: chip: the project must go into a folder that is new or empty\n"


def test_what_does_not_fit_is_told_with_figures_and_nothing_is_written(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "pair.toml").write_text(PAIR)
    ran = hdlgen("tinytapeout", "pair.toml", "--point", LEAN, "--utilisation", "1", "--out", "chip")
    assert ran.status == 1 and ran.out == ""
    assert "the cells must take at most 1% of 1x1, 165 of 16,493 um2, not " in ran.err
    assert ran.err.rstrip().endswith("has room for it") and not (folder / "chip").exists()
    register = load("sky130hd").cells["sky130_fd_sc_hd__dfxtp_1"].area_um2
    area = float(ran.err.split("not ")[1].split(" um2")[0].replace(",", ""))
    assert area > 13 * register  # payloads of 8 and 5 bits alone


def test_bad_options_are_one_line(hdlgen: Hdlgen) -> None:
    ran = hdlgen("tinytapeout", "dot8", "--tiles", "5x5")
    assert ran.status == 2
    assert ran.err == "hdlgen: --tiles must be one of 1x1, 1x2, 2x2, 3x2, 4x2, 6x2, 8x2, not '5x5'\n"
    ran = hdlgen("tinytapeout", "dot8", "--utilisation", "120")
    assert (ran.status, ran.err) == (2, "hdlgen: --utilisation must be 1 to 100, not 120.0\n")
