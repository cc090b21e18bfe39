"""A picture of what was learnt: how the diagram grew with the queries, and how large each output is."""

from __future__ import annotations

from collections.abc import Sequence

from hdlgen.network import Network
from search.report.svg import coordinate, drawing, tag, text

__all__ = ["draw_learnt"]

WIDTH, HEIGHT, MARGIN, GAP = 720.0, 320.0, 44.0, 40.0
COLOURS = ("#2563eb", "#059669", "#d97706", "#9333ea", "#dc2626", "#0891b2", "#4d7c0f", "#be185d")


def draw_learnt(network: Network, growth: Sequence[tuple[int, int]], *, title: str) -> str:
    """Draw growth on the left and the gates that each output bit depends on on the right, ports in colours."""
    half = (WIDTH - 2 * MARGIN - GAP) / 2
    top, bottom = MARGIN + 10, HEIGHT - MARGIN
    parts = [
        tag("rect", width=WIDTH, height=HEIGHT, fill="white"),
        text(title, WIDTH / 2, 20, text_anchor="middle", font_weight="bold"),
        text("nodes by millions of queries", MARGIN, top - 10),
        text("gates below each output bit", MARGIN + half + GAP, top - 10),
    ]
    most_queries = max((queries for queries, _ in growth), default=1) or 1
    most_nodes = max((nodes for _, nodes in growth), default=1) or 1
    points = " ".join(
        f"{coordinate(MARGIN + half * queries / most_queries)},"
        f"{coordinate(bottom - (bottom - top) * nodes / most_nodes)}"
        for queries, nodes in growth
    )
    parts.append(tag("polyline", points=points, fill="none", stroke=COLOURS[0], stroke_width=2.0))
    parts += [
        text(f"{most_nodes:,}", MARGIN - 4, top + 4, text_anchor="end"),
        text("0", MARGIN - 4, bottom, text_anchor="end"),
        text(f"{most_queries / 1e6:,.1f}", MARGIN + half, bottom + 14, text_anchor="end"),
    ]
    sizes = network.cone_sizes()
    largest, step, place = max(sizes, default=1) or 1, half / max(len(sizes), 1), 0
    for number, bus in enumerate(network.interface.outputs):
        colour = COLOURS[number % len(COLOURS)]
        left = MARGIN + half + GAP + place * step
        for size in sizes[place : place + bus.width]:
            height = (bottom - top) * size / largest
            x = MARGIN + half + GAP + place * step
            parts.append(tag("rect", x=x, y=bottom - height, width=max(step * 0.8, 0.5), height=height, fill=colour))
            place += 1
        parts.append(text(bus.name, left, bottom + 14 + 11 * (number % 3), fill=colour))
    parts.append(text(f"{largest:,}", MARGIN + half + GAP - 4, top + 4, text_anchor="end"))
    label = f"{title}: growth of the diagram, and gates below each output bit"
    style = {"xmlns": "http://www.w3.org/2000/svg", "font_family": "sans-serif", "font_size": "10"}
    return str(drawing(WIDTH, HEIGHT, *parts, label=label, **style))
