"""`hdlgen search`: the main job, from a spec to a front of verified designs and its report."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from hdlgen.cli.designs import design_document, write_designs
from hdlgen.cli.options import check_range
from hdlgen.cli.project import Project, cache_folder, check_tools, measuring
from hdlgen.errors import InputError, SpecError, ToolError, nearest
from hdlgen.evaluation import Evaluation, Evaluator
from hdlgen.features import facts
from search.confine import DECISION_LIMIT_S, ConfinedStrategy
from search.durable import write_bytes
from search.experience import digest, shipped
from search.explore import Exploration, Progress, explore
from search.memory import Memory, gather, kept
from search.report import write_report
from search.store import RunStore, latest
from search.strategies import STRATEGIES
from search.strategy import Informable, Strategy
from search.summary import nearest_miss
from sim.cache import Cache
from sim.checks import Checks
from sim.cluster import connect
from sim.measure import Measure
from sim.remote import pack
from sim.simulators import choose
from sim.stock import StockPoint, measure_stock
from sim.versions import code_digest, versions
from sim.workload import Workload

__all__ = ["Outcome", "Plan", "header", "make_strategy", "plan", "run"]

RUNS = Path("runs")
"""Where runs are, and where earlier ones are looked for."""

DEFAULTS: dict[str, Any] = {"strategy": "surrogate", "budget": 40, "seed": 1, "batch": 8}
"""What neither the command nor the spec says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings of a run: the command's options, else the spec's, else the defaults."""

    strategy: str
    budget: int
    seed: int
    batch: int
    patience: int | None
    workers: int
    simulator: str | None
    decision_limit_s: float = DECISION_LIMIT_S
    cluster: str | None = None
    memory: bool = True
    experience: bool = True
    prove_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run that has ended: its folder, its report, and the document that `--json` prints."""

    folder: Path
    report: Path
    exploration: Exploration
    stock: tuple[StockPoint, ...]
    nearest: Evaluation | None
    document: dict[str, Any]


def plan(
    project: Project,
    *,
    workers: int,
    simulator: str | None = None,
    decision_limit_s: float = DECISION_LIMIT_S,
    cluster: str | None = None,
    memory: bool = True,
    experience: bool = True,
    prove_seconds: float | None = None,
    **options: Any,
) -> Plan:
    """Settle the settings of a run.

    Args:
        decision_limit_s: seconds that the strategy has for a decision.
        cluster: address of the Dask scheduler whose workers measure; None for processes on this machine.
        memory: whether earlier runs guide the search.
        experience: whether what other designs taught does.
        prove_seconds: limit of the proofs of each design of the front; None for no proofs.
        options: strategy, budget, seed, batch, patience; None where the command leaves them out.
    Raises: InputError or, where the spec says it, SpecError for an unknown strategy; InputError for a number out of
        range.
    """
    spec = project.spec

    def settled(name: str) -> Any:
        given = (options.get(name), getattr(spec, name), DEFAULTS.get(name))
        return next((value for value in given if value is not None), None)

    for option, least in (("budget", 1), ("seed", 0), ("batch", 1), ("patience", 1)):
        check_range(f"--{option}", options.get(option), least)
    strategy = str(settled("strategy"))
    if strategy not in STRATEGIES:
        rule = f"must be one of {', '.join(STRATEGIES)}, not {strategy!r}{nearest(strategy, STRATEGIES)}"
        if options.get("strategy") is not None:
            raise InputError(f"--strategy {rule}")
        raise SpecError(f"{project.where}: search.strategy {rule}")
    return Plan(
        strategy=strategy,
        budget=settled("budget"),
        seed=settled("seed"),
        batch=settled("batch"),
        patience=settled("patience"),
        memory=memory,
        experience=experience,
        prove_seconds=prove_seconds,
        workers=workers,
        simulator=simulator,
        decision_limit_s=decision_limit_s,
        cluster=cluster,
    )


