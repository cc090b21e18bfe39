"""Verilog as Yosys writes it, made procedural: what a module computes stands in few `always @*` blocks, in order.

An event-driven simulator evaluates a continuous assignment whenever one of its operands moves, again and again within
one instant; a block it evaluates once. The text becomes shorter and better to read on the way, and stays Verilog-2001.
Values are the same, unknown ones too, but for a block's words before anything that it reads has moved for the first
time: the block has not run then, and all of them are unknown.
"""

from __future__ import annotations

from sim.procedural.rewrite import procedural

__all__ = ["procedural"]
