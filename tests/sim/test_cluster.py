"""A cluster on this machine: the same evaluations as by the local pool, whatever dies; a foreign worker is refused."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import signal
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from hdlgen.errors import HdlgenError, InputError, ToolError, ToolMissing
from hdlgen.evaluation import Constraint, Evaluation, Status
from hdlgen.space import Point
from sim import cluster
from sim.artifacts import collect
from sim.cache import Cache
from sim.cluster import ClusterMeasure, RemoteTask, connect
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.processes import children
from sim.remote import Answer, measure_here, pack
from sim.simulators import choose
from sim.technology import load
from sim.workload import Workload
from tests.search.toy import evaluation
from tests.sim.clusters import LocalCluster
from tests.sim.specs import PAIR, SHIPPED, compiler_of, graph_of, make_measure, space_of
from tests.sim.test_pool import wait_until_dead

pytest.importorskip("distributed", reason="pip install 'hdlgen[dask]'")

COMPILER = compiler_of(PAIR)
POINTS = space_of(COMPILER).sample(12, 1)
CONSTRAINTS = (Constraint(metric="area_um2", bound=1000.0),)
OTHER_TOOLS = "import sim.versions as v; own = v.versions; v.versions = lambda: {**own(), 'pyosys': '0.1'}"
NO_TOOLS = "from sim import tools; own = tools.find; tools.find = lambda name: None if 'abc' in name else own(name)"


def toy(packed: bytes, point: Point) -> Answer:
    """Take a moment and answer without any tool."""
    time.sleep(0.2)
    return Answer(evaluation=toy_evaluation(point))


def toy_evaluation(point: Point) -> Evaluation:
    return evaluation(point, float(len(point.text())), 100.0, key=f"{zlib.crc32(point.text().encode()):016x}")


def reach(address: str, folder: Path, task: RemoteTask = toy) -> AbstractContextManager[ClusterMeasure]:
    """Connect to a cluster with the job of measuring `PAIR`."""
    simulator = choose(None).name
    packed = pack(COMPILER, Workload(graph_of(PAIR)), load(SHIPPED), CONSTRAINTS, simulator=None)
    return connect(address, packed, simulator=simulator, cache=Cache(folder / "results"), task=task)


def without_time(evaluation: Evaluation) -> Evaluation:
    return replace(evaluation, runtime_s=0.0)


def refused(address: str, folder: Path, kind: type[HdlgenError]) -> str:
    """Give the message with which a cluster is refused, the workers' addresses left out."""
    with pytest.raises(kind) as caught, reach(address, folder):
        pass
    return re.sub(r"worker tcp://127\.0\.0\.1:\d+", "worker W", str(caught.value)).replace(
        f"--cluster {address}:", "--cluster A:"
    )


@pytest.fixture
def two(tmp_path: Path) -> Iterator[LocalCluster]:
    """Give a cluster of two workers."""
    with LocalCluster(tmp_path) as local:
        yield local


def test_a_cluster_measures_what_the_pool_does_and_keeps_the_files(two: LocalCluster, tmp_path: Path) -> None:
    with reach(two.address, tmp_path, measure_here) as measure:
        found = [without_time(one) for one in measure.evaluate(POINTS[:3])]
        assert list(measure.evaluate([])) == []
    with Pool(2, preload=PRELOAD) as pool:
        here = make_measure(PAIR, pool, tmp_path / "pool", constraints=CONSTRAINTS)
        assert found == [without_time(one) for one in here.evaluate(POINTS[:3])]
        known = make_measure(PAIR, pool, tmp_path)
        assert all(known.cache.get(one.key) for one in found)
        (files,) = collect(known, POINTS[:1])
    assert {one.feasible for one in found} == {True, False}
    assert "module top" in files["design.v"] and "sky130" in files["netlist.v"]


def test_workers_that_die_and_come_in_the_middle_change_nothing(two: LocalCluster, tmp_path: Path) -> None:
    with reach(two.address, tmp_path) as measure:
        evaluations = measure.evaluate(POINTS)
        found = [next(evaluations)]
        two.workers[0].send_signal(signal.SIGKILL)
        found += [next(evaluations) for _ in range(3)]
        two.add()
        two.workers[1].send_signal(signal.SIGKILL)
        found += evaluations
    assert found == list(map(toy_evaluation, POINTS))


