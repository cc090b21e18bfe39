"""A picture of a portfolio: what each candidate reached at which size, and what each output reached."""

from __future__ import annotations

from collections.abc import Sequence

from search.portfolio.portfolio import Outcome
from search.report.svg import Scale, coordinate, drawing, tag, text

__all__ = ["COLOURS", "draw_portfolio"]

WIDTH, HEIGHT, MARGIN, GAP = 720.0, 320.0, 44.0, 56.0
COLOURS = (
    *("#2563eb", "#059669", "#d97706", "#9333ea", "#dc2626"),
    *("#0891b2", "#4d7c0f", "#be185d", "#78716c", "#1e293b"),
    *("#a16207", "#0f766e"),
)


def draw_portfolio(outcomes: Sequence[Outcome], *, title: str) -> str:
    """Draw accuracy over AND gates of all candidates on the left, and the accuracy of each output bit on the right."""
    half = (WIDTH - 2 * MARGIN - GAP) / 2
    top, bottom = MARGIN + 10, HEIGHT - MARGIN
    points = [point for outcome in outcomes for point in outcome.points]
    across = Scale.fit([max(gates, 1) for _, gates, _ in points], MARGIN, MARGIN + half)
    upward = Scale.fit([share for _, _, share in points], bottom, top)
    methods = list(dict.fromkeys(method for method, _, _ in points))
    colours = {method: COLOURS[at % len(COLOURS)] for at, method in enumerate(methods)}
    parts = [
        tag("rect", width=WIDTH, height=HEIGHT, fill="white"),
        text(title, WIDTH / 2, 20, text_anchor="middle", font_weight="bold"),
        text("held-out accuracy by AND gates, each candidate", MARGIN, top - 10),
        text("held-out accuracy of each output bit", MARGIN + half + GAP, top - 10),
        tag("path", d=f"M{coordinate(MARGIN)} {coordinate(top)}V{coordinate(bottom)}h{coordinate(half)}",
            fill="none", stroke="#94a3b8"),
    ]  # fmt: skip
    parts += [text(f"{tick:.3g}", MARGIN - 4, upward.place(tick) + 3, text_anchor="end") for tick in upward.ticks()]
    parts += [text(f"{tick:g}", across.place(tick), bottom + 12, text_anchor="middle") for tick in across.ticks()]
    parts += [
        tag("circle", cx=across.place(max(gates, 1)), cy=upward.place(share), r=3.0, fill=colours[method])
        for method, gates, share in points
    ]
    for at, (method, colour) in enumerate(colours.items()):
        parts.append(text(method, MARGIN + at * WIDTH / (len(colours) + 1), HEIGHT - 12, fill=colour))
    step = half / len(outcomes)
    for at, outcome in enumerate(outcomes):
        height = (bottom - top) * outcome.accuracy
        x, colour = MARGIN + half + GAP + at * step, colours.get(outcome.method, COLOURS[0])
        parts.append(tag("rect", x=x, y=bottom - height, width=max(step * 0.8, 0.5), height=height, fill=colour))
    parts += [
        text(share, MARGIN + half + GAP - 4, bottom - (bottom - top) * at + 4, text_anchor="end")
        for share, at in (("0", 0.0), ("1", 1.0))
    ]
    style = {"xmlns": "http://www.w3.org/2000/svg", "font_family": "sans-serif", "font_size": "10"}
    label = f"{title}: accuracy of the candidates by size, and of each output"
    return str(drawing(WIDTH, HEIGHT, *parts, label=label, **style))
