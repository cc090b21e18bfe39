"""A design of seven flip-flops, small enough to try every run of it: the oracle of what is said to be equivalent."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.cells import Cell
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.netlist import Bit, Instance, Netlist, Port

__all__ = ["Toy", "is_same_from_reset_on"]

_INPUTS = {"clk": 2, "rst": 3, "inputs__valid": 4, "inputs__payload": 5, "outputs__ready": 6}


class Toy:
    """Put together a design that takes a bit in phase 0 of three and shows in phase 2 whether it ends an odd number.

    Phase 3 does not occur after a reset, and leads to phase 0. `held` waits from phase 0 on, `total` is a state.

    Args:
        remembers: whether there is that state. Where not, it shows the bit flipped, from `held` and from `late`, which
            follows it by a cycle: both are the same by then.

    Attributes:
        nets: of what has a name.
    """

    def __init__(self, *, remembers: bool = True) -> None:
        self.nets: dict[str, Bit] = dict(_INPUTS)
        self.instances: list[Instance] = []
        for name in ("phase_0", "phase_1", "valid", "held", "total" if remembers else "late", "shown", "answer"):
            self.net(name)
        rst, run = self.nets["rst"], self.net("run")
        low, high = self.nets["phase_0"], self.nets["phase_1"]
        self.gate("OR", run, A=self.gate("NOT", A=self.nets["shown"]), B=self.nets["outputs__ready"])
        self.gate("AND", self.net("first"), A=run, B=self.gate("NOR", A=low, B=high))
        self.gate("AND", self.net("last"), A=run, B=self.gate("ANDNOT", A=high, B=low))
        following = {
            "phase_0": self.mux(run, self.gate("NOR", A=low, B=high), low),
            "phase_1": self.mux(run, self.gate("ANDNOT", A=low, B=high), high),
            "valid": self.mux(self.nets["first"], self.nets["inputs__valid"], self.nets["valid"]),
            "shown": self.mux(run, self.gate("AND", A=self.nets["last"], B=self.nets["valid"]), self.nets["shown"]),
        }
        if remembers:
            odd = self.gate("XOR", self.net("odd"), A=self.nets["held"], B=self.nets["total"])
            loads = self.gate("AND", A=self.nets["last"], B=self.nets["valid"])
            following["total"] = self.mux(loads, odd, self.nets["total"])
        else:
            odd = self.gate("NAND", self.net("odd"), A=self.nets["held"], B=self.nets["late"])
            self.register("late", self.mux(run, self.nets["held"], self.nets["late"]))
        for name, bit in following.items():
            self.register(name, self.gate("ANDNOT", self.net(f"next_{name}"), name=f"reset_{name}", A=bit, B=rst))
        self.register("held", self.mux(self.nets["first"], self.nets["inputs__payload"], self.nets["held"]))
        self.register("answer", self.mux(self.nets["last"], odd, self.nets["answer"]))
        shown = {"inputs__ready": "first", "outputs__valid": "shown", "outputs__payload": "answer"}
        self.ports = [Port(name=name, is_output=False, bits=(bit,)) for name, bit in _INPUTS.items()]
        self.ports += [Port(name=name, is_output=True, bits=(self.nets[net],)) for name, net in shown.items()]

    def net(self, name: str) -> Bit:
        """Give a net, a new one at first."""
        return self.nets.setdefault(name, 2 + len(self.nets))

    def gate(self, kind: str, output: Bit | None = None, *, name: str = "", **pins: Bit) -> Bit:
        """Add a gate and give the net that it drives."""
        net = self.net(f"net {len(self.nets)}") if output is None else output
        self.instances.append(Instance(name=name or f"gate_{net}", cell=f"gate_{kind}", pins={**pins, "Y": net}))
        return net

    def mux(self, select: Bit, one: Bit, zero: Bit) -> Bit:
        """Choose between two nets."""
        return self.gate("MUX", S=select, B=one, A=zero)

    def register(self, name: str, data: Bit) -> Bit:
        """Add a flip-flop and give the net that it drives."""
        pins = {"C": self.nets["clk"], "D": data, "Q": self.net(name)}
        self.instances.append(Instance(name=name, cell="gate_DFF_P", pins=pins))
        return self.nets[name]

    def netlist(self) -> Netlist:
        """Give the whole."""
        return Netlist(name="top", ports=tuple(self.ports), instances=tuple(self.instances))


def is_same_from_reset_on(good: Netlist, faulty: Netlist, cells: Mapping[str, Cell] = GATE_CELLS) -> bool:
    """Tell, from every state before a reset and by every run, whether the ports of both are the same after it."""
    states, nexts, shown = zip(*(_tables(netlist, cells) for netlist in (good, faulty)), strict=True)
    common = 1 << states[0]
    start = np.arange(1 << states[1])  # registers that the fault brings along come last, and so at the top
    pairs = np.stack([nexts[0][_RESETS][:, start % common], nexts[1][_RESETS][:, start]], axis=-1).reshape(-1, 2)
    known = np.zeros((common, 1 << states[1]), dtype=bool)
    while len(pairs):
        pairs = np.unique(pairs, axis=0)
        pairs = pairs[~known[pairs[:, 0], pairs[:, 1]]]
        known[pairs[:, 0], pairs[:, 1]] = True
        if not np.array_equal(shown[0][:, pairs[:, 0]], shown[1][:, pairs[:, 1]]):
            return False
        pairs = np.stack([nexts[0][_ALLOWED][:, pairs[:, 0]], nexts[1][_ALLOWED][:, pairs[:, 1]]], -1).reshape(-1, 2)
    return True


_RST, _OFFERED = 1, 2
_ALLOWED = [word for word in range(16) if not (word & _RST and word & _OFFERED)]
_RESETS = [word for word in _ALLOWED if word & _RST]


def _tables(netlist: Netlist, cells: Mapping[str, Cell]) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """Give the number of registers, and for each word at the inputs and each state the next one, and what shows."""
    width = sum(cells[instance.cell].flip_flop is not None for instance in netlist.instances)
    count = 1 << width
    lanes = Lanes(netlist, cells, (), good=count)
    assert [name for name, _, _ in lanes.inputs] == [name for name in _INPUTS if name != "clk"]
    assert [name for name, _ in lanes.outputs] == ["inputs__ready", "outputs__valid", "outputs__payload"]
    columns = tuple(_column(place, count) for place in range(width))
    nexts, shown = [], []
    for word in range(16):
        (ready, valid, payload), state = lanes.step(columns, [lanes.mask * (word >> place & 1) for place in range(4)])
        nexts.append(_numbers(state, count))
        shown.append(_numbers((ready, valid, payload & valid), count))
    return width, np.stack(nexts), np.stack(shown)


def _column(place: int, count: int) -> int:
    """Give a bit of all numbers below `count`, the lowest number's first."""
    period = 1 << place
    word = (1 << period) - 1 << period
    return sum(word << start for start in range(0, count, 2 * period))


def _numbers(bits: tuple[int, ...], count: int) -> NDArray[np.int64]:
    rows = np.array([np.frombuffer(f"{bit:0{count}b}"[::-1].encode(), np.uint8) - ord("0") for bit in bits], np.int64)
    numbers: NDArray[np.int64] = (rows << np.arange(len(bits))[:, None]).sum(axis=0)
    return numbers
