"""Strategies that hang, crash, exit or answer with what cannot be sent: each is named and stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import HdlgenError
from hdlgen.evaluation import Evaluation
from hdlgen.space import Point
from search.confine import ConfinedStrategy, StrategyFailure
from search.explore import explore
from search.guard import GuardedStrategy
from search.store import RunStore
from search.strategies import STRATEGIES
from search.strategies.evolution import EvolutionSearch
from tests.search.optional import listed
from tests.search.test_explore import ROOT, stored
from tests.search.toy import OBJECTIVES, TINY, TOY, ToyEvaluator, header, search_toy

LIMIT_S = 0.3


class Acting:
    """Do something instead of answering."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self.action = action

    def ask(self, count: int) -> list[Point]:
        """Do it."""
        return self.action()  # type: ignore[no-any-return]

    def tell(self, evaluations: Sequence[Evaluation]) -> None:
        """Do it."""
        self.action()


def spin() -> None:
    while True:
        pass


def swallow() -> None:
    while True:
        with contextlib.suppress(BaseException):  # as bad code does
            spin()


def stay_in_c() -> None:
    sum(range(10**13))  # no signal handler of Python's runs before its end


def close_all_and_sleep() -> None:
    os.closerange(3, 1000)
    time.sleep(60)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children() -> set[int]:
    """List the processes that this one has started, also those that nobody has waited for."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


@pytest.mark.parametrize("method", ["ask", "tell"])
@pytest.mark.parametrize(
    ("action", "message"),
    [
        (spin, "strategy mine: {} must end within 0.3 s; it was stopped"),
        (swallow, "strategy mine: {} must end within 0.3 s; it was stopped"),
        (stay_in_c, "strategy mine: {} must end within 0.3 s; it was stopped"),
        (lambda: time.sleep(60), "strategy mine: {} must end within 0.3 s; it was stopped"),
        (lambda: int("x"), "strategy mine: {} raised ValueError: invalid literal for int() with base 10: 'x'"),
        (lambda: sys.exit(4), "strategy mine: {} must answer, not end its process with status 4"),
        (lambda: os._exit(0), "strategy mine: {} must answer, not end its process with status 0"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "strategy mine: {} must answer, not end its process by SIGTERM"),
        (close_all_and_sleep, "strategy mine: {} must answer, not end its process by SIGKILL"),
    ],
)
def test_what_a_strategy_does_instead_of_answering_is_named(
    action: Callable[[], Any], message: str, method: str
) -> None:
    others = children()
    with ConfinedStrategy(lambda: Acting(action), limit_s=LIMIT_S) as confined:
        guarded = GuardedStrategy(TINY, confined, name="mine")
        began = time.monotonic()
        with pytest.raises(HdlgenError) as caught:
            guarded.ask(2) if method == "ask" else guarded.tell([])
    assert str(caught.value) == message.format(method)
    assert time.monotonic() - began < 10
    assert children() <= others  # no process is left


def test_an_answer_that_cannot_travel_is_named() -> None:
    with ConfinedStrategy(lambda: Acting(lambda: lambda: None)) as confined, pytest.raises(StrategyFailure) as caught:
        confined.ask(1)
    assert str(caught.value).startswith("ask gave what cannot be passed on: ")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: int("x"), "making it raised ValueError: invalid literal for int() with base 10: 'x'"),
        (spin, "making it must end within 0.3 s; it was stopped"),
    ],
)
def test_a_strategy_that_cannot_be_made_is_named(make: Callable[[], Any], message: str) -> None:
    with ConfinedStrategy(make, limit_s=LIMIT_S) as confined, pytest.raises(StrategyFailure) as caught:
        confined.ask(1)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", listed(*STRATEGIES))
def test_a_confined_strategy_gives_the_same_run(tmp_path: Path, name: str) -> None:
    wanted = header(strategy=name, budget=40)
    with RunStore.create(wanted, out=tmp_path / "free") as store:
        search_toy(store, ToyEvaluator())
    with (
        ConfinedStrategy(lambda: STRATEGIES[name](TOY, OBJECTIVES, seed=1)) as strategy,
        RunStore.create(wanted, out=tmp_path / "confined") as store,
    ):
        explore(TOY, OBJECTIVES, strategy, ToyEvaluator(), store, name=name, budget=40, batch=8)
    assert stored(tmp_path / "confined") == stored(tmp_path / "free")


def test_a_run_whose_strategy_hung_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    class Tiring(EvolutionSearch):
        """Decide well three times."""

        asks = 0

        def ask(self, count: int) -> list[Point]:
            self.asks += 1
            if self.asks > 3:
                swallow()
            return super().ask(count)

    wanted = header(budget=40)
    with RunStore.create(wanted, out=tmp_path / "whole") as store:
        search_toy(store, ToyEvaluator())
    with (
        ConfinedStrategy(lambda: Tiring(TOY, OBJECTIVES, seed=1), limit_s=LIMIT_S) as strategy,
        RunStore.create(wanted, out=tmp_path / "broken") as store,
        pytest.raises(HdlgenError, match=r"^strategy tiring: ask must end within 0\.3 s; it was stopped$"),
    ):
        explore(TOY, OBJECTIVES, strategy, ToyEvaluator(), store, name="tiring", budget=40, batch=8)
    assert len(stored(tmp_path / "broken")) == 24
    with RunStore.resume(tmp_path / "broken", wanted) as store:
        search_toy(store, ToyEvaluator())
    assert stored(tmp_path / "broken") == stored(tmp_path / "whole")


def test_it_prints_beside_standard_output(tmp_path: Path) -> None:
    script = (
        "from search.confine import ConfinedStrategy\nfrom tests.search.test_confine import Acting\n"
        "print('the document', end='')\n"  # in the buffer when the process is forked
        "with ConfinedStrategy(lambda: Acting(lambda: print('a word'))) as strategy:\n    strategy.ask(1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "the document"
    assert "a word" in done.stderr


@pytest.mark.parametrize("action", ["spin", "stay_in_c"])
def test_the_end_of_a_search_is_the_end_of_its_hanging_strategy(action: str) -> None:
    script = (
        "from search import confine\nfrom tests.search import test_confine as here\n"
        "confine.GRACE_S = 0.0\n"
        "def act():\n"
        "    print(here.os.getpid(), file=here.sys.stderr, flush=True)\n"
        f"    here.{action}()\n"
        "confine.ConfinedStrategy(lambda: here.Acting(act), limit_s=2.0).ask(1)\n"
    )
    search = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert search.stderr is not None
    strategy = int(search.stderr.readline())
    assert is_alive(strategy)
    search.kill()
    search.communicate(timeout=20)
    limit = time.monotonic() + 20
    while is_alive(strategy) and time.monotonic() < limit:
        time.sleep(0.02)
    assert not is_alive(strategy)


def test_an_interrupt_reaches_the_search_alone() -> None:
    with ConfinedStrategy(lambda: Acting(lambda: os.kill(os.getpid(), signal.SIGINT))) as confined:
        assert confined.ask(1) is None
        assert confined.ask(1) is None


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^ConfinedStrategy: limit_s must be above 0, not 0$"):
        ConfinedStrategy(lambda: Acting(spin), limit_s=0)
