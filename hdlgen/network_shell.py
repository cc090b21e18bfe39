"""A learnt network as a stream processor, with the ports of every design: payloads in registers at both ends."""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.bits import Bus
from hdlgen.network import Network
from hdlgen.network_text import write_verilog
from hdlgen.number import Format
from hdlgen.payload import Port

__all__ = ["fields", "write_shell"]

_KERNEL = "learnt_kernel"


def fields(buses: Sequence[Bus]) -> tuple[Port, ...]:
    """Give the buses as the fields of a stream: unsigned numbers, the first in the lowest bits."""
    return tuple(Port(bus.name, Format(width=bus.width, fraction=0, signed=False), ()) for bus in buses)


def write_shell(network: Network) -> str:
    """Write Verilog with module `top`: a token a cycle, a latency of two cycles, all frozen while a result waits."""
    interface = network.interface
    connections = []
    for buses, vector in ((interface.inputs, "operands"), (interface.outputs, "computed")):
        low = 0
        for bus in buses:
            connections.append(f"    .{bus.name}({vector}[{low + bus.width - 1}:{low}])")
            low += bus.width
    joined = ",\n".join(connections)
    return f"""\
module top (
  input  clk, rst,
  input  [{interface.input_bits - 1}:0] inputs__payload,
  input  inputs__valid,
  output inputs__ready,
  output [{interface.output_bits - 1}:0] outputs__payload,
  output outputs__valid,
  input  outputs__ready
);
  reg [{interface.input_bits - 1}:0] operands;
  reg [{interface.output_bits - 1}:0] results;
  wire [{interface.output_bits - 1}:0] computed;
  reg taken, done;
  wire advance = ~done | outputs__ready;
  assign inputs__ready = advance;
  assign outputs__payload = results;
  assign outputs__valid = done;
  {_KERNEL} kernel (
{joined}
  );
  always @(posedge clk)
    if (advance) begin
      operands <= inputs__payload;
      results <= computed;
    end
  always @(posedge clk)
    if (rst) begin
      taken <= 1'b0;
      done <= 1'b0;
    end else if (advance) begin
      taken <= inputs__valid;
      done <= taken;
    end
endmodule

{write_verilog(network, name=_KERNEL)}"""
