"""A comparison's folder: trials survive a kill, and only what may change changes at resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from search.compare.store import TRIALS, TrialStore, latest_comparison
from tests.search.compare.toy_trials import trial_of
from tests.search.toy import TOY

HEAD: dict[str, Any] = {
    "inputs": {"toy": "abc"},
    "budget": 20,
    "start": 4,
    "batch": 1,
    "strategy_files": {},
    "seeds": 2,
    "strategies": ["uniform"],
    "command": "hdlgen compare toy.csv",
}
POINTS = TOY.sample(5, 1)


def test_trials_are_there_again_also_where_a_kill_has_torn_the_last_line(tmp_path: Path) -> None:
    folder = tmp_path / "compare"
    with TrialStore.create(HEAD, out=folder) as store:
        for seed in (1, 2):
            store.append(trial_of(POINTS, seed=seed))
    whole = (folder / TRIALS).read_bytes()
    (folder / TRIALS).write_bytes(whole + whole[:40])
    with TrialStore.resume(folder, {**HEAD, "seeds": 5, "strategies": ["uniform", "local"]}) as store:
        assert list(store.trials) == [("toy", "uniform", 1), ("toy", "uniform", 2)]
        assert store.trials["toy", "uniform", 2] == trial_of(POINTS, seed=2)
        assert store.header["seeds"] == 5
    assert (folder / TRIALS).read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 30}, "budget must be 20 as when the comparison began, not 30"),
        ({"inputs": {"toy": "xyz"}}, 'inputs must be {"toy": "abc"} as when the comparison began, not {"toy": "xyz"}'),
        (
            {"strategy_files": {"Mine": "2"}},
            'strategy_files must be {"Mine": "1"} as when the comparison began, not {"Mine": "2"}',
        ),
    ],
)
def test_what_makes_the_trials_must_stay(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    folder = tmp_path / "compare"
    TrialStore.create({**HEAD, "strategy_files": {"Mine": "1"}}, out=folder).close()
    with pytest.raises(StoreError) as caught:
        TrialStore.resume(folder, {**HEAD, "strategy_files": {"Mine": "1"}, **change})
    assert str(caught.value) == f"{folder}: {message}"


def test_another_file_may_join_and_one_may_stay_away(tmp_path: Path) -> None:
    folder = tmp_path / "compare"
    TrialStore.create({**HEAD, "strategy_files": {"Mine": "1"}}, out=folder).close()
    TrialStore.resume(folder, {**HEAD, "strategy_files": {"Yours": "7"}}).close()
    with pytest.raises(StoreError, match="strategy_files must be"):
        TrialStore.resume(folder, {**HEAD, "strategy_files": {"Mine": "2"}})


def test_folders_are_numbered_and_the_latest_is_found(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        latest_comparison(tmp_path)
    assert str(caught.value) == f"{tmp_path}: a comparison compare-N must be there to resume, and none is"
    for _ in range(11):
        TrialStore.create(HEAD, runs=tmp_path).close()
    assert latest_comparison(tmp_path) == tmp_path / "compare-11"


def test_a_folder_in_use_taken_or_empty_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "compare"
    with TrialStore.create(HEAD, out=folder), pytest.raises(StoreError, match="one search at a time must write a run"):
        TrialStore.resume(folder, HEAD)
    with pytest.raises(StoreError) as caught:
        TrialStore.create(HEAD, out=folder)
    assert (
        str(caught.value) == f"{folder}: a new comparison must have a folder without one; --resume goes on with the old"
    )
    with pytest.raises(StoreError) as caught:
        TrialStore.resume(tmp_path, HEAD)
    assert (
        str(caught.value) == f"{tmp_path}: the folder must hold a comparison to resume, and it has no comparison.json"
    )
    (folder / TRIALS).write_text('{"problem": "toy"}\n')
    with pytest.raises(StoreError) as caught:
        TrialStore.resume(folder, HEAD)
    assert str(caught.value) == f"{folder / TRIALS}: line 1 must be a trial: KeyError('strategy')"
