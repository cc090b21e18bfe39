"""Pictures of datapaths: every unit, register and wire is there, in its cycle; hostile and huge ones do no harm."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from search.report.datapath import draw_datapath
from search.report.parts import divide
from search.report.structure import Datapath, read_datapath
from tests.search.report.toy_run import HOSTILE, KNOBS, datapath

POINT = {name: choices[0] for name, choices in KNOBS.items()}
COLOURS = {"multiplier": "kind-0", "adder": "kind-1", "accumulator": "kind-2"}


def read(tmp_path: Path, record: dict[str, Any]) -> Datapath:
    path = tmp_path / "datapath.json"
    path.write_text(json.dumps(record))
    return read_datapath(path)


def draw(found: Datapath) -> ET.Element:
    picture = draw_datapath(found, COLOURS, "a picture")
    assert picture is not None
    return ET.fromstring(picture)  # well-formed, or this raises


def titles(picture: ET.Element) -> list[str]:
    return [title.text or "" for title in picture.iter("title")]


def unit(name: str, cycle: int, last_cycle: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "adder", "width": 8, "operations": 1, "cycle": cycle, "last_cycle": last_cycle} | more


def times(title: str) -> int:
    """Read how many a caption stands for: "8 × adder" is 8."""
    found = re.match(r"(\d+) × ", title)
    return int(found[1]) if found else 1


def product(bits: str) -> int:
    """Read "8×16 bit" as 128, "16 bit" as 16."""
    return math.prod(map(int, bits.removesuffix(" bit").split("×")))


@pytest.mark.parametrize("interval", [1, 2, 4, 8])
@pytest.mark.parametrize("stages", [0, 1, 2])
def test_units_registers_and_wires_are_all_drawn(tmp_path: Path, interval: int, stages: int) -> None:
    record = datapath(POINT | {"interval": interval, "stages": stages})
    picture = draw(read(tmp_path, record))
    boxes = [group.findtext("title") or "" for group in picture.iter("g") if "unit" in group.get("class", "")]
    assert sum(times(box) for box in boxes) == len(record["units"])
    bars = [group.findtext("title") or "" for group in picture.iter("g") if group.get("class") == "register"]
    assert sum(product(bar.rsplit(": ")[-1]) for bar in bars) == sum(r["width"] for r in record["registers"])
    edges = [path.findtext("title") or "" for path in picture.iter("path") if "edge" in path.get("class", "")]
    assert sum(product(edge.rsplit(": ")[-1]) for edge in edges) == sum(width for _, _, width in record["edges"])
    headings = [text.text for text in picture.iter("text") if text.get("class") == "heading"]
    cycles = max(u["last_cycle"] for u in record["units"]) + 1
    assert sum((heading or "").removeprefix("cycle ").isdigit() for heading in headings) == cycles


def test_units_stand_in_the_order_of_their_cycles_and_chains(tmp_path: Path) -> None:
    record = {
        "units": [unit("late", 1, 1), unit("first", 0, 0), unit("second", 0, 0), unit("wide", 0, 1)],
        "edges": [["first", "second", 8], ["second", "late", 8], ["wide", "late", 8]],
        "registers": [],
    }
    columns, parts = divide(read(tmp_path, record))
    places = {part.name: (part.first, part.last) for part in parts}
    assert places["first"][1] < places["second"][0] < places["late"][0]
    assert places["wide"][0] == places["first"][0]
    assert places["wide"][1] < places["late"][0], "a unit that feeds another in its last cycle ends before it"
    assert [columns[place].cycle for place in places["wide"]] == [0, 1]


def test_registers_that_no_wire_names_are_one_bar_at_their_border(tmp_path: Path) -> None:
    record = {
        "units": [unit("one", 0, 0), unit("two", 1, 1)],
        "edges": [["one", "two", 8]],
        "registers": [{"name": "value_1", "width": 8, "cycle": 1}, {"name": "value_2", "width": 5, "cycle": 1}],
    }
    picture = draw(read(tmp_path, record))
    bars = [group for group in picture.iter("g") if group.get("class") == "register"]
    assert [bar.findtext("title") for bar in bars] == ["2 registers before cycle 1\nvalue_1: 8 bit\nvalue_2: 5 bit"]
    assert "13 bit" in [text.text for text in picture.iter("text")]


def test_feedback_and_state_are_drawn_backwards(tmp_path: Path) -> None:
    record = {
        "units": [unit("one", 0, 0), unit("two", 1, 1), unit("shared", 0, 3, operations=2), unit("tapped", 2, 2)],
        "edges": [
            ["x", "state_1", 8],
            ["state_1", "one", 8],
            ["one", "two", 8],
            ["two", "state_2", 8],
            ["state_2", "one", 8],
            ["shared", "tapped", 8],
        ],
        "registers": [],
        "inputs": [{"name": "x", "width": 8}],
    }
    found = read(tmp_path, record)
    states = [part for part in divide(found)[1] if part.role == "state"]
    assert [part.name for part in states] == ["state_1", "state_2"]
    picture = draw(found)
    back = {path.findtext("title") for path in picture.iter("path") if path.get("class") == "edge back"}
    assert back == {"x to state_1: 8 bit", "two to state_2: 8 bit"}, "leaving a shared unit early is no feedback"


def test_many_alike_are_drawn_as_one(tmp_path: Path) -> None:
    record = {
        "units": [unit(f"u{n}", 0, 0, area_um2=2.5) for n in range(40)] + [unit("odd", 0, 0, kind="select")],
        "edges": [["x", f"u{n}", 4] for n in range(40)],
        "inputs": [{"name": "x", "width": 160}],
    }
    shown = titles(draw(read(tmp_path, record)))
    assert any(title.startswith("40 × adder: u0 … u39") and title.endswith("100 µm²") for title in shown)
    assert "x to u0 … u39: 40×4 bit" in shown


def test_what_cannot_be_read_is_not_drawn(tmp_path: Path) -> None:
    assert draw_datapath(read(tmp_path, {"units": [unit("a", 0, 10**9)]}), {}, "") is None
    many = {"units": [unit(f"u{n}", n % 50, n % 50, width=n + 1) for n in range(300)]}
    assert draw_datapath(read(tmp_path, many), {}, "") is None


def test_an_empty_datapath_and_hostile_names_are_drawn(tmp_path: Path) -> None:
    draw(read(tmp_path, {}))
    record = {
        "units": [unit(HOSTILE, 0, 0, kind=HOSTILE, detail=HOSTILE)],
        "edges": [[HOSTILE, HOSTILE, 8], ["nobody", HOSTILE, 8]],
        "registers": [{"name": HOSTILE, "width": 8, "cycle": 1}],
        "inputs": [{"name": HOSTILE, "width": 8}],
        "outputs": [{"name": HOSTILE, "width": 8}],
    }
    picture = draw(read(tmp_path, record))
    assert not [element for element in picture.iter() if element.tag in ("script", "style")]
    assert any(HOSTILE in title for title in titles(picture))
