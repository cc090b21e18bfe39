"""Simulate designs against expected results with cocotb, many in one simulation.

A design passes on positive evidence only: its test must have been run, must have passed in cocotb's own report, and
must have left a record of every token of every phase.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError
from sim import tools
from sim.junit import Report, read_reports, write_report
from sim.modules import declared, is_shareable, prefixed
from sim.simulation import FirstMismatch, Phase, SimulationJob, SimulationResult
from sim.simulators import Rejected, Simulator, choose
from sim.simulators.embedding import variables
from sim.wrapper import Instance, wrapper

__all__ = ["FirstMismatch", "Phase", "SimulationJob", "SimulationResult", "simulate"]

_PREFIX = "hdlgen_job_"
_WRAPPER = "hdlgen_testbench"
_NEUTRAL = "`resetall\n`timescale 1ns/1ps\n"  # before each design, so that no directive of another reaches it
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
    Raises: InputError for an unknown simulator; ToolMissing where a program is not installed; ValueError where two
        jobs have one name.
    """
    if len({job.name for job in jobs}) != len(jobs):
        raise ValueError("simulate: jobs must have different names")
    chosen = choose(simulator) if simulator is None or isinstance(simulator, str) else simulator
    folder.mkdir(parents=True, exist_ok=True)
    together = [] if waves else [number for number, job in enumerate(jobs) if _may_share(job)]
    groups = ([together] if together else []) + [[number] for number in range(len(jobs)) if number not in together]
    results: dict[int, SimulationResult] = {}
    while groups:
        numbers = groups.pop(0)
        members = {number: jobs[number] for number in numbers}
        outcome = _simulate_group(chosen, members, folder=folder, waves=waves, seconds=seconds)
        results |= outcome.results
        left = [number for number in numbers if number not in results]
        # Where one is to blame, the others may stay together.
        alone = [number for number in left if outcome.culprit in (None, number)]
        rest = [number for number in left if number not in alone]
        groups += [[number] for number in alone] + ([rest] if rest else [])
    return [results[number] for number in range(len(jobs))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The results of a group by job (a single one always has its own), and who seems to be to blame for missing ones."""

    results: Mapping[int, SimulationResult]
    culprit: int | None = None


def _may_share(job: SimulationJob) -> bool:
    text = job.verilog
    return _PREFIX not in text and _WRAPPER not in text and is_shareable(text) and job.module in declared(text)


def _simulate_group(
    simulator: Simulator, jobs: Mapping[int, SimulationJob], *, folder: Path, waves: bool, seconds: float
) -> _Outcome:
    """Compile and run a group once, in a folder of its own, and read what it left."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="simulation-") as name:
        inner = Path(name).resolve()
        status, trouble = "error", ""
        accused: int | None = None  # the design whose file a compiler complains of
        try:
            command = _compile(simulator, jobs, inner, waves=waves, seconds=seconds * len(jobs))
            trouble = _run(command, jobs, inner, seconds=seconds * len(jobs))
        except tools.ToolTimeout as error:
            status, trouble = "timeout", str(error)
        except ToolError as error:
            trouble = str(error)
            named = re.search(r"design_(\d+)\.v", trouble)
            accused = int(named[1]) if named else None
        reports = read_reports(inner / "results.xml")
        begun, records = _read_records(inner / "jobs.record")
        results: dict[int, SimulationResult] = {}
        for index, (number, job) in enumerate(jobs.items()):
            report, record = reports.get(f"job/index={index}"), records.get(index)
            if report is not None and record is not None and status != "timeout":
                results[number] = _judge(job, report, record)
            elif len(jobs) == 1:
                message = (report.message if report else "") or trouble or "the test was not run"
                results[number] = _failed(job, status, message)
        dump = inner / "waves.vcd"
        if waves and dump.is_file():
            (number,) = jobs
            kept = folder / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', jobs[number].name)}.vcd"
            shutil.move(dump, kept)
            results[number] = replace(results[number], waves=kept)
    accused = next((index for index in begun if index not in records), accused)
    return _Outcome(results=results, culprit=None if accused is None else list(jobs)[accused])


def _compile(
    simulator: Simulator, jobs: Mapping[int, SimulationJob], folder: Path, *, waves: bool, seconds: float
) -> tuple[str, ...]:
    """Write the sources and compile them; a single design keeps its text and may use SystemVerilog's words as names."""
    sources = [folder / "testbench.v"]
    instances: list[Instance] = []
    for index, job in enumerate(jobs.values()):
        prefix = f"{_PREFIX}{index}_" if len(jobs) > 1 else ""
        sources += [folder / f"neutral_{index}.v", folder / f"design_{index}.v"]
        sources[-2].write_text(_NEUTRAL)
        sources[-1].write_text(prefixed(job.verilog, prefix) if prefix else job.verilog)
        widths = {"input_width": job.input_width, "output_width": job.output_width}
        instances.append(Instance(number=index, module=prefix + job.module, **widths))
    sources[0].write_text(wrapper(instances, name=_WRAPPER, waves="waves.vcd" if waves else ""))
    try:
        return simulator.compile(sources, top=_WRAPPER, folder=folder, waves=waves, seconds=seconds)
    except Rejected as first:
        if len(jobs) > 1:
            raise
        sources[-1].write_text(f"{_OLDER}{sources[-1].read_text()}")
        try:
            return simulator.compile(sources, top=_WRAPPER, folder=folder, waves=waves, seconds=seconds)
        except Rejected:
            raise first from None


def _run(command: Sequence[str], jobs: Mapping[int, SimulationJob], folder: Path, *, seconds: float) -> str:
    """Run a compiled simulation and say what it complained of, if anything."""
    documents = [_document(index, job) for index, job in enumerate(jobs.values())]
    (folder / "jobs.json").write_text(json.dumps(documents))
    settings = variables(top=_WRAPPER, results=folder / "results.xml")
    plusarg = f"+hdlgen_jobs={folder / 'jobs.json'}"
    done = tools.run([*command, plusarg], folder=folder, seconds=seconds, variables=settings)
    lines = (done.error + done.output).strip().splitlines()
    return f"the simulator ended with status {done.status}: {lines[-1].strip() if lines else 'it says nothing'}"


def _document(index: int, job: SimulationJob) -> dict[str, Any]:
    """Give a job as JSON for the testbench, payloads in hexadecimal."""
    phases = [
        {
            "name": phase.name,
            "inputs": [f"{value:x}" for value in phase.inputs],
            "expected": [f"{value:x}" for value in phase.expected],
            "input_gap": phase.input_gap,
            "output_stall": phase.output_stall,
            "burst_cycles": phase.burst_cycles,
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
        "patience_cycles": job.patience_cycles,
        "phases": phases,
    }


def _read_records(path: Path) -> tuple[list[int], dict[int, dict[str, Any]]]:
    """Read which tests have begun, in order, and the records of those that have ended; a torn line is ignored."""
    begun: list[int] = []
    records: dict[int, dict[str, Any]] = {}
    for line in path.read_text().splitlines() if path.is_file() else ():
        try:
            entry = json.loads(line)
        except ValueError:
            break
        if "record" in entry:
            records[entry["index"]] = entry["record"]
        else:
            begun.append(entry["index"])
    return begun, records


def _judge(job: SimulationJob, report: Report, record: Mapping[str, Any]) -> SimulationResult:
    """Make a result of what the test recorded and what cocotb reported, which must agree."""
    passed = record["status"] == "ok"
    whole = record["tokens"] == job.tokens and record["mismatches"] == 0 and record["first_mismatch"] is None
    if passed != report.passed or passed != whole:
        return _failed(job, "error", f"report and record must agree, but the report says: {report.message or 'passed'}")
    first = None if passed else _first_mismatch(record["first_mismatch"])
    interval = record.get("interval_cycles")
    result = SimulationResult(
        name=job.name,
        status=record["status"],
        tokens=record["tokens"],
        mismatches=record["mismatches"],
        first_mismatch=first,
        interval_cycles=interval,
        results_per_cycle=None if interval is None else 1 / interval,
        latency_cycles=record.get("latency_cycles"),
        longest_latency_cycles=record.get("longest_latency_cycles"),
        cycles=record["cycles"],
        message="" if first is None else f"{first.phase}, token {first.token}, cycle {first.cycle}: {first.rule}",
    )
    return _with_junit(result, report.seconds)


def _first_mismatch(record: Mapping[str, Any]) -> FirstMismatch:
    payloads = {key: None if record[key] is None else int(record[key], 16) for key in ("inputs", "expected", "got")}
    return FirstMismatch(**{**record, **payloads})


def _failed(job: SimulationJob, status: str, message: str) -> SimulationResult:
    return _with_junit(SimulationResult(name=job.name, status=status, message=message), 0.0)


def _with_junit(result: SimulationResult, seconds: float) -> SimulationResult:
    figures = ("tokens", "mismatches", "cycles", "interval_cycles", "latency_cycles")
    junit = write_report(
        result.name,
        failure=result.message,
        is_error=result.status in ("error", "timeout"),
        seconds=seconds,
        properties={key: getattr(result, key) for key in figures},
    )
    return replace(result, junit=junit)
