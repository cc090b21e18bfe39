"""`hdlgen measure` and `hdlgen verilog`: single points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from hdlgen.cli.designs import design_document, write_designs
from hdlgen.cli.project import Project, measuring
from hdlgen.errors import StoreError
from hdlgen.evaluation import Status
from hdlgen.space import Point
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.steps import BUILD_SECONDS, Built, build

__all__ = ["built", "measure_point", "table", "write_text"]


def measure_point(project: Project, point: Point, *, simulator: str | None, out: Path | None) -> dict[str, Any]:
    """Measure a point, write its files and describe it.

    Raises: StoreError where the folder cannot be written; ToolMissing.
    """
    with measuring(project, workers=2, simulator=simulator) as measure:
        evaluation = next(measure.evaluate([point]))
        folder, checks = None, None
        if evaluation.status is Status.OK:
            folder = out or Path("runs") / f"{project.spec.name}-points" / evaluation.key[:12]
            (checks,) = write_designs(project, measure, [evaluation], [folder])
    return design_document(evaluation, folder, checks)


def table(document: dict[str, Any]) -> Table:
    """Lay out a measured point for a terminal."""
    result = Table(
        title=", ".join(f"{knob}={choice}" for knob, choice in document["point"].items()), title_justify="left"
    )
    result.add_column("figure")
    result.add_column("value", justify="right")
    result.add_row("status", document["status"])
    for name, value in (document["score"] or {}).items():
        result.add_row(name, f"{value:,}")
    if document["folder"]:
        result.add_row("folder", document["folder"])
    return result


def built(project: Project, point: Point) -> Built:
    """Build a point: its Verilog and what it declares of itself.

    Raises: PointError where it cannot be built; ToolError.
    """
    with Pool(1, preload=PRELOAD) as pool:
        return pool.submit(build, project.compiler, point, cpu_seconds=BUILD_SECONDS).result().require()


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises: StoreError.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: the file must be writable ({error.strerror})") from None
