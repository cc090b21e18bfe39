"""The report of a run as one self-contained HTML file, made from the run folder alone."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from hdlgen.errors import StoreError
from hdlgen.evaluation import Direction
from search.missing import describe
from search.report.cards import cards
from search.report.design import Design, read_designs
from search.report.figures import MARKS, OUTCOMES, Mark, draw_front, draw_progress, marks, outcome
from search.report.headline import facts, failed, lead, tiles
from search.report.quantities import count, figure
from search.report.run import Run, read_run
from search.report.summary import beaten, best_stock, missing, progress, scores
from search.report.tables import Column, columns, failure_rows, knob_text, stock_rows, varied_knobs

__all__ = ["render", "write_report"]

STOCK_METRICS = (
    "area_um2",
    "luts",
    "dsps",
    "period_ps",
    "clock_mhz",
    "throughput_msps",
    "latency_cycles",
    "latency_ns",
)
SORTS = {
    "front": "on the front",
    "feasible": "dominated",
    "infeasible": "infeasible",
    "stock": "stock designs",
}


def _data(cloud: Sequence[Mark], shown: Sequence[Column], run: Run) -> dict[str, Any]:
    """Collect what the script needs."""
    return {
        "metrics": [
            {
                "metric": column.metric,
                "noun": column.noun,
                "unit": column.unit,
                "places": column.places,
                "better": -1 if column.quantity.direction is Direction.MINIMIZE else 1,
            }
            for column in shown
        ],
        "objectives": [objective.metric for objective in run.objectives],
        "marks": [
            {
                "sort": mark.sort,
                "score": dict(mark.score),
                "design": mark.design,
                "caption": mark.caption,
                "lines": list(mark.lines),
            }
            for mark in cloud
        ],
    }


def _pairs(shown: Sequence[Column]) -> list[dict[str, str]]:
    """List the pairs of objectives that the plot can be switched to, by the places of their metrics."""
    aims = [(place, column) for place, column in enumerate(shown) if column.objective]
    return [
        {"indices": f"{x} {y}", "label": f"{column_y.quantity.heading} over {column_x.quantity.heading}"}
        for (y, column_y), (x, column_x) in itertools.combinations(aims, 2)
    ]


def _context(run: Run, designs: Sequence[Design]) -> dict[str, Any]:
    found = scores(design.trial for design in designs)
    shown = columns(run)
    cloud = marks(run, designs)
    aims = [column for column in shown if column.objective]
    comparisons = best_stock(run.stock, found, run.objectives)
    sorts = Counter(mark.sort for mark in cloud)
    places = {design.trial.number for design in designs}
    outcomes = Counter(outcome(trial, trial.number in places) for trial in run.measured)
    stock = [column for column in shown if column.objective or column.metric in STOCK_METRICS]
    rows = stock_rows(run, designs, stock)
    dominated = beaten(run.stock, found, run.objectives)
    repeated = len(run.trials) - len(run.measured)
    failed_stock = len(run.stock) - len(rows)
    y, x = (shown[0], shown[min(1, len(shown) - 1)]) if shown else (None, None)
    label = f"{y.noun} over {x.noun} of all points" if x and y else ""
    return {
        "run": run,
        "folder": run.folder.resolve().name,
        "lead": lead(run, designs, comparisons),
        "tiles": tiles(run, designs, comparisons),
        "facts": facts(run),
        "designs": cards(run, designs, shown),
        "marks": cloud,
        "outlines": MARKS,
        "legend": [(sort, figure(sorts[sort]), words) for sort, words in SORTS.items() if sorts[sort]],
        "failed": failed(run),
        "failures": failure_rows(run),
        "metrics": shown,
        "objectives": aims,
        "x": x,
        "y": y,
        "pairs": _pairs(shown),
        "front_plot": draw_front(cloud, x.quantity, y.quantity, label) if x and y else "",
        "progress_plot": draw_progress(run, designs, progress(run)),
        "missing": describe(missing(run)) if run.space_size else "",
        "outcomes": [(sort, figure(outcomes[sort]), words) for sort, words in OUTCOMES.items() if outcomes[sort]],
        "repeated": f"{count(repeated, 'further point')} had known hardware and cost no budget." if repeated else "",
        "stock_rows": rows,
        "stock_metrics": stock,
        "stock_failed": f"{count(failed_stock, 'stock design')} could not be measured." if failed_stock else "",
        "beaten": f"The front dominates {dominated} of {count(len(rows), 'stock design')}.",
        "varied": varied_knobs(designs)[0],
        "shared": varied_knobs(designs)[1],
        "knobs": [(name, ", ".join(map(knob_text, choices))) for name, choices in run.knobs],
        "data": _data(cloud, shown, run),
    }


def render(run: Run) -> str:
    """Make the page; the same folder gives the same text, byte by byte.

    Raises: StoreError for a design folder with a broken file.
    """
    files = resources.files("search.report") / "page"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (files / name).read_text(encoding="utf-8")),
        autoescape=True,  # every name, message and text of a run is somebody else's
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (files / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template("report.html.jinja").render(
        _context(run, read_designs(run)),
        script=Markup(script),  # ours, and the only script that the page's policy lets run
        script_digest=f"sha256-{digest}",
        style=Markup((files / "report.css").read_text(encoding="utf-8")),
    )


def write_report(folder: Path) -> Path:
    """Write `report.html` into a run folder, from its other files alone.

    Returns: the path of the report.
    Raises: StoreError, one sentence, for a folder without a run, with a broken file, or that cannot be written.
    """
    text = render(read_run(folder))
    path, fresh = folder / "report.html", folder / "report.html.new"
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise StoreError(f"{path}: the report must be writable, not {error.strerror!r}") from error
    return path
