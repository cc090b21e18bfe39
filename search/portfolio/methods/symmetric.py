"""Symmetric functions: where only the number of ones counts, a counter and a small table."""

from __future__ import annotations

import numpy as np

from hdlgen.network import Network
from search.portfolio.gates import add_columns, table
from search.portfolio.method import Method
from search.portfolio.study import Study

__all__ = ["METHOD"]

_LEAST_PURITY = 0.9


def _make(study: Study, variant: str) -> Network | None:
    cases = study.cases
    counts = cases.inputs.sum(axis=1, dtype=np.int64)
    ones = np.bincount(counts, cases.answers, cases.width + 1)
    seen = np.bincount(counts, minlength=cases.width + 1)
    if np.maximum(ones, seen - ones).sum() < _LEAST_PURITY * len(cases):
        return None
    known = np.flatnonzero(seen)
    answers = 2 * ones > seen
    # A count that no example has answers as the nearest one that some has.
    nearest = known[np.abs(np.arange(cases.width + 1)[:, None] - known).argmin(axis=1)]
    builder = study.builder()
    bits = add_columns(builder, [[builder.input(bit) for bit in range(cases.width)]])
    values = [bool(answers[nearest[min(count, cases.width)]]) for count in range(1 << len(bits))]
    return builder.network([table(builder, bits, values)])


METHOD = Method(name="symmetric", variants=("count",), make=_make)
