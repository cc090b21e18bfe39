"""Simulate designs against expected results with cocotb, many in one simulation.

A design passes on positive evidence only: its test must have been run, must have passed in cocotb's own report, and
must have left a record of every token of every phase.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError, ToolError
from sim import tools
from sim.evidence import explain, failed, judge, read_records
from sim.junit import read_reports
from sim.modules import Source
from sim.simulation import FirstMismatch, Phase, SimulationJob, SimulationResult
from sim.simulators import Rejected, Simulator, choose
from sim.simulators.embedding import variables
from sim.wrapper import Instance, wrapper

__all__ = ["FirstMismatch", "Phase", "SimulationJob", "SimulationResult", "job_document", "simulate"]

_WRAPPER = "hdlgen_testbench"
_NEUTRAL = "`resetall\n`timescale 1ns/1ps\n"  # before each design, so that no directive of another reaches it
_GROUP_BYTES = 1_000_000
_OLDER = '`begin_keywords "1364-2005"\n'


def simulate(
    jobs: Sequence[SimulationJob],
    *,
    simulator: str | Simulator | None = None,
    folder: Path,
    waves: bool = False,
    seconds: float = 60.0,
) -> list[SimulationResult]:
    """Simulate designs, together where that is possible; none can harm another.

    Args:
        jobs: the designs, with names of their own.
        simulator: `icarus`, `verilator`, one that the caller made, or None for the first that is installed.
        folder: for working files, removed at the end, and waveforms, NAME.vcd; made where it is missing.
        waves: whether to write waveforms; each design is then simulated alone.
        seconds: wall-clock limit a design, once for compiling and once for running.
    Returns: one result a job, in the same order.
    Raises: InputError for an unknown simulator; ToolMissing where a program is not installed; StoreError where the
        folder cannot be written; ValueError where two jobs have one name.
    """
    if len({job.name for job in jobs}) != len(jobs):
        raise ValueError("simulate: jobs must have different names")
    chosen = choose(simulator) if simulator is None or isinstance(simulator, str) else simulator
    members = [_Member(job=job, source=Source(job.verilog)) for job in jobs]
    groups = _groups(members, alone=waves)
    results: dict[str, SimulationResult] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while groups:
            group = groups.pop(0)
            outcome = _simulate_group(chosen, group, folder=folder, waves=waves, seconds=seconds)
            results |= outcome.results
            left = [member for member in group if member.job.name not in results]
            # Where one is to blame, the others may stay together.
            rest = [member for member in left if outcome.culprit not in (None, member.job.name)]
            groups += [[member] for member in left if member not in rest] + ([rest] if rest else [])
    except OSError as error:
        raise StoreError(f"{folder}: the folder must be writable ({error.strerror})") from error
    return [results[job.name] for job in jobs]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Member:
    """A job with its Verilog cut into words."""

    job: SimulationJob
    source: Source

    @property
    def may_share(self) -> bool:
        """Tell whether its modules can have names of their own."""
        source = self.source
        return source.is_shareable and self.job.module in source.names and "hdlgen_" not in source.text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The results of a group by job (a single one always has its own), and who seems to be to blame for the others."""

    results: Mapping[str, SimulationResult]
    culprit: str | None = None


def _groups(members: Sequence[_Member], *, alone: bool) -> list[list[_Member]]:
    """Put together what may share a simulation, up to some size, beyond which Verilator takes longer than for each."""
    groups: list[list[_Member]] = []
    room = 0
    for member in members:
        if alone or not member.may_share:
            continue
        room -= len(member.source.text)
        if room < 0:
            groups.append([])
            room = _GROUP_BYTES - len(member.source.text)
        groups[-1].append(member)
    shared = {member.job.name for group in groups for member in group}
    return groups + [[member] for member in members if member.job.name not in shared]


