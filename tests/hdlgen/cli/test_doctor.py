"""The doctor: what it finds here, and what it says where something is missing."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from hdlgen.cli import doctor
from hdlgen.errors import ToolError
from sim import tools
from tests.hdlgen.cli.command import Hdlgen

ROOT = Path(__file__).parents[3]


def without(*missing: str) -> Callable[[str], Path | None]:
    """Find programs as ever but for some."""
    find = tools.find
    return lambda program: None if program in missing else find(program)


def test_it_looks_for_every_package_that_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[<>=]", requirement)[0] for requirement in asked}
    found = [finding.name for finding in doctor.examine() if finding.purpose == "Python package"]
    assert set(found) == names


def test_the_findings_agree_with_the_system(hdlgen: Hdlgen) -> None:
    ran = hdlgen("doctor", "--json")
    assert ran.status == 0 and ran.err == ""
    findings = json.loads(ran.out)
    assert all(set(f) == {"name", "purpose", "found", "needed", "version", "place", "install"} for f in findings)
    for finding in findings:
        if finding["purpose"] == "Python package":
            assert finding["version"] == metadata.version(finding["name"])
        elif finding["name"] in ("iverilog", "g++", "make", "perl"):
            assert finding["place"] == (shutil.which(finding["name"]) or "")
        assert not finding["found"] or finding["version"], finding


def test_the_table_shows_every_finding(hdlgen: Hdlgen) -> None:
    ran = hdlgen("doctor")
    assert ran.status == 0
    for name in ("yosys-abc", "amaranth", "libpython", "iverilog"):
        assert name in ran.out


def test_what_is_missing_and_needed_ends_with_status_3(hdlgen: Hdlgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find", without("yosys-abc"))
    ran = hdlgen("doctor", "--json")
    assert ran.status == 3
    (finding,) = [finding for finding in json.loads(ran.out) if finding["name"] == "yosys-abc"]
    assert not finding["found"] and finding["needed"] and finding["install"] == "pip install pyosys"
    ran = hdlgen("doctor")
    assert ran.status == 3
    assert re.search(r"yosys-abc\s*│ missing\s*│\s*│ maps logic to cells\s*│ pip install pyosys", ran.out)


def test_either_simulator_will_do(hdlgen: Hdlgen, monkeypatch: pytest.MonkeyPatch) -> None:
    def needed(*missing: str) -> set[str]:
        with monkeypatch.context() as patch:
            patch.setattr(tools, "find", without(*missing))
            return {f.name for f in doctor.examine() if f.needed and f.purpose != "Python package"}

    assert needed("verilator", "g++") >= {"yosys-abc"}
    assert needed("iverilog") >= {"yosys-abc", "verilator", "g++", "perl"}
    assert "verilator" not in (needed() if tools.find("iverilog") else set())


def test_a_program_that_does_not_run_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise ToolError("it hangs")

    monkeypatch.setattr(tools, "run", fail)
    findings = {finding.name: finding for finding in doctor.examine() if finding.purpose != "Python package"}
    assert not findings["yosys-abc"].found and findings["yosys-abc"].place


def test_a_package_that_is_missing_names_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PACKAGES", ("no-such-package",))
    finding = doctor.examine()[0]
    assert not finding.found and finding.needed and finding.install == "pip install no-such-package"
