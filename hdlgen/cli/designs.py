"""The files of a measured design: its Verilog, netlist, test results, and how to make it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hdlgen.claims import SUBJECTS
from hdlgen.cli.project import Project
from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation
from sim.artifacts import collect
from sim.checks import Checks, check
from sim.measure import Measure

__all__ = ["design_document", "write_designs"]


def design_document(evaluation: Evaluation, folder: Path | None, checks: Checks | None = None) -> dict[str, Any]:
    """Describe a measured point as `--json` prints it."""
    return {
        "point": dict(evaluation.point.values),
        "status": evaluation.status.value,
        "message": evaluation.message,
        "feasible": evaluation.feasible,
        "score": None if evaluation.score is None else evaluation.score.as_dict(),
        "key": evaluation.key,
        "runtime_s": evaluation.runtime_s,
        "folder": None if folder is None else str(folder),
        "checks": None if checks is None else checks.as_dict(),
    }


def write_designs(
    project: Project,
    measure: Measure,
    evaluations: Sequence[Evaluation],
    folders: Sequence[Path],
    *,
    prove_seconds: float | None = None,
) -> list[Checks]:
    """Write the files of designs that are ok, each into a folder of its own, with what was checked of them.

    Args:
        prove_seconds: limit of each design's proofs; None for none.
    Raises: StoreError where a folder cannot be written; ToolError where a design cannot be measured again.
    """
    made = collect(measure, [evaluation.point for evaluation in evaluations])
    checks = check(measure, evaluations, made, prove_seconds=prove_seconds)
    for evaluation, folder, artifacts, checked in zip(evaluations, folders, made, checks, strict=True):
        files = {
            **artifacts,
            "point.toml": _point_file(project, evaluation),
            "checks.json": json.dumps(checked.as_dict(timed=False), indent=1) + "\n",
            "README.md": _readme(project, evaluation, checked),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{folder}: the folder of a design must be writable ({error.strerror})") from None
    return checks


def _point_file(project: Project, evaluation: Evaluation) -> str:
    assert evaluation.score is not None
    lines = [f"# {project.measure_command(evaluation.point)}", "[point]"]
    lines += [f"{name} = {json.dumps(choice)}" for name, choice in evaluation.point.values]
    lines += ["", "[score]", *(f"{name} = {value}" for name, value in evaluation.score.as_dict().items())]
    return "\n".join(lines) + "\n"


def _readme(project: Project, evaluation: Evaluation, checks: Checks) -> str:
    assert evaluation.score is not None
    bound = evaluation.score.error_bound_lsb
    compared = (
        f"every result within {bound:g} LSB of the golden model's, which is proved for all inputs"
        if bound
        else "every result compared bit by bit with the golden model"
    )
    rows = "\n".join(f"| {name} | {value:,} |" for name, value in evaluation.score.as_dict().items())
    return f"""# {project.spec.name}: {evaluation.point.text()}

{project.spec.summary or "A design"}, on {project.technology.name}. Made again, bit for bit, by

    {project.measure_command(evaluation.point)}

| figure | value |
| --- | ---: |
{rows}

`design.v` is the design, `netlist.v` its cells, `results.xml` the outcome of its testbench, `datapath.json` its units
and registers, `critical_path.txt` its slowest path, `point.toml` its knobs, `checks.json` what else was checked.

- Verilog simulated: {compared}
{_checked(checks)}

The clock comes from static timing on the mapped netlist, register to register, with the cells' own tables. Not
modelled: wires, the clock tree and its skew, hold, other corners than the typical one.
"""


def _checked(checks: Checks) -> str:
    """List the checks of the netlist and the proofs."""
    level = f"the same testbench on it, {checks.tokens} results compared"
    if checks.gate_level != "ok":
        level = f"**{checks.gate_level}: {checks.message}**"
    lines = [f"- netlist simulated: {level}"]
    if checks.coverage is not None:
        lines.append(f"- exercised: {checks.coverage.text}")
    lines += [f"- {claim.subject} ({SUBJECTS[claim.subject]}): {claim.text}" for claim in checks.claims]
    if not checks.claims:
        lines.append("- nothing proved: simulated only (`hdlgen prove` was not asked)")
    return "\n".join(lines)
