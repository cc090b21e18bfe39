"""The adapter of foreign optimisers, with one whose proposals are written down."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from hdlgen.errors import ToolMissing
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Choice, Knob, Point, Space
from search.strategies import optuna_samplers
from search.strategies.adapter import AdaptedSearch
from tests.search.toy import OBJECTIVES, evaluation

SPACE = Space(
    knobs=(
        Knob(name="a", choices=(1, 2, 4, 8)),
        Knob(name="b", choices=("x", "y"), requires=(("y", (("a", (1, 2)),)),)),
    )
)
"""a=1,2,4,8 with b=x; a=1,2 with b=y."""


class Scripted:
    """Propose what is written, over and over, and keep what is told."""

    def __init__(self, *proposals: tuple[int, str]) -> None:
        self._proposals: Iterator[tuple[int, str]] = iter(proposals * 500)
        self.told: list[tuple[Any, dict[str, Choice], Sequence[float] | None, bool]] = []
        self.count = 0

    def ask(self) -> tuple[Any, Mapping[str, Choice]]:
        self.count += 1
        a, b = next(self._proposals)
        return self.count, {"a": a, "b": b}

    def tell(self, token: Any, point: Mapping[str, Choice], values: Sequence[float] | None, *, feasible: bool) -> None:
        self.told.append((token, dict(point), values, feasible))


def adapted(proposer: Scripted) -> AdaptedSearch:
    return AdaptedSearch(SPACE, OBJECTIVES, seed=1, propose=lambda knobs, objectives, seed: proposer)


def text(points: Sequence[Point]) -> list[str]:
    return [point.text() for point in points]


def test_a_valid_new_proposal_passes_as_it_is() -> None:
    proposer = Scripted((4, "x"), (2, "y"))
    search = adapted(proposer)
    points = search.ask(2)
    assert text(points) == ["a=4,b=x", "a=2,b=y"]
    search.tell([evaluation(points[0], 5.0, 100.0), Evaluation(point=points[1], status=Status.TIMEOUT)])
    assert proposer.told == [
        (1, {"a": 4, "b": "x"}, [5.0, -100.0], True),
        (2, {"a": 2, "b": "y"}, None, False),
    ]


def test_an_invalid_proposal_becomes_the_nearest_valid_point_and_is_told_as_that() -> None:
    proposer = Scripted((8, "y"))
    search = adapted(proposer)
    (point,) = search.ask(1)
    assert point.text() == "a=2,b=y"  # two ranks of a away; b the other way is as far as three
    search.tell([evaluation(point, 1.0, 1.0, feasible=False)])
    assert proposer.told == [(1, {"a": 2, "b": "y"}, [1.0, -1.0], False)]


def test_a_known_proposal_is_answered_and_not_charged() -> None:
    proposer = Scripted((1, "x"), (1, "x"), (1, "x"), (8, "x"))
    search = adapted(proposer)
    first = search.ask(1)
    search.tell([evaluation(first[0], 7.0, 10.0)])
    assert text(search.ask(1)) == ["a=8,b=x"]
    assert [token for token, *_ in proposer.told] == [1, 2, 3]
    assert [values for _, _, values, _ in proposer.told] == [[7.0, -10.0]] * 3


def test_an_optimiser_that_repeats_for_ever_still_covers_the_space() -> None:
    proposer = Scripted((1, "x"))
    search = adapted(proposer)
    asked: list[Point] = []
    while points := search.ask(2):
        asked += points
        search.tell([evaluation(point, 1.0, 1.0) for point in points])
    assert len(asked) == len(set(asked)) == SPACE.size() == 6


def test_told_starts_reach_the_optimiser_without_a_token() -> None:
    proposer = Scripted((1, "x"))
    search = adapted(proposer)
    search.tell([evaluation(SPACE.at(3), 2.0, 4.0)])
    assert [token for token, *_ in proposer.told] == [None]


@pytest.mark.parametrize(
    ("missing", "make", "line"),
    [
        ("optuna", optuna_samplers.optuna_tpe, "needs the package optuna: pip install 'hdlgen[optuna]'"),
        ("torch", optuna_samplers.optuna_gp, "needs the package torch: pip install torch"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, missing: str, make: Any, line: str
) -> None:
    def find(name: str) -> object:
        if name == missing:
            raise ImportError(name)
        return object()

    monkeypatch.setattr(importlib, "import_module", find)
    with pytest.raises(ToolMissing, match="strategy optuna_") as caught:
        make(SPACE, OBJECTIVES, seed=1)
    assert line in str(caught.value)