def header(project: Project, settings: Plan) -> dict[str, Any]:
    """Write down all that makes a run what it is."""
    spec = project.spec
    return {
        "name": spec.name,
        "summary": spec.summary,
        "spec": spec.text,
        "spec_digest": spec.digest,
        "source": project.source,
        "technology": project.technology.name,
        "technology_digest": project.technology.digest,
        "strategy": settings.strategy,
        "seed": settings.seed,
        "budget": settings.budget,
        "batch": settings.batch,
        "patience": settings.patience,
        "objectives": [{"metric": o.metric, "direction": o.direction.value} for o in spec.objectives],
        "constraints": [{"metric": c.metric, "bound": c.bound} for c in spec.constraints],
        "knobs": {knob.name: list(knob.choices) for knob in project.space.knobs},
        "space_size": project.space.size(),
        "versions": {**versions(), "measuring": code_digest()[:16]},
        "workers": settings.workers,
        "command": _command(project, settings),
    }


def _command(project: Project, settings: Plan) -> str:
    """Give the command that makes a run again."""
    names = ("strategy", "budget", "seed", "batch", "patience")
    values = {name: getattr(settings, name) for name in names if getattr(settings, name) is not None}
    options = [part for name, value in values.items() for part in (f"--{name}", str(value))]
    off = (("--no-memory", settings.memory), ("--no-experience", settings.experience))
    return project.command("search", *options, *(option for option, wanted in off if not wanted))


def run(
    project: Project,
    settings: Plan,
    *,
    out: Path | None,
    resume: bool,
    on_stage: Callable[[str], None],
    on_notice: Callable[[str], None],
    on_stock: Callable[[StockPoint], None],
    on_progress: Callable[[Progress], None],
    on_store: Callable[[RunStore], None],
) -> Outcome:
    """Search, keep everything in a run folder, and write what the user gets.

    Args:
        out: the run's folder; `runs/NAME-N` with the next number, or for `resume` the latest one, where left out.
        on_stage, on_notice, on_stock, on_progress, on_store: told what happens.
    Raises: HdlgenError as its parts do; whatever was measured is stored then.
    """
    check_tools(settings.simulator)
    began = time.monotonic()
    head = header(project, settings)
    folder = (out or latest(RUNS, project.spec.name)) if resume else None
    memory = Memory()
    if settings.memory:  # a run that is gone on with has that with which it began
        memory = gather(RUNS, head) if folder is None else kept(folder, RUNS, head)
    if memory.evaluations:
        head["memory"] = memory.digest
    if settings.experience:
        head["experience"] = digest()
    open_store = partial(RunStore.create, head, out=out) if folder is None else partial(RunStore.resume, folder, head)
    make = partial(make_strategy, project, settings, memory)
    # The strategy's process first: it must have no threads, and hold neither the store's lock nor a connection.
    with (
        ConfinedStrategy(make, limit_s=settings.decision_limit_s) as strategy,
        _elsewhere(project, settings) as cluster,
        open_store() as store,
    ):
        began -= max((record.elapsed_s for record in store.records), default=0.0)  # what earlier sittings took
        on_store(store)
        if not store.records:
            memory.write(store.folder)
        with measuring(project, workers=settings.workers, simulator=settings.simulator) as measure:
            on_stage("stock baseline")
            try:
                stock = _stock(measure, store, on_stock)
            except ToolError as error:  # the search can do without what it would be compared with
                stock = []
                on_notice(f"no stock baseline: {error}")
            on_stage("search")
            exploration = explore(
                project.space,
                project.spec.objectives,
                strategy,
                cluster or measure,
                store,
                name=settings.strategy,
                budget=settings.budget,
                batch=settings.batch,
                patience=settings.patience,
                on_progress=on_progress,
            )
            on_stage("front designs")
            folders, checks = _write_front(project, settings, measure, exploration.summary.front, store.folder)
        elapsed = time.monotonic() - began
        document = _document(project, settings, exploration, stock, folders, checks, store.folder, elapsed)
        store.write_result(document)
        _write_csv(exploration.summary.front, folders, store.folder / "front.csv")
        on_stage("report")
        report = write_report(store.folder)
    nearest_point = None
    if not exploration.summary.front:
        nearest_point = nearest_miss([record.evaluation for record in exploration.records], project.spec.constraints)
    return Outcome(
        folder=store.folder,
        report=report,
        exploration=exploration,
        stock=tuple(stock),
        nearest=nearest_point,
        document=document,
    )


