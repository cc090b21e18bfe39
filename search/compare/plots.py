"""The plots of a comparison: regret over evaluations or seconds, and what half of the trials attain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from search.compare.results import Curve
from search.report.quantities import Quantity, figure
from search.report.svg import Scale, coordinate, drawing, tag, text

__all__ = ["FLOOR", "STYLES", "draw_curves", "draw_surfaces", "style"]

FLOOR = 0.001
"""The least regret that a plot shows: a tenth of a percent."""
STYLES = 12
"""How many strategies have a colour and a dash of their own."""

LEFT, RIGHT, TOP, BOTTOM = 58.0, 14.0, 12.0, 44.0
PERCENT = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)


def draw_curves(
    curves: Mapping[str, Curve], title: str, label: str, *, size: tuple[float, float], logarithmic: bool = False
) -> Markup:
    """Draw the regret of each strategy as a staircase in the band of its interval, on a logarithmic scale.

    Args:
        curves: by strategy, in order; each takes the class of its place.
        title: of the horizontal axis.
        logarithmic: whether that axis is.
    """
    width, height = size
    low = min(float(curve.at[0]) for curve in curves.values())
    high = max(float(curve.at[-1]) for curve in curves.values())
    if logarithmic:
        across = Scale(low=low, high=high * 1.02, start=LEFT, end=width - RIGHT, logarithmic=True)
    else:
        across = Scale(low=0.0, high=high, start=LEFT, end=width - RIGHT)
    down = Scale(low=FLOOR, high=1.0, start=height - BOTTOM, end=TOP, logarithmic=True)
    drawn = []
    for share in PERCENT:
        y = down.place(share)
        words = ("≤ " if share == FLOOR else "") + f"{share * 100:g} %"
        drawn += [
            tag("line", x1=LEFT, x2=width - RIGHT, y1=y, y2=y, class_="grid"),
            text(words, LEFT - 8, y + 4, text_anchor="end", class_="tick"),
        ]
    drawn += _along(across, height, title)
    bands, lines = [], []
    for place, (name, curve) in enumerate(curves.items()):
        at = [across.place(max(float(x), across.low)) for x in curve.at]
        low_y, middle, high_y = (
            [down.place(min(max(float(y), FLOOR), 1.0)) for y in values]
            for values in (curve.low, curve.middle, curve.high)
        )
        back = "".join(f"V{coordinate(y)}H{coordinate(x)}" for x, y in zip(reversed(at), reversed(high_y), strict=True))
        band = f"M{coordinate(at[0])},{coordinate(low_y[0])}{_stairs(at, low_y)}{back}z"
        bands.append(tag("path", d=band, class_=f"band {style(place)}"))
        line = f"M{coordinate(at[0])},{coordinate(middle[0])}{_stairs(at, middle)}"
        lines.append(tag("path", tag("title", name), d=line, class_=f"curve {style(place)}"))
    return drawing(width, height, *drawn, *bands, *lines, label=label, class_="plot")


def draw_surfaces(
    surfaces: Mapping[str, Sequence[Sequence[float]]],
    front: Sequence[Sequence[float]],
    quantities: tuple[Quantity, Quantity],
    signs: tuple[int, int],
    label: str,
    *,
    size: tuple[float, float],
) -> Markup:
    """Draw the median attainment surface of each strategy and the points of the front.

    Args:
        surfaces, front: points in costs.
        signs: -1 for an objective that should be large, so that its cost is shown as the figure that it is.
    """
    width, height = size
    shown = [point for points in (*surfaces.values(), front) for point in points]
    xs, ys = [signs[0] * point[0] for point in shown], [signs[1] * point[1] for point in shown]
    across = Scale.fit(xs, LEFT + 12, width - RIGHT)
    down = Scale.fit(ys, height - BOTTOM, TOP)
    drawn = []
    for tick in down.ticks():
        y = down.place(tick)
        drawn += [
            tag("line", x1=across.start, x2=across.end, y1=y, y2=y, class_="grid"),
            text(_tick(tick), across.start - 8, y + 4, text_anchor="end", class_="tick"),
        ]
    upright = f"translate(11 {coordinate((down.start + down.end) / 2)}) rotate(-90)"
    drawn.append(tag("text", quantities[1].heading, transform=upright, text_anchor="middle", class_="title"))
    drawn += _along(across, height, quantities[0].heading)
    # In costs a surface is attained to the right of and above each point; the drawing turns an axis with its sign.
    ends = (across.end if signs[0] > 0 else across.start, down.end if signs[1] > 0 else down.start)
    for place, points in enumerate(surfaces.values()):
        at = [(across.place(signs[0] * a), down.place(signs[1] * b)) for a, b in sorted(map(tuple, points))]
        if at:
            stairs = "".join(f"H{coordinate(x)}V{coordinate(y)}" for x, y in at[1:])
            start = f"M{coordinate(at[0][0])},{coordinate(ends[1])}V{coordinate(at[0][1])}"
            drawn.append(tag("path", d=f"{start}{stairs}H{coordinate(ends[0])}", class_=f"curve {style(place)}"))
    for a, b in front:
        drawn.append(tag("circle", cx=across.place(signs[0] * a), cy=down.place(signs[1] * b), r=2.6, class_="true"))
    return drawing(width, height, *drawn, label=label, class_="plot")


def style(place: int) -> str:
    """Name the class of a strategy by its place; colours come again where there are very many."""
    return f"s{place % STYLES}"


def _stairs(at: Sequence[float], values: Sequence[float]) -> str:
    """Go along each value to the next place, then to its value."""
    steps = zip([*at[1:], at[-1]], [*values[1:], values[-1]], strict=True)
    return "".join(f"H{coordinate(x)}V{coordinate(y)}" for x, y in steps)


def _along(scale: Scale, height: float, title: str) -> list[Markup]:
    """Draw the horizontal axis."""
    bottom = height - BOTTOM
    drawn = []
    for tick in scale.ticks():
        x = scale.place(tick)
        drawn += [
            tag("line", x1=x, x2=x, y1=bottom, y2=TOP, class_="grid"),
            text(_tick(tick), x, bottom + 17, text_anchor="middle", class_="tick"),
        ]
    middle = (scale.start + scale.end) / 2
    return [*drawn, text(title, middle, bottom + 36, text_anchor="middle", class_="title")]


def _tick(tick: float) -> str:
    return figure(tick) if tick == int(tick) else f"{tick:.6g}"
