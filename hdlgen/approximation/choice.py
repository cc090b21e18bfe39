"""Choice: the cheapest approximation of a kind, with its error measured on every argument."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hdlgen.approximation.fits import FITS, Fit, Problem
from hdlgen.approximation.goal import FREE, Goal
from hdlgen.approximation.reductions import Direct, Reduction, reductions
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.exhaustion import run_all
from hdlgen.number import INT64_WIDTH, Format
from hdlgen.reals import tabulated
from hdlgen.scalars import Scalars

__all__ = ["METHODS", "Approximation", "approximate", "measured_error"]

METHODS: Mapping[str, str] = {
    "linear": "straight lines between tables of intercepts and slopes",
    "quadratic": "parabolas",
    "bipartite": "the sum of two tables",
    "folded": "one table, with the function's symmetry used",
    "table": "one table of the results",
}
"""How a function may be approximated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approximation:
    """A function as operations on scalars.

    Args:
        goal: what it approximates.
        reduction, fit: how.
        error: largest distance of a result from the rounded one over all arguments, in LSB.
    """

    goal: Goal
    reduction: Reduction
    fit: Fit
    error: int

    @property
    def cost(self) -> float:
        """Estimate the area in multiplexers."""
        return self.reduction.cost + self.fit.cost

    def build(self, scalars: Scalars, argument: int) -> int:
        """Add the operations for an argument in the format of the goal, and give the result."""
        return self.reduction.build(scalars, argument, self.fit.build)


@functools.lru_cache(maxsize=256)
def approximate(goal: Goal, method: str) -> Approximation | None:
    """Find the approximation of a kind that costs least; None where there is none, or none that is small enough.

    Args:
        method: of METHODS.
    """
    for reduction, problem in _problems(goal):
        direct = isinstance(reduction, Direct)
        if direct == (method == "folded") and method in ("folded", "table"):
            continue
        fits = [fit for fit in FITS.get(method, FITS["table"])(problem) if fit.fits_hardware]
        if fits:
            fit = min(fits, key=lambda fit: fit.cost)
            found = Approximation(goal=goal, reduction=reduction, fit=fit, error=measured_error(goal, reduction, fit))
            if found.error <= goal.error:
                return found
    return None


@functools.lru_cache(maxsize=8)
def _problems(goal: Goal) -> tuple[tuple[Reduction, Problem], ...]:
    """Keep what one kind of fit worked out for the next."""
    return tuple((reduction, Problem(reduction)) for reduction in reductions(goal))


def measured_error(goal: Goal, reduction: Reduction, fit: Fit) -> int:
    """Build the operations and evaluate them for every argument: the proof, independent of how they were found.

    Returns: the largest distance from the rounded function; FREE where formats are too wide to be tried.
    """
    scalars = Scalars()
    source = Format(width=goal.source.width, signed=goal.source.signed)
    argument = scalars.add(Operation(kind=Kind.INPUT, format=source, name="x", low=source.low, high=source.high))
    result = reduction.build(scalars, argument, fit.build)
    dataflow = Dataflow(operations=tuple(scalars.operations), outputs=(("y", (result,)),))
    dataflow.verify()
    if any(operation.format.width > INT64_WIDTH for operation in dataflow.operations):
        return FREE
    raw = np.arange(source.low, source.high + 1, dtype=np.int64)
    found = run_all(dataflow, {"x": [raw]})["y"][0]
    return int(np.abs(found - tabulated(goal.function, goal.source, goal.target)).max())
