"""Synthesis for an FPGA: from RTLIL to tables, carries, registers and blocks, by Yosys' own command for the family."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError, nearest
from sim.fpga.devices import Fpga
from sim.yosys import run_passes

__all__ = ["FPGA_FLOWS", "FPGA_RECIPES", "MAPPED", "FpgaFlow", "synthesize_on_fpga"]

_INPUT, _CHAINS, _AROUND = "design.il", "chains.v", "around.v"
MAPPED = "mapped.il"
"""The file in the folder that takes the netlist of the device's primitives."""

FPGA_RECIPES: Mapping[str, str] = {"abc": "", "abc9": "-abc9"}
"""What maps logic to tables: ABC for the fewest of them, or by delays; what Yosys' command is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FpgaFlow:
    """Hold what Yosys does before the family's own command, and whether products may go into multiplier blocks."""

    passes: tuple[str, ...] = ()
    dsps: bool = False


FPGA_FLOWS: Mapping[str, FpgaFlow] = {
    # Sums are chains as they stand: `alumacc` would melt them into one, and that into full adders of two tables a bit.
    "generated": FpgaFlow(passes=("opt", "wreduce", "opt_clean", f"techmap -map {_CHAINS} t:$add"), dsps=True),
    "plain": FpgaFlow(),
    "booth": FpgaFlow(passes=("wreduce", "booth")),
    "mcm": FpgaFlow(passes=("wreduce", "mcm")),
    "plain_dsp": FpgaFlow(dsps=True),
}
"""By name: `generated` is ours, the others are what stock synthesis makes of plain operators."""

_CHAIN = r"""
(* techmap_celltype = "$add" *)
module _chain (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;
  wire [Y_WIDTH-1:0] propagated, carries;
  \$alu #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH))
    _TECHMAP_REPLACE_ (.A(A), .B(B), .Y(Y), .CI(1'b0), .BI(1'b0), .X(propagated), .CO(carries));
endmodule
"""
_BEGIN = (
    f"read_rtlil {_INPUT}",
    "hierarchy -check -top top",
    "proc",
    "setattr -unset init */w:*",  # as in a score on cells: no value at power-up is assumed
    "flatten",
    "opt_expr",
    "opt_clean",
)


def synthesize_on_fpga(
    rtlil: str, device: Fpga, *, flow: str, recipe: str, folder: Path, seconds: float, around: str = ""
) -> dict[str, Any]:
    """Synthesise module `top`; equal arguments give an equal netlist, which stays in the folder as `MAPPED`.

    Args:
        flow, recipe: names in `FPGA_FLOWS` and `FPGA_RECIPES`.
        around: Verilog of a module `board` that holds `top`, which is then the outermost one.
    Returns: the module as in Yosys' JSON.
    Raises: ValueError for another flow or recipe; ToolError, ToolTimeout.
    """
    for what, name, family in (("flow", flow, FPGA_FLOWS), ("recipe", recipe, FPGA_RECIPES)):
        if name not in family:
            listed = ", ".join(family)
            raise ValueError(f"synthesize_on_fpga: {what} must be one of {listed}, not {name!r}{nearest(name, family)}")
    (folder / _INPUT).write_text(rtlil)
    (folder / _CHAINS).write_text(_CHAIN)
    (folder / MAPPED).unlink(missing_ok=True)
    kind, chosen = device.kind, FPGA_FLOWS[flow]
    options = [kind.dsp_option if chosen.dsps and device.dsps else kind.no_dsp_option, FPGA_RECIPES[recipe]]
    if recipe == "abc9" and device.abc9_device:
        options.append(f"-device {device.abc9_device}")
    top = "board" if around else "top"
    (folder / _AROUND).write_text(around)
    outer = (f"read_verilog {_AROUND}", "hierarchy -check -top board", "proc", "flatten") if around else ()
    command = " ".join([kind.synthesis, f"-top {top}", *filter(None, options)])
    write = (f"write_rtlil {MAPPED}", "write_json mapped.json", "write_verilog -noattr mapped.v")
    run_passes((*_BEGIN, *chosen.passes, *outer, command, *write), folder=folder, seconds=seconds)
    if not (folder / MAPPED).is_file():
        raise ToolError("yosys: it must write its netlist, and did not")
    module: dict[str, Any] = json.loads((folder / "mapped.json").read_text())["modules"][top]
    return module
