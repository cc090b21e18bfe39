"""Accuracy: what a spec allows, and the refusal of designs that are not proved to keep it."""

from __future__ import annotations

import pytest

from hdlgen.accuracy import allowed_error_lsb, check_bound
from hdlgen.errors import PointError
from hdlgen.evaluation import Constraint
from hdlgen.graph import Graph
from hdlgen.spec import parse


def graph_of(line: str) -> Graph:
    text = f'name = "a"\n[inputs]\nx = {{ format = "q2.2" }}\n[outputs]\ny = {{}}\n[compute]\ny = {line!r}\n'
    return parse(text).graph


def test_nothing_is_allowed_unless_stated() -> None:
    graph = graph_of("x * x")
    assert allowed_error_lsb((), graph) == 0.0
    assert allowed_error_lsb((Constraint(metric="area_um2", bound=9.0),), graph) == 0.0
    assert allowed_error_lsb((Constraint(metric="error_lsb", bound=1.5),), graph) == 1.5


def test_an_approximated_function_may_be_off_by_one_unless_stated() -> None:
    graph = graph_of('exp(x, "q4.2")')
    assert allowed_error_lsb((), graph) == 1.0
    assert allowed_error_lsb((Constraint(metric="error_lsb", bound=0.0),), graph) == 0.0
    assert allowed_error_lsb((), graph_of('divide(x, 3, "q2.2")')) == 0.0


def test_a_design_with_too_large_a_bound_is_refused() -> None:
    check_bound(2.0, 2.0)
    with pytest.raises(PointError) as caught:
        check_bound(2.0, 1.5)
    assert str(caught.value) == "max_error_lsb: the proved error of the design must be at most 1.5 LSB, not 2"
