"""A benchmark and its result: figures held against goals, and the document that is kept of a run."""

from __future__ import annotations

import math
import os
import platform
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from hdlgen.errors import ToolError
from sim import tools
from sim.versions import versions

__all__ = ["ROOT", "Benchmark", "Bound", "Goal", "Measured", "Say", "Table", "machine", "run"]

ROOT = Path(__file__).resolve().parent.parent
"""The repository."""

Say = Callable[[str], None]
"""Told in one line what a benchmark is doing."""


class Bound(StrEnum):
    """Which side of a goal is the good one."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a figure must reach."""

    figure: str
    direction: Bound
    bound: float

    def __post_init__(self) -> None:
        least = 0.0 if self.direction is Bound.AT_MOST else math.ulp(0.0)
        if not least <= self.bound < math.inf:
            raise ValueError(f"Goal: the bound of {self.figure} must be finite and positive, not {self.bound!r}")

    def met(self, value: float) -> bool:
        """Tell whether a value reaches the goal; one that is no number never does."""
        return value <= self.bound if self.direction is Bound.AT_MOST else value >= self.bound

    def verdict(self, value: float) -> str:
        """Say whether a value reaches the goal, and by how much it does or does not, in parts of the bound."""
        if not self.bound:  # nothing may be there
            return "met" if self.met(value) else "MISSED"
        apart = f"{abs(value / self.bound - 1):.1%}"
        side = "above" if value > self.bound else "below"
        return f"{'met' if self.met(value) else 'MISSED'}, {f'{apart} {side}' if apart != '0.0%' else 'just'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a reader sees beside the figures: a title, the columns, and rows of text as long."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
        """Show rows of plain types as they are, under the keys of the first."""
        columns = tuple(rows[0])
        return cls(title=title, columns=columns, rows=tuple(tuple(str(row[key]) for key in columns) for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a benchmark found: its figures, the rows that they come from in plain types, and tables to read."""

    figures: Mapping[str, float]
    rows: Sequence[Mapping[str, Any]]
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A benchmark.

    Args:
        summary: what it measures, in one sentence.
        method: how, with what a reader of its figures must know; Markdown.
        goals: one each for figures that have one.
        measure: does it; raises an HdlgenError where it cannot be measured.
        parts: names of the parts that can be measured alone.
        measure_parts: does it for some of them; their figures are shown and not kept.
    """

    name: str
    summary: str
    method: str
    goals: tuple[Goal, ...]
    measure: Callable[[Say], Measured]
    parts: tuple[str, ...] = ()
    measure_parts: Callable[[Say, Sequence[str]], Measured] | None = None

    def goal(self, figure: str) -> Goal | None:
        """Give the goal of a figure, or None."""
        return next((goal for goal in self.goals if goal.figure == figure), None)


def run(benchmark: Benchmark, say: Say) -> dict[str, Any]:
    """Run a benchmark and give its result as the document that is kept.

    Raises: HdlgenError where it cannot be measured; ToolError where a figure with a goal is missing or no number.
    """
    circumstances = {"versions": _versions(), "machine": machine()}  # before: the load is what it was measured under
    date = datetime.now(UTC).isoformat(timespec="seconds")
    began = time.monotonic()
    measured = benchmark.measure(say)
    wall_s = time.monotonic() - began
    for goal in benchmark.goals:
        value = measured.figures.get(goal.figure, math.nan)
        if not math.isfinite(value):
            raise ToolError(f"{benchmark.name}: {goal.figure} must be measured, not {value!r}")
    return {
        "name": benchmark.name,
        "met": all(goal.met(measured.figures[goal.figure]) for goal in benchmark.goals),
        "figures": dict(measured.figures),
        "goals": {goal.figure: goal.bound for goal in benchmark.goals},
        "rows": [dict(row) for row in measured.rows],
        **({"tables": [asdict(table) for table in measured.tables]} if measured.tables else {}),
        "wall_s": round(wall_s, 2),
        **circumstances,
        "command": f"python -m benchmarks {benchmark.name}",
        "date": date,
    }


def machine() -> dict[str, Any]:
    """Describe this machine: processor, cores that we may use, memory, system, and how busy it is with other work."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(pages / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    """Name the processor as the kernel does; where it does not, its family."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    """List what a figure rests on: packages, Icarus, and the commit of the sources, marked where they are changed."""
    found = versions()
    icarus = tools.find("iverilog")
    if icarus is not None:
        printed = tools.run([icarus, "-V"], folder=ROOT, seconds=20).output
        version = re.search(r"version (\S+)", printed)
        found["icarus"] = version[1] if version else "unknown"
    if tools.find("git") is not None:
        commit = tools.run(["git", "rev-parse", "--short=12", "HEAD"], folder=ROOT, seconds=20)
        changes = tools.run(["git", "status", "--porcelain", "--", *_SOURCES], folder=ROOT, seconds=20)
        if commit.status == 0:
            found["commit"] = commit.output.strip() + (" and changes" if changes.output.strip() else "")
    return found


_SOURCES = ("hdlgen", "sim", "search", "designs", "benchmarks/*.py")
"""What a figure can depend on; results and pages are not among it."""
