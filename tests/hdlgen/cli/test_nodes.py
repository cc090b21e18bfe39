"""`hdlgen nodes`: the same throughput on two technologies, gone on with under another need, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hdlgen.cli.nodes import FPGAS, TARGETS, check_targets
from hdlgen.cli.project import open_project
from hdlgen.errors import InputError
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.fpga.tools import needs
from tests.sim.specs import PAIR

KNOBS = """
[knobs]
interval = [1, 2]
stages = 0
reduction = "heap"
multiplier = "dadda"
full_adders = "gates"
adder = ["sklansky", "ripple"]
recipe = "lean"
"""
OPTIONS = ("--technologies", "sky130hd,asap7", "--budget", "2", "--workers", "1", "--json")


@pytest.fixture(scope="module")
def text() -> str:
    return PAIR + KNOBS


def test_two_technologies_side_by_side(hdlgen: Hdlgen, folder: Path, text: str) -> None:
    (folder / "pair.toml").write_text(text)
    ran = hdlgen("nodes", "pair.toml", "--throughput", "100000", *OPTIONS)
    assert ran.status == 0, ran.err
    document: dict[str, Any] = json.loads(ran.out)
    rows = {row["technology"]: row for row in document["technologies"]}
    assert list(rows) == ["sky130hd", "asap7"]
    for name, row in rows.items():
        score, fleet = row["design"]["score"], row["fleet"]
        # By hand from the score: copies, silicon, power.
        assert (fleet["copies"] - 1) * score["throughput_msps"] < 100_000 <= fleet["copies"] * score["throughput_msps"]
        assert fleet["silicon_mm2"] == pytest.approx(fleet["copies"] * score["area_um2"] * 1e-6)
        assert row["power_w"] == pytest.approx(score["energy_pj"] * 0.1)  # pJ times 1e11 a second
        assert row["evaluated"] == 2
        evaluations = (folder / document["folder"] / name / "evaluations.jsonl").read_text().splitlines()
        per_silicon = [
            score["throughput_msps"] / score["area_um2"]
            for score in (json.loads(line)["score"] for line in evaluations)
        ]
        assert score["throughput_msps"] / score["area_um2"] == pytest.approx(max(per_silicon), rel=1e-3)
        assert (folder / row["design"]["folder"] / "netlist.v").is_file()
    # A newer node takes less of both, whatever the designs are.
    assert rows["asap7"]["energy_pj"] < rows["sky130hd"]["energy_pj"] / 3
    assert rows["asap7"]["fleet"]["silicon_mm2"] < rows["sky130hd"]["fleet"]["silicon_mm2"] / 10
    assert document["strongest"] == "asap7" and rows["asap7"]["chips_for_one"] == 1.0
    page = (folder / document["folder"] / "report.html").read_text()
    assert page.count("<rect") == 6 and "sky130hd" in page and "<script" not in page

    # Under a cap the chips become alike; nothing is measured anew, and what a chip may do is kept.
    began = [(folder / document["folder"] / name / "evaluations.jsonl").read_bytes() for name in rows]
    ran = hdlgen("nodes", "pair.toml", "--throughput", "100000", "--cap", "20000", "--resume", *OPTIONS)
    assert ran.status == 0, ran.err
    capped = json.loads(ran.out)
    assert [row["fleet"]["limit"] for row in capped["technologies"]] == ["cap", "cap"]
    assert {row["fleet"]["chips"] for row in capped["technologies"]} <= {5, 6}
    assert [(folder / document["folder"] / name / "evaluations.jsonl").read_bytes() for name in rows] == began

    ran = hdlgen("nodes", "pair.toml", "--throughput", "1", "--resume", "--seed", "9", *OPTIONS)
    assert ran.status == 2
    assert ran.err == f"hdlgen: {document['folder']}: seed must be None as when it began, not 9\n"


@needs("ice40")
def test_an_fpga_beside_cells(hdlgen: Hdlgen, folder: Path, text: str) -> None:
    (folder / "pair.toml").write_text(text)
    named = ("--technologies", "asap7,ice40-up5k", "--budget", "1", "--workers", "1", "--json")
    ran = hdlgen("nodes", "pair.toml", "--throughput", "100000", *named)
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    cells, device = document["technologies"]
    score, fleet = device["design"]["score"], device["fleet"]
    assert "area_um2" not in score and "energy_pj" not in score
    assert (device["energy_pj"], device["power_w"], fleet["silicon_mm2"], device["energy_ratio"]) == (None,) * 4
    assert fleet["limit"] == "luts" and fleet["copies_per_chip"] == 5280 // score["luts"]
    assert document["strongest"] == "asap7" and device["chips_for_one"] > 1 and cells["chips_for_one"] == 1
    page = (folder / document["folder"] / "report.html").read_text()
    assert page.count("<rect") == 4 and f"{score['luts']} LUTs" in page  # chips of both; silicon and energy of one
    shown = hdlgen("nodes", "pair.toml", "--throughput", "100000", "--resume", *named[:-1])
    assert shown.status == 0 and "ice40-up5k" in shown.out


def test_targets_are_read_and_others_are_refused() -> None:
    assert check_targets(None)[: len(TARGETS)] == TARGETS and set(check_targets(None)) <= {*TARGETS, *FPGAS}
    assert check_targets("asap7,ice40-hx8k") == ("asap7", "ice40-hx8k")
    assert check_targets("asap7, own.lib") == ("asap7", "own.lib")
    for text in ("", "asap7,asap7"):
        with pytest.raises(InputError, match="must name at least one technology, and none twice"):
            check_targets(text)
    with pytest.raises(InputError, match=r"not 'asap' \(did you mean 'asap7'\?\)"):
        check_targets("asap")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--throughput", "0"), "--throughput must be finite and above 0, not 0"),
        (("--throughput", "1", "--cap", "-1"), "--cap must be finite and above 0, not -1"),
        (("--throughput", "1", "--budget", "0"), "--budget must be at least 1, not 0"),
        (("--throughput", "1", "--resume"), "runs: a folder dot8-nodes-N must be there to resume, and none is"),
    ],
)
def test_bad_input_is_one_line(hdlgen: Hdlgen, options: tuple[str, ...], message: str) -> None:
    ran = hdlgen("nodes", "dot8", *options)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")


@pytest.mark.parametrize("technology", [*TARGETS, *FPGAS])
def test_the_shipped_case_has_a_space_on_every_node(technology: str) -> None:
    """Knobs differ between technologies: where there are no adder cells, none can be chosen."""
    assert open_project("matrix_engine", technology=technology).space.size() >= 24
