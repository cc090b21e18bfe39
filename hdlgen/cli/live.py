"""The live display of a search: a bar, counts and the front as it grows; plain lines where nobody watches."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from hdlgen.cli.project import Project
from hdlgen.cli.searching import Outcome, Plan
from hdlgen.evaluation import Evaluation
from search.explore import Progress
from search.pareto import front
from search.store import RunStore
from sim.stock import StockPoint

__all__ = ["Live"]

_SHOWN = 12
"""Rows of the front that the live table shows."""

_COLUMNS = ("area_um2", "clock_mhz", "period_ps", "throughput_msps", "latency_ns")


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
        self._evaluations: list[Evaluation] = []
        self._counts: dict[str, int] = {}
        self._stock: list[StockPoint] = []
        self._bars = Bars(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        )
        self._task = self._bars.add_task("starting", total=settings.budget)
        self._screen = Screen(self._render(), console=console, transient=True, refresh_per_second=4)

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
        self._say(f"{self._project.spec.name} on {self._project.technology.name}: run folder {store.folder}")

    def stage(self, name: str) -> None:
        """Say what is done now."""
        self._bars.update(self._task, description=name)
        self._say(name)
        self._draw()

    def stock(self, point: StockPoint) -> None:
        """Count a measurement of the baseline."""
        self._stock.append(point)
        self._bars.update(self._task, description=f"stock baseline, {len(self._stock)} measured")
        self._draw()

    def progress(self, progress: Progress) -> None:
        """Show an evaluation that became known."""
        evaluation = progress.record.evaluation
        self._evaluations.append(evaluation)
        status = "repeated" if progress.record.repeated else evaluation.status.value
        self._counts[status] = self._counts.get(status, 0) + 1
        self._bars.update(self._task, completed=progress.measured)
        if progress.joined and evaluation.score is not None:
            score = evaluation.score
            figures = f"{score.area_um2:,.0f} um2, {score.throughput_msps:,.1f} Msps"
            self._say(f"{progress.measured}/{self._settings.budget} front of {progress.front_size}: {figures}")
        self._draw()

    def result(self, outcome: Outcome) -> RenderableType:
        """Lay out what came of the run."""
        counts = ", ".join(f"{count} {name}" for name, count in outcome.document["counts"].items() if count)
        table = self._front_table(outcome.exploration.summary.front, outcome.stock)
        return Group(
            table,
            f"{outcome.document['evaluated']} designs measured in {outcome.document['wall_s']:.0f} s ({counts})",
            f"designs: {escape(str(outcome.folder / 'front'))}",
            f"report:  {escape(str(outcome.report))}",
        )

    def nearest(self, outcome: Outcome) -> str:
        """Say why there is no front, with the point that came nearest to the constraints."""
        if outcome.nearest is None or outcome.nearest.score is None:
            return "hdlgen: no design could be measured; the run's evaluations.jsonl says why for each"
        score = outcome.nearest.score
        broken = ", ".join(
            f"{c.metric} {getattr(score, c.metric):,.6g} (wanted {c.bound:,.6g})"
            for c in self._project.spec.constraints
            if not c.holds(score)
        )
        return f"hdlgen: no design keeps the constraints; the nearest is {outcome.nearest.point.text()}: {broken}"

    def _say(self, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print(text, markup=False, soft_wrap=True)

    def _draw(self) -> None:
        if self._console.is_terminal:
            self._screen.update(self._render())

    def _render(self) -> RenderableType:
        counts = ", ".join(f"{count} {name}" for name, count in self._counts.items())
        members = front(self._evaluations, self._project.spec.objectives)
        ordered = sorted(members, key=lambda member: member.score.area_um2 if member.score else 0.0)
        table = self._front_table(ordered[:_SHOWN], ())
        return Group(self._bars, counts or "no design measured yet", *([table] if ordered else []))

    def _front_table(self, members: list[Evaluation] | tuple[Evaluation, ...], stock: tuple[StockPoint, ...]) -> Table:
        """List designs, and below them the smallest and the fastest stock design."""
        table = Table(title="Pareto front", title_justify="left")
        for column in (*_COLUMNS, "point"):
            table.add_column(column, justify="left" if column == "point" else "right", overflow="fold")
        for member in members:
            if member.score is not None:
                figures = [f"{getattr(member.score, column):,.1f}" for column in _COLUMNS]
                table.add_row(*figures, escape(member.point.text()))
        for title, key in (("smallest stock", "area_um2"), ("fastest stock", "period_ps")):
            if stock:
                best = min(stock, key=lambda point: float(getattr(point.score, key)))
                figures = [f"{getattr(best.score, column):,.1f}" for column in _COLUMNS]
                table.add_row(*figures, f"{title}: {best.flow}, {best.recipe}", style="dim")
        return table
