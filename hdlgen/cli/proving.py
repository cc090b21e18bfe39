"""`hdlgen prove`: the proofs of one design, and its netlist simulated."""

from __future__ import annotations

from typing import Any

from hdlgen.claims import SUBJECTS, Claim, Outcome
from hdlgen.cli.designs import design_document
from hdlgen.cli.project import Project, measuring
from hdlgen.coverage import Coverage
from hdlgen.evaluation import Status
from hdlgen.space import Point
from sim.artifacts import collect
from sim.checks import check

__all__ = ["failure", "run", "text"]


def run(project: Project, point: Point, *, simulator: str | None, seconds: float) -> dict[str, Any]:
    """Measure a point, simulate its netlist, prove what can be proved, and describe it all.

    Args:
        seconds: limit of the proofs by the clock.
    """
    with measuring(project, workers=2, simulator=simulator) as measure:
        evaluation = next(measure.evaluate([point]))
        checks = None
        if evaluation.status is Status.OK:
            (checks,) = check(measure, [evaluation], collect(measure, [point]), prove_seconds=seconds)
    return design_document(evaluation, None, checks)


def text(document: dict[str, Any]) -> str:
    """Say what was shown, a line each."""
    checks = document["checks"]
    if checks is None:
        return f"{document['status']}: {document['message']}"
    level = checks["gate_level"]
    lines = [
        f"Verilog simulated: {document['status']}",
        f"netlist simulated: {level['status']}, {level['tokens']} results",
    ]
    if checks["coverage"]:
        lines.append(f"exercised: {Coverage.from_dict(checks['coverage']).text}")
    for record in checks["claims"]:
        claim = Claim.from_dict(record)
        lines.append(f"{claim.subject}: {claim.text}, {claim.runtime_s:.1f} s ({SUBJECTS[claim.subject]})")
    return "\n".join(lines)


def failure(document: dict[str, Any]) -> str:
    """Say what makes the design a wrong one; empty where nothing does."""
    checks = document["checks"]
    if checks is None:
        return f"{document['status']}: {document['message']}"
    if checks["gate_level"]["status"] != "ok":
        return f"netlist: {checks['gate_level']['status']}: {checks['gate_level']['message']}"
    wrong = [claim for claim in map(Claim.from_dict, checks["claims"]) if claim.outcome is Outcome.REFUTED]
    return "; ".join(f"{claim.subject}: {claim.text}" for claim in wrong)
