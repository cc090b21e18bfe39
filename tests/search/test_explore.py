"""The loop: budget, patience, exhaustion, the order of telling, and runs that are broken off and gone on with."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import HdlgenError, StoreError
from hdlgen.evaluation import Evaluation, Status
from hdlgen.space import Point
from search.explore import Progress, Stop, explore
from search.pareto import costs, non_dominated
from search.store import RunStore
from search.strategies import STRATEGIES
from tests.search.optional import listed
from tests.search.toy import OBJECTIVES, TINY, TOY, ToyEvaluator, evaluation, header, search_toy

ROOT = Path(__file__).parents[2]


def stored(folder: Path) -> list[dict[str, Any]]:
    """Read the evaluations without their times."""
    lines = [json.loads(line) for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "elapsed_s"} for line in lines]


@pytest.mark.parametrize("batch", [1, 5, 8])
@pytest.mark.parametrize("name", listed(*STRATEGIES))
def test_budget_counts_distinct_hardware_and_the_front_is_that_of_all(tmp_path: Path, name: str, batch: int) -> None:
    evaluator = ToyEvaluator()
    with RunStore.create(header(strategy=name, batch=batch, budget=41), out=tmp_path) as store:
        found = search_toy(store, evaluator)
    assert found.stop is Stop.BUDGET
    assert found.summary.evaluated == 41
    keys = [record.evaluation.key for record in found.records]
    for place, record in enumerate(found.records):
        assert record.repeated == bool(keys[place] and keys[place] in keys[:place])
        assert record.batch == place // batch
    assert sum(found.summary.counts.values()) == len(found.records) == len(evaluator.asked)
    assert evaluator.asked == [record.evaluation.point for record in found.records]
    feasible = [record.evaluation for record in found.records if record.evaluation.feasible]
    marks = non_dominated(costs(feasible, OBJECTIVES))
    best = [each for each, mark in zip(feasible, marks, strict=True) if mark]
    assert sorted(found.summary.front, key=lambda e: e.key) == sorted(best, key=lambda e: e.key)
    areas = [member.score.area_um2 for member in found.summary.front if member.score]
    assert areas == sorted(areas)
    assert len(stored(tmp_path)) == len(found.records)


def test_a_search_ends_when_the_space_is_exhausted(tmp_path: Path) -> None:
    with RunStore.create(header(), out=tmp_path) as store:
        strategy = STRATEGIES["evolution"](TINY, OBJECTIVES, seed=1)
        found = explore(TINY, OBJECTIVES, strategy, ToyEvaluator(), store, name="evolution", budget=99, batch=3)
    assert found.stop is Stop.EXHAUSTED
    assert {record.evaluation.point for record in found.records} == set(TINY.enumerate())


def test_patience_counts_points_that_left_the_front_alone(tmp_path: Path) -> None:
    class Flat(ToyEvaluator):
        def evaluate_one(self, point: Point) -> Evaluation:
            better = point == points[4]
            return evaluation(point, 1.0 if better else 2.0, 5.0, key=point.text())

    points = list(TOY.enumerate())
    with RunStore.create(header(strategy="exhaustive", batch=4), out=tmp_path) as store:
        found = search_toy(store, Flat(), patience=9)
    # The front changes at points 1 and 5; nine more are needed: point 14, whose batch ends at 16.
    assert found.stop is Stop.PATIENCE
    assert len(found.records) == 16


def test_the_strategy_is_told_whole_batches_in_the_order_of_asking(tmp_path: Path) -> None:
    told: list[list[Point]] = []
    asked: list[list[Point]] = []

    class Watched:
        def __init__(self) -> None:
            self.inner = STRATEGIES["evolution"](TOY, OBJECTIVES, seed=1)

        def ask(self, count: int) -> list[Point]:
            assert count == 8
            asked.append(self.inner.ask(count))
            return asked[-1]

        def tell(self, evaluations: Sequence[Evaluation]) -> None:
            told.append([each.point for each in evaluations])
            self.inner.tell(evaluations)

    with RunStore.create(header(), out=tmp_path) as store:
        explore(TOY, OBJECTIVES, Watched(), ToyEvaluator(), store, name="watched", budget=21, batch=8)
    assert told == asked[: len(told)]
    assert len(told) == len(asked) - 1  # the last batch was cut by the budget


def test_progress_is_reported_as_each_evaluation_comes(tmp_path: Path) -> None:
    seen: list[Progress] = []
    ticks = itertools.count(0.0, 0.5)
    with RunStore.create(header(), out=tmp_path) as store:
        found = search_toy(store, ToyEvaluator(), budget=9, on_progress=seen.append, clock=lambda: next(ticks))
        assert [each.record for each in seen] == list(found.records) == list(store.records)
    assert [each.measured for each in seen][-1] == 9
    assert seen[-1].front_size == len(found.summary.front)
    assert not any(each.replayed for each in seen)
    times = [each.record.elapsed_s for each in seen]
    assert times == sorted(times)
    assert times[0] > 0
    again: list[Progress] = []
    with RunStore.resume(tmp_path, header()) as store:
        search_toy(store, ToyEvaluator(), budget=12, on_progress=again.append)
    assert [each.replayed for each in again] == [True] * len(seen) + [False] * (len(again) - len(seen))
    assert again[len(seen)].record.elapsed_s >= times[-1]


@pytest.mark.parametrize("batch", [1, 3, 8])
@pytest.mark.parametrize("name", ["local", "evolution"])
def test_a_run_may_stop_at_any_evaluation_and_ends_the_same(tmp_path: Path, name: str, batch: int) -> None:
    wanted = header(strategy=name, batch=batch, budget=30)
    with RunStore.create(wanted, out=tmp_path / "whole") as store:
        whole = search_toy(store, ToyEvaluator())
    lines = (tmp_path / "whole/evaluations.jsonl").read_bytes().splitlines(keepends=True)
    for kept in range(0, len(lines) + 1, 1 if batch == 8 else 5):
        folder = tmp_path / f"part{kept}"
        RunStore.create(wanted, out=folder).close()
        torn = lines[kept][: 10 + kept] if kept < len(lines) else b""
        (folder / "evaluations.jsonl").write_bytes(b"".join(lines[:kept]) + torn)
        evaluator = ToyEvaluator()
        with RunStore.resume(folder, wanted) as store:
            found = search_toy(store, evaluator)
        assert stored(folder) == stored(tmp_path / "whole")
        assert found.summary == whole.summary
        assert len(evaluator.asked) == len(lines) - kept


def test_a_larger_budget_goes_on_as_if_it_had_been_so_from_the_beginning(tmp_path: Path) -> None:
    with RunStore.create(header(budget=52), out=tmp_path / "whole") as store:
        whole = search_toy(store, ToyEvaluator())
    for budget in (13, 14, 30, 52):
        exists = (tmp_path / "grown").is_dir()
        wanted = header(budget=budget)
        with (
            RunStore.resume(tmp_path / "grown", wanted)
            if exists
            else RunStore.create(wanted, out=tmp_path / "grown") as store
        ):
            grown = search_toy(store, ToyEvaluator())
            assert grown.summary.evaluated == budget
    assert stored(tmp_path / "grown") == stored(tmp_path / "whole")
    assert grown.summary == whole.summary


def test_an_interrupt_leaves_a_run_to_go_on_with(tmp_path: Path) -> None:
    class Interrupted(ToyEvaluator):
        closed = False

        def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
            try:
                for each in super().evaluate(points):
                    if len(self.asked) == 13:
                        raise KeyboardInterrupt
                    yield each
            finally:
                self.closed = True

    evaluator = Interrupted()
    with RunStore.create(header(budget=25), out=tmp_path / "cut") as store, pytest.raises(KeyboardInterrupt):
        search_toy(store, evaluator)
    assert evaluator.closed
    assert len(stored(tmp_path / "cut")) == 12
    for folder, open_store in (("cut", RunStore.resume), ("whole", None)):
        path = tmp_path / folder
        with (
            open_store(path, header(budget=25)) if open_store else RunStore.create(header(budget=25), out=path) as store
        ):
            search_toy(store, ToyEvaluator())
    assert stored(tmp_path / "cut") == stored(tmp_path / "whole")


def test_evaluations_of_another_search_are_refused(tmp_path: Path) -> None:
    with RunStore.create(header(budget=10), out=tmp_path) as store:
        search_toy(store, ToyEvaluator())
    with RunStore.resume(tmp_path, header(budget=10)) as store:
        strategy = STRATEGIES["evolution"](TOY, OBJECTIVES, seed=2)
        with pytest.raises(StoreError) as caught:
            explore(TOY, OBJECTIVES, strategy, ToyEvaluator(), store, name="evolution", budget=10, batch=8)
    first, second = (
        [point.text() for point in STRATEGIES["evolution"](TOY, OBJECTIVES, seed=n).ask(8)] for n in (1, 2)
    )
    place = next(place for place in range(8) if first[place] != second[place])
    assert str(caught.value) == (
        f"{tmp_path}: evaluation {place} must be of what the search asks for, "
        f"{second[place]!r} in batch 0, not {first[place]!r} in batch 0"
    )


def test_a_broken_strategy_costs_nothing_that_was_measured(tmp_path: Path) -> None:
    class Broken:
        def __init__(self) -> None:
            self.inner = STRATEGIES["uniform"](TOY, OBJECTIVES, seed=1)
            self.told = 0

        def ask(self, count: int) -> list[Point]:
            return self.inner.ask(count)

        def tell(self, evaluations: Sequence[Evaluation]) -> None:
            self.told += len(evaluations)
            if self.told > 8:
                raise ZeroDivisionError("division by zero")

    with RunStore.create(header(), out=tmp_path) as store, pytest.raises(HdlgenError) as caught:
        explore(TOY, OBJECTIVES, Broken(), ToyEvaluator(), store, name="mine.py:Broken", budget=60, batch=8)
    assert str(caught.value) == "strategy mine.py:Broken: tell raised ZeroDivisionError: division by zero"
    assert len(stored(tmp_path)) == 16


def test_an_evaluator_that_loses_or_swaps_points_is_refused(tmp_path: Path) -> None:
    class Lossy(ToyEvaluator):
        def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
            return super().evaluate(points[:2])

    class Swapping(ToyEvaluator):
        def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
            return super().evaluate(points[::-1])

    points = STRATEGIES["evolution"](TOY, OBJECTIVES, seed=1).ask(8)
    for evaluator, place, got in ((Lossy(), 2, "nothing"), (Swapping(), 0, repr(points[7].text()))):
        with (
            RunStore.create(header(), out=tmp_path / type(evaluator).__name__) as store,
            pytest.raises(HdlgenError) as caught,
        ):
            search_toy(store, evaluator)
        expected = f"evaluator: it must yield the evaluation of {points[place].text()!r}, not {got}"
        assert str(caught.value) == expected
        assert len(store.records) == place


def test_only_failures_spend_the_budget_too(tmp_path: Path) -> None:
    class Failing(ToyEvaluator):
        def evaluate_one(self, point: Point) -> Evaluation:
            return Evaluation(point=point, status=Status.INVALID)

    with RunStore.create(header(budget=20), out=tmp_path) as store:
        found = search_toy(store, Failing())
    assert found.summary.counts["invalid"] == 20
    assert found.summary.front == ()


def test_settings_below_one_are_refused(tmp_path: Path) -> None:
    with RunStore.create(header(), out=tmp_path) as store:
        for changes in ({"budget": 0}, {"batch": 0}, {"patience": 0}):
            with pytest.raises(ValueError, match="^explore: budget, batch and patience must be at least 1, not budget"):
                search_toy(store, ToyEvaluator(), **changes)


@pytest.mark.parametrize("name", ["local", "evolution"])
def test_a_search_killed_again_and_again_ends_byte_for_byte_as_an_unbroken_one(tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "tests.search.toy"]
    subprocess.run([*command, str(tmp_path / "whole"), name], cwd=ROOT, check=True, timeout=60)
    killed, chance = tmp_path / "killed", random.Random(name)
    lines, kills = 0, 0
    while lines < len(stored(tmp_path / "whole")) - 8:
        process = subprocess.Popen([*command, str(killed), name], cwd=ROOT)
        wanted = lines + chance.randrange(4, 18)
        journal, limit = killed / "evaluations.jsonl", time.monotonic() + 60
        while lines < wanted and process.poll() is None and time.monotonic() < limit:
            lines = journal.read_bytes().count(b"\n") if journal.is_file() else 0
            time.sleep(0.001)
        time.sleep(chance.random() * 0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        lines = journal.read_bytes().count(b"\n")
    assert kills >= 3
    subprocess.run([*command, str(killed), name], cwd=ROOT, check=True, timeout=60)
    assert stored(killed) == stored(tmp_path / "whole")
    assert (killed / "result.json").read_bytes() == (tmp_path / "whole/result.json").read_bytes()
    assert (killed / "run.json").read_bytes() == (tmp_path / "whole/run.json").read_bytes()
