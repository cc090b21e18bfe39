"""Learnt networks through the steps of every design: shrunk by ABC, simulated with cocotb, mapped and timed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hdlgen.aiger import read_aiger, write_aiger
from hdlgen.bits import Words, unpack_table
from hdlgen.errors import InputError, ToolError
from hdlgen.evaluation import Verdict
from hdlgen.network import Network
from hdlgen.network_shell import fields, write_shell
from sim.mapped import Mapped
from sim.prove import EquivalenceProver
from sim.simulate import simulate
from sim.simulation import Phase, SimulationJob, SimulationResult
from sim.steps import map_and_time
from sim.technology import Technology
from sim.yosys import run_passes
from sim.yosys_abc import ask_abc

__all__ = ["SHRINKING", "map_network", "shrink", "simulate_network"]

SHRINKING: tuple[str, ...] = (
    "strash; dc2; dc2; drwsat; fraig",
    "resub -l -K 8; resub -l -K 10 -N 2; resub -l -K 12 -N 3; dc2; dc2",
    "logic; mfs2 -a -e; strash; dc2; resub -l -K 12 -N 3; rewrite -lz; refactor -lz; resub -l -K 12 -N 3; dc2",
    "if -K 6 -a; mfs2 -a -e -W 100 -F 100; strash; dc2; resub -l -K 12 -N 3",
)
"""What ABC does to make a network small, in rounds that are kept as far as they help; the same for any rival."""

_TOKENS = (256, 64)
"""With fewer in the phase without pauses the testbench measures no rate."""


def shrink(network: Network, *, rounds: tuple[str, ...] = SHRINKING, seconds: float = 120.0) -> Network:
    """Make a network smaller by ABC; each round is proved equal to what went in, or is not taken.

    Args:
        seconds: wall-clock limit of a round, and of its proof; a round that exceeds it is not taken.
    Raises: ToolError where ABC fails, or where it changes the function.
    """
    for script in rounds:
        with tempfile.TemporaryDirectory(prefix="hdlgen-shrink-") as name:
            folder = Path(name)
            (folder / "in.aig").write_bytes(write_aiger(network))
            commands = f"read in.aig; {script}; strash; write_aiger out.aig"
            if ask_abc(commands, folder=folder, seconds=seconds, purpose="shrink the network") is None:
                continue
            if not (folder / "out.aig").is_file():
                raise ToolError("yosys-abc: it must shrink the network, and gives none")
            try:
                smaller = read_aiger((folder / "out.aig").read_bytes(), where="out.aig", interface=network.interface)
            except InputError as error:
                raise ToolError(f"yosys-abc: it must give back a network with the same ports: {error}") from None
        if smaller.and_nodes >= network.and_nodes:
            continue
        proof = EquivalenceProver(network, seconds=seconds).prove(smaller)
        if proof.verdict is Verdict.DIFFERENT:
            raise ToolError("yosys-abc: it must shrink the network without changing its function, and changed it")
        if proof.verdict is Verdict.EQUAL:
            network = smaller
    return network


def simulate_network(
    network: Network, ask: Callable[[Words], Words], *, folder: Path, simulator: str | None = None, seed: int = 1
) -> SimulationResult:
    """Run the cocotb testbench on a network in its shell, against what its oracle says.

    Args:
        ask: the oracle.
        folder: for working files; made where it is missing.
    """
    random = np.random.default_rng([seed, 11])
    phases = []
    for tokens, name, gap, stall in zip(_TOKENS, ("free", "pauses"), (0.0, 0.3), (0.0, 0.4), strict=True):
        inputs = random.integers(0, 1 << 64, (network.interface.input_bits, tokens // 64), dtype=np.uint64)
        phases.append(
            Phase(
                name=name,
                inputs=_payloads(inputs),
                expected=_payloads(ask(inputs)),
                input_gap=gap,
                output_stall=stall,
                seed=seed,
                reset_before=True,
            )
        )
    job = SimulationJob(
        name="learnt",
        verilog=write_shell(network),
        input_width=network.interface.input_bits,
        output_width=network.interface.output_bits,
        phases=tuple(phases),
        fields=fields(network.interface.outputs),
    )
    return simulate([job], simulator=simulator, folder=folder, seconds=600.0)[0]


def _payloads(words: Words) -> tuple[int, ...]:
    rows = np.packbits(unpack_table(words, words.shape[1] * 64), axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in rows)


def map_network(network: Network, technology: Technology, *, recipe: str) -> Mapped:
    """Map a network in its shell onto a technology and time it."""
    with tempfile.TemporaryDirectory(prefix="hdlgen-learnt-") as name:
        folder = Path(name)
        (folder / "design.v").write_text(write_shell(network))
        passes = ("hierarchy -check -top top", "proc", "flatten", "opt_clean")
        run_passes(["read_verilog design.v", *passes, "write_rtlil out.il"], folder=folder, seconds=120.0)
        rtlil = (folder / "out.il").read_text()
    return map_and_time(rtlil, technology, recipe, "generated")
