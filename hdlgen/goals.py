"""Goals: the constraints and objectives of a spec, read from its tables."""

from __future__ import annotations

from collections.abc import Mapping

from hdlgen.errors import SpecError, nearest
from hdlgen.evaluation import METRICS, Constraint, Direction, Objective
from hdlgen.table import Table

__all__ = ["DEFAULT_OBJECTIVES", "read_constraints", "read_objectives"]

DEFAULT_OBJECTIVES = (
    Objective(metric="area_um2", direction=Direction.MINIMIZE),
    Objective(metric="throughput_msps", direction=Direction.MAXIMIZE),
)
"""What is sought where a spec names no objectives."""

_BOUNDS: Mapping[str, str] = {"max_error_lsb" if metric == "error_lsb" else metric: metric for metric in METRICS}
"""Key in [constraints] -> metric."""

_LEAST: Mapping[str, float] = {"interval_cycles": 1.0, "latency_cycles": 1.0}
"""Metrics that no design can bring below a figure above 0."""


def read_constraints(whole: Table) -> tuple[Constraint, ...]:
    """Read [constraints]: an upper bound where less of a metric is better, a lower one where more is.

    Raises: SpecError for an unknown metric, and for a bound that no design can keep or that is no positive number.
    """
    section = whole.table("constraints", tuple(_BOUNDS))
    found = []
    for key in section.values:
        metric, bound = _BOUNDS[key], section.number(key)
        if metric == "error_lsb":
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


def read_objectives(whole: Table) -> tuple[Objective, ...]:
    """Read [objectives]; DEFAULT_OBJECTIVES where the section is left out.

    Raises: SpecError for an unknown metric, one named twice, one sought in its worse direction, or none at all.
    """
    if "objectives" not in whole.values:
        return DEFAULT_OBJECTIVES
    section = whole.table("objectives", [direction.value for direction in Direction])
    found: list[Objective] = []
    for key in section.values:
        direction = Direction(key)
        for metric in section.texts(key):
            if metric not in METRICS:
                listed = ", ".join(METRICS)
                raise SpecError(f"{section.place(key)} must name of {listed}, not {metric!r}{nearest(metric, METRICS)}")
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
