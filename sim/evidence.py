"""Evidence of a simulation: what the testbench recorded and what cocotb reported, made into a result.

Both must be there and must agree; whatever is missing or contradicts is an error, never a pass.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hdlgen.errors import nearest
from sim.junit import Report, write_report
from sim.modules import Source
from sim.simulation import FirstMismatch, SimulationJob, SimulationResult
from sim.wrapper import PORTS

__all__ = ["explain", "failed", "judge", "read_records"]


def read_records(path: Path) -> tuple[list[int], dict[int, dict[str, Any]]]:
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


def judge(job: SimulationJob, report: Report, record: Mapping[str, Any]) -> SimulationResult:
    """Make a result of a record and a report, which must agree, and the record must hold every token for a pass."""
    passed = record["status"] == "ok"
    whole = record["tokens"] == job.tokens and record["mismatches"] == 0 and record["first_mismatch"] is None
    whole = whole and record["error_lsb"] <= job.max_error_lsb
    if passed != report.passed or passed != whole:
        return failed(job, "error", f"report and record must agree, but the report says: {report.message or 'passed'}")
    first = None if passed else _first_mismatch(record["first_mismatch"])
    interval = record.get("interval_cycles")
    result = SimulationResult(
        name=job.name,
        status=record["status"],
        tokens=record["tokens"],
        mismatches=record["mismatches"],
        error_lsb=record["error_lsb"],
        first_mismatch=first,
        interval_cycles=interval,
        results_per_cycle=None if interval is None else 1 / interval,
        latency_cycles=record.get("latency_cycles"),
        longest_latency_cycles=record.get("longest_latency_cycles"),
        cycles=record["cycles"],
        message="" if first is None else f"{first.phase}, token {first.token}, cycle {first.cycle}: {first.rule}",
    )
    return _with_junit(result, report.seconds)


def failed(job: SimulationJob, status: str, message: str) -> SimulationResult:
    """Make the result of a design that nothing is known about."""
    return _with_junit(SimulationResult(name=job.name, status=status, message=message), 0.0)


def explain(job: SimulationJob, complaint: str) -> str:
    """Put a tool's complaint about a single design in terms of the job: its name, its module and its ports."""
    modules = Source(job.verilog).names
    if "testbench.v:" in complaint and job.module not in modules:
        return f"{job.name}: the top module must be declared, not {job.module!r}{nearest(job.module, modules)}"
    if "testbench.v:" in complaint:
        for port in PORTS:
            if re.search(rf"[`']{port}'", complaint):
                return f"{job.name}: module {job.module} must have the port {port}"
    if "ended prematurely" in complaint:
        return f"{job.name}: the simulation must not end by itself (by $finish, $stop, $fatal or a failed assertion)"
    return complaint.replace("design_0.v", job.name)


def _first_mismatch(record: Mapping[str, Any]) -> FirstMismatch:
    payloads = {key: None if record[key] is None else int(record[key], 16) for key in ("inputs", "expected", "got")}
    return FirstMismatch(**{**record, **payloads})


def _with_junit(result: SimulationResult, seconds: float) -> SimulationResult:
    figures = ("tokens", "mismatches", "error_lsb", "cycles", "interval_cycles", "latency_cycles")
    junit = write_report(
        result.name,
        failure=result.message,
        is_error=result.status in ("error", "timeout"),
        seconds=seconds,
        properties={key: getattr(result, key) for key in figures},
    )
    return replace(result, junit=junit)
