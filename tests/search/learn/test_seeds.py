"""Seeds in processes of their own: the smallest is kept, and an oracle that hangs or dies is told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hdlgen.bits import Words
from hdlgen.errors import InputError
from hdlgen.evaluation import Verdict
from hdlgen.oracle import Oracle
from search.learn import News, Settings, learn_seeds, smallest
from tests.hdlgen.circuits import CIRCUITS

ADD = CIRCUITS["add"]
SMALL = Settings(clean_rounds=1, most_rounds=5, tests=4096)


class _Bad:
    """An oracle that does something else from its second call on."""

    interface = ADD.interface

    def __init__(self, deed: Callable[[], object]) -> None:
        self.deed = deed
        self.calls = 0

    def ask(self, inputs: Words) -> Words:
        self.calls += 1
        if self.calls > 2:
            self.deed()
        return ADD.ask(inputs)


def _run(oracle: Oracle, seeds: range = range(1, 2), **options: object) -> None:
    learn_seeds(lambda: oracle, seeds, where="f", settings=SMALL, **options)  # type: ignore[arg-type]


def test_seeds_side_by_side_are_the_same_as_one_by_one(tmp_path: Path) -> None:
    news: list[News] = []
    together = learn_seeds(lambda: ADD, (4, 1, 2), where="f", settings=SMALL, workers=3, on_news=news.append)
    alone = learn_seeds(lambda: ADD, (4, 1, 2), where="f", settings=SMALL, folder=tmp_path)
    assert [one.seed for one in together] == [4, 1, 2]
    for one, other in zip(together, alone, strict=True):
        assert one.network.gates.tolist() == other.network.gates.tolist()
    assert {one.seed for one in news} == {1, 2, 4}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seed-1.json", "seed-2.json", "seed-4.json"]


def test_the_smallest_is_kept_and_a_proved_one_before_it() -> None:
    found = learn_seeds(lambda: ADD, (1, 2, 3), where="f", settings=SMALL)
    assert smallest(found).network.and_nodes == min(one.network.and_nodes for one in found)
    largest = max(found, key=lambda one: (one.network.and_nodes, one.seed))
    proved = replace(largest, verdict=Verdict.EQUAL)
    assert smallest([*found, proved]) is proved


def test_an_oracle_that_hangs_is_stopped() -> None:
    with pytest.raises(InputError, match="^f: the oracle must answer within 1 s, and does not$"):
        _run(_Bad(lambda: time.sleep(1000)), call_seconds=1.0)


def test_an_oracle_that_ends_its_process_is_told() -> None:
    with pytest.raises(InputError, match="must not end the process that asks it; it ended with status 7$"):
        _run(_Bad(lambda: os._exit(7)))


def test_what_an_oracle_raises_is_told() -> None:
    with pytest.raises(InputError, match="must not fail, and did with: ZeroDivisionError: division by zero$"):
        _run(_Bad(lambda: 1 // 0))


def test_an_oracle_that_is_not_sure_is_told() -> None:
    class Fickle:
        interface = ADD.interface
        random = np.random.default_rng(1)

        def ask(self, inputs: Words) -> Words:
            return ADD.ask(inputs) ^ self.random.integers(0, 2, dtype=np.uint64)

    with pytest.raises(InputError, match="^f: the same inputs must give the same outputs, and do not$"):
        _run(Fickle())
