"""The two plots of a report: the front over the cloud of all points, and the progress towards it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hdlgen.evaluation import Direction, Status
from search.report.design import Design
from search.report.quantities import Quantity, decimals, figure
from search.report.run import Run, Trial
from search.report.summary import Progress
from search.report.svg import Scale, coordinate, drawing, tag, text

__all__ = ["MARKS", "OUTCOMES", "Mark", "boundary", "draw_front", "draw_progress", "marks", "outcome"]

MARKS: Mapping[str, str] = {
    "infeasible": "M-3.5,0a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0z",
    "feasible": "M-3.5,0a3.5,3.5 0 1,0 7,0a3.5,3.5 0 1,0 -7,0z",
    "stock": "M0,-6.5L6.5,0L0,6.5L-6.5,0z",
    "front": "M-8,0a8,8 0 1,0 16,0a8,8 0 1,0 -16,0z",
}
"""The outline of each sort of point around its place, in the order of drawing; shapes differ, not colours alone."""

OUTCOMES: Mapping[str, str] = {
    "front": "on the front",
    "feasible": "dominated",
    "infeasible": "infeasible",
    "invalid": "invalid",
    "mismatch": "mismatch",
    "tool_failed": "tool failed",
    "timeout": "timeout",
}
"""How a trial can end, by the class of its place in the strip of outcomes."""

WIDTH, HEIGHT = 960.0, 520.0
LEFT, RIGHT, TOP, BOTTOM = 76.0, 20.0, 18.0, 52.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A point of the cloud: its sort as in `MARKS`, figures, place on the front (0 for none), caption and knobs."""

    sort: str
    score: Mapping[str, float]
    design: int
    caption: str
    lines: tuple[str, ...]


def marks(run: Run, designs: Sequence[Design]) -> list[Mark]:
    """List every point that has figures, those of the front last so that they lie on top."""
    places = {design.trial.number: design.number for design in designs}
    found = []
    for trial in run.trials:
        place = places.get(trial.number, 0)
        if trial.score is not None and (place or not trial.repeated):
            sort = "front" if place else "feasible" if trial.feasible else "infeasible"
            words = {"front": f"Design {place}", "infeasible": f"Point {trial.number}, breaks a constraint"}
            knobs = tuple(f"{name} = {value}" for name, value in trial.point)
            caption = words.get(sort, f"Point {trial.number}")
            found.append(Mark(sort=sort, score=trial.score, design=place, caption=caption, lines=knobs))
    for stock in run.stock:
        if stock.score is not None:
            lines = (f"flow = {stock.flow}", f"recipe = {stock.recipe}")
            found.append(Mark(sort="stock", score=stock.score, design=0, caption="Stock baseline", lines=lines))
    order = list(MARKS)
    return sorted(found, key=lambda mark: order.index(mark.sort))


def boundary(points: Sequence[tuple[float, float]], x: Direction, y: Direction) -> list[tuple[float, float]]:
    """Choose the points that no other one dominates in two figures, from the best to the worst in the first."""
    sign_x = 1 if x is Direction.MINIMIZE else -1
    sign_y = 1 if y is Direction.MINIMIZE else -1
    kept: list[tuple[float, float]] = []
    for point in sorted(points, key=lambda p: (sign_x * p[0], sign_y * p[1])):
        if not kept or sign_y * point[1] < sign_y * kept[-1][1]:
            kept.append(point)
    return kept


def _axes(scale_x: Scale, scale_y: Scale, x: Quantity, y: Quantity) -> list[Markup]:
    drawn = []
    bottom, left = scale_y.start, scale_x.start
    for scale, along_x in ((scale_x, True), (scale_y, False)):
        ticks = scale.ticks()
        places = max((decimals([tick]) for tick in ticks if abs(tick) < 1), default=decimals(ticks) and 1)
        for tick in ticks:
            place, label = scale.place(tick), figure(tick, places if tick % 1 else 0)
            if along_x:
                drawn.append(tag("line", x1=place, x2=place, y1=bottom, y2=scale_y.end, class_="grid"))
                drawn.append(text(label, place, bottom + 18, text_anchor="middle", class_="tick"))
            else:
                drawn.append(tag("line", x1=left, x2=scale_x.end, y1=place, y2=place, class_="grid"))
                drawn.append(text(label, left - 8, place + 4, text_anchor="end", class_="tick"))
    middle = (scale_x.start + scale_x.end) / 2
    drawn.append(text(x.heading, middle, bottom + 40, text_anchor="middle", class_="title"))
    upright = f"translate(16 {coordinate((scale_y.start + scale_y.end) / 2)}) rotate(-90)"
    drawn.append(tag("text", y.heading, transform=upright, text_anchor="middle", class_="title"))
    return drawn