def _simulate_group(
    simulator: Simulator, group: Sequence[_Member], *, folder: Path, waves: bool, seconds: float
) -> _Outcome:
    """Compile and run a group once, in a folder of its own, and read what it left."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="simulation-") as name:
        inner = Path(name).resolve()
        status, trouble = "error", ""
        accused: int | None = None  # the design whose file a compiler complains of
        try:
            command = _compile(simulator, group, inner, waves=waves, seconds=seconds * len(group))
            trouble = _run(command, simulator.variables, group, inner, seconds=seconds * len(group))
        except tools.ToolTimeout as error:
            status, trouble = "timeout", str(error)
        except ToolError as error:
            trouble = str(error)
            named = re.search(r"design_(\d+)\.v", trouble)
            accused = int(named[1]) if named and int(named[1]) < len(group) else None
        reports = read_reports(inner / "results.xml")
        begun, records = read_records(inner / "jobs.record")
        results: dict[str, SimulationResult] = {}
        for index, job in enumerate(member.job for member in group):
            report, record = reports.get(f"job/index={index}"), records.get(index)
            if report is not None and record is not None and status != "timeout":
                results[job.name] = judge(job, report, record)
            elif len(group) == 1:
                message = (report.message if report else "") or trouble
                results[job.name] = failed(job, status, explain(job, message))
        dump = inner / "waves.vcd"
        if waves and dump.is_file():
            name = group[0].job.name
            kept = folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}.vcd"
            shutil.move(dump, kept)
            results[name] = replace(results[name], waves=kept)
    accused = next((index for index in begun if index not in records), accused)
    return _Outcome(results=results, culprit=None if accused is None else group[accused].job.name)


def _compile(
    simulator: Simulator, group: Sequence[_Member], folder: Path, *, waves: bool, seconds: float
) -> tuple[str, ...]:
    """Write the sources and compile them; a single design keeps its text and may use SystemVerilog's words as names."""
    sources = [folder / "testbench.v"]
    instances: list[Instance] = []
    for index, member in enumerate(group):
        job, prefix = member.job, f"hdlgen_{index}_" if len(group) > 1 else ""
        sources += [folder / f"neutral_{index}.v", folder / f"design_{index}.v"]
        sources[-2].write_text(_NEUTRAL)
        sources[-1].write_text(member.source.prefixed(prefix) if prefix else job.verilog, encoding="utf-8")
        widths = {"input_width": job.input_width, "output_width": job.output_width}
        instances.append(Instance(number=index, module=prefix + job.module, **widths))
    sources[0].write_text(wrapper(instances, name=_WRAPPER, waves="waves.vcd" if waves else ""))
    try:
        return simulator.compile(sources, top=_WRAPPER, folder=folder, waves=waves, seconds=seconds)
    except Rejected as first:
        if len(group) > 1:
            raise
        sources[-1].write_text(_OLDER + group[0].job.verilog, encoding="utf-8")
        try:
            return simulator.compile(sources, top=_WRAPPER, folder=folder, waves=waves, seconds=seconds)
        except Rejected:
            raise first from None


def _run(
    command: Sequence[str], own: Mapping[str, str], group: Sequence[_Member], folder: Path, *, seconds: float
) -> str:
    """Run a compiled simulation and say what it complained of, if anything."""
    documents = [job_document(index, member.job) for index, member in enumerate(group)]
    (folder / "jobs.json").write_text(json.dumps(documents))
    settings = {**variables(top=_WRAPPER, results=folder / "results.xml"), **own}
    plusarg = f"+hdlgen_jobs={folder / 'jobs.json'}"
    done = tools.run([*command, plusarg], folder=folder, seconds=seconds, variables=settings)
    lines = (done.error + done.output).strip().splitlines()
    return f"the simulator ended with status {done.status}: {lines[-1].strip() if lines else 'it says nothing'}"


def job_document(index: int, job: SimulationJob) -> dict[str, Any]:
    """Give a job as JSON for the testbench, payloads in hexadecimal."""
    phases = [
        {
            "name": phase.name,
            "inputs": [f"{value:x}" for value in phase.inputs],
            "expected": [f"{value:x}" for value in phase.expected],
            "input_gap": phase.input_gap,
            "output_stall": phase.output_stall,
            "burst_cycles": phase.burst_cycles,
            "waits": list(phase.waits),
            "seed": phase.seed,
            "reset_before": phase.reset_before or position == 0,
        }
        for position, phase in enumerate(job.phases)
    ]
    return {
        "number": index,
        "module": job.module,
        "input_width": job.input_width,
        "output_width": job.output_width,
        "elements": [
            [port.format.width, port.format.signed] for port in job.fields for _ in range(math.prod(port.shape))
        ]
        or [[job.output_width, False]],
        "max_error_lsb": job.max_error_lsb,
        "pace": None if job.pace is None else asdict(job.pace),
        "patience_cycles": job.patience_cycles,
        "phases": phases,
    }
