"""Accuracy: how far an output may lie from the golden model's, and the check that a design's proved bound keeps it.

Errors are of raw integers: the plain difference between a design's element and the golden model's, in units of the
last place (LSB) of the output's own format, the largest over elements, outputs and tokens. A value that wraps around
is as far away as it looks.
"""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.errors import PointError
from hdlgen.evaluation import Constraint
from hdlgen.graph import Graph
from hdlgen.operation import Op
from hdlgen.reals import ARGUMENTS

__all__ = ["allowed_error_lsb", "check_bound"]


def allowed_error_lsb(constraints: Sequence[Constraint], graph: Graph) -> float:
    """Tell how far an output may lie from the golden model's, in LSB.

    Where the spec says nothing, every bit must be right; but where functions are approximated (all but `divide`, which
    is exact), each output may be off by 1: being always right costs tables several times as large.
    """
    stated = [constraint.bound for constraint in constraints if constraint.metric == "error_lsb"]
    approximated = any(node.op is Op.FUNCTION and ARGUMENTS[node.attribute("function")] == 1 for node in graph.nodes)
    return min(stated, default=float(approximated))


def check_bound(bound_lsb: float, allowed_lsb: float) -> None:
    """Refuse a design that is not proved to be exact enough.

    Raises: PointError.
    """
    if bound_lsb > allowed_lsb:
        raise PointError(
            f"max_error_lsb: the proved error of the design must be at most {allowed_lsb:g} LSB, not {bound_lsb:g}"
        )
