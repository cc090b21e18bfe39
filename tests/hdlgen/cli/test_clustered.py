"""`search --cluster`: the run of one machine, also where a worker dies; what cannot work says so at once."""

from __future__ import annotations

import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim.stock
from sim import cluster
from sim.recipes import RECIPES
from sim.synthesize import STOCK_FLOWS
from tests.hdlgen.cli.command import Hdlgen
from tests.sim.clusters import LocalCluster
from tests.sim.specs import PAIR

SEARCH = ("search", "pair.toml", "--strategy", "evolution", "--batch", "3", "--budget", "6", "--workers", "1")


@pytest.fixture(autouse=True)
def pair(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the spec, and begin without any known result and with a small baseline."""
    (folder / "pair.toml").write_text(PAIR)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "results"))
    monkeypatch.setattr(sim.stock, "STOCK_FLOWS", tuple(STOCK_FLOWS[:1]))
    monkeypatch.setattr(sim.stock, "RECIPES", dict(list(RECIPES.items())[:1]))


@pytest.fixture
def two(folder: Path) -> Iterator[LocalCluster]:
    """Give a cluster of two workers."""
    pytest.importorskip("distributed", reason="pip install 'hdlgen[dask]'")
    (folder / "cluster").mkdir()
    with LocalCluster(folder / "cluster") as local:
        yield local


def evaluations(run: Path) -> list[dict[str, Any]]:
    """Read what a run measured, without what the clock says."""
    lines = [json.loads(line) for line in (run / "evaluations.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("elapsed_s", "runtime_s")} for line in lines]


def front(run: Path) -> dict[str, bytes]:
    return {str(path.relative_to(run)): path.read_bytes() for path in (run / "front").rglob("*") if path.is_file()}


def test_a_run_on_a_cluster_that_loses_a_worker_is_that_of_one_machine(hdlgen: Hdlgen, two: LocalCluster) -> None:
    assert hdlgen(*SEARCH, "--out", "here").status == 0
    killed: list[int] = []

    def kill() -> None:
        journal, limit = Path("there/evaluations.jsonl"), time.monotonic() + 120
        while time.monotonic() < limit and not (journal.is_file() and journal.read_bytes()):
            time.sleep(0.01)
        two.workers[0].kill()
        killed.append(journal.read_bytes().count(b"\n"))

    killer = threading.Thread(target=kill)
    killer.start()
    ran = hdlgen(*SEARCH, "--out", "there", "--cluster", two.address, "--json")
    killer.join()
    assert ran.status == 0
    assert 1 <= killed[0] < 6, "the worker died in the middle"
    assert evaluations(Path("there")) == evaluations(Path("here"))
    assert front(Path("there")) == front(Path("here"))
    assert json.loads(ran.out)["evaluated"] == 6


def test_a_run_goes_on_from_one_machine_to_a_cluster(hdlgen: Hdlgen, two: LocalCluster) -> None:
    assert hdlgen(*SEARCH, "--out", "here").status == 0
    assert hdlgen(*SEARCH, "--budget", "3", "--out", "there").status == 0
    assert hdlgen(*SEARCH, "--resume", "--out", "there", "--cluster", two.address).status == 0
    assert evaluations(Path("there")) == evaluations(Path("here"))


def test_a_cluster_that_cannot_work_is_refused_before_a_run_begins(
    hdlgen: Hdlgen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    ran = hdlgen(*SEARCH, "--cluster", "there")
    message = "hdlgen: --cluster must be a scheduler's address such as tcp://10.0.0.1:8786, not 'there'\n"
    assert (ran.status, ran.out, ran.err) == (2, "", message)
    if importlib.util.find_spec("distributed"):
        ran = hdlgen(*SEARCH, "--cluster", "tcp://127.0.0.1:9")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.startswith(
            "hdlgen: --cluster tcp://127.0.0.1:9: a Dask scheduler must answer there within 1 s ("
        )
        assert len(ran.err.splitlines()) == 1
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "distributed" else find(name))
    ran = hdlgen(*SEARCH, "--cluster", "tcp://127.0.0.1:9")
    message = "hdlgen: --cluster: Dask must be installed; install it with: pip install 'hdlgen[dask]'\n"
    assert (ran.status, ran.out, ran.err) == (3, "", message)
    assert [path.name for path in folder.iterdir()] == ["pair.toml"]
