"""Verilog of a computer: what Amaranth makes of it, with its memories, around a step that is Verilog already."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hdlgen.errors import ToolError
from sim.yosys import run_passes

__all__ = ["computer_verilog"]

_PASSES = (
    "read_rtlil computer.il",
    "proc",
    "flatten",
    "memory_collect",
    "opt_clean",
    "write_verilog -noattr computer.v",
)
_ZEROS = re.compile(r"(?: +(\S+ ?)\[\d+\] = \d+'d0;\n){2,}")
"""Yosys clears a memory word by word."""


def computer_verilog(rtlil: str, step: str, *, seconds: float = 120.0) -> str:
    """Turn an RTLIL text with module `top` into Verilog and append the Verilog of the step that it names.

    `sim.verilog` is for datapaths and knows no memories.

    Raises: ToolError, ToolTimeout.
    """
    with tempfile.TemporaryDirectory(prefix="hdlgen-computer-") as name:
        folder = Path(name)
        (folder / "computer.il").write_text(rtlil)
        run_passes(_PASSES, folder=folder, seconds=seconds)
        text = (folder / "computer.v").read_text() if (folder / "computer.v").is_file() else ""
    if "module top" not in text:
        raise ToolError("yosys: it must write module top as Verilog, and did not")
    text = _ZEROS.sub(_clear, text.partition("*/")[2])
    return f"{text.strip()}\n\n{step}"


def _clear(found: re.Match[str]) -> str:
    words = found[0].count("\n")
    return f"    for (integer word = 0; word < {words}; word = word + 1) {found[1]}[word] = 0;\n"
