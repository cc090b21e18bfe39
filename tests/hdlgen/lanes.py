"""Drive a design's RTLIL with several streams side by side, each with gaps and stalls of its own."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.payload import input_ports, output_ports, pack
from tests.hdlgen.graphs import Tokens, random_tokens
from tests.hdlgen.rtlil import Netlist, Run

__all__ = ["Lane", "Observed", "expected_results", "payloads", "run_lanes", "streams_match"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How one stream is driven: how often the sender pauses and the receiver stalls, from 0 to 1."""

    gap: float = 0.0
    stall: float = 0.0


@dataclass(slots=True)
class Observed:
    """What one lane saw: results, and the cycles in which tokens were taken and results were given."""

    results: list[int]
    accepted: list[int]
    given: list[int]


STEADY = Lane()
LANES = (STEADY, Lane(gap=0.5), Lane(stall=0.5), Lane(gap=0.8, stall=0.2), Lane(gap=0.2, stall=0.8), Lane(gap=0.9))
"""The lanes of a thorough run."""


def run_lanes(
    netlist: Netlist, tokens: Sequence[int], lanes: Sequence[Lane] = LANES, *, seed: int = 1, limit: int = 4000
) -> list[Observed]:
    """Send the same payloads through each lane, after a reset out of noise.

    Raises: AssertionError where a waiting result changes or vanishes, or a result does not come.
    """
    chance = random.Random(seed)
    run, count = Run(netlist, len(lanes), seed=seed), len(lanes)
    width, names = len(netlist.ports["inputs__payload"]), ("inputs__valid", "outputs__ready", "inputs__payload")
    run.set("clk", [0] * count)
    run.set("rst", [1] * count)
    for _ in range(2):
        for name in names:
            run.set(name, [chance.getrandbits(len(netlist.ports[name])) for _ in lanes])
        run.settle()
        run.tick()
    run.set("rst", [0] * count)
    seen = [Observed([], [], []) for _ in lanes]
    offered = [False] * count
    waiting: list[int | None] = [None] * count
    for cycle in range(limit):
        valid, payload = [], []
        for lane, (how, observed) in enumerate(zip(lanes, seen, strict=True)):
            left = len(observed.accepted) < len(tokens)
            offered[lane] = left and (offered[lane] or chance.random() >= how.gap)
            valid.append(int(offered[lane]))
            payload.append(tokens[len(observed.accepted)] if offered[lane] else chance.getrandbits(width))
        ready = [int(chance.random() >= how.stall) for how in lanes]
        for name, numbers in zip(names, (valid, ready, payload), strict=True):
            run.set(name, numbers)
        run.settle()
        given = zip(run.get("inputs__ready"), run.get("outputs__valid"), run.get("outputs__payload"), strict=True)
        for lane, (taken, shown, result) in enumerate(given):
            assert waiting[lane] is None or (shown and result == waiting[lane]), "a waiting result must stand still"
            waiting[lane] = result if shown and not ready[lane] else None
            if shown and ready[lane]:
                seen[lane].results.append(result)
                seen[lane].given.append(cycle)
            if taken and offered[lane]:
                seen[lane].accepted.append(cycle)
                offered[lane] = False
        run.tick()
        if all(len(observed.results) >= len(tokens) for observed in seen):
            return seen
    raise AssertionError(f"results must come, not {[len(observed.results) for observed in seen]} of {len(tokens)}")


def expected_results(graph: Graph, tokens: Tokens) -> list[dict[str, list[int]]]:
    """Ask the golden model."""
    results = evaluate(graph, _arrays(graph, tokens))
    return [{name: _flat(values[place]) for name, values in results.items()} for place in range(len(tokens))]


def _flat(values: Any) -> list[int]:
    return [int(value) for value in np.asarray(values).reshape(-1)]


def _arrays(graph: Graph, tokens: Tokens) -> Mapping[str, Any]:
    shapes = {name: graph.nodes[at].shape for name, at in graph.inputs}
    return {
        name: np.array([token[name] for token in tokens], dtype=object).reshape(len(tokens), *shape)
        for name, shape in shapes.items()
    }


def payloads(graph: Graph, count: int, seed: int = 3) -> tuple[list[int], list[int]]:
    """Draw a stream for a graph: what goes in, and what the golden model says must come out."""
    arrays = _arrays(graph, random_tokens(graph, count, seed))
    return pack(input_ports(graph), arrays), pack(output_ports(graph), evaluate(graph, arrays))


def streams_match(rtlil: str, graph: Graph, *, count: int = 10, lanes: Sequence[Lane] = LANES) -> bool:
    """Tell whether a design gives what the golden model gives, in every lane."""
    given, wanted = payloads(graph, count)
    return all(observed.results == wanted for observed in run_lanes(Netlist(rtlil), given, lanes))
