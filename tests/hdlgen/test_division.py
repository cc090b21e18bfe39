"""Division: scalar operations against exact fractions, for every pair of small numbers."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from hdlgen.builder import GraphBuilder
from hdlgen.exhaustion import run_all
from hdlgen.lower import lower
from hdlgen.number import Format
from hdlgen.operation import Op

FORMATS = ["i3", "u3", "q2.3", "uq1.3", "q3.1"]


@pytest.mark.parametrize("formats", list(itertools.product(FORMATS, FORMATS, ["i4", "uq1.2", "q2.4", "u1"])))
def test_every_quotient_is_rounded_to_even_and_saturated(formats: tuple[str, str, str]) -> None:
    top, bottom, target = map(Format.parse, formats)
    builder = GraphBuilder()
    args = builder.input("a", top), builder.input("b", bottom)
    builder.output("y", builder.apply(Op.FUNCTION, *args, stated=target, function="divide"))
    pairs = list(itertools.product(range(top.low, top.high + 1), range(bottom.low, bottom.high + 1)))
    columns = [np.array(column) for column in zip(*pairs, strict=True)]
    found = run_all(lower(builder.graph()), {"a": [columns[0]], "b": [columns[1]]})["y"][0].tolist()
    for (a, b), result in zip(pairs, found, strict=True):
        if b:
            exact = Fraction(a, 1 << top.fraction) / Fraction(b, 1 << bottom.fraction) * (1 << target.fraction)
            assert result == min(max(round(exact), target.low), target.high), (a, b)
        else:
            assert result == (target.high if a > 0 else target.low if a < 0 else 0)
