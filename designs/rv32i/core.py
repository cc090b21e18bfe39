"""A processor around one step of RV32I: program counter, 32 registers, and the turns of memory.

The step is a combinational Verilog module with the ports of `oracle.py`, the golden one or a learnt one: it decodes and
computes. What is here picks the three register numbers, and knows one opcode, that of a load, which takes a second
cycle because memory answers at the end of a cycle.

Ports: `fetch_address` and `data_address` are byte addresses of whole words, read at the end of a cycle; `fetch_enable`
low keeps the word that was fetched. `store_mask` is not zero in the one cycle in which bytes are written. `retired` is
high in the last cycle of an instruction, `trapped` in place of it where the step knows no such instruction (ECALL and
EBREAK are of these), and from then on. As long as `hold` is high, nothing changes; none of the outputs but
`fetch_enable` depends on it. Latency: one cycle an instruction, two a load, one more after reset.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Instance, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

__all__ = ["LOAD", "RegisterFile", "RiscvCore"]

LOAD = 0b0000011


class RegisterFile(wiring.Component):
    """Hold 32 words; two are read at once, one is written at the end of a cycle, word 0 is always 0."""

    def __init__(self) -> None:
        super().__init__(
            {
                "first_index": In(5),
                "second_index": In(5),
                "first": Out(32),
                "second": Out(32),
                "write_index": In(5),
                "write_data": In(32),
                "write_enable": In(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        module = Module()
        module.submodules.memory = memory = Memory(shape=32, depth=32, init=[])
        for index, value in ((self.first_index, self.first), (self.second_index, self.second)):
            port = memory.read_port(domain="comb")
            module.d.comb += [port.addr.eq(index), value.eq(Mux(index == 0, 0, port.data))]
        port = memory.write_port()
        module.d.comb += [
            port.addr.eq(self.write_index),
            port.data.eq(self.write_data),
            port.en.eq(self.write_enable & (self.write_index != 0)),
        ]
        return module


class RiscvCore(wiring.Component):
    """Run instructions from memory, one after the other.

    Args:
        step: name of the Verilog module that is the execute step.
        start: the address of the first instruction; a multiple of 4.
    """

    def __init__(self, *, step: str, start: int) -> None:
        if start % 4 or not 0 <= start < 1 << 32:
            raise ValueError(f"RiscvCore: the start must be a multiple of 4 below 2**32, not {start!r}")
        self.step = step
        self.start = start
        super().__init__(
            {
                "fetch_address": Out(32),
                "fetch_enable": Out(1),
                "instruction": In(32),
                "data_address": Out(32),
                "load_data": In(32),
                "load_enable": Out(1),
                "store_data": Out(32),
                "store_mask": Out(4),
                "hold": In(1),
                "pc": Out(32),
                "retired": Out(1),
                "trapped": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        module = Module()
        module.submodules.registers = registers = RegisterFile()
        pc = Signal(32, init=self.start)
        fetched, answered = Signal(), Signal()
        next_pc, rd, address, store_data = Signal(32), Signal(32), Signal(32), Signal(32)
        rd_write, memory_write, trap, store_mask = Signal(), Signal(), Signal(), Signal(4)
        module.submodules.step = Instance(
            self.step,
            i_instruction=self.instruction,
            i_rs1=registers.first,
            i_rs2=registers.second,
            i_pc=pc,
            i_load_data=self.load_data,
            o_rd_write=rd_write,
            o_memory_write=memory_write,
            o_trap=trap,
            o_store_mask=store_mask,
            o_rd=rd,
            o_next_pc=next_pc,
            o_address=address,
            o_store_data=store_data,
        )
        running, waits, finishes = Signal(), Signal(), Signal()
        module.d.comb += [
            registers.first_index.eq(self.instruction[15:20]),
            registers.second_index.eq(self.instruction[20:25]),
            registers.write_index.eq(self.instruction[7:12]),
            registers.write_data.eq(rd),
            registers.write_enable.eq(finishes & rd_write & ~self.hold),
            running.eq(fetched & ~trap),
            waits.eq((self.instruction[:7] == LOAD) & ~answered),
            finishes.eq(running & ~waits),
            self.pc.eq(pc),
            self.trapped.eq(fetched & trap),
            self.retired.eq(finishes),
            self.fetch_enable.eq((finishes | ~fetched) & ~self.hold),
            self.fetch_address.eq(Mux(fetched, next_pc, pc)),
            self.data_address.eq(address),
            self.load_enable.eq(running & waits),
            self.store_data.eq(store_data),
            self.store_mask.eq(Mux(finishes & memory_write, store_mask, 0)),
        ]
        with module.If(~self.hold):
            module.d.sync += [fetched.eq(1), answered.eq(running & waits)]
            with module.If(finishes):
                module.d.sync += pc.eq(next_pc)
        return module
