"""What XLS makes of our dataflows computes the same, in the same registers; a wrong one is found out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import xls_logic
from benchmarks.stream_shell import logic_ports
from benchmarks.xls_logic import is_installed, to_ir, xls_design
from hdlgen.dataflow import Kind
from hdlgen.errors import ToolError
from sim.measure import PRELOAD
from sim.pool import Pool
from sim.stock import measure_rival
from tests.sim.specs import PAIR, compiler_of, make_measure

installed = pytest.mark.skipif(not is_installed(), reason="xls-python is not installed")

MANY = """
name = "many"
[inputs]
a = { format = "i5" }
b = { format = "u4" }
s = { format = "u2" }
[outputs]
y = { format = "i6", rounding = "half_up", overflow = "saturate" }
z = {}
[compute]
w = "window(a, 3)"
d = "3 * w[0] - w[1] * b - 7 * w[2] + 5"
y = "max(d, -100) >> 1"
z = "(min(a, 3) << s) + (a >> s) + (a & 6) - (b | 1) + (a ^ b)"
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, preload=PRELOAD) as pool:
        yield pool


def test_the_ir_names_the_ports_of_the_shell() -> None:
    text = to_ir(compiler_of(PAIR))
    assert text.startswith("package design\n\ntop fn computation(payload: bits[8]) -> bits[5] {\n")
    assert text.count("smul(") == 2 and text.count("add(") == 1
    payload, states, out = logic_ports(compiler_of(MANY))
    assert (payload, states) == (11, 10)
    assert f"top fn computation(payload: bits[11], states: bits[10]) -> bits[{out}] {{" in to_ir(compiler_of(MANY))


@installed
@pytest.mark.parametrize("text", [PAIR, MANY])
def test_it_computes_the_same_in_the_same_registers(pool: Pool, tmp_path: Path, text: str) -> None:
    measure = make_measure(text, pool, tmp_path)
    stock = measure.submit_build(None).result().require()
    other = xls_design(measure.compiler, stock.datapath)
    points = [
        point
        for name, built in (("stock", stock), ("xls", other))
        for point in measure_rival(measure, built, name=name, flows=("plain",), recipes=("lean",))
    ]
    assert len(points) == 2
    assert points[0].score.flip_flops == points[1].score.flip_flops
    assert points[0].score.latency_cycles == points[1].score.latency_cycles == 2


@installed
def test_a_wrong_sum_is_found_out(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure = make_measure(PAIR, pool, tmp_path)
    stock = measure.submit_build(None).result().require()
    wrong = to_ir(measure.compiler).replace("add(", "sub(")
    monkeypatch.setattr(xls_logic, "to_ir", lambda compiler: wrong)
    with pytest.raises(ToolError, match=r"^xls: the design must pass its simulation \("):
        list(
            measure_rival(
                measure, xls_design(measure.compiler, stock.datapath), name="xls", flows=("plain",), recipes=("lean",)
            )
        )


@installed
def test_what_xls_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xls_logic, "to_ir", lambda compiler: "no package")
    with pytest.raises(ToolError, match=r"^xls: it must take the design, not end so: INVALID_ARGUMENT"):
        xls_design(compiler_of(PAIR), {})


def test_every_kind_of_the_compared_designs_is_written() -> None:
    kinds = {operation.kind for operation in compiler_of(MANY).dataflow.operations}
    assert kinds >= {Kind.SUM, Kind.SELECT, Kind.SATURATE, Kind.SLICE, Kind.STATE, Kind.SHIFT_LEFT, Kind.SHIFT_RIGHT}
