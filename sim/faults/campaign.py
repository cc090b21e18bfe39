"""A campaign: faults planted into one design, in its structure and in its netlist, and who catches each of them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from sim.cells import Cell
from sim.faults.bench import Caught, run_side_by_side, run_testbench
from sim.faults.equivalence import Comparison, Equality
from sim.faults.fault import Fault, plant
from sim.faults.gates import GATE_CELLS
from sim.faults.lanes import Lanes
from sim.faults.netlist_faults import draw_netlist_faults
from sim.faults.sites import Sites
from sim.faults.structure import read_structure
from sim.faults.structure_faults import draw_structure_faults
from sim.netlist import Netlist
from sim.simulation import SimulationJob
from sim.technology import Technology

__all__ = ["Campaign", "Outcome", "Planted", "plant_faults"]

COMPARE_SECONDS = 6.0
"""Limit of the comparison of one netlist with and without a fault, by the clock."""

MOST_LANES = 4096
"""So many faulty designs, streams counted apart, are simulated at once."""

_STRUCTURE_SHARE = 0.4


class Outcome(StrEnum):
    """Who caught a fault, if anybody had to."""

    TESTBENCH = "caught by the testbench"
    PROOF = "caught by proof alone"
    EQUIVALENT = "equivalent"
    ESCAPED = "escaped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One fault and what came of it.

    Args:
        level: `structure` or `netlist`.
        kind, where: of the fault.
        reason: where the testbench objected, or what the comparison says.
    """

    level: str
    kind: str
    where: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """All faults of a design, and how many CPU seconds they took."""

    planted: tuple[Planted, ...]
    cpu_s: float

    def count(self, outcome: Outcome) -> int:
        """Count the faults with an outcome."""
        return sum(one.outcome is outcome for one in self.planted)

    @property
    def caught_share(self) -> float:
        """Give the share of the faults that the testbench catches, of all that are not proved equivalent."""
        real = len(self.planted) - self.count(Outcome.EQUIVALENT)
        return self.count(Outcome.TESTBENCH) / real if real else 1.0

    @property
    def survivors(self) -> tuple[Planted, ...]:
        """List what the testbench does not catch."""
        return tuple(one for one in self.planted if one.outcome is not Outcome.TESTBENCH)

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain JSON types."""
        kinds = Counter((one.level, one.kind) for one in self.planted)
        caught = Counter((one.level, one.kind) for one in self.planted if one.outcome is Outcome.TESTBENCH)
        equal = Counter((one.level, one.kind) for one in self.planted if one.outcome is Outcome.EQUIVALENT)
        return {
            "planted": len(self.planted),
            "caught": self.count(Outcome.TESTBENCH),
            "caught_by_proof": self.count(Outcome.PROOF),
            "equivalent": self.count(Outcome.EQUIVALENT),
            "escaped": self.count(Outcome.ESCAPED),
            "caught_share": round(self.caught_share, 6),
            "kinds": [
                {
                    "level": level,
                    "kind": kind,
                    "planted": count,
                    "caught": caught[level, kind],
                    "equivalent": equal[level, kind],
                }
                for (level, kind), count in sorted(kinds.items())
            ],
            "survivors": [
                {
                    "level": one.level,
                    "kind": one.kind,
                    "where": one.where,
                    "outcome": one.outcome.value,
                    "reason": one.reason,
                }
                for one in self.survivors
            ],
            "cpu_s": round(self.cpu_s, 2),
        }


def plant_faults(
    rtlil: str,
    netlist: str,
    job: SimulationJob,
    long: SimulationJob,
    technology: Technology,
    count: int,
    seed: int,
    prove: bool,
) -> Campaign:
    """Plant faults into a design and play the job's stimuli on each.

    Args:
        rtlil: of the design, whose structure takes two fifths of the faults.
        netlist: the Verilog that it was mapped to, which takes the others.
        job: what the standard testbench plays; where it allows an error, each faulty design is held bit by bit to what
            the design itself answers, and that to the error.
        long: the same with the streams of the long run, each a phase, which take on what the others do not catch.
        count: how many faults; fewer where the design has no more.
        prove: whether what the testbench does not catch is compared by ABC.
    Raises: ToolError where the design without a fault does not pass; ToolMissing.
    """
    began = _cpu_seconds()
    with tempfile.TemporaryDirectory(prefix="hdlgen-faults-") as name:
        structure = read_structure(rtlil, folder=Path(name), seconds=600)
    if job.max_error_lsb:
        job, long = _exact(structure.netlist, job), _exact(structure.netlist, long)
    jobs = ([job], [replace(long, phases=(phase,)) for phase in long.phases])
    sites = Sites(structure.netlist, GATE_CELLS)
    faults = draw_structure_faults(structure, sites, count=round(count * _STRUCTURE_SHARE), seed=seed)
    found = _planted("structure", structure.netlist, GATE_CELLS, faults, jobs, seed=seed, prove=prove)
    mapped = Netlist.from_verilog(netlist)
    usable = [cell.name for cell in technology.cells.values() if cell.usable]
    faults = draw_netlist_faults(Sites(mapped, technology.cells), count=count - len(found), seed=seed, usable=usable)
    found += _planted("netlist", mapped, technology.cells, faults, jobs, seed=seed, prove=prove)
    return Campaign(planted=tuple(found), cpu_s=_cpu_seconds() - began)


def _planted(
    level: str,
    netlist: Netlist,
    cells: Mapping[str, Cell],
    faults: Sequence[Fault],
    jobs: Sequence[Sequence[SimulationJob]],
    *,
    seed: int,
    prove: bool,
) -> list[Planted]:
    caught: dict[str, Caught | None] = dict.fromkeys(fault.where for fault in faults)
    for each in jobs:  # each with those alone that the ones before have not caught
        left = [fault for fault in faults if caught[fault.where] is None]
        for some in _parts(left, MOST_LANES // len(each)):
            lanes = Lanes(netlist, cells, some, seed=seed, good=len(each), copies=len(each))
            caught.update(zip((fault.where for fault in some), run_side_by_side(lanes, each), strict=True))
    outputs = {name: cell.outputs for name, cell in cells.items()}
    found = []
    comparison: Comparison | None = None
    for fault in faults:
        objection = caught[fault.where]
        if objection is not None:
            outcome, reason = Outcome.TESTBENCH, _said(objection)
        elif not prove:
            outcome, reason = Outcome.ESCAPED, "nothing proved"
        else:
            comparison = comparison or Comparison(netlist, cells)
            equality = comparison.compare(plant(netlist, fault, outputs=outputs), seconds=COMPARE_SECONDS)
            outcome, reason = _OUTCOMES[equality], equality.value
        found.append(Planted(level=level, kind=fault.kind, where=fault.where, outcome=outcome, reason=reason))
    return found


def _parts(faults: Sequence[Fault], size: int) -> Iterator[Sequence[Fault]]:
    for start in range(0, len(faults), size):
        yield faults[start : start + size]


def _exact(netlist: Netlist, job: SimulationJob) -> SimulationJob:
    """Hold a job to what the design itself answers, which keeps to the allowed error."""
    answers = run_testbench(Lanes(netlist, GATE_CELLS, ()), job).answers
    phases = [replace(phase, expected=own) for phase, own in zip(job.phases, answers, strict=True)]
    return replace(job, phases=tuple(phases), max_error_lsb=0.0)


_OUTCOMES: Mapping[Equality, Outcome] = {
    Equality.EQUAL: Outcome.EQUIVALENT,
    Equality.SAME_AT_PORTS: Outcome.EQUIVALENT,
    Equality.DIFFERENT: Outcome.PROOF,
    Equality.DIFFERENT_STATES: Outcome.PROOF,
    Equality.UNDECIDED: Outcome.ESCAPED,
}


def _said(caught: Caught) -> str:
    return f"{caught.phase}, cycle {caught.cycle}: {caught.rule}"


def _cpu_seconds() -> float:
    """Add up what this process and its children have taken."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
