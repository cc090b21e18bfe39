"""`hdlgen faults`: faults planted into one design, and who catches them."""

from __future__ import annotations

from typing import Any

from hdlgen.cli.project import Project, measuring
from hdlgen.errors import ToolError
from hdlgen.evaluation import Status
from hdlgen.space import Point
from sim.artifacts import collect
from sim.faults import submit_faults

__all__ = ["MOST_FAULTS", "failure", "run", "text"]

MOST_FAULTS = 20_000


def run(project: Project, point: Point, *, count: int, seed: int, prove: bool, simulator: str | None) -> dict[str, Any]:
    """Measure a point, plant faults into its design, and describe what came of each.

    Raises: ToolError where the design itself does not pass.
    """
    with measuring(project, workers=1, simulator=simulator) as measure:
        evaluation = next(measure.evaluate([point]))
        if evaluation.status is not Status.OK:
            raise ToolError(f"faults: the design must be ok before faults are planted, not {evaluation.status.value}")
        (files,) = collect(measure, [point])
        campaign = submit_faults(measure, point, files, count=count, seed=seed, prove=prove).result().require()
    return {"name": project.spec.name, "point": dict(point.values), "seed": seed, **campaign.as_dict()}


def text(document: dict[str, Any]) -> str:
    """Say what was planted and who caught it, a line a kind, and every fault that the testbench does not catch."""
    counts = [
        f"{document[key]} {said}"
        for key, said in (
            ("caught", "caught by the testbench"),
            ("caught_by_proof", "by proof alone"),
            ("equivalent", "equivalent"),
            ("escaped", "escaped"),
        )
    ]
    lines = [
        f"{document['planted']} faults: {', '.join(counts)}",
        f"the testbench alone catches {document['caught_share']:.2%} of those that are not equivalent",
    ]
    lines += [
        f"  {row['level']:9} {row['kind']:9} {row['planted']:5} planted, {row['caught']:5} caught,"
        f" {row['equivalent']:4} equivalent"
        for row in document["kinds"]
    ]
    if document["survivors"]:
        lines.append("not caught by the testbench:")
    lines += [f"  {one['level']}: {one['where']}: {one['outcome']} ({one['reason']})" for one in document["survivors"]]
    return "\n".join(lines)


def failure(document: dict[str, Any]) -> str:
    """Say that faults escaped; empty where none did."""
    return f"{document['escaped']} faults escaped" if document["escaped"] else ""
