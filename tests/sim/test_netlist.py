"""Mapped netlists: out and back as JSON, and read by tools that are not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdlgen.errors import ToolError
from sim.netlist import Instance, Netlist, Port
from sim.yosys import run_passes

NETLIST = Netlist(
    name="top",
    ports=(
        Port(name="a", is_output=False, bits=(2, 3)),
        Port(name="y", is_output=True, bits=(4, 4, "1", 2)),
    ),
    instances=(Instance(name="g0", cell="NAND", pins={"A": 2, "B": 3, "Y": 4}),),
)


def test_json_is_read_back_equal() -> None:
    assert Netlist.from_json(NETLIST.json()) == NETLIST
    assert NETLIST.counts() == {"NAND": 1}


def test_yosys_reads_json_and_verilog_alike(tmp_path: Path) -> None:
    (tmp_path / "n.json").write_text(NETLIST.json())
    (tmp_path / "n.v").write_text(
        NETLIST.verilog() + "module NAND(input A, B, output Y); assign Y = ~(A & B); endmodule\n"
    )
    (tmp_path / "cell.v").write_text("module NAND(input A, B, output Y); assign Y = ~(A & B); endmodule\n")
    passes = [
        *("read_json n.json", "read_verilog cell.v", "hierarchy -top top", "flatten", "proc", "design -stash gold"),
        *("read_verilog n.v", "hierarchy -top top", "flatten", "proc", "design -stash gate"),
        *("design -copy-from gold -as gold top", "design -copy-from gate -as gate top"),
        *("equiv_make gold gate both", "equiv_simple both", "equiv_status -assert both"),
    ]
    run_passes(passes, folder=tmp_path, seconds=30)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"modules": {}}', '{"modules": {"a": 1}}', '{"modules": {"a": {"ports": {}}}}']
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ToolError, match="^netlist: it must "):
        Netlist.from_json(text)


def test_wide_pins_are_refused() -> None:
    with pytest.raises(ToolError) as refusal:
        Netlist.from_json(
            '{"modules": {"a": {"ports": {}, "cells": {"c": {"type": "$add", "connections": {"A": [1, 2]}}}}}}'
        )
    assert str(refusal.value) == "netlist: c must be a library cell with one-bit pins, not '$add'"


def test_a_netlist_comes_back_from_its_verilog() -> None:
    netlist = Netlist(
        name="top",
        ports=(
            Port(name="a", is_output=False, bits=(2, 3)),
            Port(name="b", is_output=False, bits=(4,)),
            Port(name="y", is_output=True, bits=(5, "1", 4)),
        ),
        instances=(Instance(name="g0", cell="nand2", pins={"A": 2, "B": "0", "Y": 5}),),
    )
    assert Netlist.from_verilog(netlist.verilog()) == netlist
    with pytest.raises(
        ToolError, match="^netlist: a line must be that of a mapped module, not 'always @\\(posedge c\\)'"
    ):
        Netlist.from_verilog("module top (\n  always @(posedge c)")
