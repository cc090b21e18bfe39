"""Goals: the constraints and objectives of a spec, read from its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hdlgen.errors import SpecError, nearest
from hdlgen.evaluation import CELL_METRICS, FPGA_METRICS, METRICS, Constraint, Direction, Objective
from hdlgen.table import Table

__all__ = ["DEFAULT_OBJECTIVES", "FPGA_OBJECTIVES", "read_constraints", "read_objectives", "transferred"]

DEFAULT_OBJECTIVES = (
    Objective(metric="area_um2", direction=Direction.MINIMIZE),
    Objective(metric="throughput_msps", direction=Direction.MAXIMIZE),
)
"""What is sought where a spec names no objectives."""

FPGA_OBJECTIVES = (Objective(metric="luts", direction=Direction.MINIMIZE), *DEFAULT_OBJECTIVES[1:])
"""What is sought on an FPGA then."""

_AREA = "area_um2"
"""What the tables of an FPGA stand in for."""

_BOUNDS: Mapping[str, str] = {"max_error_lsb" if metric == "error_lsb" else metric: metric for metric in METRICS}
"""Key in [constraints] -> metric."""

_LEAST: Mapping[str, float] = {"interval_cycles": 1.0, "latency_cycles": 1.0}
"""Metrics that no design can bring below a figure above 0."""


def _foreign(metric: str, *, fpga: bool) -> str:
    """Say why a metric is out of place on the kind of technology that the spec names; nothing where it is not."""
    if fpga and metric in CELL_METRICS:
        return f"must not name {metric!r}, which an FPGA does not have: luts, dsps and brams are what it has"
    if not fpga and metric in FPGA_METRICS:
        return f'must not name {metric!r} without technology = {{ fpga = "..." }}: cells have an {_AREA}'
    return ""


def transferred(objectives: Sequence[Objective], *, fpga: bool) -> tuple[Objective, ...]:
    """Carry objectives over to a technology of another kind: the area becomes the tables, and the other way round.

    Raises: SpecError for one that the other kind does not have.
    """
    twins = {_AREA: "luts"} if fpga else {"luts": _AREA}
    found = [replace(objective, metric=twins.get(objective.metric, objective.metric)) for objective in objectives]
    for objective in found:
        reason = _foreign(objective.metric, fpga=fpga)
        if reason:
            raise SpecError(f"objectives {reason}")
    return tuple(dict.fromkeys(found))


def read_constraints(whole: Table, *, fpga: bool = False) -> tuple[Constraint, ...]:
    """Read [constraints]: an upper bound where less of a metric is better, a lower one where more is.

    Args:
        fpga: whether designs are measured on an FPGA.
    Raises: SpecError for a metric that is unknown or that the technology does not have, and for a bound that no design
        can keep or that is no positive number.
    """
    for key in whole.table("constraints").values:  # first, for it says more than that there is no such key
        reason = _foreign(_BOUNDS.get(key, ""), fpga=fpga)
        if reason:
            raise SpecError(f"{whole.table('constraints').place(key)} {reason}")
    section = whole.table("constraints", [key for key, m in _BOUNDS.items() if not _foreign(m, fpga=fpga)])
    found = []
    for key in section.values:
        metric, bound = _BOUNDS[key], section.number(key)
        if metric in ("dsps", "brams") and bound == 0:
            pass  # none at all is a bound that many designs keep
        elif metric == "error_lsb":
            if bound < 0:
                raise SpecError(f"{section.place(key)} must be at least 0, not {section.values[key]!r}")
        elif bound <= 0:
            raise SpecError(f"{section.place(key)} must be positive, not {section.values[key]!r}")
        elif bound < _LEAST.get(metric, 0.0):
            raise SpecError(
                f"{section.place(key)} must be at least {_LEAST[metric]:g}, which no design falls below, not {bound!r}"
            )
        found.append(Constraint(metric=metric, bound=bound))
    return tuple(found)


def read_objectives(whole: Table, *, fpga: bool = False) -> tuple[Objective, ...]:
    """Read [objectives]; DEFAULT_OBJECTIVES, or FPGA_OBJECTIVES, where the section is left out.

    Args:
        fpga: whether designs are measured on an FPGA.
    Raises: SpecError for an unknown metric, one that the technology does not have, one named twice, one sought in
            its worse direction, or none at all.
    """
    if "objectives" not in whole.values:
        return FPGA_OBJECTIVES if fpga else DEFAULT_OBJECTIVES
    offered = [metric for metric in METRICS if not _foreign(metric, fpga=fpga)]
    section = whole.table("objectives", [direction.value for direction in Direction])
    found: list[Objective] = []
    for key in section.values:
        direction = Direction(key)
        for metric in section.texts(key):
            if metric not in METRICS:
                listed = ", ".join(offered)
                raise SpecError(f"{section.place(key)} must name of {listed}, not {metric!r}{nearest(metric, offered)}")
            reason = _foreign(metric, fpga=fpga)
            if reason:
                raise SpecError(f"{section.place(key)} {reason}")
            if any(objective.metric == metric for objective in found):
                raise SpecError(f"{section.place(key)} must name a metric once, not {metric!r} again")
            if METRICS[metric] is not direction:
                raise SpecError(
                    f"{section.place(key)} must not name {metric!r}, which is better the other way:"
                    f" {METRICS[metric].value} it"
                )
            found.append(Objective(metric=metric, direction=direction))
    if not found:
        raise SpecError(f"{whole.place('objectives')} must name at least one metric")
    return tuple(found)