def test_a_point_that_kills_its_workers_is_a_failed_point(tmp_path: Path) -> None:
    allowed = "import dask; dask.config.set({'distributed.scheduler.allowed-failures': 0})"
    with LocalCluster(tmp_path, workers=1, prepare=allowed) as local, reach(local.address, tmp_path) as measure:
        evaluations = measure.evaluate(POINTS[:1])
        local.workers[0].kill()
        (found,) = evaluations
    message = "measuring: its worker died, 1 times"
    assert found == Evaluation(point=POINTS[0], status=Status.TOOL_FAILED, message=message)


def test_workers_with_other_tools_are_refused_by_name(tmp_path: Path) -> None:
    own = importlib.metadata.version("pyosys")
    with LocalCluster(tmp_path, workers=1) as local:
        local.add(OTHER_TOOLS)
        message = f"--cluster A: worker W must have pyosys {own}, not 0.1, as this machine has"
        assert refused(local.address, tmp_path, InputError) == message


def test_workers_without_a_tool_or_without_hdlgen_are_refused(tmp_path: Path) -> None:
    with LocalCluster(tmp_path, workers=0) as local:
        worker = local.add(NO_TOOLS)
        assert refused(local.address, tmp_path, ToolMissing) == (
            "--cluster A: worker W: yosys-abc: the program is missing; install it with: pip install pyosys"
        )
        worker.kill()
        local.add("import sys, types; sys.modules['sim'] = types.ModuleType('sim')")
        assert refused(local.address, tmp_path, InputError) == (
            "--cluster A: worker W must have hdlgen as this machine has it "
            """(Exception: ModuleNotFoundError("No module named 'sim.remote'; 'sim' is not a package"))"""
        )


def test_a_foreign_worker_that_comes_later_is_refused_before_it_measures(tmp_path: Path) -> None:
    own = importlib.metadata.version("pyosys")
    with LocalCluster(tmp_path, workers=1) as local, reach(local.address, tmp_path, measure_here) as measure:
        local.add(OTHER_TOOLS)
        local.workers[0].kill()
        with pytest.raises(InputError) as caught:
            list(measure.evaluate(POINTS))
    assert str(caught.value) == (
        f"worker on {socket.gethostname()}: it must have pyosys {own}, not 0.1, as where the search runs"
    )


def test_a_cluster_that_is_lost_ends_the_search_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WORKERLESS_S", 1.0)
    with LocalCluster(tmp_path, workers=1) as local:
        with reach(local.address, tmp_path) as measure:
            evaluations = measure.evaluate(POINTS)
            assert next(evaluations) == toy_evaluation(POINTS[0])
            local.workers[0].kill()
            with pytest.raises(ToolError) as caught:
                list(evaluations)
        where = f"--cluster {local.address}"
        assert str(caught.value) == f"{where}: the cluster must have a worker, and had none for 1 s"
        local.add()
        with reach(local.address, tmp_path) as measure:
            evaluations = measure.evaluate(POINTS)
            next(evaluations)
            local.scheduler.kill()
            with pytest.raises(ToolError) as caught:
                list(evaluations)
        assert str(caught.value) == f"{where}: the scheduler must stay reachable, and was lost"


def test_a_cluster_that_cannot_be_reached_or_has_no_worker_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 2.0)
    monkeypatch.setattr(cluster, "WORKERLESS_S", 0.5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        message = refused(nowhere, tmp_path, InputError)
    assert message.startswith("--cluster A: a Dask scheduler must answer there within 2 s (")
    assert refused("there", tmp_path, InputError) == (
        "--cluster must be a scheduler's address such as tcp://10.0.0.1:8786, not 'there'"
    )
    assert refused("udp://there", tmp_path, InputError).startswith(
        "--cluster A: a Dask scheduler must answer there within 2 s ("
    )
    with LocalCluster(tmp_path, workers=0) as local:
        assert refused(local.address, tmp_path, InputError) == (
            "--cluster A: the cluster must have a worker, and none came within 0.5 s"
        )


def test_without_dask_the_line_that_installs_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert refused("tcp://127.0.0.1:1", tmp_path, ToolMissing) == (
        "--cluster: Dask must be installed; install it with: pip install 'hdlgen[dask]'"
    )


def test_a_killed_worker_leaves_no_process_behind(tmp_path: Path) -> None:
    with LocalCluster(tmp_path, workers=1) as local, reach(local.address, tmp_path, measure_here) as measure:
        evaluations = measure.evaluate(POINTS[:2])
        next(evaluations)
        below = children(local.workers[0].pid)
        assert below  # the pool that the worker measures with
        below += [process for one in below for process in children(one)]
        local.workers[0].kill()
        wait_until_dead(below)
