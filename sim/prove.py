"""Prove that a network is a golden model for all inputs: the model through Yosys to gates, both through ABC.

yosys-abc reports nothing by its exit status, so a proof is one sentence of its own on equivalence, without a
complaint beside it, and a counterexample is one that our own evaluation of both networks confirms.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path

import numpy as np

from hdlgen.aiger import read_aiger, write_aiger
from hdlgen.bits import Interface, Words, pack_table
from hdlgen.errors import InputError, ToolError
from hdlgen.evaluation import Proof, Verdict
from hdlgen.limits import MAX_GOLDEN_FILE_BYTES
from hdlgen.network import Network
from sim import tools
from sim.foreign import check_foreign
from sim.tools import ToolTimeout
from sim.yosys import run_passes
from sim.yosys_abc import ask_abc

__all__ = ["EquivalenceProver", "read_golden"]

SECONDS = 120.0
_SOURCE, _GATES = "golden.v", "golden.aig"
_PASSES = (
    f"read_verilog -sv {_SOURCE}",
    "hierarchy -check {top}",
    "proc",
    "flatten",
    "opt -full",
    "alumacc",
    "share",
    "opt",
    "memory_map",
    "techmap",
    "opt -full",
    "aigmap",
    "opt_clean -purge",
    f"write_aiger -symbols {_GATES}",
)
_EQUAL = re.compile(r"^Networks are equivalent\b", re.MULTILINE)
_DIFFERENT = re.compile(r"^Networks are NOT EQUIVALENT\b", re.MULTILINE)
_UNDECIDED = re.compile(r"^Networks are UNDECIDED\b", re.MULTILINE)
_ASSIGNED = re.compile(r"\bpi0*(\d+)(?:=| = 1'h)([01])\b")
"""An input of a counterexample: in the line of all, or in the pattern, which leaves out what one side does not read."""
_RANDOM_WORDS = 256


def read_golden(path: Path, interface: Interface, *, module: str | None = None, seconds: float = SECONDS) -> Network:
    """Read a golden model: combinational Verilog, or AIGER, with the ports of `interface` in any order.

    Args:
        module: the top module of Verilog; the one that no other uses by default.
    Raises: InputError for other ports, state or a file that cannot be read; ToolError, ToolTimeout.
    """
    try:
        if path.stat().st_size > MAX_GOLDEN_FILE_BYTES:
            raise InputError(f"{path}: the file must have at most {MAX_GOLDEN_FILE_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: the file must be readable ({error.strerror})") from None
    if path.suffix not in (".aig", ".aag"):
        if module is not None and not re.fullmatch(r"[A-Za-z_]\w*", module):
            raise InputError(f"{path}: the module must be named by a Verilog identifier, not {module!r}")
        check_foreign(data.decode("utf-8", "replace"), str(path))
        with tempfile.TemporaryDirectory(prefix="hdlgen-golden-") as name:
            folder = Path(name)
            (folder / _SOURCE).write_bytes(data)
            top = f"-top {module}" if module else "-auto-top"
            try:
                run_passes([text.format(top=top) for text in _PASSES], folder=folder, seconds=seconds)
            except ToolTimeout:
                raise
            except ToolError as error:
                raise InputError(f"{path}: the golden model must be Verilog that Yosys reads: {error}") from None
            if not (folder / _GATES).is_file():
                raise ToolError(f"yosys: it must write the gates of {path}, and did not")
            data = (folder / _GATES).read_bytes()
    return _in_order(read_aiger(data, where=str(path)), interface, path)


def _in_order(found: Network, wanted: Interface, path: Path) -> Network:
    """Put the bits of a network in the order of an interface."""
    sides = (("inputs", found.interface.inputs, wanted.inputs), ("outputs", found.interface.outputs, wanted.outputs))
    for side, has, needs in sides:
        if {(bus.name, bus.width) for bus in has} != {(bus.name, bus.width) for bus in needs}:
            listed = [", ".join(sorted(f"{bus.name}[{bus.width}]" for bus in buses)) for buses in (needs, has)]
            raise InputError(f"{path}: its {side} must be {listed[0]}, not {listed[1]}")
    place = {name: number for number, name in enumerate(wanted.input_names(), start=1)}
    node = np.arange(1 + wanted.input_bits + len(found.gates))
    node[1 : 1 + wanted.input_bits] = [place[name] for name in found.interface.input_names()]
    rows = {name: number for number, name in enumerate(found.interface.output_names())}
    outputs = found.outputs[[rows[name] for name in wanted.output_names()]]
    return Network(
        interface=wanted,
        gates=2 * node[found.gates >> 1] + (found.gates & 1),
        outputs=2 * node[outputs >> 1] + (outputs & 1),
    )


class EquivalenceProver:
    """Hold networks to a golden one; a `Prover`.

    Args:
        golden: what they must be.
        seconds: limit of one check by the clock; of ABC itself half of it.
    """

    def __init__(self, golden: Network, *, seconds: float = SECONDS) -> None:
        self.golden = golden
        self.seconds = seconds
        tools.require("yosys-abc")

    def prove(self, network: Network) -> Proof:
        """Look for a difference by random inputs, then decide by SAT sweeping.

        Raises: ValueError for another interface; ToolMissing; ToolError where ABC's answer is none.
        """
        if network.interface != self.golden.interface:
            raise ValueError("EquivalenceProver: the network must have the golden model's interface")
        began = time.monotonic()
        random = np.random.default_rng(len(network.gates))
        words = random.integers(0, 1 << 64, (network.interface.input_bits, _RANDOM_WORDS), dtype=np.uint64)
        found = self._difference(network, words)
        if found:
            return Proof(verdict=Verdict.DIFFERENT, counterexample=found, runtime_s=time.monotonic() - began)
        with tempfile.TemporaryDirectory(prefix="hdlgen-prove-") as name:
            folder = Path(name)
            (folder / "learnt.aig").write_bytes(write_aiger(network))
            (folder / "golden.aig").write_bytes(write_aiger(self.golden))
            text = f"cec -n -T {max(1, int(self.seconds / 2))} -C 1000000 learnt.aig golden.aig"
            printed = ask_abc(text, folder=folder, seconds=self.seconds, purpose="compare")
        if printed is None:
            return self._undecided(f"yosys-abc: it came to no decision within {self.seconds:g} s", began)
        return self._judge(network, printed, began)

    def _judge(self, network: Network, printed: str, began: float) -> Proof:
        if _DIFFERENT.search(printed):
            row = np.zeros((1, network.interface.input_bits), dtype=np.uint8)
            for place, value in _ASSIGNED.findall(printed):
                row[0, int(place)] = int(value)
            found = self._difference(network, pack_table(row))
            if not found:
                raise ToolError("yosys-abc: its counterexample must show a difference, and shows none")
            return Proof(verdict=Verdict.DIFFERENT, counterexample=found, runtime_s=time.monotonic() - began)
        if _EQUAL.search(printed):
            return Proof(verdict=Verdict.EQUAL, runtime_s=time.monotonic() - began)
        if _UNDECIDED.search(printed):
            return self._undecided("yosys-abc: it came to no decision within its limits", began)
        last = (printed.strip().splitlines() or ["nothing"])[-1]
        raise ToolError(f"yosys-abc: it must say whether networks are equivalent, not: {last}")

    def _undecided(self, message: str, began: float) -> Proof:
        return Proof(verdict=Verdict.UNDECIDED, message=message, runtime_s=time.monotonic() - began)

    def _difference(self, network: Network, words: Words) -> tuple[int, ...]:
        """Give the first input of a bit matrix on which the two differ, or nothing."""
        differ = np.bitwise_or.reduce(network.evaluate(words) ^ self.golden.evaluate(words), axis=0)
        shown = np.flatnonzero(np.unpackbits(differ.view(np.uint8), bitorder="little"))
        if not len(shown):
            return ()
        word, bit = divmod(int(shown[0]), 64)
        return tuple(int(value) for value in (words[:, word] >> np.uint64(bit)) & np.uint64(1))
