"""What a netlist of an FPGA's primitives does, in plain Verilog: Yosys' own models of them, put in their places."""

from __future__ import annotations

from pathlib import Path

from hdlgen.errors import ToolError
from sim.fpga.devices import Fpga
from sim.yosys import run_passes

__all__ = ["simulation_verilog"]

_NETLIST, _PLAIN = "placed.v", "plain.v"


def simulation_verilog(netlist: str, device: Fpga, *, folder: Path, seconds: float) -> str:
    """Put models in the place of a device's primitives.

    Args:
        netlist: Verilog of module `top`, whose cells are the device's primitives.
        seconds: wall-clock limit.
    Returns: Verilog of the same module that any simulator reads.
    Raises: ToolError, ToolTimeout.
    """
    (folder / _NETLIST).write_text(netlist)
    (folder / _PLAIN).unlink(missing_ok=True)
    # Only what the netlist uses is worked out, and other vendors' names for the same registers are left out.
    models = f"read_verilog -defer -D NO_INCLUDES +/{device.family}/cells_sim.v"
    plain = ("hierarchy -check -top top", "proc", "flatten", "opt_clean", f"write_verilog -noattr {_PLAIN}")
    run_passes((models, f"read_verilog {_NETLIST}", *plain), folder=folder, seconds=seconds)
    if not (folder / _PLAIN).is_file():
        raise ToolError("yosys: it must write the netlist with the models of its primitives, and did not")
    return (folder / _PLAIN).read_text()
