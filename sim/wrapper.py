"""The Verilog module around the designs of one simulation: what the testbench drives and samples.

Each design gets a clock of its own, so that the ones that wait their turn cost nothing, and three vectors:
`drive` (payload, valid, ready and reset that it is given), `sample` (payload, valid and ready that it gave, kept at the
rising edge) and `widths` (the bits of its ports, for the testbench to check). The testbench writes and reads at the
falling edge, one vector each: nothing races, and the simulator's slow interface to Python is used as little as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["ACCEPT", "CONTROL_WIDTH", "OFFER", "PAYLOAD_SHIFT", "PORTS", "RESET", "Instance", "wrapper"]

RESET, ACCEPT, OFFER = 1, 2, 4
"""Bits of `drive`: rst, outputs__ready, inputs__valid; the payload stands above them."""

PAYLOAD_SHIFT = 3
"""Place of the lowest payload bit in `drive`."""

CONTROL_WIDTH = 6
"""Bits of a design's ports other than the payloads: one each."""

PORTS = (
    "clk", "rst", "inputs__payload", "inputs__valid", "inputs__ready",
    "outputs__payload", "outputs__valid", "outputs__ready",
)  # fmt: skip
"""The ports of a design's top module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A design in a simulation: its number, the name of its top module and the bits of its two payloads."""

    number: int
    module: str
    input_width: int
    output_width: int


def wrapper(instances: Sequence[Instance], *, name: str, waves: str = "") -> str:
    """Write the module that holds one instance of each design, called `job_NUMBER`.

    Args:
        instances: the designs.
        name: of the module.
        waves: file that the simulator writes a waveform to by itself; empty where it does not or by other means.
    """
    ports = ",\n  ".join(port for instance in instances for port in _ports(instance))
    bodies = "".join(_body(instance) for instance in instances)
    dump = f'  initial begin\n    $dumpfile("{waves}");\n    $dumpvars(0, {name});\n  end\n' if waves else ""
    return f"`timescale 1ns/1ps\nmodule {name} (\n  {ports}\n);\n{bodies}{dump}endmodule\n"


def _ports(instance: Instance) -> list[str]:
    # Verilator keeps only what is marked; it reads the marks as pragmas, other simulators as comments.
    number, bits = instance.number, instance.input_width + PAYLOAD_SHIFT
    return [
        f"input wire clk_{number} /*verilator public_flat_rw*/",
        f"input wire [{bits - 1}:0] drive_{number} /*verilator public_flat_rw*/",
        f"output reg [{instance.output_width + 1}:0] sample_{number} /*verilator public_flat_rd*/",
        f"output wire [95:0] widths_{number} /*verilator public_flat_rd*/",
    ]


def _body(instance: Instance) -> str:
    number, high = instance.number, instance.output_width + 1
    control = [f"$bits(job_{number}.{port})" for port in PORTS if not port.endswith("payload")]
    return f"""\
  wire [{high}:0] result_{number};
  \\{instance.module} job_{number} (
    .clk(clk_{number}), .rst(drive_{number}[0]),
    .inputs__payload(drive_{number}[{instance.input_width + PAYLOAD_SHIFT - 1}:{PAYLOAD_SHIFT}]),
    .inputs__valid(drive_{number}[2]), .inputs__ready(result_{number}[0]),
    .outputs__payload(result_{number}[{high}:2]),
    .outputs__valid(result_{number}[1]), .outputs__ready(drive_{number}[1])
  );
  always @(posedge clk_{number}) sample_{number} <= result_{number};
  assign widths_{number} = {{
    32'd0 + {" + ".join(control)},
    32'd0 + $bits(job_{number}.outputs__payload), 32'd0 + $bits(job_{number}.inputs__payload)
  }};
"""
