"""Workload: what every design of a spec is simulated with, and the golden model's results for it."""

from __future__ import annotations

import math
from dataclasses import replace

from hdlgen.graph import Graph
from hdlgen.payload import input_ports
from sim import activity
from sim.cache import digest
from sim.simulation import Phase
from sim.stimuli import MEASURED_TOKENS, long_run, phases, plan

__all__ = ["STREAMS", "Workload"]

STREAMS = 8
"""The long run has so many: they take hardly more time side by side than one of them."""


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
        """Give the long run of the designs that come out, for a simulation that is cheap.

        It has several streams, each a phase from a reset on, which are played side by side. A state must be led to
        where it matters: then each is as long as all together are else. A single element without a state has little to
        do with anything.
        """
        if interval_cycles not in self._long:
            ports = input_ports(self.graph)
            keeps = bool(self.graph.states)
            alone = not keeps and sum(math.prod(port.shape) for port in ports) == 1
            stimuli = [
                long_run(
                    ports,
                    seed=self.seed + STREAMS * place,
                    interval_cycles=interval_cycles,
                    related=0.25 if alone else 0.5,
                )
                for place in range(STREAMS if keeps else 1)
            ]
            made = phases(self.graph, stimuli)
            if not keeps:
                made = tuple(_share(made[0], place) for place in range(STREAMS))
            self._long[interval_cycles] = made
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


def _share(phase: Phase, place: int) -> Phase:
    """Cut one stream's tokens out of a phase."""
    begin, end = (len(phase.inputs) * at // STREAMS for at in (place, place + 1))
    return replace(phase, inputs=phase.inputs[begin:end], expected=phase.expected[begin:end])
