"""A small computer around the processor: one memory for code and data, a console, an exit and a mark.

| address | size | what is there |
| --- | --- | --- |
| 0x0001_0000 | 64 KiB | memory; the first instruction is at its beginning |
| 0x4000_0000 | a byte, stored | the console: a byte to show |
| 0x4000_0004 | a word, stored | the exit: the program is over, with this status |
| 0x4000_0008 | a word, stored | a mark for whoever watches, to time a part of a program |

Anything else that is fetched, loaded or stored is a fault. A program's end, a trap and a fault halt the computer until
reset. While reset is high, `host_enable` writes `host_data` to the word `host_index` of memory: so a program is loaded.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from designs.rv32i.core import RiscvCore

__all__ = ["CONSOLE", "EXIT", "MARK", "MEMORY_BYTES", "START", "RiscvSystem"]

START = 0x0001_0000
MEMORY_BYTES = 0x0001_0000
CONSOLE, EXIT, MARK = 0x4000_0000, 0x4000_0004, 0x4000_0008


class RiscvSystem(wiring.Component):
    """Run one program, from reset to its end.

    Ports: the host's, which load memory; `console_valid`, `mark_valid` and `retired` are high for a cycle each time;
    `exited`, `trapped` or `faulted` stays high, with the `pc` and `instruction` that caused it; `value` is the word
    that is stored: a byte for the console, a mark, the status.

    Args:
        step: name of the Verilog module that is the execute step.
    """

    def __init__(self, *, step: str) -> None:
        self.step = step
        super().__init__(
            {
                "host_enable": In(1),
                "host_index": In(range(MEMORY_BYTES // 4)),
                "host_data": In(32),
                "console_valid": Out(1),
                "mark_valid": Out(1),
                "value": Out(32),
                "retired": Out(1),
                "exited": Out(1),
                "trapped": Out(1),
                "faulted": Out(1),
                "pc": Out(32),
                "instruction": Out(32),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        module = Module()
        module.submodules.core = core = RiscvCore(step=self.step, start=START)
        module.submodules.memory = memory = Memory(shape=32, depth=MEMORY_BYTES // 4, init=[])
        fetch, load, store = memory.read_port(), memory.read_port(), memory.write_port(granularity=8)
        page = (MEMORY_BYTES - 1).bit_length()
        stores, here, at_exit, known, bad_pc = Signal(), Signal(), Signal(), Signal(), Signal()
        module.d.comb += [
            fetch.addr.eq(core.fetch_address[2:page]),
            fetch.en.eq(core.fetch_enable),
            core.instruction.eq(fetch.data),
            load.addr.eq(core.data_address[2:page]),
            load.en.eq(core.load_enable),
            core.load_data.eq(load.data),
            stores.eq(core.store_mask != 0),
            here.eq(core.data_address[page:] == START >> page),
            store.addr.eq(Mux(ResetSignal(), self.host_index, core.data_address[2:page])),
            store.data.eq(Mux(ResetSignal(), self.host_data, core.store_data)),
            store.en.eq(Mux(ResetSignal(), self.host_enable.replicate(4), Mux(here & ~core.hold, core.store_mask, 0))),
        ]
        # Whatever ends a program holds the processor in that cycle, so the same causes hold from then on.
        module.d.comb += [
            at_exit.eq(core.data_address == EXIT),
            self.console_valid.eq(stores & (core.data_address == CONSOLE) & ~core.hold),
            self.mark_valid.eq(stores & (core.data_address == MARK) & ~core.hold),
            known.eq(here | (stores & (at_exit | (core.data_address == CONSOLE) | (core.data_address == MARK)))),
            bad_pc.eq((core.pc[:2] != 0) | (core.pc[page:] != START >> page)),
            self.exited.eq(stores & at_exit & ~bad_pc),
            self.trapped.eq(core.trapped & ~bad_pc),
            self.faulted.eq(bad_pc | ((stores | core.load_enable) & ~known)),
            core.hold.eq(self.exited | self.trapped | self.faulted),
            self.retired.eq(core.retired & ~core.hold),
            self.value.eq(core.store_data),
            self.pc.eq(core.pc),
            self.instruction.eq(core.instruction),
        ]
        return module
