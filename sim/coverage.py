"""Coverage of a mapped netlist: the testbench's phases and the long run, played once more on our own simulation of it.

Compiled to one function, a netlist takes a few hundred milliseconds for thousands of tokens, where an event-driven
simulator takes a minute; and every net can be looked at. The testbench's own code plays and judges. cocotb-coverage
would count bins of sampled values in a simulator; nets and stalls are no such bins, and ours are a dozen lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hdlgen.coverage import Coverage
from hdlgen.payload import Port, unpack
from sim.faults.bench import run_side_by_side, run_testbench
from sim.faults.lanes import Lanes
from sim.netlist import Netlist
from sim.simulation import Phase, SimulationJob
from sim.technology import Technology
from sim.wrapper import ACCEPT, OFFER, RESET

__all__ = ["corners_seen", "cover"]

MOST_ELEMENTS = 64
"""Of so many input elements the pairs are counted at most: the first ones."""


def cover(
    netlist: str,
    technology: Technology,
    job: SimulationJob,
    long: Sequence[Phase],
    inputs: Sequence[Port],
) -> Coverage:
    """Play a job's phases, then the streams of the long run side by side, on a netlist, and count what they exercise.

    Args:
        netlist: structural Verilog.
        long: phases that each begin with a reset.
        inputs: fields of the input payload.
    Raises: LaneFailure where the netlist does not pass.
    """
    circuit = Netlist.from_verilog(netlist)
    lanes = Lanes(circuit, technology.cells, (), nets=True)
    watch = _Watch(lanes)
    run_testbench(lanes, job, see=watch.see)
    run_side_by_side(
        Lanes(circuit, technology.cells, (), good=len(long)), [replace(job, phases=(phase,)) for phase in long]
    )
    tokens = [payload for phase in (*job.phases, *long) for payload in phase.inputs]
    corners, seen, pairs, pairs_seen = corners_seen(inputs, tokens)
    return Coverage(
        nets=len(watch.rose),
        toggled=int(np.count_nonzero(watch.rose & watch.fell)),
        input_waits=watch.input_waits,
        input_gaps=watch.input_gaps,
        output_stalls=watch.output_stalls,
        back_to_back=watch.back_to_back,
        corners=corners,
        corners_seen=seen,
        pairs=pairs,
        pairs_seen=pairs_seen,
        long_tokens=sum(len(phase.inputs) for phase in long),
    )


class _Watch:
    """Count what happens in the cycles of a run."""

    def __init__(self, lanes: Lanes) -> None:
        ports = lanes.outputs.index
        self.ready, self.valid = ports(("inputs__ready", 0)), ports(("outputs__valid", 0))
        self.first = len(lanes.outputs)
        self.rose = np.zeros(len(lanes.nets), dtype=bool)
        self.fell = np.zeros(len(lanes.nets), dtype=bool)
        self.last: np.ndarray[tuple[int], np.dtype[np.bool_]] | None = None
        self.taken = False
        self.input_waits = self.input_gaps = self.output_stalls = self.back_to_back = 0

    def see(self, word: int, outputs: Sequence[int]) -> None:
        """Take the drive word and the values of a cycle."""
        values = np.array(outputs[self.first :], dtype=bool)
        if self.last is not None:
            self.rose |= values & ~self.last
            self.fell |= self.last & ~values
        self.last = values
        offered, ready = bool(word & OFFER), bool(outputs[self.ready])
        valid, accepted = bool(outputs[self.valid]), bool(word & ACCEPT)
        if word & RESET:
            self.taken = False
            return
        self.input_waits += offered and not ready
        self.input_gaps += ready and not offered
        self.output_stalls += valid and not accepted
        self.back_to_back += valid and accepted and self.taken
        self.taken = valid and accepted


def corners_seen(ports: Sequence[Port], tokens: Sequence[int]) -> tuple[int, int, int, int]:
    """Count the corner values of elements and of their pairs: how many there are and how many the tokens hold, each."""
    fields = unpack(ports, list(tokens))
    places: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    total = seen = 0
    for port in ports:
        low, high = port.format.low, port.format.high
        columns = fields[port.name].reshape(len(tokens), -1)
        for element in range(columns.shape[1]):
            values = sorted({low, high} | {value for value in (-1, 0, 1) if low <= value <= high})
            found = np.stack([(columns[:, element] == value).astype(np.float32) for value in values])
            total += len(values)
            seen += int(np.count_nonzero(found.any(axis=1)))
            places.append(found)
    pairs = pairs_seen = 0
    for one, other in itertools.combinations(places[:MOST_ELEMENTS], 2):
        pairs += len(one) * len(other)
        pairs_seen += int(np.count_nonzero(one @ other.T))
    return total, seen, pairs, pairs_seen
