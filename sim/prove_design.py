"""Prove a whole design: its mapping, its function and its handshake, each within its share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

from hdlgen.claims import Claim, Outcome
from hdlgen.compiler import Compiler
from hdlgen.errors import ToolError, ToolMissing
from hdlgen.graph import Graph
from hdlgen.space import Point
from sim.prove_function import names_in, prove_function
from sim.prove_handshake import Timing, prove_handshake
from sim.prove_mapping import prove_mapping
from sim.technology import Technology

__all__ = ["PROOF_SECONDS", "DesignProver"]

PROOF_SECONDS = 60.0
"""How long the proofs of one design may take by default."""


class DesignProver:
    """Prove designs of one spec on one technology.

    Args:
        compiler, graph: of the spec.
        technology: what the netlists are made of.
        seconds: limit by the clock of all proofs of a design together.
    """

    def __init__(
        self, compiler: Compiler, graph: Graph, technology: Technology, *, seconds: float = PROOF_SECONDS
    ) -> None:
        self.compiler, self.graph, self.technology, self.seconds = compiler, graph, technology, seconds

    def prove(self, point: Point, verilog: str, netlist: str) -> tuple[Claim, ...]:
        """Prove the design of a point from the files that were made of it.

        Raises: PointError where there is no such design; ToolMissing.
        """
        deadline = time.monotonic() + self.seconds
        design = self.compiler.build(point)
        names = names_in(self.compiler, design)
        datapath = design.datapath
        states = [
            (names.states[register.state], datapath.loads[register.state], register.initial)
            for register in datapath.dataflow.registers
        ]
        timing = Timing(interval=datapath.interval_cycles, latency=datapath.latency_cycles, states=states)

        def left(share: float) -> float:
            return max((deadline - time.monotonic()) * share, 1.0)

        return (
            _kept("handshake", lambda: prove_handshake(verilog, timing, seconds=left(0.3))),
            _kept(
                "function",
                lambda: prove_function(
                    self.graph, design, names, seconds=left(0.6), max_error_lsb=self.compiler.max_error_lsb
                ),
            ),
            _kept(
                "mapping",
                lambda: prove_mapping(design.rtlil, verilog, netlist, self.technology, seconds=left(1.0)),
            ),
        )


def _kept(subject: str, prove: Callable[[], Claim]) -> Claim:
    """Turn a tool that fails into a claim that was not proved; a design does not fail by it."""
    began = time.monotonic()
    try:
        return prove()
    except ToolMissing:
        raise
    except ToolError as error:
        spent = time.monotonic() - began
        return Claim(subject=subject, outcome=Outcome.SIMULATED, message=str(error), runtime_s=spent)
