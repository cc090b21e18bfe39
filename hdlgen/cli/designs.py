"""The files of a measured design: its Verilog, netlist, test results, and how to make it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hdlgen.cli.project import Project
from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation
from sim.artifacts import collect
from sim.measure import Measure

__all__ = ["design_document", "write_designs"]


def design_document(evaluation: Evaluation, folder: Path | None) -> dict[str, Any]:
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
    }


def write_designs(
    project: Project, measure: Measure, evaluations: Sequence[Evaluation], folders: Sequence[Path]
) -> None:
    """Write the files of designs that are ok, each into a folder of its own.

    Raises: StoreError where a folder cannot be written; ToolError where a design cannot be measured again.
    """
    made = collect(measure, [evaluation.point for evaluation in evaluations])
    for evaluation, folder, artifacts in zip(evaluations, folders, made, strict=True):
        files = {
            **artifacts,
            "point.toml": _point_file(project, evaluation),
            "README.md": _readme(project, evaluation),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{folder}: the folder of a design must be writable ({error.strerror})") from None


def _point_file(project: Project, evaluation: Evaluation) -> str:
    assert evaluation.score is not None
    lines = [f"# {project.measure_command(evaluation.point)}", "[point]"]
    lines += [f"{name} = {json.dumps(choice)}" for name, choice in evaluation.point.values]
    lines += ["", "[score]", *(f"{name} = {value}" for name, value in evaluation.score.as_dict().items())]
    return "\n".join(lines) + "\n"


def _readme(project: Project, evaluation: Evaluation) -> str:
    assert evaluation.score is not None
    bound = evaluation.score.error_bound_lsb
    compared = (
        f"every result\nwithin {bound:g} LSB of the golden model's, which is proved for all inputs"
        if bound
        else "every result\ncompared bit by bit with the golden model"
    )
    rows = "\n".join(f"| {name} | {value:,} |" for name, value in evaluation.score.as_dict().items())
    return f"""# {project.spec.name}: {evaluation.point.text()}

{project.spec.summary or "A design"}, on {project.technology.name}. Made again, bit for bit, by

    {project.measure_command(evaluation.point)}

| figure | value |
| --- | ---: |
{rows}

`design.v` is the design, `netlist.v` its cells, `results.xml` the outcome of its testbench, `datapath.json` its units
and registers, `critical_path.txt` its slowest path, `point.toml` its knobs. Correctness: simulated only, {compared}.

The clock comes from static timing on the mapped netlist, register to register, with the cells' own tables. Not
modelled: wires, the clock tree and its skew, hold, other corners than the typical one.
"""
