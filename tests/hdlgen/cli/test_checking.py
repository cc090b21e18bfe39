"""`check`: what it prints, against figures known by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hdlgen.cli.command import Hdlgen

FULL = """
name = "scaled"
summary = "a [scaled] sum"
[inputs]
x = { format = "q4.4", shape = [2, 3] }
k = { format = "u3" }
[constants]
c = [1, 2, 3]
[outputs]
y = { format = "i8", rounding = "floor", overflow = "saturate" }
[compute]
s = "sum(x @ c)"
y = "s * k + previous(y)"
[constraints]
clock_mhz = 100
latency_ns = 20.0
[objectives]
minimize = ["area_um2", "latency_ns"]
[knobs]
interval = [1, 2]
adder = "ripple"
[technology]
name = "asap7"
"""


def test_the_document_says_how_the_spec_is_understood(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "scaled.toml").write_text(FULL)
    ran = hdlgen("check", "scaled.toml", "--json")
    assert ran.status == 0 and ran.err == ""
    document = json.loads(ran.out)
    assert document["inputs"] == [
        {"name": "x", "format": "q4.4", "shape": [2, 3], "width": 48},
        {"name": "k", "format": "u3", "shape": [], "width": 3},
    ]
    assert document["outputs"] == [{"name": "y", "format": "i8", "shape": [], "width": 8}]
    assert document["compute"] == {"s": "sum(x @ c)", "y": "s * k + previous(y)"}
    assert (document["name"], document["technology"], document["states"]) == ("scaled", "asap7", 1)
    assert document["constraints"] == {"clock_mhz": 100, "latency_ns": 20}
    assert document["objectives"] == ["minimize area_um2", "minimize latency_ns"]
    assert document["knobs"]["interval"] == [1, 2] and document["knobs"]["adder"] == ["ripple"]
    assert document["default_point"].startswith("interval=1,fold=1,")
    assert document["graph"]["input"] == 2 and document["graph"]["state"] == 1


def test_the_size_of_the_space_is_that_of_its_knobs(hdlgen: Hdlgen, dot: str) -> None:
    document = json.loads(hdlgen("check", dot, "--json").out)
    knobs = document["knobs"]
    assert (knobs["interval"], knobs["fold"]) == ([1, 2, 4], [1, 2, 4])
    others = 1
    for name in knobs.keys() - {"interval", "fold"}:
        others *= len(knobs[name])
    # There is one sum, so an interval is all folding: no other pair keeps its unit at work.
    assert document["space_size"] == 3 * others


def test_the_tables_show_formats_lines_and_knobs(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "scaled.toml").write_text(FULL)
    ran = hdlgen("check", "scaled.toml")
    assert ran.status == 0 and ran.err == ""
    for text in (
        "scaled: a [scaled] sum",
        "│ inputs  │ x     │ q4.4   │ 2x3   │   48 │",
        "│ outputs │ y     │ i8     │ -     │    8 │",
        "s * k + previous(y)",
        "minimize area_um2, minimize latency_ns, clock_mhz at least 100, latency_ns at most 20",
        "points on asap7; the first choice is the default",
        "│ interval ",
    ):
        assert text in ran.out, text


@pytest.mark.parametrize("technology", ["sky130hd", "asap7"])
def test_knobs_depend_on_the_technology(hdlgen: Hdlgen, dot: str, technology: str) -> None:
    document = json.loads(hdlgen("check", dot, "--technology", technology, "--json").out)
    assert document["technology"] == technology
    assert document["knobs"]["full_adders"] == ["cells", "gates_25", "gates_50", "gates_75", "gates"]
