"""Spec files that are good: what each section becomes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from hdlgen.evaluation import Constraint, Direction, Objective
from hdlgen.golden import evaluate
from hdlgen.number import Format
from hdlgen.spec import Spec, TechnologyChoice, load, parse

MINIMAL = """
name = "least"
[inputs]
x = { format = "i8" }
[outputs]
y = {}
[compute]
y = "x + 1"
"""

FULL = """
name = "full-1"
summary = "everything that a spec may say"
[inputs]
x = { format = "q4.4", shape = [2, 3] }
s = { format = "u1" }
[constants]
c = 3
m = [[1, -2, 3], [4, 5, 60]]
q = { values = [0.5, -0.26, 1], format = "q2.2" }
[outputs]
y = { format = "q8.2", shape = [2, 3], rounding = "floor", overflow = "wrap" }
z = { format = "i20", overflow = "forbid" }
[compute]
y = "t * c"
t = "x * m * q"
z = "s + c"
[constraints]
clock_mhz = 100
max_error_lsb = 0
area_um2 = 1e4
[objectives]
minimize = ["latency_ns"]
maximize = ["clock_mhz"]
[knobs]
interval = [1, 2]
adder = "sklansky"
share = true
[technology]
name = "asap7"
[search]
strategy = "local"
budget = 12
seed = 0
batch = 4
patience = 3
"""


def test_what_is_left_out_has_its_default() -> None:
    spec = parse(MINIMAL)
    assert (spec.name, spec.summary, spec.path, spec.text) == ("least", "", None, MINIMAL)
    assert spec.inputs == (("x", Format.parse("i8"), ()),)
    assert spec.outputs == (("y", Format.parse("i9"), ()),)  # -127 to 128
    assert spec.constraints == ()
    assert spec.objectives == (
        Objective(metric="area_um2", direction=Direction.MINIMIZE),
        Objective(metric="throughput_msps", direction=Direction.MAXIMIZE),
    )
    assert spec.knobs == ()
    assert spec.technology == TechnologyChoice(name="sky130hd")
    assert (spec.strategy, spec.budget, spec.seed, spec.batch, spec.patience) == (None, None, None, None, None)


def test_every_section_is_read() -> None:
    spec = parse(FULL)
    assert (spec.name, spec.summary) == ("full-1", "everything that a spec may say")
    assert spec.inputs == (("x", Format.parse("q4.4"), (2, 3)), ("s", Format.parse("u1"), ()))
    assert spec.outputs == (("y", Format.parse("q8.2"), (2, 3)), ("z", Format.parse("i20"), ()))
    assert spec.compute == (("y", "t * c"), ("t", "x * m * q"), ("z", "s + c"))
    assert spec.constraints == (
        Constraint(metric="clock_mhz", bound=100.0),
        Constraint(metric="error_lsb", bound=0.0),
        Constraint(metric="area_um2", bound=1e4),
    )
    assert spec.objectives == (
        Objective(metric="latency_ns", direction=Direction.MINIMIZE),
        Objective(metric="clock_mhz", direction=Direction.MAXIMIZE),
    )
    assert spec.knobs == (("interval", (1, 2)), ("adder", ("sklansky",)), ("share", (True,)))
    assert spec.technology == TechnologyChoice(name="asap7")
    assert (spec.strategy, spec.budget, spec.seed, spec.batch, spec.patience) == ("local", 12, 0, 4, 3)
    x = np.array([[[1, 2, 3], [-4, 5, 127]]])
    exact = x / 16 * [[1, -2, 3], [4, 5, 60]] * [0.5, -0.25, 1] * 3
    expected = (np.floor(exact * 4).astype(int) + 512) % 1024 - 512
    found = evaluate(spec.graph, {"x": x, "s": np.array([1])})
    assert np.array_equal(found["y"], expected)
    assert found["z"].tolist() == [4]


def test_a_liberty_file_is_sought_beside_the_spec(tmp_path: Path) -> None:
    text = 'technology = { liberty = "cells/x.lib" }\n' + MINIMAL
    assert parse(text, path=tmp_path / "spec.toml").technology == TechnologyChoice(liberty=tmp_path / "cells/x.lib")


@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int64, np.float32, np.float64, ">i4"])
def test_a_constant_comes_from_a_file(tmp_path: Path, kind: str) -> None:
    values = np.array([[1, 2, 3], [4, 5, 6]]).astype(kind)
    np.save(tmp_path / "w.npy", values)
    text = MINIMAL.replace("[outputs]", '[constants]\nw = { file = "w.npy", format = "q5.3" }\n[outputs]').replace(
        "+ 1", "* w"
    )
    (tmp_path / "spec.toml").write_text(text)
    spec = load(tmp_path / "spec.toml")
    assert spec.outputs[0].shape == (2, 3)
    assert evaluate(spec.graph, {"x": [-3]})["y"].tolist() == [[[-24, -48, -72], [-96, -120, -144]]]
    before = spec.digest
    np.save(tmp_path / "w.npy", values[::-1])
    assert load(tmp_path / "spec.toml").digest != before


def test_integers_of_a_file_have_the_narrowest_format(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", np.array([-5, 3]))
    text = MINIMAL.replace("[outputs]", '[constants]\nw = { file = "w.npy" }\n[outputs]').replace(
        "x + 1", "concat(w, w) + 0 * x"
    )
    spec = parse(text, path=tmp_path / "spec.toml")
    assert evaluate(spec.graph, {"x": [0]})["y"].tolist() == [[0b10111011, 0b00110011]]


def test_constants_are_rounded_with_ties_to_even() -> None:
    text = MINIMAL.replace(
        "[outputs]", '[constants]\nw = { values = [0.625, 0.875, -0.625, 0.1], format = "q2.2" }\n[outputs]'
    )
    spec = parse(text.replace("x + 1", "w + 0 * x"))
    assert str(spec.outputs[0].format) == "q2.2"
    assert evaluate(spec.graph, {"x": [0]})["y"].tolist() == [[2, 4, -2, 0]]


def test_the_digest_is_that_of_the_text() -> None:
    assert parse(MINIMAL).digest == hashlib.sha256(MINIMAL.encode()).hexdigest()


def test_a_spec_is_loaded_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.toml").write_text(MINIMAL)
    assert load(tmp_path / "my.toml").path == tmp_path / "my.toml"
    monkeypatch.chdir(tmp_path)
    assert load("my.toml").name == "least"
    (tmp_path / "dot8").mkdir()
    shipped = load("dot8")
    assert shipped.name == "dot8"
    assert shipped.path is not None and shipped.path.name == "spec.toml"


def test_the_spec_of_the_documentation_is_read() -> None:
    text = """
name = "fir8"
summary = "8-tap low-pass FIR filter on 8-bit samples"
[inputs]
x = { format = "i8" }
[constants]
h = [-1, 3, 12, 29, 31, 14, 4, -2]
[outputs]
y = { format = "i16" }
[compute]
y = "sum(h * window(x, 8))"
[constraints]
clock_mhz = 100
[objectives]
minimize = ["area_um2"]
maximize = ["throughput_msps"]
[knobs]
interval = [1, 2, 4, 8]
[technology]
name = "sky130hd"
[search]
strategy = "surrogate"
budget = 60
seed = 1
"""
    spec: Spec = parse(text)
    assert spec.outputs == (("y", Format.parse("i16"), ()),)
    assert len(spec.graph.states) == 7
