"""Checks of a front's designs beyond their measurement: the mapped netlist simulated, and proofs.

What is known is kept in the cache of results, by what was checked and with what code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hdlgen.claims import Claim, Outcome
from hdlgen.compiler import Compiler
from hdlgen.coverage import Coverage
from hdlgen.errors import InputError
from hdlgen.evaluation import Evaluation
from hdlgen.graph import Graph
from hdlgen.payload import payload_width
from hdlgen.space import Point
from sim.artifacts import Artifacts
from sim.cache import digest
from sim.coverage import cover
from sim.faults.bench import LaneFailure
from sim.fpga import Fpga
from sim.measure import Measure
from sim.pace import Pace
from sim.pool import Outcome as PoolOutcome
from sim.prove_design import DesignProver
from sim.simulation import SimulationJob, SimulationResult
from sim.steps import SIMULATION_SECONDS, simulate_netlist
from sim.technology import Technology
from sim.versions import code_digest

__all__ = ["Checks", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What was checked of a design besides its own simulation.

    Args:
        gate_level: how the testbench ended on the mapped netlist (`ok` where it passed), and a sentence if it did not.
        tokens: results compared there.
        claims: what was proved; none where nobody asked.
        coverage: how much of the netlist was exercised; None where it does not pass.
    """

    gate_level: str
    message: str = ""
    tokens: int = 0
    claims: tuple[Claim, ...] = ()
    coverage: Coverage | None = None

    def as_dict(self, *, timed: bool = True) -> dict[str, Any]:
        """Give the record as plain JSON types; without times it is the same whenever it is made."""
        claims = [claim.as_dict() for claim in self.claims]
        if not timed:
            claims = [{key: value for key, value in claim.items() if key != "runtime_s"} for claim in claims]
        return {
            "gate_level": {"status": self.gate_level, "tokens": self.tokens, "message": self.message},
            "claims": claims,
            "coverage": None if self.coverage is None else self.coverage.as_dict(),
        }


def check(
    measure: Measure, evaluations: Sequence[Evaluation], artifacts: Sequence[Artifacts], *, prove_seconds: float | None
) -> list[Checks]:
    """Simulate the netlists of designs with the testbench of their Verilog, and prove them where wanted.

    Args:
        evaluations: measured designs; each netlist is held to the error that its design is proved to stay within.
        artifacts: the files of each design.
        prove_seconds: limit of a design's proofs by the clock; None for no proofs.
    Raises: InputError for proofs of designs on an FPGA.
    """
    technology = measure.technology
    if prove_seconds is not None and isinstance(technology, Fpga):
        raise InputError(f"proofs: the technology must be one of cells, not {technology.name}")
    keys = [digest("gate level", files["netlist.v"], code_digest(), measure.technology.digest) for files in artifacts]
    paces = [Pace.of(json.loads(files["datapath.json"])) for files in artifacts]
    phases = [measure.workload.phases(pace.interval_cycles) for pace in paces]
    bounds = [0.0 if one.score is None else one.score.error_bound_lsb for one in evaluations]
    keys = [digest(key, repr(parts)) for key, *parts in zip(keys, phases, bounds, paces, strict=True)]
    simulations = {}
    runs: dict[str, Any] = {}
    for key, files, each, bound, pace in zip(keys, artifacts, phases, bounds, paces, strict=True):
        if measure.cache.get(key) is None and key not in simulations:
            job = SimulationJob(
                name=key[:16],
                verilog=files["netlist.v"],
                input_width=payload_width(measure.compiler.inputs),
                output_width=payload_width(measure.compiler.outputs),
                phases=each,
                fields=measure.compiler.outputs,
                max_error_lsb=bound,
                pace=pace,
            )
            simulations[key] = measure.pool.submit(
                simulate_netlist, job, measure.technology, measure.simulator, cpu_seconds=2 * SIMULATION_SECONDS
            )
            if isinstance(technology, Fpga):
                continue
            long = measure.workload.long_run(pace.interval_cycles)
            arguments = (files["netlist.v"], technology, job, long, measure.compiler.inputs)
            runs[key] = measure.pool.submit(cover, *arguments, cpu_seconds=2 * SIMULATION_SECONDS)
    proofs: dict[str, Any] = {}
    proof_keys = [
        digest("claims", key, files["design.v"], f"{prove_seconds}") for key, files in zip(keys, artifacts, strict=True)
    ]
    for key, point, files in zip(proof_keys, [one.point for one in evaluations], artifacts, strict=True):
        if prove_seconds is None or isinstance(technology, Fpga):
            break
        if measure.cache.get(key) is None and key not in proofs:
            proven = (measure.compiler, measure.workload.graph, technology, point, files, prove_seconds)
            proofs[key] = measure.pool.submit(prove_step, *proven, cpu_seconds=2 * prove_seconds + 30)
    for key, task in simulations.items():
        outcome = task.result()
        if outcome.failure is not None:
            measure.cache.put(
                key, {"status": outcome.failure.kind.value, "tokens": 0, "message": outcome.failure.message}
            )
        else:
            measure.cache.put(key, _simulated(outcome.require(), runs[key].result() if key in runs else None))
    lost: dict[str, tuple[Claim, ...]] = {}
    for key, task in proofs.items():
        outcome = task.result()
        if outcome.failure is None:
            measure.cache.put(key, {"claims": [claim.as_dict() for claim in outcome.require()]})
        else:  # such as a limit of CPU time: not kept, for another machine may do better
            lost[key] = _nothing(outcome.failure.message)
    return [
        Checks(
            gate_level=record["status"],
            tokens=record["tokens"],
            message=record["message"],
            coverage=Coverage.from_dict(record["coverage"]) if record.get("coverage") else None,
            claims=lost.get(proof) or _claims(measure.cache.get(proof) if prove_seconds is not None else None),
        )
        for record, proof in zip((measure.cache.get(key) or {} for key in keys), proof_keys, strict=True)
    ]


def _simulated(result: SimulationResult, run: PoolOutcome[Coverage] | None) -> dict[str, Any]:
    """Join what cocotb says and what the long run says; one that fails where the other passes is no pass."""
    record: dict[str, Any] = {"status": result.status, "tokens": result.tokens, "message": result.message}
    if run is None:  # of tables, whose functions are no cells
        return record
    if run.failure is None:
        return {**record, "coverage": run.require().as_dict()}
    if result.status == "ok":
        mismatch = isinstance(run.failure.exception, LaneFailure)
        record |= {"status": "mismatch" if mismatch else run.failure.kind.value, "message": run.failure.message}
    return record


def prove_step(
    compiler: Compiler, graph: Graph, technology: Technology, point: Point, files: Artifacts, seconds: float
) -> tuple[Claim, ...]:
    """Prove a design, in a worker."""
    prover = DesignProver(compiler, graph, technology, seconds=seconds)
    return prover.prove(point, files["design.v"], files["netlist.v"])


def _claims(record: Mapping[str, Any] | None) -> tuple[Claim, ...]:
    return tuple(Claim.from_dict(claim) for claim in (record or {}).get("claims", ()))


def _nothing(reason: str) -> tuple[Claim, ...]:
    return tuple(
        Claim(subject=subject, outcome=Outcome.SIMULATED, message=reason)
        for subject in ("handshake", "function", "mapping")
    )
