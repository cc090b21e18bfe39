"""The shell of a design with one result a cycle: handshake and registers, around logic that comes from elsewhere.

It has the registers of our own designs at `interval=1, stages=0`: one at each end, and the states. So another tool's
logic can be measured in it, and what the shell costs alone can be taken off the area of all sides alike.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from amaranth.hdl import Cat, Const, Instance, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdlgen.compiler import Compiler
from hdlgen.dataflow import Operation
from hdlgen.emit import to_rtlil
from hdlgen.hardware import Top
from hdlgen.payload import payload_width
from sim.logic import read_logic
from sim.mapping import map_logic
from sim.recipes import RECIPES
from sim.synthesize import SECONDS, elaborate, gate_passes
from sim.technology import Technology
from sim.units import alone

__all__ = ["LOGIC", "ShellKernel", "logic_ports", "shell_area", "shell_rtlil"]

LOGIC = "computation"
"""Name of the module that does the work: ports `payload`, `states` where there are any, and `out`."""


def logic_ports(compiler: Compiler) -> tuple[int, int, int]:
    """Count the bits of the logic's ports: payload, states, and out, all results first and then all next states."""
    dataflow = compiler.dataflow
    states = sum(dataflow.operations[register.state].format.width for register in dataflow.registers)
    results = sum(dataflow.operations[number].format.width for number in dataflow.results())
    return payload_width(compiler.inputs), states, results + states


class ShellKernel(wiring.Component):
    """Stand where a `Kernel` does in `Top`: payload and results in registers, states beside, `computation` between.

    Ports: those of `Kernel`.
    """

    payload: Signal
    valid: Signal
    result: Signal
    done: Signal
    accepts: Signal

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        super().__init__(
            {
                "payload": In(payload_width(compiler.inputs)),
                "valid": In(1),
                "result": Out(payload_width(compiler.outputs)),
                "done": Out(1),
                "accepts": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        dataflow = self.compiler.dataflow
        operations = dataflow.operations
        payload_bits, state_bits, out_bits = logic_ports(self.compiler)
        held = Signal(payload_bits, reset_less=True)
        present = Signal()
        out = Signal(out_bits)
        m.d.sync += [held.eq(self.payload), present.eq(self.valid), self.done.eq(present)]
        m.d.comb += self.accepts.eq(1)
        ports = {"i_payload": held, "o_out": out}
        place = out_bits - state_bits
        states = []
        for register in dataflow.registers:
            width = operations[register.state].format.width
            state = Signal(width, name=f"state_{register.state}", init=register.initial & ((1 << width) - 1))
            with m.If(present):
                m.d.sync += state.eq(out[place : place + width])
            place += width
            states.append(state)
        if states:
            ports["i_states"] = Cat(states)
        m.submodules.logic = Instance(LOGIC, **ports)
        elements = dict(dataflow.outputs)
        fields: list[Value] = []
        place = 0
        for port in self.compiler.outputs:
            for number in elements[port.name]:
                fields.append(self._held(m, operations[number], out, place, port.format.width))
                place += operations[number].format.width
        m.d.comb += self.result.eq(Cat(fields))
        return m

    @staticmethod
    def _held(m: Module, operation: Operation, out: Signal, place: int, width: int) -> Value:
        """Register a result in its own width, and extend it behind the register."""
        own = operation.format
        value = Signal(own.width, name=f"result_{place}", reset_less=True)
        m.d.sync += value.eq(out[place : place + own.width])
        sign = value[-1] if own.signed else Const(0, 1)
        return Cat(value, sign.replicate(max(width - own.width, 0)))[:width]


def shell_rtlil(compiler: Compiler, logic: str) -> str:
    """Write the shell as RTLIL, followed by the text of module `computation`."""
    return to_rtlil(Top(ShellKernel(compiler))) + logic


def shell_area(compiler: Compiler, technology: Technology) -> float:
    """Measure the shell alone, its logic cut out: registers, what enables them, and the handshake; um2.

    It is the least of all recipes: no design can do with less, so no more is ever taken off than both sides hold.

    Raises: ToolError, ToolTimeout, ToolMissing.
    """
    payload_bits, state_bits, out_bits = logic_ports(compiler)
    ports = [f"  wire width {payload_bits} input 1 \\payload", f"  wire width {out_bits} output 2 \\out"]
    if state_bits:
        ports.append(f"  wire width {state_bits} input 3 \\states")
    box = "\n".join(["attribute \\blackbox 1", f"module \\{LOGIC}", *ports, "end", ""])
    passes = ("flatten", "opt", *gate_passes(technology, keeps_adders=False))
    with tempfile.TemporaryDirectory(prefix="hdlgen-shell-") as name:
        folder = Path(name)
        modules = elaborate(shell_rtlil(compiler, box), passes, folder=folder)
        logic = read_logic(alone(modules["top"], modules))
        areas = []
        for recipe in RECIPES.values():
            mapped = map_logic(logic, technology, recipe, folder=folder, seconds=SECONDS)
            areas.append(sum(technology.cells[cell].area_um2 * count for cell, count in mapped.counts().items()))
    return round(min(areas), 4)
