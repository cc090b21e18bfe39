"""Tables for a terminal: a search while it runs, and the front with the stock baseline when it has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column as RichColumn
from rich.table import Table
from rich.text import Text

from hdlgen.evaluation import Direction, Evaluation, Objective, Status
from search.missing import describe, missing_of
from search.pareto import Front, non_dominated
from search.report.checks import checks_sentence
from search.report.design import read_designs
from search.report.quantities import count, decimals, duration, figure, quantity
from search.report.run import Run, Stock
from search.report.summary import best_stock, cost_rows, scores, sentence
from search.report.tables import Cell, Column, columns, front_rows, knob_text, stock_rows, varied_knobs
from search.store import Record

__all__ = ["SearchView", "front_view"]

SHOWN = ("clock_mhz", "latency_ns")
STYLES: Mapping[str, str] = {
    "ok": "green",
    "infeasible": "yellow",
    "mismatch": "bold red",
    "invalid": "red",
    "tool_failed": "red",
    "timeout": "red",
    "repeated": "dim",
}


def _plain(content: str, style: str = "") -> Text:
    """Make a text of something that others wrote: no markup is read in it, and no control character passes."""
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in content), style=style)


def _figures(noun: str, unit: str, written: Sequence[str]) -> RichColumn:
    """Make a column that is never narrower than its figures."""
    width = max(map(len, [*noun.split(), unit, *written]))
    return RichColumn(Text(f"{noun}\n{unit}" if unit else noun), justify="right", min_width=width)


def _grid(*headings: RichColumn) -> Table:
    return Table(*headings, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


class SearchView:
    """What a running search shows; told every evaluation, it makes a renderable whenever it is asked."""

    def __init__(
        self,
        *,
        name: str,
        technology: str,
        strategy: str,
        seed: int,
        budget: int,
        objectives: Sequence[Objective],
        stock: Sequence[Stock] = (),
        rows: int = 8,
        space_size: int = 0,
    ) -> None:
        """Begin with nothing measured.

        Args:
            budget: distinct points to measure.
            stock: the stock baseline, for the ratios reached.
            rows: most designs of the front that are listed.
            space_size: valid points of the space; 0 for unknown, and then nothing is said of what is missing.
        """
        self._title = Text.assemble(_plain(name, "bold"), "  ", _plain(f"{technology}, {strategy}, seed {seed}", "dim"))
        self._budget, self._rows = budget, rows
        self._objectives, self._stock = tuple(objectives), tuple(stock)
        self._front = Front(objectives)
        self._counts: Counter[str] = Counter()
        self._measured = 0
        self._told: list[Evaluation] = []
        self._space_size = space_size

    def add(self, record: Record) -> None:
        """Take in an evaluation, also one that was replayed from the store."""
        evaluation = record.evaluation
        self._front.add(evaluation)
        self._told.append(evaluation)
        if record.repeated:
            self._counts["repeated"] += 1
            return
        self._measured += 1
        scored = evaluation.status is Status.OK
        self._counts["infeasible" if scored and not evaluation.feasible else evaluation.status.value] += 1

    def render(self, elapsed_s: float) -> RenderableType:
        """Draw the state of the search: bar, counts, best figures, front.

        Args:
            elapsed_s: seconds since the run began.
        """
        parts: list[RenderableType] = [self._title, self._bar(elapsed_s), self._outcomes()]
        if self._told and self._space_size:
            parts.append(Text(describe(missing_of(self._told, self._objectives, space_size=self._space_size))))
        if len(self._front):
            parts += [Text(), *self._best(), Text(), self._table()]
        return Group(*parts)

    def _bar(self, elapsed_s: float) -> RenderableType:
        left = max(self._budget - self._measured, 0)
        timing = f"{duration(elapsed_s)} elapsed"
        if self._measured and left:
            timing += f", about {duration(elapsed_s / self._measured * left)} left"
        row = Table.grid(padding=(0, 2, 0, 0))
        bar = ProgressBar(total=max(self._budget, 1), completed=min(self._measured, self._budget), width=28)
        row.add_row(bar, Text(f"{self._measured} of {count(self._budget, 'point')}", style="bold"), Text(timing))
        return row

    def _outcomes(self) -> Text:
        if not self._counts:
            return Text("nothing measured yet", style="dim")
        listed = [(name, self._counts[name]) for name in STYLES if self._counts[name]]
        return Text("   ").join(Text(f"{number} {name.replace('_', ' ')}", STYLES[name]) for name, number in listed)

    def _members(self) -> list[Evaluation]:
        return sorted(self._front.members, key=lambda member: member.score.size if member.score else 0.0)

    def _best(self) -> list[Text]:
        """Say the best figure in each objective, and what stock is beaten by."""
        lines = []
        for objective in self._objectives:
            chosen = quantity(objective.metric, self._objectives)
            better = min if objective.direction is Direction.MINIMIZE else max
            value = better(_figure(member, objective.metric) for member in self._front.members)
            lines.append(Text(f"best {chosen.noun} {figure(value, decimals([value]))} {chosen.unit}".rstrip()))
        found = [member.score.as_dict() for member in self._members() if member.score is not None]
        lines += [Text(sentence(c, self._objectives)) for c in best_stock(self._stock, found, self._objectives)]
        return lines

    def _table(self) -> Table:
        members = self._members()
        metrics = list(dict.fromkeys([*(objective.metric for objective in self._objectives), *SHOWN]))
        places = {metric: decimals(_figure(member, metric) for member in members) for metric in metrics}
        points = [{name: knob_text(choice) for name, choice in member.point.values} for member in members]
        varied = [name for name in points[0] if len({point.get(name) for point in points}) > 1]
        kinds = [quantity(metric, self._objectives) for metric in metrics]
        shown = _spread(len(members), self._rows)
        rows = [[figure(_figure(members[index], metric), places[metric]) for metric in metrics] for index in shown]
        headings = [_figures(kind.noun, kind.unit, [row[at] for row in rows]) for at, kind in enumerate(kinds)]
        heading = Text(f"{count(len(members), 'design')} on the front")
        number = _figures("#", "", [str(len(members))])
        table = _grid(number, *headings, RichColumn(heading, no_wrap=True, overflow="ellipsis"))
        for index, figures in zip(shown, rows, strict=True):
            table.add_row(
                str(index + 1), *figures, _plain(" ".join(f"{name}={points[index][name]}" for name in varied), "dim")
            )
        return table


def _figure(evaluation: Evaluation, metric: str) -> float:
    return float(getattr(evaluation.score, metric))


def _spread(total: int, most: int) -> list[int]:
    """Choose at most so many of the numbers below a total, evenly, the first and the last among them."""
    if total <= most or most < 2:
        return list(range(min(total, most)))
    return [round(place * (total - 1) / (most - 1)) for place in range(most)]


def _row(cells: Sequence[Cell]) -> list[Text]:
    return [Text(cell.text, style="bold" if cell.best else "") for cell in cells]


def _with_best_stock(run: Run) -> Run:
    """Leave out the stock designs that another one beats; the page shows them all."""
    scored = [stock for stock in run.stock if stock.score is not None]
    kept = non_dominated(cost_rows(scores(scored), run.objectives))
    return replace(run, stock=tuple(stock for stock, keep in zip(scored, kept, strict=True) if keep))


def front_view(run: Run) -> RenderableType:
    """Draw what a run found: the front, the stock baseline with the ratios that the front reaches, and a verdict.

    Raises: StoreError for a broken file among the designs.
    """
    designs = read_designs(run)
    aims = [objective.metric for objective in run.objectives]
    shown = [column for column in columns(run) if column.metric in (*aims, *SHOWN)]
    parts: list[RenderableType] = []
    if designs:
        varied, _ = varied_knobs(designs)
        cells = front_rows(designs, shown)
        number = _figures("#", "", [str(len(designs))])
        table = _grid(number, *_columns(shown, cells), RichColumn(Text("knobs")))
        for design, row in zip(designs, cells, strict=True):
            knobs = [f"{name}={knob_text(choice)}" for name, choice in design.trial.point if name in varied]
            table.add_row(str(design.number), *_row(row), _plain(" ".join(knobs), "dim"))
        parts.append(table)
    rows = stock_rows(_with_best_stock(run), designs, shown)
    if rows:
        nouns = [quantity(metric, run.objectives).noun for metric in aims]
        ratios = [_figures(f"our {noun}", "ratio", []) for noun in nouns]
        figures = _columns(shown, [row.cells for row in rows])
        table = _grid(RichColumn("stock"), RichColumn("recipe"), *figures, *ratios)
        for stock in rows:
            won = [Text(cell.text, style="green" if cell.best else "") for cell in stock.ratios]
            table.add_row(_plain(stock.flow), _plain(stock.recipe), *_row(stock.cells), *won)
        parts += [Text(), table]
    if not designs:
        return Group(Text("No design is on the front."), *parts)
    found = scores(design.trial for design in designs)
    verdict = [Text(sentence(c, run.objectives)) for c in best_stock(run.stock, found, run.objectives)]
    trust = checks_sentence([design.checks for design in designs])
    return Group(*parts, *([Text(), *verdict] if verdict else []), *([_plain(trust)] if trust else []))


def _columns(shown: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[RichColumn]:
    return [_figures(c.noun, c.unit, [row[at].text for row in rows]) for at, c in enumerate(shown)]
