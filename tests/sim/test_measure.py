"""Measuring: figures against the netlist itself, planted faults that are charged to their point alone, and reuse."""

from __future__ import annotations

import dataclasses
import errno
import functools
import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import sim.measure
from hdlgen.compiler import Compiler
from hdlgen.errors import InputError, StoreError, ToolError, ToolMissing
from hdlgen.evaluation import Constraint, Evaluation, Status
from hdlgen.space import Point
from sim.artifacts import collect
from sim.mapped import Mapped, score_of
from sim.measure import PRELOAD, Measure
from sim.pool import Pool, Task
from sim.recipes import RECIPES
from sim.simulation import SimulationJob, SimulationResult
from sim.steps import Built, build, map_and_time, simulate_together
from sim.technology import Technology, load
from sim.workload import Workload
from tests.sim.specs import DOT, PAIR, graph_of, make_measure, point_of, space_of, twins

RIPPLE = "adder=ripple"
"""The point that bad things happen to."""
OTHERS = ("interval=2", "stages=1,recipe=keep_lean")

LOOP = """
name = "loop"
[inputs]
x = { format = "i3", shape = [2] }
[outputs]
y = { format = "i3" }
[compute]
d = "wrap(sum(x * previous(y)), 'i3')"
y = "wrap(sum(x * d), 'i3')"
"""
"""Two sums in the feedback: where each takes both cycles of interval 2, it cannot close."""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=PRELOAD) as pool:
        yield pool


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a cache that the tests share which do not care."""
    return tmp_path_factory.mktemp("shared")


def measure_all(measure: Measure, texts: Sequence[str]) -> list[Evaluation]:
    return list(measure.evaluate([point_of(measure, text) for text in texts]))


# What is planted: each stands in for a step of the pipeline, in the workers.


def build_with_fault(compiler: Compiler, point: Point | None, texts: Path | None = None) -> Built:
    """Turn the first exclusive or of the victim's Verilog into an or."""
    built = build(compiler, point, texts)
    if point is None or RIPPLE not in point.text():
        return built
    assert " ^ " in built.verilog
    return dataclasses.replace(built, verilog=built.verilog.replace(" ^ ", " | ", 1))


def build_and_die(mark: Path | None, compiler: Compiler, point: Point | None, texts: Path | None = None) -> Built:
    """Die while the victim is built: once where there is a mark to leave, else each time."""
    if point is not None and RIPPLE in point.text() and not (mark and mark.exists()):
        if mark:
            mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return build(compiler, point, texts)


def simulate_and_die(victim: str, jobs: Sequence[SimulationJob], simulator: str | None) -> list[SimulationResult]:
    """Die whenever the design with this name is among those that are simulated."""
    if any(job.name == victim for job in jobs):
        os.kill(os.getpid(), signal.SIGKILL)
    return simulate_together(jobs, simulator)


def map_for_ever(rtlil: str, technology: Technology, recipe: str, flow: str, gate_share: float = 0.0) -> Mapped:
    """Never come to an end with one recipe."""
    while recipe == "leanest":
        pass
    return map_and_time(rtlil, technology, recipe, flow)


def raise_instead(error: Exception, *_arguments: object) -> None:
    raise error


def plant(monkeypatch: pytest.MonkeyPatch, step: str, planted: Callable[..., object], *arguments: object) -> None:
    monkeypatch.setattr(f"sim.measure.{step}", functools.partial(planted, *arguments) if arguments else planted)


def area_by_hand(netlist: str, liberty: Path) -> float:
    """Add up the areas of a netlist's cells by two regular expressions."""
    text = liberty.read_text()
    areas = {
        name: float(area)
        for name, area in re.findall(r'\bcell\s*\(\s*"?(\w+)"?\s*\)\s*\{.*?\barea\s*:\s*"?([\d.]+)', text, re.DOTALL)
    }
    used = re.findall(r"^\s*(\w+)\s+(?:\\?\S+)\s*\(", netlist, re.MULTILINE)
    return sum(areas[cell] for cell in used if cell in areas)


