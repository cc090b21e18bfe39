"""`simulate`: a generated design, and a user's own Verilog: right, wrong, of other ports, and no Verilog at all."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.hdlgen.cli.command import Hdlgen

OWN = """
module top(input clk, input rst, input [31:0] inputs__payload, input inputs__valid, output inputs__ready,
           output reg [9:0] outputs__payload, output reg outputs__valid, input outputs__ready);
  wire signed [3:0] a0 = inputs__payload[3:0], a1 = inputs__payload[7:4];
  wire signed [3:0] a2 = inputs__payload[11:8], a3 = inputs__payload[15:12];
  wire signed [3:0] b0 = inputs__payload[19:16], b1 = inputs__payload[23:20];
  wire signed [3:0] b2 = inputs__payload[27:24], b3 = inputs__payload[31:28];
  wire signed [9:0] total = a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3;
  assign inputs__ready = outputs__ready | ~outputs__valid;
  always @(posedge clk) begin
    if (inputs__ready) outputs__payload <= total;
    if (rst) outputs__valid <= 1'b0; else if (inputs__ready) outputs__valid <= inputs__valid;
  end
endmodule
"""
"""A dot product with one register, written by hand."""

KEYS = {"status", "tokens", "mismatches", "first_mismatch", "results_per_cycle", "latency_cycles"}


def test_a_generated_design_passes(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("simulate", dot, "--point", "interval=2", "--json")
    assert ran.status == 0 and ran.err == ""
    document = json.loads(ran.out)
    assert document.keys() >= KEYS
    assert (document["status"], document["mismatches"], document["first_mismatch"]) == ("ok", 0, None)
    assert document["error_lsb"] == document["max_error_lsb"] == 0
    assert (document["results_per_cycle"], document["latency_cycles"]) == (0.5, 3)
    assert document["tokens"] > 256 and document["waves"] is None
    results = ET.parse("runs/dot4-simulation/results.xml").getroot()
    assert (results.get("tests"), results.get("failures"), results.get("errors")) == ("1", "0", "0")


def test_a_users_own_design_passes(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / "own.v").write_text(OWN.replace("module top", "module mine"))
    ran = hdlgen("simulate", dot, "--verilog", "own.v", "--module", "mine", "--tokens", "300", "--seed", "5", "--waves")
    assert ran.status == 0 and ran.err == ""
    first, second, third = ran.out.splitlines()
    assert first.startswith("ok: ") and first.endswith(" results compared, 0 mismatches")
    assert second == "1 results per cycle, latency 1 cycles"
    assert third == "waveform: runs/dot4-simulation/own.v.vcd"
    assert Path("runs/dot4-simulation/own.v.vcd").read_text().lstrip().startswith("$")


def test_more_tokens_and_another_seed_are_other_tests(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    # Wrong for one token in 2^8 alone: where a0 is -8 and b0 is 7.
    (folder / "own.v").write_text(OWN.replace("= total;", "= total + (inputs__payload[19:0] == 20'h70008);"))
    tokens = [
        json.loads(hdlgen("simulate", dot, "--verilog", "own.v", "--tokens", count, "--json").out)["tokens"]
        for count in ("256", "1000")
    ]
    assert tokens[1] > tokens[0] + 500


@pytest.mark.parametrize(("error", "status"), [(1, "ok"), (2, "mismatch")])
def test_an_error_within_the_bound_passes_and_is_told(
    hdlgen: Hdlgen, dot: str, folder: Path, error: int, status: str
) -> None:
    Path("near.toml").write_text(Path(dot).read_text() + "\n[constraints]\nmax_error_lsb = 1\n")
    (folder / "own.v").write_text(OWN.replace("<= total;", f"<= total ^ 10'd{error};"))
    ran = hdlgen("simulate", "near.toml", "--verilog", "own.v", "--json")
    document = json.loads(ran.out)
    assert (document["status"], document["error_lsb"], document["max_error_lsb"]) == (status, error, 1)
    text = hdlgen("simulate", "near.toml", "--verilog", "own.v").out
    assert f"largest error {error} LSB, at most 1 allowed\n" in text
    assert ran.status == (status != "ok")


def test_a_design_with_a_wrong_bit_fails(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / "own.v").write_text(OWN.replace("<= total;", "<= total ^ 10'd4;"))
    ran = hdlgen("simulate", dot, "--verilog", "own.v", "--json", "--out", "here")
    document = json.loads(ran.out)
    first = document["first_mismatch"]
    a, b = first["inputs"]["a"], first["inputs"]["b"]
    right = sum(x * y for x, y in zip(a, b, strict=True))
    assert len(a) == 4 and first["expected"] == {"y": right} and first["got"]["y"] == right ^ 4
    assert first["phase"] == "free" and first["token"] == 0
    assert ran.status == 1
    assert ran.err == f"hdlgen: mismatch: {document['message']}\n"
    assert document["message"] == f"free, token 0, cycle {first['cycle']}: {first['rule']}"
    results = ET.parse("here/results.xml").getroot()
    assert (results.get("tests"), results.get("failures"), results.get("errors")) == ("1", "1", "0")
    text = hdlgen("simulate", dot, "--verilog", "own.v", "--out", "here")
    lines = text.out.splitlines()
    assert text.status == 1 and lines[0].startswith("mismatch: ")
    assert lines[1] == f"first mismatch: token 0 of phase free, cycle {first['cycle']} ({first['rule']})"
    assert lines[2:5] == [f"  {key:8} {first[key]}" for key in ("inputs", "expected", "got")]


def test_a_design_that_drops_a_token_when_stalled_fails(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / "own.v").write_text(OWN.replace("= outputs__ready | ~outputs__valid", "= 1'b1"))
    ran = hdlgen("simulate", dot, "--verilog", "own.v", "--json")
    document = json.loads(ran.out)
    assert ran.status == 1 and document["status"] == "mismatch"
    assert document["first_mismatch"]["phase"] == "pauses"  # without pauses nothing is wrong with it


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN.replace("clk", "clock"), "own.v: module top must have the port clk"),
        (
            OWN.replace("module top", "module tops"),
            "own.v: the top module must be declared, not 'top' (did you mean 'tops'?)",
        ),
        ("", "own.v: the top module must be declared, not 'top'"),
    ],
    ids=["port", "module", "empty"],
)
def test_a_design_without_the_ports_is_an_error(
    hdlgen: Hdlgen, dot: str, folder: Path, text: str, message: str
) -> None:
    (folder / "own.v").write_text(text)
    ran = hdlgen("simulate", dot, "--verilog", "own.v", "--json")
    assert (ran.status, ran.err) == (1, f"hdlgen: error: {message}\n")
    document = json.loads(ran.out)
    assert (document["status"], document["message"], document["tokens"]) == ("error", message, 0)


def test_what_is_no_verilog_is_an_error_that_names_the_line(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / "own.v").write_text("module top;\nhello world\nendmodule\n")
    ran = hdlgen("simulate", dot, "--verilog", "own.v")
    assert ran.status == 1 and ran.out == "error: 0 results compared, 0 mismatches\n"
    assert "own.v:" in ran.err and "syntax error" in ran.err and ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--verilog", "none.v"], "none.v: the file must be readable (No such file or directory)"),
        (["--verilog", "."], ".: the file must be readable (Is a directory)"),
        (["--verilog", "latin.v"], "latin.v: the file must be UTF-8 text"),
        (
            ["--verilog", "own.v", "--point", "interval=2"],
            "the design must be named by --point or by --verilog, not by both",
        ),
        (["--module", "mine"], "--module must go with --verilog"),
        (["--point", "interval=3"], "point: interval must be 1, 2 or 4, not '3'"),
        (
            ["--verilog", "own.v", "--simulator", "ikarus"],
            "simulator: the name must be icarus or verilator, not 'ikarus' (did you mean 'icarus'?)",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_command_is_refused(hdlgen: Hdlgen, dot: str, folder: Path, arguments: list[str], message: str) -> None:
    (folder / "own.v").write_text(OWN)
    (folder / "latin.v").write_bytes(b"// caf\xe9\n")
    ran = hdlgen("simulate", dot, *arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")
