"""Programs in simulation: both simulators on a counter that has a computer's ports, ends and refusals."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hdlgen.errors import InputError, ToolError
from sim import tools
from sim.processor import SIMULATORS, Ending, Machine, Mark, build
from sim.simulators import Rejected
from sim.tools import ToolTimeout

COUNTER = """
module top (
  input clk, rst, host_enable, input [13:0] host_index, input [31:0] host_data,
  output console_valid, mark_valid, output [31:0] value, output retired, exited, trapped, faulted,
  output [31:0] pc, instruction
);
  // A word is an order: its highest digit says what to do with the rest.
  reg [31:0] words [0:15];
  reg [3:0] place;
  assign instruction = words[place];
  assign pc = place;
  assign value = instruction & 32'h0fffffff;
  assign console_valid = instruction[31:28] == 1;
  assign mark_valid = instruction[31:28] == 2;
  assign exited = instruction[31:28] == 3;
  assign trapped = instruction[31:28] == 4;
  assign faulted = instruction[31:28] == 5;
  assign retired = instruction[31:28] < 3;
  always @(posedge clk) begin
    if (host_enable) words[host_index[3:0]] <= host_data;
    if (rst) place <= 0;
    else if (retired || instruction[31:28] == 6) place <= place + 1;
  end
endmodule
"""


@pytest.fixture(scope="module", params=sorted(SIMULATORS))
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    if request.param == "icarus" and not tools.find("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    return build(COUNTER, folder=tmp_path_factory.mktemp("counter"), simulator=request.param)


def test_a_program_is_loaded_and_runs_to_its_end(machine: Machine) -> None:
    image = (0x10000068, 0x20000000, 0x60000000, 0x10000069, 0x2000000A, 0x3ABCDEF0)
    done = machine.run(image, most_cycles=100, seconds=60)
    assert (done.output, done.ending, done.value, done.pc) == ("hi", Ending.EXITED, 0xABCDEF0, 5)
    assert (done.cycles, done.instructions, done.instruction) == (5, 4, 0x3ABCDEF0)
    assert done.marks == (Mark(value=0, cycle=1, instruction=1), Mark(value=10, cycle=4, instruction=3))


@pytest.mark.parametrize(("word", "ending"), [(0x40000007, Ending.TRAPPED), (0x50000007, Ending.FAULTED)])
def test_other_ends_are_told_apart(machine: Machine, word: int, ending: Ending) -> None:
    done = machine.run((0x10000021, word), most_cycles=100, seconds=60)
    assert (done.output, done.ending, done.value, done.cycles) == ("!", ending, 7, 1)


def test_a_program_without_an_end_is_stopped(machine: Machine) -> None:
    done = machine.run((0x70000000,), most_cycles=1000, seconds=60)
    assert (done.ending, done.cycles, done.instructions) == (Ending.STOPPED, 1000, 0)


def test_a_simulation_that_takes_too_long_is_killed(machine: Machine) -> None:
    with pytest.raises(ToolTimeout, match=r"must end within 0\.2 s; it was stopped$"):
        machine.run((0x70000000,), most_cycles=1 << 60, seconds=0.2)


def test_a_simulation_without_a_report_is_an_error(machine: Machine) -> None:
    broken = Machine(folder=machine.folder, command=lambda image, report, most: ("false",))
    with pytest.raises(ToolError, match="^simulation: it must report how the program ended, not end with status 1$"):
        broken.run((0,), most_cycles=1, seconds=60)


def test_unknown_bits_are_told_by_icarus(machine: Machine) -> None:
    done = machine.run((0x10000021, 0x60000000), most_cycles=100, seconds=60)  # the words after these were never set
    if done.ending is Ending.UNKNOWN:
        assert (done.output, done.instructions, done.value) == ("!", 1, 0)
    else:
        assert "vvp" not in machine.command(machine.folder, machine.folder, 1)[0]


@pytest.mark.parametrize("simulator", sorted(SIMULATORS))
def test_wrong_verilog_is_rejected(simulator: str, tmp_path: Path) -> None:
    if simulator == "icarus" and not tools.find("iverilog"):
        pytest.skip("Icarus Verilog is not installed")
    with pytest.raises(Rejected):
        build(COUNTER.replace("assign pc", "assing pc"), folder=tmp_path, simulator=simulator)


def test_another_simulator_is_refused(tmp_path: Path) -> None:
    message = "simulator: the name must be verilator or icarus, not 'verilater' (did you mean 'verilator'?)"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        build(COUNTER, folder=tmp_path, simulator="verilater")
