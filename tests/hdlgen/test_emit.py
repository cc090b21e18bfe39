"""Emission: text without initial values and paths, full adders as cells, and the same bytes whoever writes them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from hdlgen.arithmetic.sum_shape import SumStyle
from hdlgen.compiler import Compiler
from hdlgen.datapath import build_datapath
from hdlgen.emit import TOP, digest, to_rtlil
from hdlgen.hardware import Kernel, Top
from hdlgen.spec import load
from tests.hdlgen.graphs import GRAPHS
from tests.hdlgen.rtlil import Netlist

ROOT = Path(__file__).parents[2]
WRITE = """
from tests.hdlgen.test_emit import written
for name in ("complex_unsigned", "feedback", "choice"):
    print(written(name))
"""


def text_of(name: str, *, cells: bool = True) -> str:
    compiler = Compiler.of(GRAPHS[name]())
    datapath = build_datapath(compiler.dataflow, SumStyle(cells=cells), interval=2, fold=1, stages=1)
    return to_rtlil(Top(Kernel(datapath, inputs=compiler.inputs, outputs=compiler.outputs)))


def written(name: str) -> str:
    return digest(text_of(name))


def test_no_initial_value_and_no_path_is_left() -> None:
    for name in ("feedback", "fir"):
        text = text_of(name)
        assert "\\init" not in text
        assert "\\src" not in text
        assert str(ROOT) not in text and ".py" not in text


def test_initial_values_are_what_reset_writes() -> None:
    assert "10110011" in text_of("feedback"), "-77 must stand in the reset of the state"


def test_full_adders_are_yosys_own_cells() -> None:
    text = text_of("dot")
    assert "cell $fa " in text and "\\$fa" not in text
    assert "$fa" not in text_of("dot", cells=False)


def test_the_top_module_has_the_ports_of_the_house() -> None:
    text = text_of("dot")
    assert f"module \\{TOP}\n" in text
    assert {name: len(bits) for name, bits in Netlist(text).ports.items()} == {
        "clk": 1,
        "rst": 1,
        "inputs__payload": 8 * 7,
        "inputs__valid": 1,
        "inputs__ready": 1,
        "outputs__payload": 10,
        "outputs__valid": 1,
        "outputs__ready": 1,
    }


def test_the_digest_is_the_texts_sha256() -> None:
    assert digest("hardware") == hashlib.sha256(b"hardware").hexdigest()


def test_the_text_does_not_depend_on_the_interpreter() -> None:
    here = [written(name) for name in ("complex_unsigned", "feedback", "choice")]
    assert len(set(here)) == 3
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITE]
        there = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=True).stdout
        assert there.split() == here


def test_a_chain_of_64_sums_is_written_whatever_the_recursion_limit_and_leaves_it_as_it_was() -> None:
    spec = load("popcount64")
    compiler = Compiler.of(spec.graph)
    datapath = build_datapath(compiler.dataflow, SumStyle(reduction="chain"), interval=1, fold=1, stages=0)
    usual = sys.getrecursionlimit()
    text = to_rtlil(Top(Kernel(datapath, inputs=compiler.inputs, outputs=compiler.outputs)))
    assert text.count("\nmodule ") > 2
    assert sys.getrecursionlimit() == usual
