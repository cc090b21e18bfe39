"""Score a design on an FPGA: through synthesis, place and route on its own, with a chain of registers for pins.

A design has more ports than a package has pins, so it stands in a harness: a long shift register gives what comes in,
another takes what goes out. The harness is made of primitives, so that no logic mixes with the design's, and its cells
are not counted.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hdlgen.errors import PointError
from sim.fpga.devices import Fpga
from sim.fpga.place import place
from sim.fpga.synthesis import FPGA_FLOWS, MAPPED, synthesize_on_fpga
from sim.mapped import Mapped
from sim.processes import Stages
from sim.yosys import run_passes

__all__ = ["FPGA_STOCK_FLOWS", "harness", "map_on_fpga"]

FPGA_STOCK_FLOWS: tuple[str, ...] = tuple(flow for flow in FPGA_FLOWS if flow != "generated")

_HARNESS, _NETLIST = "harness.v", "harness.json"
_REGISTER = {
    "ice40": "SB_DFF {name} (.C(clk), .D({data}), .Q({output}));",
    "ecp5": (
        'TRELLIS_FF #(.GSR("DISABLED"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) '
        "{name} (.CLK(clk), .DI({data}), .Q({output}), .LSR(1'b0));"
    ),
}
_CHOICE = {
    "ice40": "SB_LUT4 #(.LUT_INIT(16'hCACA)) {name} (.I0({zero}), .I1({one}), .I2(load), .I3(1'b0), .O({output}));",
    "ecp5": "LUT4 #(.INIT(16'hCACA)) {name} (.A({zero}), .B({one}), .C(load), .D(1'b0), .Z({output}));",
}


def harness(module: Mapping[str, Any], family: str) -> tuple[str, int]:
    """Write the harness of a module in Verilog, and count its tables: one for each bit of its shift registers."""
    ports = {name: port for name, port in module["ports"].items() if name != "clk"}
    widths = {name: len(port["bits"]) for name, port in ports.items()}
    inputs = [name for name, port in ports.items() if port["direction"] == "input"]
    outputs = [name for name, port in ports.items() if port["direction"] == "output"]
    entering, leaving = sum(widths[name] for name in inputs), sum(widths[name] for name in outputs)
    lines = ["module harness (input clk, input serial_in, output serial_out);"]
    lines.append(f"  wire [{entering}:0] entering;\n  wire [{leaving - 1}:0] left, chosen, leaving;")
    lines.append(f"  wire load = entering[{entering}];\n  assign serial_out = left[{leaving - 1}];")
    connections, low = ["    .clk(clk)"], {"input": 0, "output": 0}
    for name, port in ports.items():
        side, begin = ("entering", "leaving")[port["direction"] == "output"], low[port["direction"]]
        connections.append(f"    .\\{name} ({side}[{begin + widths[name] - 1}:{begin}])")
        low[port["direction"]] += widths[name]
    for place_ in range(entering + 1):
        data = f"entering[{place_ - 1}]" if place_ else "serial_in"
        register = _REGISTER[family].format(name=f"in_{place_}", data=data, output=f"entering[{place_}]")
        lines.append(f"  (* keep *) {register}")
    for place_ in range(leaving):
        before = f"left[{place_ - 1}]" if place_ else "1'b0"
        choice = _CHOICE[family].format(
            name=f"choose_{place_}", zero=before, one=f"leaving[{place_}]", output=f"chosen[{place_}]"
        )
        register = _REGISTER[family].format(name=f"out_{place_}", data=f"chosen[{place_}]", output=f"left[{place_}]")
        lines.append(f"  (* keep *) {choice}\n  (* keep *) {register}")
    lines.append("  top design (\n" + ",\n".join(connections) + "\n  );\nendmodule\n")
    tables = entering + 1 + leaving if family == "ice40" else leaving  # a register alone takes no table on ECP5
    return "\n".join(lines), tables


def map_on_fpga(rtlil: str, device: Fpga, recipe: str, flow: str, *, seconds: float) -> Mapped:
    """Synthesise, place and route a design.

    Args:
        seconds: wall-clock limit of each program.
    Raises: PointError where it does not fit the device; ToolError, ToolTimeout, ToolMissing.
    """
    stages = Stages()
    with tempfile.TemporaryDirectory(prefix="hdlgen-fpga-") as name:
        folder = Path(name)
        module = synthesize_on_fpga(rtlil, device, flow=flow, recipe=recipe, folder=folder, seconds=seconds)
        stages.end("synthesis by Yosys")
        text, tables = harness(module, device.family)
        (folder / _HARNESS).write_text(text)
        read = (f"read_rtlil {MAPPED}", f"read_verilog {_HARNESS}")
        join = ("hierarchy -top harness", "blackbox =A:whitebox", "flatten", "opt_clean", f"write_json {_NETLIST}")
        run_passes((*read, *join), folder=folder, seconds=seconds)
        placed = place(_NETLIST, device, folder=folder, seconds=seconds, target_mhz=device.target_mhz, spared=tables)
        stages.end("place and route by nextpnr")
        netlist = (folder / "mapped.v").read_text()
    kind = device.kind
    luts = placed.used[kind.table] - tables
    if luts > device.luts:
        raise PointError(f"{device.name}: the design must fit the device's {device.luts} LUTs, not need {luts}")
    types = [cell["type"] for cell in module["cells"].values() if not cell["type"].startswith("$")]
    return Mapped(
        area_um2=0.0,
        flip_flop_area_um2=0.0,
        cells=len(types),
        flip_flops=sum(1 for kind_ in types if kind_.startswith(("SB_DFF", "TRELLIS_FF"))),
        period_ps=round(1e6 / placed.clock_mhz, 2),
        path=placed.path,
        netlist=netlist,
        luts=luts,
        dsps=placed.used.get(kind.block, 0),
        brams=placed.used.get(kind.memory, 0),
        stages=stages.seconds,
    )
