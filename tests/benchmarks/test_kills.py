"""The benchmark of kills sees what is planted: a lost line, a torn result, another end, what is left behind."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.kills import Tally, _Bench, _run, _Whole
from benchmarks.run_data import run_data
from benchmarks.warm import Ended, Warm
from sim.cache import Cache
from tests.search.report.toy_run import write_run

KEY = "ab" * 32
Damage = Callable[[Path], None]


def finished(folder: Path) -> Path:
    """Write a run that ended."""
    run = write_run(folder, budget=8)
    result = json.loads((run / "result.json").read_text()) | {"folder": folder.name}
    (run / "result.json").write_text(json.dumps(result))
    (run / "report.html").write_text("")
    return run


class Fake:
    """Stands in for the warm process: the first sitting is killed halfway, the second one ends."""

    def __init__(self, damage: Damage, *, left: int = 0, status: int = 0) -> None:
        self.damage, self.left, self.status, self.sittings = damage, left, status, 0

    def run(self, arguments: Sequence[str], *, folder: Path, cache: Path, printed: Path, **_: Any) -> Ended:
        self.sittings += 1
        run = folder / arguments[list(arguments).index("--out") + 1]
        printed.write_text("hdlgen: the last words\n")
        if self.sittings == 1:
            whole = finished(folder / "whole")
            run.mkdir()
            (run / "run.json").write_bytes((whole / "run.json").read_bytes())
            lines = (whole / "evaluations.jsonl").read_text().splitlines(keepends=True)
            (run / "evaluations.jsonl").write_text("".join(lines[:4]) + '{"torn')
            Cache(cache / "hdlgen" / "results").put(KEY, {"score": 1})
            return Ended(status=-9, seconds=1.0, cpu_s=1.0, left=self.left)
        assert "--resume" in arguments
        finished(folder / "new")
        for path in run.iterdir():
            path.unlink()
        run.rmdir()
        (folder / "new").rename(run)
        self.damage(folder)
        return Ended(status=self.status, seconds=1.0, cpu_s=1.0, left=0)


def tally_of(folder: Path, fake: Fake) -> Tally:
    whole = _Whole(data=run_data(finished(folder / "reference")), seconds=2.0, again_s=1.0)
    bench, tally = _Bench(folder, cast(Warm, fake), ("search", "pair.toml"), 2), Tally()
    (folder / "stock.results").mkdir()
    _run(bench, "run-1", 1, whole, random.Random(1), 1, tally)
    return tally


def lose_a_line(folder: Path) -> None:
    path = folder / "run-1" / "evaluations.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def tear_a_result(folder: Path) -> None:
    (folder / "run-1.results" / "hdlgen" / "results" / KEY[:2] / KEY / "record.json").write_text("{")


def change_the_front(folder: Path) -> None:
    next((folder / "run-1" / "front").glob("*/design.v")).write_text("module other; endmodule\n")


def test_a_run_that_goes_on_to_the_same_end_is_resumed(tmp_path: Path) -> None:
    tally = tally_of(tmp_path, Fake(lambda _: None))
    assert (tally.killed, tally.resumed, tally.left, tally.troubles) == (1, 1, 0, [])
    assert dict(tally.moments) == {"measuring points": 1}


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (lose_a_line, "evaluations.jsonl: 4 stored lines must stay as they are"),
        (tear_a_result, "results: 1 must be whole, and 1 must still be there"),
        (change_the_front, "design.v: it must be as in the undisturbed run"),
    ],
)
def test_what_is_lost_or_changed_is_seen(tmp_path: Path, damage: Damage, trouble: str) -> None:
    tally = tally_of(tmp_path, Fake(damage))
    assert (tally.killed, tally.resumed) == (1, 0)
    assert tally.troubles[0].startswith("run run-1, seed 1: ") and tally.troubles[0].endswith(trouble)


def test_a_resume_that_is_refused_is_seen_and_what_stays_is_counted(tmp_path: Path) -> None:
    tally = tally_of(tmp_path, Fake(lambda _: None, left=2, status=2))
    assert (tally.killed, tally.resumed, tally.left) == (1, 0, 1)
    assert tally.troubles == ["run run-1, seed 1: it ended with status 2: hdlgen: the last words"]


def test_a_command_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    with Warm() as warm:
        good = warm.run(["check", "dot8"], folder=tmp_path, cache=tmp_path, printed=tmp_path / "good")
        killed = warm.run(
            ["check", "dot8"], folder=tmp_path, cache=tmp_path, printed=tmp_path / "bad", kill_after_s=0.0
        )
        refused = warm.run(["check", "none"], folder=tmp_path, cache=tmp_path, printed=tmp_path / "none")
    assert (good.status, killed.status, refused.status) == (0, -9, 2)
    assert (good.left, killed.left) == (0, 0) and good.cpu_s > 0
    assert "dot8" in (tmp_path / "good").read_text()