@contextlib.contextmanager
def _elsewhere(project: Project, settings: Plan) -> Iterator[Evaluator | None]:
    """Reach the cluster that measures the points; None where this machine does. Baseline and files are made here."""
    if settings.cluster is None:
        yield None
        return
    workload = Workload(project.spec.graph)
    packed = pack(
        project.compiler,
        workload,
        project.technology,
        project.spec.constraints,
        simulator=settings.simulator,
        energy=project.spec.wants_energy,
    )
    simulator = choose(settings.simulator).name
    cache = Cache(cache_folder() / "results")
    with connect(settings.cluster, packed, simulator=simulator, cache=cache) as cluster:
        yield cluster


def make_strategy(project: Project, settings: Plan, memory: Memory) -> Strategy:
    """Make the strategy; one that can use more is given what other designs taught, and what earlier runs measured."""
    objectives = project.spec.objectives
    strategy = STRATEGIES[settings.strategy](project.space, objectives, seed=settings.seed)
    if isinstance(strategy, Informable):
        if settings.experience:
            strategy.expect(shipped(), lambda point: facts(project.compiler, point))
        strategy.recall(memory.evaluations)
    return strategy


def _stock(measure: Measure, store: RunStore, on_stock: Callable[[StockPoint], None]) -> list[StockPoint]:
    """Measure the baseline and store each of its points once."""
    known = {(line["flow"], line["recipe"]) for line in store.stock}
    points = []
    for point in measure_stock(measure):
        points.append(point)
        if (point.flow, point.recipe) not in known:
            store.append_stock({"flow": point.flow, "recipe": point.recipe, "score": point.score.as_dict()})
        on_stock(point)
    return points


def _write_front(
    project: Project, settings: Plan, measure: Measure, front: Sequence[Evaluation], folder: Path
) -> tuple[list[Path], list[Checks]]:
    """Write the designs of a front with what was checked of them, and remove those that are no longer on it."""
    folders = [folder / "front" / f"{number:02d}-{member.key[:8]}" for number, member in enumerate(front, start=1)]
    checks = write_designs(project, measure, front, folders, prove_seconds=settings.prove_seconds)
    for other in sorted(set((folder / "front").glob("[0-9][0-9]*-*")) - set(folders)):
        shutil.rmtree(other, ignore_errors=True)
    return folders, checks


def _document(
    project: Project,
    settings: Plan,
    exploration: Exploration,
    stock: Sequence[StockPoint],
    folders: Sequence[Path],
    checks: Sequence[Checks],
    folder: Path,
    wall_s: float,
) -> dict[str, Any]:
    summary = exploration.summary
    return {
        "name": project.spec.name,
        "technology": project.technology.name,
        "strategy": settings.strategy,
        "seed": settings.seed,
        "budget": settings.budget,
        "evaluated": summary.evaluated,
        "counts": dict(summary.counts),
        "stop": exploration.stop.value,
        "wall_s": round(wall_s, 2),
        "search_s": round(exploration.elapsed_s, 2),
        "decision_s": round(exploration.decision_s, 3),
        "missing": None if exploration.missing is None else exploration.missing.as_dict(),
        "folder": str(folder),
        "front": [design_document(*each) for each in zip(summary.front, folders, checks, strict=True)],
        "stock": [
            {
                "point": {"flow": point.flow, "recipe": point.recipe},
                "status": "ok",
                "message": "",
                "score": point.score.as_dict(),
                "folder": None,
            }
            for point in stock
        ],
    }


def _write_csv(front: Sequence[Evaluation], folders: Sequence[Path], path: Path) -> None:
    """Write the front as a table: knobs, figures, folder."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for number, (evaluation, folder) in enumerate(zip(front, folders, strict=True)):
        assert evaluation.score is not None
        knobs, score = dict(evaluation.point.values), evaluation.score.as_dict()
        if number == 0:
            writer.writerow([*knobs, *score, "folder"])
        writer.writerow([*knobs.values(), *score.values(), folder.relative_to(path.parent)])
    write_bytes(path, text.getvalue().encode())
