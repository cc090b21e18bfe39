"""Memory of earlier runs: what is taken over, and what never is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from hdlgen.evaluation import Evaluation
from search.memory import FILE, KEYS, Memory, gather, kept
from search.store import Record, RunStore
from tests.search.toy import TOY, ToyEvaluator, header

POINTS = TOY.sample(12, 3)


def evaluations(first: int, last: int) -> list[Evaluation]:
    return [ToyEvaluator().evaluate_one(point) for point in POINTS[first:last]]


def run(runs: Path, name: str, known: list[Evaluation], *, age_s: int = 0, **changes: Any) -> Path:
    """Write a run as the search does; an older one by `age_s` seconds."""
    head = header(technology_digest="t1", **changes)
    with RunStore.create(head, out=runs / name) as store:
        for index, evaluation in enumerate(known):
            store.append(Record(index=index, batch=0, evaluation=evaluation, repeated=False, elapsed_s=1.0))
    when = (runs / name / "run.json").stat().st_mtime - age_s
    os.utime(runs / name / "run.json", (when, when))
    return runs / name


def wanted(**changes: Any) -> dict[str, Any]:
    return {**header(technology_digest="t1"), **changes}


def test_runs_of_the_same_problem_are_remembered_whatever_their_strategy(tmp_path: Path) -> None:
    run(tmp_path, "toy-1", evaluations(0, 5), age_s=20, seed=7, budget=9, strategy="local")
    run(tmp_path, "toy-2", evaluations(3, 8))
    memory = gather(tmp_path, wanted())
    assert [e.point for e in memory.evaluations] == [POINTS[at] for at in (3, 4, 5, 6, 7, 0, 1, 2)]  # latest first
    assert memory.evaluations[:5] == tuple(evaluations(3, 8))


@pytest.mark.parametrize("key", KEYS)
def test_a_run_that_differs_in_anything_a_score_depends_on_is_not(tmp_path: Path, key: str) -> None:
    run(tmp_path, "toy-1", evaluations(0, 5))
    assert len(gather(tmp_path, wanted()).evaluations) == 5
    assert gather(tmp_path, wanted(**{key: {"other": 1}})) == Memory()


def test_a_run_that_lacks_a_key_or_is_broken_is_passed_over(tmp_path: Path) -> None:
    folder = run(tmp_path, "toy-1", evaluations(0, 4))
    (tmp_path / "toy-points").mkdir()
    lines = (folder / "evaluations.jsonl").read_text().splitlines()
    (folder / "evaluations.jsonl").write_text("\n".join([*lines[:2], lines[2][:30]]))
    assert len(gather(tmp_path, wanted()).evaluations) == 2
    document = json.loads((folder / "run.json").read_text())
    del document["technology_digest"]
    (folder / "run.json").write_text(json.dumps(document))
    assert gather(tmp_path, wanted()) == Memory()
    (folder / "run.json").write_text("{")
    assert gather(tmp_path, wanted()) == Memory()
    assert gather(tmp_path / "none", wanted()) == Memory()


def test_what_a_run_began_with_is_kept_and_has_its_digest(tmp_path: Path) -> None:
    memory = Memory(evaluations=tuple(evaluations(0, 6)))
    memory.write(tmp_path)
    assert Memory.read(tmp_path) == memory
    assert Memory.read(tmp_path).digest == memory.digest != Memory(evaluations=tuple(evaluations(0, 5))).digest
    assert Memory().digest == ""
    Memory().write(tmp_path / "nowhere")  # nothing to keep, nothing written
    assert Memory.read(tmp_path / "nowhere") == Memory()


def test_a_broken_memory_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"point": {}}\n')
    with pytest.raises(StoreError, match="the memory must hold an evaluation a line"):
        Memory.read(tmp_path)


def test_a_run_that_is_gone_on_with_has_the_memory_with_which_it_began(tmp_path: Path) -> None:
    run(tmp_path, "toy-1", evaluations(0, 5))
    memory = gather(tmp_path, wanted())
    folder = run(tmp_path, "toy-2", [], memory=memory.digest)
    assert kept(folder, tmp_path, wanted()) == memory  # a kill came before it was written
    memory.write(folder)
    run(tmp_path, "toy-3", evaluations(5, 9))
    assert kept(folder, tmp_path, wanted()) == memory != gather(tmp_path, wanted())
    without = run(tmp_path, "toy-4", [])
    assert kept(without, tmp_path, wanted()) == Memory()