def test_a_score_agrees_with_the_netlist_and_with_itself(pool: Pool, shared: Path) -> None:
    measure = make_measure(DOT, pool, shared)
    first, second = measure_all(measure, ["", OTHERS[0]])
    files = collect(measure, [first.point])[0]
    score = first.score
    assert score is not None and second.score is not None
    assert score.area_um2 == pytest.approx(area_by_hand(files["netlist.v"], load("sky130hd").liberty), abs=0.01)
    # 32 input bits, 10 output bits, a valid bit for each of the two.
    assert score.flip_flops == 44 and score.error_lsb == 0
    assert (score.interval_cycles, score.latency_cycles) == (1, 2)
    assert (second.score.interval_cycles, second.score.latency_cycles) == (2, 3)
    for one in (score, second.score):
        assert one.clock_mhz == pytest.approx(1e6 / one.period_ps, rel=1e-5)
        assert one.throughput_msps == pytest.approx(one.clock_mhz / one.interval_cycles, rel=1e-5)
        assert one.latency_ns == pytest.approx(one.latency_cycles * one.period_ps / 1000, abs=1e-3)
    last = files["critical_path.txt"].splitlines()[-1].split()
    assert 0 < float(last[-2]) <= score.period_ps


def test_a_wrong_design_is_a_mismatch_and_its_companions_are_not(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, "build", build_with_fault)
    measure = make_measure(DOT, pool, tmp_path)
    first, wrong, last = measure_all(measure, [OTHERS[0], RIPPLE, OTHERS[1]])
    assert first.status is last.status is Status.OK
    assert wrong.status is Status.MISMATCH and wrong.score is None and not wrong.feasible and wrong.key
    assert re.fullmatch(r"free, token \d+, cycle \d+: .+", wrong.message), wrong.message
    assert measure.cache.get(wrong.key) is None and measure.cache.get(first.key) is not None


def test_a_bad_recipe_fails_its_point_alone(pool: Pool, shared: Path) -> None:
    measure = make_measure(DOT, pool, shared)
    good = point_of(measure, OTHERS[0])
    bad = Point(values=tuple((name, "worst" if name == "recipe" else value) for name, value in good.values))
    failed, other = measure.evaluate([bad, good])
    assert failed.status is Status.TOOL_FAILED and other.status is Status.OK
    rule = f"recipe must be one of {', '.join(RECIPES)}, not 'worst'"
    assert failed.message == f"map_and_time: ValueError: synthesize: {rule}"


def test_what_only_building_reveals_is_invalid(pool: Pool, tmp_path: Path) -> None:
    measure = make_measure(LOOP, pool, tmp_path)
    good = point_of(measure, "interval=2")
    assert good["fold"] == 1
    bad = Point(values=tuple((name, 2 if name == "fold" else value) for name, value in good.values))
    (evaluation,) = measure.evaluate([bad])
    assert evaluation.status is Status.INVALID and evaluation.key == ""
    assert evaluation.message == "interval: the feedback must close within the interval, not in more than 2 cycles"


def test_a_worker_that_dies_costs_a_retry(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, "build", build_and_die, tmp_path / "died")
    measure = make_measure(PAIR, pool, tmp_path)
    assert [evaluation.status for evaluation in measure_all(measure, ["", RIPPLE])] == [Status.OK] * 2
    assert (tmp_path / "died").exists()


def test_a_worker_that_always_dies_costs_its_point(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, "build", build_and_die, None)
    measure = make_measure(PAIR, pool, tmp_path)
    first, victim, last = measure_all(measure, ["", RIPPLE, "interval=2"])
    assert first.status is last.status is Status.OK
    assert victim.status is Status.TOOL_FAILED
    assert victim.message == "task: its process ended by SIGKILL, 2 times"


