"""`hdlgen compare`: strategies side by side, on tables in seconds or on specs with real measurements."""

from __future__ import annotations

import contextlib
import hashlib
import shlex
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Group
from rich.table import Table
from rich.text import Text

from hdlgen.cli.contest import Field
from hdlgen.cli.options import check_range
from hdlgen.cli.project import Project, measuring
from hdlgen.errors import InputError
from hdlgen.space import Space
from search.compare import (
    Comparison,
    Entrant,
    Problem,
    Remembering,
    Rules,
    Setting,
    Trial,
    TrialStore,
    describe,
    run_trial,
    write_page,
)
from search.compare.requests import TrialRequest, broken, outstanding, run_request
from search.compare.store import latest_comparison
from search.experience import digest, shipped
from search.replay import Table as Known
from sim.pool import Pool
from sim.versions import code_digest, versions

__all__ = ["Outcome", "Plan", "check", "run", "view"]

PRELOAD = ("search.compare.requests",)
OPTIONAL = ("optuna",)
"""Packages that may be missing; the names of their strategies begin with theirs."""
LATE = {"optuna": "optuna", "forest": "sklearn.tree"}
"""What strategies whose names begin so import when they are made, a second each: once for all processes is enough."""
TRIAL_CPU_S = 900.0
"""CPU seconds that a trial on a table may take, against a strategy of ours that runs wild."""
FAILURES = 3
"""Trials of a strategy that may fail before, where none went well, the rest of them is not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings of a comparison."""

    entrants: tuple[Entrant, ...]
    seeds: int
    rules: Rules
    workers: int
    simulator: str | None
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A comparison that has ended: its folder and page, and the document that `--json` prints."""

    folder: Path
    page: Path
    comparison: Comparison
    document: dict[str, Any]


def check(*, seeds: int, budget: int, start: int | None, batch: int, decision_limit: float) -> None:
    """Check the numbers of a comparison.

    Raises: InputError.
    """
    check_range("--seeds", seeds, 1, 10_000)
    check_range("--budget", budget, 1, 100_000)
    check_range("--start", start, 0, budget - 1)
    check_range("--batch", batch, 1, 1024)
    if not decision_limit > 0:
        raise InputError(f"--decision-limit must be above 0 seconds, not {decision_limit:g}")


def run(
    field: Field,
    plan: Plan,
    *,
    out: Path | None,
    resume: bool,
    on_trial: Callable[[Trial, int, int], None],
    on_notice: Callable[[str], None],
) -> Outcome:
    """Run the trials that a folder does not hold yet, each stored as it ends; then write figures and page.

    Args:
        out: the folder; `runs/compare-N` with the next number, or for `resume` the latest one, where left out.
        on_trial: told each trial, how many there are by now, and how many there will be.
    Raises: HdlgenError as its parts do; the trials that ended are stored then.
    """
    tables = {table.name: table.read() for table in field.tables}  # before anything is written
    seeds = range(1, plan.seeds + 1)
    head = _header(field, plan, tables)
    opened = (
        TrialStore.resume(out or latest_comparison(Path("runs")), head) if resume else TrialStore.create(head, out=out)
    )
    with opened as store:
        on_notice(f"{plan.seeds} seeds of {len(plan.entrants)} strategies, folder {store.folder}")
        names = [*tables, *(project.spec.name for project in field.projects)]
        tracker = _Tracker(store, len(names) * len(plan.entrants) * len(seeds), on_trial)
        _replay(outstanding(field.tables, plan.entrants, seeds, plan.rules, store), plan, tracker)
        settings = [Setting(table=table, whole=True, space_size=len(table)) for table in tables.values()]
        settings += [_live(project, plan, seeds, tracker, store) for project in field.projects]
        trials = {**store.trials, **tracker.left_out}
        wanted = [trials[name, entrant.name, seed] for name in names for entrant in plan.entrants for seed in seeds]
        comparison = Comparison(settings, [entrant.name for entrant in plan.entrants], seeds, plan.rules, wanted)
        result = {**describe(comparison, head), "folder": str(store.folder)}
        store.write_result(result)
        page = write_page(store.folder / "report.html", comparison, head)
    return Outcome(folder=store.folder, page=page, comparison=comparison, document=result)


def _header(field: Field, plan: Plan, tables: dict[str, Known]) -> dict[str, Any]:
    """Write down all that makes the trials what they are."""
    files = {table.name: hashlib.sha256(table.path.read_bytes()).hexdigest()[:16] for table in field.tables}
    specs = {project.spec.name: f"{project.spec.digest}, {project.technology.digest}" for project in field.projects}
    own = {e.name: hashlib.sha256(e.file.read_bytes()).hexdigest()[:16] for e in plan.entrants if e.file is not None}
    return {
        "inputs": {**files, **specs},
        "aims": {
            name: [f"{one.direction.value} {one.metric}" for one in table.objectives] for name, table in tables.items()
        },
        "budget": plan.rules.budget,
        "start": plan.rules.start,
        "batch": plan.rules.batch,
        "experience": digest() if plan.rules.experience else "",
        "strategy_files": own,
        "versions": {**versions(), **({"measuring": code_digest()[:16]} if field.projects else {})},
        "seeds": plan.seeds,
        "strategies": [entrant.name for entrant in plan.entrants],
        "workers": plan.workers,
        "command": shlex.join(["hdlgen", "compare", *plan.arguments]),
    }


class _Tracker:
    """Take trials in as they end: store them, tell of them, and see which strategies only fail."""

    def __init__(self, store: TrialStore, total: int, on_trial: Callable[[Trial, int, int], None]) -> None:
        self.left_out: dict[tuple[str, str, int], Trial] = {}
        self._store = store
        self._total = total
        self._on_trial = on_trial
        self._failures: dict[str, int] = {}
        self._good = {trial.strategy for trial in store.trials.values() if not trial.error}

    def add(self, trial: Trial) -> None:
        """Store a trial."""
        self._store.append(trial)
        if trial.error:
            self._failures[trial.strategy] = self._failures.get(trial.strategy, 0) + 1
        else:
            self._good.add(trial.strategy)
        self._tell(trial)

    def given_up(self, strategy: str) -> bool:
        """Tell whether a strategy failed in each trial so far, and in enough of them."""
        return strategy not in self._good and self._failures.get(strategy, 0) >= FAILURES

    def leave_out(self, problem: str, strategy: str, seed: int) -> None:
        """Count a trial as failed without running it; a resumed comparison tries it again."""
        error = f"strategy {strategy}: not run, since its first {FAILURES} trials failed"
        trial = self.left_out[problem, strategy, seed] = broken(problem, strategy, seed, error)
        self._tell(trial)

    def _tell(self, trial: Trial) -> None:
        self._on_trial(trial, len(self._store.trials) + len(self.left_out), self._total)


def _replay(requests: Sequence[TrialRequest], plan: Plan, tracker: _Tracker) -> None:
    """Run trials on tables, each few in a process of their own; what dies or runs wild is tried seed by seed."""
    if not requests:
        return
    late = (module for start, module in LATE.items() if any(e.name.startswith(start) for e in plan.entrants))
    with Pool(plan.workers, preload=(*PRELOAD, *late)) as pool:
        for request, outcome in _outcomes(pool, requests, plan.workers * 3, tracker):
            if outcome is None:
                for seed in request.seeds:
                    tracker.leave_out(request.table.name, request.entrant.name, seed)
            elif outcome.failure is None:
                for trial in outcome.require():
                    tracker.add(trial)
            elif isinstance(outcome.failure.exception, InputError):
                raise outcome.failure.exception
            else:
                for alone in request.singly():
                    one = pool.submit(run_request, alone, cpu_seconds=TRIAL_CPU_S).result()
                    error = f"strategy {alone.entrant.name}: {one.failure.message if one.failure else ''}"
                    failed = broken(alone.table.name, alone.entrant.name, alone.seeds[0], error)
                    tracker.add(failed if one.failure else one.require()[0])


def _outcomes(
    pool: Pool, requests: Sequence[TrialRequest], ahead: int, tracker: _Tracker
) -> Iterator[tuple[TrialRequest, Any]]:
    """Yield each request with its outcome as it ends, or with None where its strategy was given up before.

    Few are under way at a time. They end in any order, so that a slow strategy keeps no other from being stored.
    """
    waiting, under_way = deque(requests), list[tuple[TrialRequest, Any]]()
    while waiting or under_way:
        while waiting and len(under_way) < ahead:
            request = waiting.popleft()
            if tracker.given_up(request.entrant.name):
                yield request, None
            else:
                limit = TRIAL_CPU_S * len(request.seeds)
                under_way.append((request, pool.submit(run_request, request, cpu_seconds=limit)))
        if under_way:
            while (ended := next((pair for pair in under_way if pair[1].done), None)) is None:
                pool.receive()
            under_way.remove(ended)
            yield ended[0], ended[1].result()


def _live(project: Project, plan: Plan, seeds: Sequence[int], tracker: _Tracker, store: TrialStore) -> Setting:
    """Run trials with real measurements, each point measured once for all; a cache of its own makes runtimes true."""
    name, size = project.spec.name, project.space.size()
    with contextlib.ExitStack() as stack:
        measure = stack.enter_context(
            measuring(project, workers=plan.workers, simulator=plan.simulator, cache=store.folder / "cache")
        )
        remembering = Remembering(measure, store.folder / f"measured-{name}.jsonl")
        stack.callback(remembering.close)
        problem = Problem(
            name=name,
            space=project.space,
            objectives=tuple(project.spec.objectives),
            evaluator=remembering,
            experience=shipped(without=name),
        )
        for seed in seeds:
            for entrant in plan.entrants:
                if (name, entrant.name, seed) in store.trials:
                    continue
                if tracker.given_up(entrant.name):
                    tracker.leave_out(name, entrant.name, seed)
                    continue
                tracker.add(
                    run_trial(
                        problem,
                        entrant.factory(),
                        plan.rules,
                        strategy=entrant.name,
                        seed=seed,
                        confined=entrant.file is not None,
                    )
                )
        evaluations = remembering.evaluations
    listed = tuple(evaluation.point for evaluation in evaluations)
    table = Known(
        name=name,
        space=Space(knobs=project.space.knobs, listed=listed),
        objectives=project.spec.objectives,
        evaluations=evaluations,
    )
    return Setting(table=table, whole=len(listed) == size, space_size=size)


def view(outcome: Outcome) -> Group:
    """Lay the figures over all problems out for a terminal."""
    rows = outcome.document["overall"]
    table = Table(box=SIMPLE)
    headings = ("strategy", "regret", "95 %", "ahead", "at end", "to 99 %", "by")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "strategy" else "right", no_wrap=True)
    for row in rows:
        low, high = row["auc_interval"]
        evaluations = row["evaluations_to_99_median"]
        table.add_row(
            row["strategy"],
            f"{row['auc']:.1%}",
            f"{low * 100:.1f} to {high:.1%}",
            f"{row['ahead_of_reference']:+.1%}" if row is not rows[0] else "",
            f"{row['regret']:.1%}",
            "-" if evaluations is None else f"{evaluations:g}",
            f"{row['reached_99']:.0%}",
        )
    return Group(table, Text(f"page     {outcome.page}"), Text(f"figures  {outcome.folder / 'result.json'}"))
