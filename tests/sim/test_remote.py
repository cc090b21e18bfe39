"""What a worker does, here in this process: it measures as the pool does, warm, and for a job of equal tools alone."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.errors import InputError, StoreError
from hdlgen.evaluation import Status
from sim import remote
from sim.cache import Cache
from sim.measure import NETLIST
from sim.remote import difference, fingerprint, measure_here, pack
from sim.simulators import choose
from sim.technology import load
from sim.workload import Workload
from tests.sim.specs import PAIR, SHIPPED, compiler_of, graph_of, space_of

pytest.importorskip("distributed", reason="pip install 'hdlgen[dask]'")

COMPILER = compiler_of(PAIR)
POINTS = space_of(COMPILER).sample(2, 3)


def job(technology: str | Path = SHIPPED, seed: int = 1) -> bytes:
    return pack(COMPILER, Workload(graph_of(PAIR), seed=seed), load(technology), (), simulator=None)


def free() -> list[remote._Bench]:
    return remote._BENCHES._free


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder of results of the worker, empty; end its pools afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    yield tmp_path / "hdlgen"
    while free():
        free().pop().measure.pool.close()


def test_a_worker_measures_and_hands_over_what_its_cache_holds(results: Path) -> None:
    answer = measure_here(job(), POINTS[0])
    evaluation = answer.evaluation
    assert evaluation.status is Status.OK and evaluation.point == POINTS[0]
    cache = Cache(results / "results")
    assert answer.record == cache.get(evaluation.key)
    assert answer.netlist == cache.files(evaluation.key)[NETLIST].read_bytes()
    assert pickle.loads(pickle.dumps(answer)) == answer
    again = measure_here(job(), POINTS[0])
    assert again == replace(answer, evaluation=replace(evaluation, runtime_s=0.0))  # known, so it took no time


def test_a_worker_stays_warm_for_a_job_and_lets_go_of_the_one_before() -> None:
    measure_here(job(), POINTS[0])
    (bench,) = free()
    measure_here(job(), POINTS[1])
    assert free() == [bench]
    measure_here(job(seed=2), POINTS[0])
    (other,) = free()
    assert other is not bench
    assert bench.measure.pool.closed and not other.measure.pool.closed


def test_a_liberty_file_travels_with_the_job(results: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.lib"
    mine.write_bytes(load(SHIPPED).liberty.read_bytes() + b"\n/* mine */\n")
    packed, digest = job(mine), load(mine).digest
    mine.unlink()
    assert measure_here(packed, POINTS[0]).evaluation.status is Status.OK
    assert [path.name for path in (results / "liberty").iterdir()] == [f"{digest}.lib"]


def test_a_worker_that_differs_refuses_with_its_name(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed, shown = job(), fingerprint(choose(None).name)
    where = f"worker on {socket.gethostname()}:"
    monkeypatch.setattr(remote, "fingerprint", lambda simulator: {**shown, "numpy": "1.0"})
    with pytest.raises(InputError) as caught:
        measure_here(packed, POINTS[0])
    assert str(caught.value) == f"{where} it must have numpy {shown['numpy']}, not 1.0, as where the search runs"
    monkeypatch.setattr(remote, "fingerprint", lambda simulator: shown)
    results.write_text("no folder")
    with pytest.raises(StoreError) as refused:
        measure_here(packed, POINTS[0])
    assert str(refused.value) == f"{where} {results / 'results'}: the cache must be writable (Not a directory)"
    assert not free()


def test_a_difference_names_what_is_there_instead() -> None:
    ours = {"python": "3.11", "icarus": "12.0", "numpy": "2.4"}
    assert difference(ours, ours) == ""
    theirs = {"python": "3.12", "numpy": "2.4", "verilator": "5.0"}
    assert difference(theirs, ours) == "python 3.11, not 3.12, icarus 12.0, and has none, no verilator, not 5.0"


def test_the_fingerprint_shows_code_and_tools() -> None:
    shown = fingerprint(choose(None).name)
    assert {"python", "hdlgen", "amaranth", "pyosys", "cocotb", "numpy", "distributed", "sources"} <= shown.keys()
