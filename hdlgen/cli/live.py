"""The live display of a search on a terminal; plain lines where nobody watches."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.text import Text

from hdlgen.cli.project import Project
from hdlgen.cli.searching import Outcome, Plan
from search.explore import Progress
from search.missing import describe
from search.report.run import Stock, read_run
from search.report.terminal import SearchView, front_view
from search.store import RunStore
from sim.stock import StockPoint

__all__ = ["Live"]


class Live:
    """Show a search while it runs; a context manager.

    Args:
        project, settings: what runs.
        console: where to; a terminal gets a display that is drawn anew, a file one line a change of the front.
    """

    def __init__(self, project: Project, settings: Plan, *, console: Console) -> None:
        self._project = project
        self._settings = settings
        self._console = console
        self._stock: list[Stock] = []
        self._stage = "starting"
        self._began = time.monotonic()
        self._view: SearchView | None = None
        self._screen = Screen(get_renderable=self._render, console=console, transient=True, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._screen.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._screen.stop()

    def store(self, store: RunStore) -> None:
        """Say where the run is kept."""
        self.notice(f"{self._project.spec.name} on {self._project.technology.name}: run folder {store.folder}")

    def notice(self, text: str) -> None:
        """Say something that stays on the screen."""
        self._console.print(text, markup=False, soft_wrap=True)

    def stage(self, name: str) -> None:
        """Say what is done now."""
        self._stage = name
        if name == "search":
            settings = self._settings
            self._view = SearchView(
                name=self._project.spec.name,
                technology=self._project.technology.name,
                strategy=settings.strategy,
                seed=settings.seed,
                budget=settings.budget,
                objectives=self._project.spec.objectives,
                stock=self._stock,
                space_size=self._project.space.size(),
            )
        self._say(name)

    def stock(self, point: StockPoint) -> None:
        """Take in a measurement of the baseline."""
        self._stock.append(Stock(flow=point.flow, recipe=point.recipe, score=point.score.as_dict()))

    def progress(self, progress: Progress) -> None:
        """Take in an evaluation that became known."""
        if self._view is not None:
            self._view.add(progress.record)
        score = progress.record.evaluation.score
        if progress.joined and score is not None:
            size = f"{score.area_um2:,.0f} um2" if score.luts is None else f"{score.luts:,} LUTs"
            figures = f"{size}, {score.throughput_msps:,.1f} Msps, {score.period_ps:,.0f} ps"
            self._say(f"{progress.measured} of {self._settings.budget}: front of {progress.front_size}, new: {figures}")

    def result(self, outcome: Outcome) -> RenderableType:
        """Lay out what came of the run."""
        counts = ", ".join(f"{count} {name}" for name, count in outcome.document["counts"].items() if count)
        return Group(
            front_view(read_run(outcome.folder)),
            Text(f"\n{outcome.document['evaluated']} designs in {outcome.document['wall_s']:.0f} s: {counts}"),
            Text(describe(outcome.exploration.missing)),
            Text(f"designs  {outcome.folder / 'front'}"),
            Text(f"report   {outcome.report}"),
        )

    def nearest(self, outcome: Outcome) -> str:
        """Say why there is no front, with the point that came nearest to the constraints."""
        if outcome.nearest is None or outcome.nearest.score is None:
            return f"no design could be measured; {outcome.folder / 'evaluations.jsonl'} says why for each"
        score = outcome.nearest.score
        broken = ", ".join(
            f"{constraint.metric} {getattr(score, constraint.metric):,.6g} where {constraint.bound:,.6g} is wanted"
            for constraint in self._project.spec.constraints
            if not constraint.holds(score)
        )
        return f"no design keeps the constraints; the nearest, {outcome.nearest.point.text()}, has {broken}"

    def _say(self, text: str) -> None:
        if not self._console.is_terminal:
            self.notice(text)

    def _render(self) -> RenderableType:
        elapsed = time.monotonic() - self._began
        if self._view is None:
            return Text(f"{self._stage}: {len(self._stock)} measured, {elapsed:.0f} s")
        return Group(self._view.render(elapsed), Text(self._stage, style="dim"))
