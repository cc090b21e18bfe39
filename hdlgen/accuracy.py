"""Accuracy: how far an output may lie from the golden model's, and the check that a design's proved bound keeps it.

Errors are of raw integers: the plain difference between a design's element and the golden model's, in units of the
last place (LSB) of the output's own format, the largest over elements, outputs and tokens. A value that wraps around
is as far away as it looks.
"""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.errors import PointError
from hdlgen.evaluation import Constraint

__all__ = ["allowed_error_lsb", "check_bound"]


def allowed_error_lsb(constraints: Sequence[Constraint]) -> float:
    """Tell how far an output may lie from the golden model's, in LSB: 0 where the spec allows nothing."""
    return min((constraint.bound for constraint in constraints if constraint.metric == "error_lsb"), default=0.0)


def check_bound(bound_lsb: float, allowed_lsb: float) -> None:
    """Refuse a design that is not proved to be exact enough.

    Raises: PointError.
    """
    if bound_lsb > allowed_lsb:
        raise PointError(
            f"max_error_lsb: the proved error of the design must be at most {allowed_lsb:g} LSB, not {bound_lsb:g}"
        )