def draw_front(cloud: Sequence[Mark], x: Quantity, y: Quantity, label: str) -> Markup:
    """Draw the cloud in two figures with the front's boundary as a staircase; front points link to their designs.

    The script of the page moves the same marks when other axes are chosen, so each has its class and its order.
    """
    held = [mark for mark in cloud if x.metric in mark.score and y.metric in mark.score]
    scale_x = Scale.fit([mark.score[x.metric] for mark in held], LEFT, WIDTH - RIGHT)
    scale_y = Scale.fit([mark.score[y.metric] for mark in held], HEIGHT - BOTTOM, TOP)
    drawn = [tag("g", *_axes(scale_x, scale_y, x, y), class_="axes")]
    feasible = [(mark.score[x.metric], mark.score[y.metric]) for mark in held if mark.sort in ("feasible", "front")]
    stairs = [(scale_x.place(a), scale_y.place(b)) for a, b in boundary(feasible, x.direction, y.direction)]
    steps = [f"M{coordinate(stairs[0][0])},{coordinate(stairs[0][1])}"] if stairs else []
    steps += [f"H{coordinate(a)}V{coordinate(b)}" for a, b in stairs[1:]]
    drawn.append(tag("path", d="".join(steps), class_="boundary"))
    points = []
    for mark in cloud:
        place = None
        if x.metric in mark.score and y.metric in mark.score:
            at = scale_x.place(mark.score[x.metric]), scale_y.place(mark.score[y.metric])
            place = f"translate({coordinate(at[0])} {coordinate(at[1])})"
        outline = tag("path", d=MARKS[mark.sort], class_="point")
        if mark.design:
            number = text(str(mark.design), 0, 3.5, text_anchor="middle")
            outline = tag("a", outline, number, href=f"#design-{mark.design}", aria_label=mark.caption)
        hidden = None if place else "none"
        points.append(tag("g", outline, class_=f"mark {mark.sort}", transform=place, display=hidden))
    drawn.append(tag("g", *points, class_="marks"))
    return drawing(WIDTH, HEIGHT, *drawn, label=label, class_="plot", id="front-plot")


def outcome(trial: Trial, on_front: bool) -> str:
    """Name the class of a trial in the strip of outcomes."""
    if trial.status is not Status.OK:
        return trial.status.value
    return "front" if on_front else "feasible" if trial.feasible else "infeasible"


def draw_progress(run: Run, designs: Sequence[Design], progress: Progress) -> Markup:
    """Draw hypervolume share and front size over the measured points, and a strip with the outcome of each."""
    total = max(len(run.measured), 1)
    left, right, height = 60.0, WIDTH - RIGHT, 300.0
    scale = Scale(low=0, high=total, start=left, end=right)
    share = Scale(low=0, high=1, start=160, end=16)
    largest = max(progress.size, default=1) or 1
    size = Scale(low=0, high=largest, start=236, end=186)
    drawn = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = share.place(tick)
        drawn.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        drawn.append(text(f"{tick:.0%}".replace("%", " %"), left - 8, y + 4, text_anchor="end", class_="tick"))
    for tick in (0.0, float(largest)):
        y = size.place(tick)
        drawn.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        drawn.append(text(figure(tick), left - 8, y + 4, text_anchor="end", class_="tick"))
    drawn.append(text("hypervolume, share of the final one", left + 6, 12, class_="title"))
    drawn.append(text("designs on the front", left + 6, 182, class_="title"))
    for values, vertical, name in ((progress.share, share, "volume"), (progress.size, size, "size")):
        steps = "".join(
            f"V{coordinate(vertical.place(value))}H{coordinate(scale.place(index))}"
            for index, value in enumerate(values, start=1)
        )
        base = coordinate(vertical.start)
        drawn.append(tag("path", d=f"M{coordinate(left)},{base}{steps}V{base}z", class_=f"{name} area"))
        drawn.append(tag("path", d=f"M{coordinate(left)},{base}{steps}", class_=f"{name} line"))
    reached = next((index + 1 for index, value in enumerate(progress.share) if value >= 0.99), None)
    if reached is not None and progress.size[-1]:
        x = scale.place(reached)
        side, shift = ("end", -6) if x > (left + right) / 2 else ("start", 6)
        drawn.append(tag("line", x1=x, x2=x, y1=16, y2=236, class_="reached"))
        drawn.append(text(f"99 % after {reached}", x + shift, 150, text_anchor=side, class_="title"))
    places = {design.trial.number for design in designs}
    width = (right - left) / total
    for index, trial in enumerate(run.measured):
        sort = outcome(trial, trial.number in places)
        title = tag("title", f"Point {trial.number}: {sort}" + (f"\n{trial.message}" if trial.message else ""))
        gap = 1 if width > 4 else 0
        drawn.append(
            tag("rect", title, x=scale.place(index), y=250, width=width - gap, height=18, class_=f"outcome {sort}")
        )
    ticks = [tick for tick in scale.ticks() if tick == int(tick)]
    drawn += [text(figure(tick), scale.place(tick), 284, text_anchor="middle", class_="tick") for tick in ticks]
    drawn.append(text("points measured", right, 298, text_anchor="end", class_="tick"))
    label = "Progress: hypervolume and size of the front over the measured points"
    return drawing(WIDTH, height, *drawn, label=label, class_="plot progress")
