"""BLIF in and out: what ABC may write, in any order of its lines, and what it must not."""

from __future__ import annotations

import pytest

from hdlgen.errors import ToolError
from sim.blif import read_blif, write_blif
from sim.logic import Gate
from sim.netlist import Bit
from sim.technology import load

SKY = "sky130_fd_sc_hd__"


def test_gates_are_written_cube_by_cube() -> None:
    gates = [Gate(kind="$_ORNOT_", inputs=(5, "0"), output=7), Gate(kind="$_NOT_", inputs=(7,), output=8)]
    assert write_blif(gates, starts=[5], ends=[8, 7]).splitlines() == [
        *(".model top", ".inputs w5", ".outputs o0 o1", ".names w0", ".names w1", "1"),
        *(".names w5 w0 w7", "1- 1", "-0 1", ".names w7 w8", "0 1"),
        *(".names w8 o0", "1 1", ".names w7 o1", "1 1", ".end"),
    ]


def test_wires_and_constants_may_stand_behind_their_readers() -> None:
    text = f"""# Benchmark
.model top
.inputs w5 w6
.outputs o0 o1 \\
 o2 o3
.gate {SKY}nand2_1 A=alias B=w6 Y=o0
.gate {SKY}inv_1 A=one Y=n9
.names w5 alias
1 1
.gate _const1_ z=one
.names n9 o1
1 1
.names alias o2
1 1
.names o3
.end
"""
    gates, nets = read_blif(text, load("sky130hd"), [5, 6], 20)
    assert [(cell, pins) for cell, pins, _ in gates] == [
        (f"{SKY}nand2_1", ["A", "B", "Y"]),
        (f"{SKY}inv_1", ["A", "Y"]),
    ]
    (first, second, out), (constant, inverted) = (bits for _, _, bits in gates)
    assert (first, second, constant) == (5, 6, "1")
    driven: list[Bit] = [out, inverted]
    assert len(set(driven)) == 2 and all(isinstance(bit, int) and bit >= 20 for bit in driven)
    assert [nets[f"o{number}"] for number in range(4)] == [out, inverted, 5, "0"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".names w5 w6 o0\n11 1", "yosys-abc: its netlist must hold library cells only, not '.names w5 w6 o0'"),
        (".names w5 o0\n0 1", "yosys-abc: its netlist must hold library cells only, not '.names w5 o0'"),
        (".gate nand9 A=w5 Y=o0", "yosys-abc: its netlist must hold cells of sky130hd only, not 'nand9'"),
    ],
)
def test_anything_but_cells_and_wires_is_refused(line: str, message: str) -> None:
    with pytest.raises(ToolError) as refusal:
        read_blif(f".model top\n{line}\n.end\n", load("sky130hd"), [5, 6], 20)
    assert str(refusal.value) == message
