"""Yosys in a child: its errors become ours, and nothing of it outlives its limit."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.tools import ToolTimeout
from sim.yosys import LOG, run_passes


def test_passes_run_in_their_folder_and_only_the_child_goes_there(tmp_path: Path) -> None:
    before = Path.cwd()
    (tmp_path / "a.v").write_text("module a; endmodule")
    run_passes(["read_verilog a.v", "write_rtlil a.il"], folder=tmp_path, seconds=30)
    assert "module \\a" in (tmp_path / "a.il").read_text()
    assert "Verilog" in (tmp_path / LOG).read_text() and Path.cwd() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("read_verilog none.v", "yosys: it ended with status 1: File `none.v' not found or is a directory"),
        (
            "no_such_pass",
            "yosys: it ended with status 1: No such command: no_such_pass (type 'help' for a command overview)",
        ),
    ],
)
def test_an_error_is_told_and_we_live_on(tmp_path: Path, text: str, message: str) -> None:
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = children.read_text()
    with pytest.raises(ToolError) as refusal:
        run_passes([text], folder=tmp_path, seconds=30)
    assert str(refusal.value) == message
    assert children.read_text() == before


def test_a_run_without_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ToolTimeout) as refusal:
        run_passes(["exec -- sleep 30"], folder=tmp_path, seconds=0.3)
    assert str(refusal.value) == "yosys: it must end within 0.3 s; it was stopped"


GATES = """
import sys
from pathlib import Path
from sim.yosys import TECHMAP, prepare, run_passes
folder = Path(sys.argv[1])
(folder / "a.v").write_text(
    "module a(input [3:0] x, y, output [4:0] s, output c); assign s = x + y, c = x < y; endmodule"
)
for techmap, name in ((TECHMAP, "unprepared"), (TECHMAP, "prepared"), ("techmap", "own")):
    run_passes(["read_verilog a.v", "proc", techmap, "opt", f"write_rtlil {name}.il"], folder=folder, seconds=30)
    prepare()
    prepare()
"""


def test_gates_are_the_same_whether_their_rules_were_read_before_or_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", GATES, str(tmp_path)], check=True, cwd=Path(__file__).parents[2], timeout=60)
    texts = {name: (tmp_path / f"{name}.il").read_text() for name in ("unprepared", "prepared", "own")}
    assert texts["unprepared"] == texts["prepared"]
    counts = {name: Counter(re.findall(r"^  cell (\S+)", text, re.MULTILINE)) for name, text in texts.items()}
    assert counts["prepared"] == counts["own"]
    assert counts["own"].keys() <= {f"$_{gate}_" for gate in ("AND", "OR", "XOR", "NOT", "XNOR", "ANDNOT", "ORNOT")}