def test_a_design_that_kills_its_simulation_costs_itself_alone(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = make_measure(PAIR, pool, tmp_path, together=3)
    points = [point_of(measure, text) for text in ("", "stages=1", RIPPLE)]
    built = [measure.submit_build(point) for point in points]
    key = measure.key(built[1].result().require(), str(points[1]["recipe"]))
    monkeypatch.setattr(pool, "workers", 1)  # all three of them in one simulation
    plant(monkeypatch, "simulate_together", simulate_and_die, key[:16])
    first, victim, last = measure.evaluate(points)
    assert first.status is last.status is Status.OK
    assert victim.status is Status.TOOL_FAILED and victim.key == key


def test_a_point_out_of_time_is_a_timeout_that_nobody_remembers(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, "map_and_time", map_for_ever)
    monkeypatch.setattr("sim.measure.MAP_SECONDS", 1.5)
    measure = make_measure(PAIR, pool, tmp_path)
    late, other = measure_all(measure, ["recipe=leanest", ""])
    assert late.status is Status.TIMEOUT and other.status is Status.OK
    message = "map_for_ever: must end within 1.5 CPU seconds; it was stopped, also when tried again alone"
    assert late.message == message and late.runtime_s > 1.5 and measure.cache.get(late.key) is None


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (ToolMissing("iverilog: it must be there"), ToolMissing, "iverilog: it must be there"),
        (InputError("simulator: it must be one"), InputError, "simulator: it must be one"),
        (StoreError("/tmp: it must be writable"), StoreError, "/tmp: it must be writable"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            StoreError,
            "{temporary}: the folder of temporary files must be writable (No space left on device)",
        ),
    ],
    ids=["program", "simulator", "folder", "disk"],
)
def test_what_concerns_every_point_is_raised(
    pool: Pool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    kind: type[Exception],
    message: str,
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/temporary")
    plant(monkeypatch, "map_and_time", raise_instead, error)
    with pytest.raises(kind) as raised:
        measure_all(make_measure(PAIR, pool, tmp_path), [""])
    assert str(raised.value) == message.format(temporary="/temporary")


def test_what_is_known_is_not_measured_again(pool: Pool, shared: Path) -> None:
    first = measure_all(make_measure(DOT, pool, shared), ["", OTHERS[0]])
    again = measure_all(make_measure(DOT, pool, shared), [OTHERS[0], ""])
    assert [(e.status, e.score, e.key) for e in again] == [(e.status, e.score, e.key) for e in reversed(first)]
    assert [evaluation.runtime_s for evaluation in again] == [0.0, 0.0]


def test_equal_hardware_is_measured_once(pool: Pool, tmp_path: Path) -> None:
    measure = make_measure(PAIR, pool, tmp_path)
    first, twin, third = twins(measure.compiler, space_of(measure.compiler))
    one, other, same = measure.evaluate([first, third, twin])
    assert one.runtime_s > 0 and other.runtime_s > 0 and same.runtime_s == 0
    assert one.key == same.key != other.key and one.score == same.score
    assert [evaluation.point for evaluation in (one, other, same)] == [first, third, twin]


def test_a_key_changes_with_all_that_a_score_depends_on(pool: Pool, tmp_path: Path) -> None:
    graph = graph_of(PAIR)
    measure = make_measure(PAIR, pool, tmp_path)
    built = Built(rtlil="module top", verilog="", datapath={"interval_cycles": 1})
    keys = {
        "plain": measure.key(built, "fast"),
        "recipe": measure.key(built, "lean"),
        "hardware": measure.key(dataclasses.replace(built, rtlil="module top "), "fast"),
        "interval": measure.key(dataclasses.replace(built, datapath={"interval_cycles": 4}), "fast"),
        "technology": make_measure(PAIR, pool, tmp_path, technology=load("asap7")).key(built, "fast"),
        "seed": make_measure(PAIR, pool, tmp_path, workload=Workload(graph, seed=2)).key(built, "fast"),
        "tokens": make_measure(PAIR, pool, tmp_path, workload=Workload(graph, tokens=300)).key(built, "fast"),
    }
    assert len(set(keys.values())) == len(keys)
    others = {
        "verilog": measure.key(dataclasses.replace(built, verilog="// no comment"), "fast"),
        "constraints": make_measure(
            PAIR, pool, tmp_path, constraints=[Constraint(metric="area_um2", bound=1.0)], together=1
        ).key(built, "fast"),
    }
    assert set(others.values()) == {keys["plain"]}


def test_a_constraint_decides_what_is_feasible(pool: Pool, shared: Path) -> None:
    (free,) = measure_all(make_measure(DOT, pool, shared), [""])
    assert free.feasible and free.score is not None
    for bound, feasible in ((free.score.area_um2, True), (free.score.area_um2 - 0.1, False)):
        constraint = Constraint(metric="area_um2", bound=bound)
        (bounded,) = measure_all(make_measure(DOT, pool, shared, constraints=[constraint]), [""])
        assert bounded.status is Status.OK and bounded.feasible is feasible and bounded.score == free.score


def test_files_made_again_are_the_same_to_the_byte(pool: Pool, shared: Path, tmp_path: Path) -> None:
    together = make_measure(DOT, pool, shared)
    points = [point_of(together, text) for text in ("", *OTHERS)]
    made = collect(together, points)
    alone = collect(make_measure(DOT, pool, tmp_path, together=1), points[1:2])
    assert alone == made[1:2]
    assert sorted(made[0]) == ["critical_path.txt", "datapath.json", "design.v", "netlist.v", "results.xml"]
    results = ET.fromstring(made[0]["results.xml"])
    assert (results.get("tests"), results.get("failures"), results.get("errors")) == ("1", "0", "0")
    assert len({files["design.v"] for files in made}) == 3 and len({files["netlist.v"] for files in made}) == 3


def test_the_areas_of_units_make_up_the_kernel(pool: Pool, shared: Path) -> None:
    measure = make_measure(DOT, pool, shared)
    points = [point_of(measure, text) for text in ("", *OTHERS)]
    for files, evaluation in zip(collect(measure, points), measure.evaluate(points), strict=True):
        score = evaluation.score
        assert score is not None
        units = json.loads(files["datapath.json"])["units"]
        # Units are mapped one by one, so nothing is optimised across them: near the flat netlist and not upon it.
        total = sum(unit["area_um2"] for unit in units) + score.flip_flop_area_um2
        assert 0.6 * score.area_um2 < total < 1.15 * score.area_um2


def test_files_of_designs_measured_of_late_are_not_built_again(
    pool: Pool, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = make_measure(DOT, pool, shared)
    points = [point_of(measure, text) for text in ("", *OTHERS)]
    tuple(measure.evaluate(points))
    expected = collect(make_measure(DOT, pool, shared), points)
    asked: list[Point | None] = []
    submit = measure.submit_build

    def submit_build(point: Point | None) -> Task[Built]:
        asked.append(point)
        return submit(point)

    monkeypatch.setattr(measure, "submit_build", submit_build)
    assert collect(measure, points) == expected and asked == []
    monkeypatch.setattr(sim.measure, "KEPT_CHARACTERS", 1)  # then nothing has room
    tuple(measure.evaluate(points))
    asked.clear()
    assert collect(measure, points) == expected and asked == points


def test_files_that_the_cache_lost_are_measured_again(pool: Pool, tmp_path: Path) -> None:
    measure = make_measure(PAIR, pool, tmp_path)
    (evaluation,) = measure_all(measure, [""])
    made = collect(measure, [evaluation.point])
    (measure.cache.entry(evaluation.key) / "record.json").write_text("torn")
    assert collect(measure, [evaluation.point]) == made


def test_a_design_that_fails_when_measured_again_is_an_error(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, "map_and_time", raise_instead, ToolError("abc: it must not fail"))
    measure = make_measure(PAIR, pool, tmp_path)
    point = point_of(measure, "")
    with pytest.raises(ToolError) as raised:
        collect(measure, [point])
    assert str(raised.value) == f"{point.text()}: the design must be ok when measured again, not tool_failed"


def test_without_a_measured_rate_there_is_no_score() -> None:
    mapped = Mapped(
        area_um2=1, flip_flop_area_um2=0, cells=1, flip_flops=0, period_ps=100, path=(), netlist="module top"
    )
    with pytest.raises(ToolError) as raised:
        score_of(mapped, SimulationResult(name="fast", status="ok"))
    assert str(raised.value) == "fast: the simulation must measure rate and latency in a phase without stalls"


def test_mapping_gives_the_same_netlist_each_time() -> None:
    built = build(Compiler.of(graph_of(PAIR)), None)
    one, other = (map_and_time(built.rtlil, load("sky130hd"), "lean", "plain") for _ in range(2))
    assert one == other
