"""Cell models in Verilog against the truth tables of the liberty functions, run in Icarus."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sim import tools
from sim.cell_models import cell_models
from sim.technology import TECHNOLOGIES, load

needs_icarus = pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog (iverilog) is not installed")


def simulate(text: str, folder: Path) -> str:
    (folder / "all.v").write_text(text)
    done = tools.run(["iverilog", "-g2012", "-s", "tb", "-o", "a.vvp", "all.v"], folder=folder, seconds=60)
    assert done.status == 0, done.error
    return tools.run(["vvp", "-n", "a.vvp"], folder=folder, seconds=60).output


@needs_icarus
@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_gate_does_what_its_function_says(tmp_path: Path, name: str) -> None:
    technology = load(name)
    gates = [cell for cell in technology.cells.values() if cell.flip_flop is None]
    lines: list[str] = []
    expected: list[str] = []
    for number, cell in enumerate(gates):
        width, outputs = len(cell.inputs), len(cell.outputs)
        pins = [f".{pin}(i{number}[{place}])" for place, pin in enumerate(cell.inputs)]
        pins += [f".{pin}(o{number}[{place}])" for place, pin in enumerate(cell.outputs)]
        lines.append(f"reg [{width - 1}:0] i{number}; wire [{outputs - 1}:0] o{number};")
        lines.append(f"{cell.name} u{number} ({', '.join(pins)});")
        functions = [cell.pins[pin].function for pin in cell.outputs]
        for case in range(1 << width):
            lines.append(f'initial begin #{len(expected) + 1} i{number} = {case}; #0.5 $display("%b", o{number}); end')
            bits = [function.table(cell.inputs) >> case & 1 for function in functions if function is not None]
            expected.append("".join(map(str, reversed(bits))))
    bench = "`timescale 1ns/1ps\nmodule tb;\n" + "\n".join(lines) + "\nendmodule\n"
    models = cell_models(technology)
    assert simulate(bench + models, tmp_path).split() == expected
    inverter = technology.roles.inverters[0]
    broken = models.replace(cell_models(technology, [inverter]), cell_models(technology, [inverter]).replace("~", ""))
    assert simulate(bench + broken, tmp_path).split() != expected


@needs_icarus
def test_registers_wake_up_with_random_bits_which_are_the_same_in_every_run(tmp_path: Path) -> None:
    technology = load("sky130hd")
    register = technology.roles.registers[0]
    bench = f"""
    module tb;
      wire [99:0] q;
      genvar place;
      generate for (place = 0; place < 100; place = place + 1)
        {register.cell} held (.{register.clock}(1'b0), .{register.data}(1'b0), .{register.output}(q[place]));
      endgenerate
      initial #1 $display("%b", q);
    endmodule
    """
    found = simulate(bench + cell_models(technology, [register.cell]), tmp_path).strip()
    assert set(found) == {"0", "1"} and 20 < found.count("1") < 80
    assert simulate(bench + cell_models(technology, [register.cell]), tmp_path).strip() == found


@needs_icarus
@pytest.mark.parametrize("name", TECHNOLOGIES)
def test_every_register_takes_its_data_at_the_rising_clock(tmp_path: Path, name: str) -> None:
    technology = load(name)
    lines, names = [], []
    for number, register in enumerate((*technology.roles.registers, *technology.roles.enable_registers)):
        pins = {register.clock: "clk", register.data: "d", register.output: f"q{number}"}
        pins |= {pin: f"1'b{level}" for pin, level in register.ties}
        if register.enable:
            pins[register.enable] = "1'b1"
        lines.append(f"wire q{number}; {register.cell} u{number} ({', '.join(f'.{p}({n})' for p, n in pins.items())});")
        names.append(f"q{number} ^ 1'b{int(register.inverted)}")
    lines.append(
        "reg clk = 0, d = 0;\n"
        "initial begin #1 clk = 1; #1 d = 1; #1 clk = 0; #1 show; clk = 1; #1 show; d = 0; #1 show; end\n"
        f'task show; $display("%b", {{{", ".join(names)}}}); endtask'
    )
    count = len(names)
    output = simulate("module tb;\n" + "\n".join(lines) + "\nendmodule\n" + cell_models(technology), tmp_path)
    assert output.split() == ["0" * count, "1" * count, "1" * count]


@needs_icarus
def test_enable_and_asynchronous_pins_act(tmp_path: Path) -> None:
    bench = """module tb; reg clk = 0, d = 1, e = 1, c = 1; wire q, r;
      sky130_fd_sc_hd__edfxtp_1 u (.CLK(clk), .D(d), .DE(e), .Q(q));
      sky130_fd_sc_hd__dfrtp_1 v (.CLK(clk), .D(d), .RESET_B(c), .Q(r));
      initial begin #1 clk = 1; #1 $display("%b%b", q, r); clk = 0; d = 0; e = 0; #1 clk = 1; #1 $display("%b%b", q, r);
        clk = 0; d = 1; #1 clk = 1; #1 $display("%b%b", q, r); c = 0; #1 $display("%b%b", q, r); end endmodule\n"""
    assert simulate(bench + cell_models(load("sky130hd")), tmp_path).split() == ["11", "10", "11", "10"]


@needs_icarus
def test_clear_wins_over_preset_and_both_over_the_clock(tmp_path: Path) -> None:
    bench = """module tb; reg clk = 0, r = 1, s = 1; wire q;
      DFFASRHQNx1_ASAP7_75t_R u (.CLK(clk), .D(1'b1), .RESETN(r), .SETN(s), .QN(q));
      initial begin #1 clk = 1; #1 $display("%b", q); r = 0; #1 $display("%b", q); s = 0; #1 $display("%b", q);
        clk = 0; #1 clk = 1; #1 $display("%b", q); s = 1; clk = 0; #1 clk = 1; #1 $display("%b", q); end endmodule\n"""
    models = cell_models(load("asap7"))
    assert simulate(bench + models, tmp_path).split() == ["0", "1", "0", "0", "1"]
