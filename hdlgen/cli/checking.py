"""`hdlgen check`: what a spec says, as the compiler understood it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from hdlgen.cli.project import Project
from hdlgen.evaluation import METRICS, Constraint, Direction
from hdlgen.payload import Port

__all__ = ["document", "tables"]


def _port(port: Port) -> dict[str, Any]:
    return {"name": port.name, "format": str(port.format), "shape": list(port.shape), "width": port.width}


def _bound(constraint: Constraint) -> str:
    side = "at most" if METRICS[constraint.metric] is Direction.MINIMIZE else "at least"
    return f"{constraint.metric} {side} {constraint.bound:g}"


def document(project: Project) -> dict[str, Any]:
    """Describe a spec in plain types."""
    spec = project.spec
    return {
        "name": spec.name,
        "summary": spec.summary,
        "technology": project.technology.name,
        "inputs": [_port(port) for port in spec.inputs],
        "outputs": [_port(port) for port in spec.outputs],
        "compute": dict(spec.compute),
        "graph": dict(Counter(node.op.value for node in spec.graph.nodes)),
        "operations": dict(Counter(operation.kind.value for operation in project.compiler.dataflow.operations)),
        "states": len(project.compiler.dataflow.registers),
        "objectives": [f"{o.direction.value} {o.metric}" for o in spec.objectives],
        "max_error_lsb": spec.max_error_lsb,
        "constraints": {c.metric: c.bound for c in spec.constraints},
        "knobs": {knob.name: list(knob.choices) for knob in project.space.knobs},
        "default_point": project.space.default().text(),
        "space_size": project.space.size(),
    }


def tables(project: Project) -> Group:
    """Lay a spec out for a terminal."""
    shown = document(project)
    ports = Table(title=escape(f"{shown['name']}: {shown['summary']}"), title_justify="left")
    for column in ("stream", "field", "format", "shape", "bits"):
        ports.add_column(column, justify="right" if column == "bits" else "left")
    for stream in ("inputs", "outputs"):
        for port in shown[stream]:
            shape = "x".join(map(str, port["shape"])) or "-"
            ports.add_row(stream, port["name"], port["format"], shape, str(port["width"]))
    lines = Table(title="compute", title_justify="left", show_header=False)
    for name, text in shown["compute"].items():
        lines.add_row(escape(name), escape(text))
    lines.add_row("graph", ", ".join(f"{count} {op}" for op, count in shown["graph"].items()))
    lines.add_row("operations", ", ".join(f"{count} {kind}" for kind, count in shown["operations"].items()))
    goals = ", ".join([*shown["objectives"], *(_bound(constraint) for constraint in project.spec.constraints)])
    lines.add_row("goals", goals)
    lines.add_row("error", f"at most {shown['max_error_lsb']:g} LSB of each output")
    knobs = Table(
        title=f"{shown['space_size']:,} points on {shown['technology']}; the first choice is the default",
        title_justify="left",
    )
    for column in ("knob", "choices", "what it does"):
        knobs.add_column(column)
    for knob in project.space.knobs:
        knobs.add_row(knob.name, ", ".join(map(str, knob.choices)), knob.summary)
    return Group(ports, lines, knobs)
