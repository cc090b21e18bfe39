"""Strategies that break the protocol: each is named, none takes the search down with a traceback of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hdlgen.errors import HdlgenError
from hdlgen.evaluation import Evaluation
from hdlgen.space import Point
from search.guard import GuardedStrategy
from tests.search.toy import TINY

GOOD = list(TINY.enumerate())
WRONG = Point(values=(("interval", 1), ("fold", "serial"), ("stages", 0), ("adder", "ripple"), ("share", False)))


class Scripted:
    """Answer each ask with the next answer of a script."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def ask(self, count: int) -> list[Point]:
        """Give the next answer, or raise it."""
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Fail."""
        raise RuntimeError("no ears")


def last_ask(*answers: Any) -> Callable[[], object]:
    guarded = GuardedStrategy(TINY, Scripted(*answers), name="mine")
    for _ in answers[1:]:
        guarded.ask(3)
    return lambda: guarded.ask(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (last_ask([]), "strategy mine: ask(3) must give 1 to 3 points while 8 are left, not 0 points"),
        (last_ask(GOOD[:3], []), "strategy mine: ask(3) must give 1 to 3 points while 5 are left, not 0 points"),
        (last_ask(GOOD[:4]), "strategy mine: ask(3) must give 1 to 3 points while 8 are left, not 4 points"),
        (last_ask(None), "strategy mine: ask(3) must give 1 to 3 points while 8 are left, not None"),
        (last_ask(["x"]), "strategy mine: ask must give valid points of the space, not 'x'"),
        (
            last_ask([GOOD[0], WRONG]),
            f"strategy mine: ask must give valid points of the space, not {WRONG.text()!r}",
        ),
        (
            last_ask(GOOD[:2], [GOOD[2], GOOD[1]]),
            f"strategy mine: ask must give no point twice, not {GOOD[1].text()!r} again",
        ),
        (last_ask(KeyError("k")), "strategy mine: ask raised KeyError: 'k'"),
        (
            lambda: GuardedStrategy(TINY, Scripted(), name="mine").tell([]),
            "strategy mine: tell raised RuntimeError: no ears",
        ),
    ],
)
def test_a_broken_strategy_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(HdlgenError) as caught:
        call()
    assert str(caught.value) == message


def test_an_exhausted_space_ends_without_asking() -> None:
    guarded = GuardedStrategy(TINY, Scripted(GOOD), name="mine")
    assert guarded.ask(8) == GOOD
    assert guarded.ask(8) == []


def test_decision_time_is_counted() -> None:
    ticks = iter([1.0, 3.5, 10.0, 10.25])
    guarded = GuardedStrategy(TINY, Scripted(GOOD[:1], GOOD[1:2]), name="mine", clock=lambda: next(ticks))
    guarded.ask(1)
    guarded.ask(1)
    assert guarded.decision_s == 2.75


def test_an_interrupt_passes_through() -> None:
    class Interrupted(Scripted):
        def ask(self, count: int) -> list[Point]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        GuardedStrategy(TINY, Interrupted(), name="mine").ask(1)
