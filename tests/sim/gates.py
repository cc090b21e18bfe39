"""A netlist by hand with the ports of a design: one register between input and output, and gates of one's choice."""

from __future__ import annotations

from sim.netlist import Bit, Instance, Netlist, Port
from sim.simulation import Phase

__all__ = ["IN", "OUT", "Q", "phase_of", "registered"]

SKY = "sky130_fd_sc_hd__"
CLK, RST, VALID, READY, IN, Q, FULL, OUT = 2, 3, 4, 5, 6, 7, 8, 20


def registered(*gates: tuple[str, str, dict[str, Bit]], out: Bit = Q) -> Netlist:
    """Make a design that keeps one bit for a cycle in net `Q` and shows net `out`."""
    cells: list[tuple[str, str, dict[str, Bit]]] = [
        ("data", "dfxtp_1", {"CLK": CLK, "D": IN, "Q": Q}),
        ("full", "dfxtp_1", {"CLK": CLK, "D": 9, "Q": FULL}),
        ("not", "inv_1", {"A": VALID, "Y": 10}),
        ("nor", "nor2_1", {"A": RST, "B": 10, "Y": 9}),
        *gates,
    ]
    ports = (
        Port(name="clk", is_output=False, bits=(CLK,)),
        Port(name="rst", is_output=False, bits=(RST,)),
        Port(name="inputs__payload", is_output=False, bits=(IN,)),
        Port(name="inputs__valid", is_output=False, bits=(VALID,)),
        Port(name="inputs__ready", is_output=True, bits=(READY,)),
        Port(name="outputs__payload", is_output=True, bits=(out,)),
        Port(name="outputs__valid", is_output=True, bits=(FULL,)),
        Port(name="outputs__ready", is_output=False, bits=(READY,)),
    )
    instances = tuple(Instance(name=name, cell=SKY + cell, pins=pins) for name, cell, pins in cells)
    return Netlist(name="top", ports=ports, instances=instances)


def phase_of(bits: list[int], expected: list[int]) -> Phase:
    """Make the tokens of one bit each."""
    return Phase(name="energy", inputs=tuple(bits), expected=tuple(expected), reset_before=True)
