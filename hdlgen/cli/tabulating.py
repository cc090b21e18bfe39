"""`hdlgen tabulate`: a whole design space scored into one file, with which strategies are compared in seconds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hdlgen.cli.project import Project, check_tools, measuring
from hdlgen.cli.searching import Plan, header
from hdlgen.errors import HdlgenError, InputError
from hdlgen.limits import MAX_TABULATED_POINTS
from search.explore import Progress, explore
from search.store import RunStore
from search.strategies import STRATEGIES
from search.tabulation import ENDING, Tabulation, write_tabulation

__all__ = ["check_size", "run", "text"]

BATCH = 32
"""Points measured together; small, so that a kill costs little, and large enough to keep a few workers busy."""


def check_size(project: Project) -> None:
    """Check that a space is small enough to be scored as a whole.

    Raises: InputError that says how to narrow it.
    """
    size = project.space.size()
    if size > MAX_TABULATED_POINTS:
        widest = sorted(project.space.knobs, key=lambda knob: -len(knob.choices))[:3]
        names = ", ".join(f"{knob.name} ({len(knob.choices)} choices)" for knob in widest)
        raise InputError(
            f"{project.where}: space must have at most {MAX_TABULATED_POINTS:,} points to be tabulated, not {size:,}: "
            f"pin or narrow knobs in [knobs], first of all {names}"
        )


def run(
    project: Project,
    *,
    out: Path | None,
    resume: bool,
    workers: int,
    simulator: str | None,
    on_progress: Callable[[Progress], None],
    on_notice: Callable[[str], None],
) -> dict[str, Any]:
    """Score every point of a space and write the table; until it is whole, a run folder beside it keeps what is known.

    The measuring has a cache of its own, so that every runtime is that of a measurement and none of a look-up.

    Args:
        out: the table's file; `NAME.json.gz` in the current folder where left out.
        resume: go on with what an interrupted run left beside the file.
    Returns: the document that `--json` prints.
    Raises: HdlgenError as its parts do; what was measured is kept then.
    """
    check_size(project)
    check_tools(simulator)
    path = out or Path(project.spec.name + ENDING)
    if not path.name.endswith(ENDING):
        raise InputError(f"--out must be the name of a table, ending in {ENDING}, not {str(path)!r}")
    began = time.monotonic()
    size = project.space.size()
    settings = Plan(
        strategy="exhaustive", budget=size, seed=0, batch=BATCH, patience=None, workers=workers, simulator=simulator
    )
    head = {**header(project, settings), "command": project.command("tabulate", *_out(out))}
    folder = path.with_name(path.name + ".run")
    with RunStore.resume(folder, head) if resume else RunStore.create(head, out=folder) as store:
        on_notice(f"{project.spec.name} on {project.technology.name}: {size:,} points, until done in {folder}")
        with measuring(project, workers=workers, simulator=simulator, cache=folder / "cache") as measure:
            exploration = explore(
                project.space,
                project.spec.objectives,
                STRATEGIES["exhaustive"](project.space, project.spec.objectives, seed=0),
                measure,
                store,
                name="exhaustive",
                budget=size + 1,  # so that the space ends first, whatever of it is repeated
                batch=BATCH,
                on_progress=on_progress,
            )
        evaluations = tuple(record.evaluation for record in exploration.records)
        if len(evaluations) != size:
            raise HdlgenError(f"{folder}: the table must hold all {size} points, not {len(evaluations)}")
        kept = {key: value for key, value in head.items() if key not in _OF_THE_RUN}
        write_tabulation(path, Tabulation(header=kept, evaluations=evaluations))
    shutil.rmtree(folder, ignore_errors=True)
    return {
        "name": project.spec.name,
        "technology": project.technology.name,
        "file": str(path),
        "points": size,
        "hardware": exploration.summary.evaluated,
        "counts": dict(exploration.summary.counts),
        "feasible": sum(evaluation.feasible for evaluation in evaluations),
        "front": len(exploration.summary.front),
        "bytes": path.stat().st_size,
        "wall_s": round(time.monotonic() - began, 2),
    }


_OF_THE_RUN = ("source", "strategy", "seed", "budget", "batch", "patience", "workers")
"""What a run's header says that has no part in a table."""


def _out(out: Path | None) -> tuple[str, ...]:
    return () if out is None else ("--out", str(out))


def text(document: dict[str, Any]) -> str:
    """Say what a table holds."""
    counts = ", ".join(f"{count} {name}" for name, count in document["counts"].items() if count)
    return (
        f"{document['file']}: {document['points']} points in {document['wall_s']:.0f} s: {counts}; "
        f"{document['feasible']} feasible, {document['front']} on the front; {document['bytes']:,} bytes"
    )
