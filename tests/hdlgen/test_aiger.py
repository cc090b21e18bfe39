"""AIGER: what is written is read back, by ourselves and by yosys-abc, and what is no AIGER is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hdlgen.aiger import read_aiger, write_aiger, write_ascii_aiger
from hdlgen.bits import Interface
from hdlgen.errors import InputError
from hdlgen.network import Network
from hdlgen.network_text import write_blif
from sim import tools
from tests.hdlgen.circuits import adder_network

ADDER = adder_network(9)
WORDS = np.random.default_rng(3).integers(0, 1 << 64, (18, 4), dtype=np.uint64)


@pytest.mark.parametrize("data", [write_aiger(ADDER), write_ascii_aiger(ADDER).encode()], ids=["binary", "ascii"])
def test_a_network_comes_back(data: bytes) -> None:
    read = read_aiger(data, where="x.aig")
    assert read.interface == ADDER.interface
    assert read.and_nodes == ADDER.and_nodes
    assert (read.evaluate(WORDS) == ADDER.evaluate(WORDS)).all()


def test_the_example_of_the_format_is_read() -> None:
    half_adder = b"aag 7 2 0 2 3\n2\n4\n6\n12\n6 13 15\n12 2 4\n14 3 5\ni0 x\ni1 y\no0 s\no1 c\nc\nhalf adder\n"
    read = read_aiger(half_adder, where="half.aag")
    assert read.interface.as_dict() == {"inputs": {"x": 1, "y": 1}, "outputs": {"s": 1, "c": 1}}
    shown = read.evaluate(np.array([[0b0101], [0b0011]], dtype=np.uint64))
    assert [int(row[0]) & 0xF for row in shown] == [0b0110, 0b0001]


def _fault() -> Network:
    gates = ADDER.gates.copy()
    gates[20, 0] ^= 1
    return Network(interface=ADDER.interface, gates=gates, outputs=ADDER.outputs)


@pytest.mark.parametrize(("other", "verdict"), [(ADDER, "are equivalent"), (_fault(), "NOT EQUIVALENT")])
def test_abc_reads_what_is_written(other: Network, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "a.aig").write_bytes(write_aiger(ADDER))
    (tmp_path / "b.blif").write_text(write_blif(other))
    (tmp_path / "c.aig").write_bytes(write_aiger(other))
    for name in ("b.blif", "c.aig"):
        command = [tools.require("yosys-abc"), "-c", f"cec -n a.aig {name}"]
        assert verdict in tools.run(command, folder=tmp_path, seconds=120).output


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"module m; endmodule", "f.aig: the file must be AIGER: "),
        (b"aag 1 0 1 0 0\n2 2\n", "f.aig: the network must be combinational, not have 1 latches"),
        (b"aig 3 2 0 1 1\n6\n\x02", "f.aig: the file must be AIGER: index out of range"),
        (
            b"aag 3 1 0 1 2\n2\n4\n4 6 2\n6 4 2\n",
            "f.aig: the file must be AIGER: its gates must not read each other in a circle",
        ),
        (b"aag 1 1 0 1 3\n2\n2\n", "f.aig: the file must be AIGER: its header does not add up"),
    ],
)
def test_what_is_no_network_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_aiger(data, where="f.aig")
    assert str(refusal.value).startswith(message)


def test_other_ports_are_refused() -> None:
    interface = Interface.of({"inputs": {"a": 2}, "outputs": {"y": 1}}, where="x")
    with pytest.raises(InputError, match="it must have 2 inputs and 1 outputs"):
        read_aiger(write_aiger(ADDER), where="x.aig", interface=interface)
