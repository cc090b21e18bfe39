"""Prove that a mapped netlist does what the emitted Verilog says: registers by name, the logic between them by ABC."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hdlgen.claims import Claim, Outcome
from hdlgen.errors import ToolError
from hdlgen.evaluation import Verdict
from sim.cell_models import cell_models
from sim.circuit import Circuit, read_circuit
from sim.correspondence import Cut, Unmatched, cut, names_of
from sim.netlist import Bit, cells_of
from sim.prove import EquivalenceProver
from sim.synthesize import FLOWS, elaborate, gate_passes
from sim.technology import Technology
from sim.tools import ToolTimeout

__all__ = ["prove_mapping"]

_REGISTER = re.compile(r"r(\d+)\.")


def prove_mapping(
    rtlil: str, verilog: str, netlist: str, technology: Technology, *, seconds: float, flow: str = "generated"
) -> Claim:
    """Hold a mapped netlist to the Verilog, and the Verilog to the RTLIL that both were made from.

    Args:
        netlist: structural Verilog; instance `rN` is register N of the flow's logic.
        seconds: limit by the clock.
    """
    began = time.monotonic()

    def left() -> float:
        return seconds - (time.monotonic() - began)

    def claim(outcome: Outcome, message: str) -> Claim:
        return Claim(subject="mapping", outcome=outcome, message=message, runtime_s=time.monotonic() - began)

    try:
        with tempfile.TemporaryDirectory(prefix="hdlgen-prove-") as name:
            folder = Path(name)
            source = _read(folder, "rtlil", {"design.il": rtlil}, seconds=left())
            emitted = _read(folder, "verilog -sv", {"design.v": verilog}, seconds=left())
            models = cell_models(technology, cells_of(netlist))
            mapped = _read(folder, "verilog", {"cells.v": models, "netlist.v": netlist}, seconds=left())
            names = _register_names(rtlil, source, mapped, technology, flow, folder, left())
        pairs = {
            "the Verilog differs from the RTLIL": cut(source, emitted, names_of(emitted.names, emitted.registers)),
            "the netlist differs from the Verilog": cut(emitted, mapped, names),
        }
        for trouble, pair in pairs.items():
            if left() < 1:
                return claim(Outcome.SIMULATED, "time limit")
            proof = EquivalenceProver(pair.first, seconds=left()).prove(pair.second)
            if proof.verdict is Verdict.DIFFERENT:
                return claim(Outcome.REFUTED, f"{trouble} at {_where(pair, proof.counterexample)}")
            if proof.verdict is Verdict.UNDECIDED:
                return claim(Outcome.SIMULATED, "time limit")
    except ToolTimeout:
        return claim(Outcome.SIMULATED, "time limit")
    except Unmatched as error:
        return claim(Outcome.SIMULATED, str(error))
    return claim(Outcome.PROVED, f"{pairs['the netlist differs from the Verilog'].registers} registers by name")


def _read(folder: Path, form: str, files: Mapping[str, str], *, seconds: float) -> Circuit:
    for name, text in files.items():
        (folder / name).write_text(text)
    return read_circuit([f"read_{form} {name}" for name in files], folder=folder, seconds=seconds)


def _register_names(
    rtlil: str, source: Circuit, mapped: Circuit, technology: Technology, flow: str, folder: Path, seconds: float
) -> dict[Bit, list[str]]:
    """Name each register of a netlist by elaborating once more what was mapped: register N is its Nth flip-flop.

    Elaboration keeps one name of several; the others are those that the RTLIL has for the same net.
    """
    middle = (*FLOWS[flow].passes, *gate_passes(technology, keeps_adders=FLOWS[flow].keeps_adders))
    top: dict[str, Any] = elaborate(rtlil, middle, folder=folder, seconds=seconds)["top"]
    cells = [cell for cell in top["cells"].values() if cell["type"] in ("$_DFF_P_", "$_DFFE_PP_")]
    order = [cell["connections"]["Q"][0] for cell in cells]
    labels = names_of({name: entry["bits"] for name, entry in top["netnames"].items()}, order)
    nets = {f"{name}[{place}]": bit for name, bits in source.names.items() for place, bit in enumerate(bits)}
    others = names_of(source.names, nets.values())
    names: dict[Bit, list[str]] = {}
    for name, bits in mapped.names.items():
        found = _REGISTER.match(name)
        if found is None or not isinstance(bits[0], int) or bits[0] not in mapped.registers:
            continue
        if int(found[1]) >= len(order):
            raise ToolError(f"netlist: register {name} must be one of the {len(order)} of the logic")
        own = labels[order[int(found[1])]]
        names[bits[0]] = [*own, *(other for name in own if name in nets for other in others[nets[name]])]
    return names


def _where(pair: Cut, inputs: tuple[int, ...]) -> str:
    """Name the first output that differs for an input."""
    matrix = np.array(inputs, dtype=np.uint64).reshape(-1, 1)
    one, other = pair.first.evaluate(matrix), pair.second.evaluate(matrix)
    for place, name in enumerate(pair.outputs):
        if (int(one[place, 0]) ^ int(other[place, 0])) & 1:
            return name
    raise ToolError("yosys-abc: its counterexample must show a difference, and shows none")
