"""Ordered decision graphs: inputs asked by their influence, where examples that differ in one input tell it.

A high input of a square root tells nothing of its low bits by itself, and still a low input seldom matters: examples
that are neighbours say how often. With the inputs asked in that order, examples that agree on the first are close.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from search.portfolio.cases import Bits, Cases
from search.portfolio.method import Method
from search.portfolio.neighbours import MOST_WIDTH, neighbours
from search.portfolio.study import Study

__all__ = ["METHOD", "influences"]

_LEAST_PAIRS = 30
"""Of neighbours, for each input."""


def influences(cases: Cases) -> NDArray[np.float64] | None:
    """Estimate how often each input alone turns the answer; None where too few examples are neighbours."""
    if cases.width > MOST_WIDTH:
        return None
    result = np.zeros(cases.width)
    for bit, (low, high) in enumerate(neighbours(cases.inputs)):
        if len(low) < _LEAST_PAIRS:
            return None
        result[bit] = (cases.answers[low] != cases.answers[high]).mean()
    return result


def _make(study: Study, variant: str) -> Network | None:
    cases = study.cases
    influence = influences(cases)
    if influence is None:
        return None
    order = np.argsort(-influence, kind="stable")
    builder = study.builder()
    majority = 2 * int(cases.answers.sum()) > len(cases)
    least = int(variant)
    return builder.network([_grow(builder, cases.inputs[:, order], cases.answers, order, 0, majority, least)])


def _grow(
    builder: NetworkBuilder, inputs: Bits, answers: Bits, order: NDArray[np.int64], at: int, above: bool, least: int
) -> int:
    """Build the graph of examples that agree on the first `at` inputs; equal parts are built once."""
    if len(answers) == 0:
        return TRUE if above else FALSE
    ones = int(answers.sum())
    majority = above if 2 * ones == len(answers) else 2 * ones > len(answers)
    if min(ones, len(answers) - ones) < least or at == len(order):
        return TRUE if majority else FALSE
    half = inputs[:, at] == 1
    low = _grow(builder, inputs[~half], answers[~half], order, at + 1, majority, least)
    high = _grow(builder, inputs[half], answers[half], order, at + 1, majority, least)
    return builder.choose(builder.input(int(order[at])), high, low)


METHOD = Method(name="ordered", variants=("1", "2"), make=_make)
