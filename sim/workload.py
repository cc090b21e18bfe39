"""Workload: what every design of a spec is simulated with, and the golden model's results for it."""

from __future__ import annotations

from hdlgen.graph import Graph
from hdlgen.payload import input_ports
from sim import activity
from sim.cache import digest
from sim.simulation import Phase
from sim.stimuli import LONG_CYCLES, MEASURED_TOKENS, long_run, phases, plan

__all__ = ["Workload"]


class Workload:
    """Phases of tokens with their expected results; slower designs get fewer tokens in the phases with pauses.

    Args:
        graph: of the spec.
        seed: of the random tokens and pauses.
        tokens: at least so many in the phase without pauses.
    """

    def __init__(self, graph: Graph, *, seed: int = 1, tokens: int = MEASURED_TOKENS) -> None:
        self.graph = graph
        self.seed = seed
        self.tokens = tokens
        self._known: dict[int, tuple[tuple[Phase, ...], str]] = {}
        self._counted: dict[int, Phase] = {}
        self._long: dict[int, tuple[Phase, ...]] = {}

    def phases(self, interval_cycles: int) -> tuple[Phase, ...]:
        """Give the phases for a design that takes about so many cycles a token."""
        return self._made(interval_cycles)[0]

    def long_run(self, interval_cycles: int) -> tuple[Phase, ...]:
        """Give the long phase of the designs that come out, for a simulation that is cheap."""
        if interval_cycles not in self._long:
            cycles = LONG_CYCLES * (2 if self.graph.states else 1)  # what a state holds is built up over many tokens
            stimulus = long_run(input_ports(self.graph), seed=self.seed, interval_cycles=interval_cycles, cycles=cycles)
            self._long[interval_cycles] = phases(self.graph, [stimulus])
        return self._long[interval_cycles]

    def digest(self, interval_cycles: int) -> str:
        """Digest the phases: stimuli and expected results."""
        return self._made(interval_cycles)[1]

    def counted(self, latency_cycles: int, interval_cycles: int) -> Phase:
        """Give the phase in which the changes of nets are counted."""
        count = activity.tokens(latency_cycles, interval_cycles)
        if count not in self._counted:
            self._counted[count] = activity.workload(self.graph, count, seed=self.seed)
        return self._counted[count]

    def _made(self, interval_cycles: int) -> tuple[tuple[Phase, ...], str]:
        if interval_cycles not in self._known:
            ports = input_ports(self.graph)
            stimuli = plan(ports, seed=self.seed, interval_cycles=interval_cycles, tokens=self.tokens)
            made = phases(self.graph, stimuli)
            self._known[interval_cycles] = (made, digest(*(repr(phase) for phase in made)))
        return self._known[interval_cycles]
