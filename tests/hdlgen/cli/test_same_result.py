"""The same spec, seed and settings give the same bytes: whatever the hash seed, the workers and the simulator.

Each search begins without any known result, in a process of its own; compared is all that a run's folder holds but for
clock times: evaluations, baseline, front, Verilog, netlists, test results, checks and the report.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.run_data import run_data
from benchmarks.warm import Warm
from sim import tools
from sim.simulators import SIMULATORS
from tests.sim.specs import PAIR

SEARCH = (
    "search",
    "pair.toml",
    "--strategy",
    "evolution",
    "--batch",
    "3",
    "--budget",
    "3",
    "--no-memory",
    "--out",
    "run",
)
FILES = {"run.json", "evaluations.jsonl", "stock.jsonl", "result.json", "front.csv", "report.html"}


def search(folder: Path, *, hash_seed: int, workers: int, simulator: str) -> dict[str, bytes]:
    """Search in a fresh folder and give the run's data."""
    if any(tools.find(program) is None for program in SIMULATORS[simulator]().programs):
        pytest.skip(f"{simulator} is not installed")
    (folder / "cache" / "hdlgen").mkdir(parents=True)
    for kept in (Path.home() / ".cache" / "hdlgen").glob("verilator-*"):  # its runtime, which no result depends on
        (folder / "cache" / "hdlgen" / kept.name).symlink_to(kept)
    (folder / "pair.toml").write_text(PAIR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONHASHSEED", str(hash_seed))
        with Warm() as warm:
            arguments = [*SEARCH, "--out", "run", "--workers", str(workers), "--simulator", simulator]
            ended = warm.run(arguments, folder=folder, cache=folder / "cache", printed=folder / "printed")
    assert ended.status == 0, (folder / "printed").read_text()
    return run_data(folder / "run")


def test_nothing_but_spec_seed_and_settings_decides(tmp_path: Path) -> None:
    one = search(tmp_path / "one", hash_seed=1, workers=1, simulator="icarus")
    other = search(tmp_path / "other", hash_seed=31337, workers=2, simulator="verilator")
    assert one.keys() > FILES and any(path.endswith("design.v") for path in one)
    assert one.keys() == other.keys()
    assert [path for path in one if one[path] != other[path]] == []
