"""The page of a comparison of technologies: one picture, one table, self-contained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from search.durable import write_bytes
from search.report.quantities import count, decimals, duration, figure, significant
from search.report.svg import Scale, drawing, tag, text

__all__ = ["draw_nodes", "render", "write_nodes"]

WIDTH, LEFT, RIGHT = 960.0, 130.0, 110.0
BAR, GAP, HEAD = 18.0, 8.0, 44.0

MEASURES: Sequence[tuple[str, str]] = (
    ("silicon_mm2", "silicon for the throughput (mm²)"),
    ("energy_pj", "energy of a result (pJ)"),
    ("chips", "chips"),
)
"""What the picture shows, one block of bars each."""


def write_nodes(path: Path, document: Mapping[str, Any]) -> None:
    """Write the page, whole or not at all.

    Args:
        document: what `hdlgen nodes --json` prints.
    Raises: StoreError where the system refuses.
    """
    write_bytes(path, render(document).encode())


def render(document: Mapping[str, Any]) -> str:
    """Make the page; the same document gives the same text."""
    files = resources.files("search.report") / "page"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (files / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rows = [row for row in document["technologies"] if row["fleet"]]
    return environment.get_template("nodes.html.jinja").render(
        style=Markup((files / "report.css").read_text(encoding="utf-8")),
        name=document["name"],
        summary=document["summary"],
        lead=_lead(document, rows),
        facts=_facts(document),
        picture=draw_nodes(rows) if rows else "",
        rows=[_row(row) for row in rows],
        without=[row["technology"] for row in document["technologies"] if not row["fleet"]],
        command=document["command"],
    )


def _lead(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Say how many chips of each technology stand in for one of the strongest."""
    if not rows:
        return "No technology has a feasible design."
    strongest = document["strongest"]
    others = [row for row in rows if row["technology"] != strongest]
    if not others:
        return f"On {strongest} it takes {count(rows[0]['fleet']['chips'], 'chip')}."
    said = ", ".join(
        f"{significant(row['chips_for_one'], 3)} of {row['technology']}{_energy_ratio(row)}" for row in others
    )
    return f"In the place of one chip of {strongest} stand {said}."


def _energy_ratio(row: Mapping[str, Any]) -> str:
    return "" if row["energy_ratio"] is None else f" ({row['energy_ratio']:.3g} times the energy)"


def _facts(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    cap = document["cap_msps"]
    return [
        ("throughput", f"{document['throughput_msps']:,g} Msample/s"),
        ("cap on a chip", "none" if cap is None else f"{cap:,g} Msample/s"),
        ("chip", f"{document['chip_mm2']:g} mm²"),
        ("took", duration(document["wall_s"])),
    ]


def _value(row: Mapping[str, Any], measure: str) -> float | None:
    found: float | None = row["energy_pj"] if measure == "energy_pj" else row["fleet"][measure]
    return found


def draw_nodes(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw each measure as bars on a logarithmic scale, a technology that has it a bar."""
    drawn: list[Markup] = []
    top = 0.0
    for measure, title in MEASURES:
        found = [(row["technology"], value) for row in rows if (value := _value(row, measure)) is not None]
        if not found:
            continue
        values = [value for _, value in found]
        # Bars on a logarithmic scale have no zero: they begin at a third of the least.
        scale = Scale(low=min(values) / 3, high=max(values) * 1.02, start=LEFT, end=WIDTH - RIGHT, logarithmic=True)
        drawn.append(text(title, LEFT, top + 22, class_="title"))
        bottom = top + HEAD + len(found) * (BAR + GAP)
        for tick in scale.ticks():
            place = scale.place(tick)
            drawn.append(tag("line", x1=place, x2=place, y1=top + 32, y2=bottom, class_="grid"))
            drawn.append(text(f"{tick:,g}", place, bottom + 14, text_anchor="middle", class_="tick"))
        for place, (technology, value) in enumerate(found):
            y = top + HEAD + place * (BAR + GAP)
            width = scale.place(value) - LEFT
            drawn.append(tag("rect", x=LEFT, y=y, width=width, height=BAR, fill="var(--accent)", class_="bar"))
            drawn.append(text(technology, LEFT - 8, y + 13, text_anchor="end", class_="tick"))
            drawn.append(text(significant(value), LEFT + width + 6, y + 13, class_="tick"))
        top = bottom + 34
    return drawing(WIDTH, top, *drawn, label="Silicon, energy and chips of each technology", class_="plot")


def _row(row: Mapping[str, Any]) -> dict[str, str]:
    score, one = row["design"]["score"], row["fleet"]
    size = f"{score['luts']:,g} LUTs" if "luts" in score else figure(score["area_um2"], decimals([score["area_um2"]]))
    return {
        "technology": row["technology"],
        "title": row["title"],
        "node": row["node"] if row["voltage_v"] is None else f"{row['node']}, {row['voltage_v']:g}",
        "point": ", ".join(f"{knob}={choice}" for knob, choice in row["design"]["point"].items()),
        "clock": figure(score["clock_mhz"]),
        "rate": figure(score["throughput_msps"], decimals([score["throughput_msps"]])),
        "size": size,
        "copies": figure(one["copies"]),
        "silicon": significant(one["silicon_mm2"]),
        "energy": significant(row["energy_pj"]),
        "power": significant(row["power_w"], 3),
        "on_chip": f"{figure(one['copies_per_chip'])} ({one['limit']})",
        "chips": figure(one["chips"]),
        "for_one": significant(row["chips_for_one"], 3),
        "command": row["command"],
    }
