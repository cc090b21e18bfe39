"""`measure` and `verilog`: documents, files, and designs that fail."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hdlgen.evaluation import FPGA_METRICS, Evaluation, Score, Status
from sim.measure import Measure
from tests.hdlgen.cli.command import Hdlgen

FILES = {
    *("design.v", "netlist.v", "point.toml", "results.xml", "README.md"),  # promised
    *("datapath.json", "critical_path.txt", "checks.json"),
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_measured_point_is_a_document_and_a_folder(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("measure", dot, "--point", "interval=2", "--json")
    assert ran.status == 0 and ran.err == ""
    document = json.loads(ran.out)
    assert {"point", "status", "message", "score", "folder"} <= document.keys()
    assert (document["status"], document["message"], document["point"]["interval"]) == ("ok", "", 2)
    assert document["score"].keys() == set(Score.__dataclass_fields__) - {"energy_pj", *FPGA_METRICS}  # nobody asked
    folder = Path(document["folder"])
    assert folder.parent == Path("runs/dot4-points") and {path.name for path in folder.iterdir()} == FILES
    point = tomllib.loads((folder / "point.toml").read_text())
    assert point == {"point": document["point"], "score": document["score"]}
    results = ET.parse(folder / "results.xml").getroot()
    assert (results.get("tests"), results.get("failures"), results.get("errors")) == ("1", "0", "0")
    # The command in the files makes them again.
    first = (folder / "point.toml").read_text().splitlines()[0].removeprefix("# ")
    assert f"\n    {first}\n" in (folder / "README.md").read_text()
    words = shlex.split(first)
    before = contents(folder)
    ran = hdlgen(*words[1:], "--out", "again")
    assert ran.status == 0 and contents(Path("again")) == before
    assert re.search(r"│ area_um2 +│ +[\d,.]+ │", ran.out) and re.search(r"│ folder +│ +again │", ran.out)


def test_the_verilog_of_a_point_is_that_of_its_folder(hdlgen: Hdlgen, dot: str) -> None:
    folder = Path(json.loads(hdlgen("measure", dot, "--point", "interval=2", "--json").out)["folder"])
    ran = hdlgen("verilog", dot, "--point", "interval=2")
    assert (ran.status, ran.err) == (0, "") and ran.out == (folder / "design.v").read_text()
    ran = hdlgen("verilog", dot, "-o", "default.v")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert "module top(" in Path("default.v").read_text() != (folder / "design.v").read_text()


@pytest.mark.parametrize("status", [Status.MISMATCH, Status.TOOL_FAILED, Status.TIMEOUT, Status.INVALID])
def test_a_design_that_fails_ends_with_status_1(
    hdlgen: Hdlgen, dot: str, folder: Path, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    def evaluate(self: Measure, points: list[object]) -> object:
        yield from (Evaluation(point=point, status=status, message="it is wrong") for point in points)  # type: ignore[arg-type]

    monkeypatch.setattr(Measure, "evaluate", evaluate)
    ran = hdlgen("measure", dot, "--json")
    assert (ran.status, ran.err) == (1, f"hdlgen: {status.value}: it is wrong\n")
    document = json.loads(ran.out)
    assert (document["status"], document["score"], document["folder"]) == (status.value, None, None)
    ran = hdlgen("measure", dot)
    assert (ran.status, ran.err) == (1, f"hdlgen: {status.value}: it is wrong\n") and status.value in ran.out
    assert not (folder / "runs").exists()
