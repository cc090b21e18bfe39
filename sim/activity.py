"""Activity: how often each net of a mapped netlist changes a result, counted while cocotb runs it gate by gate.

The netlist is simulated with the delay of every cell at its own load, so that hazards are seen as far as a gate lets
them through, and held to the golden model on the way. All delays are scaled alike until the slowest path fits into the
testbench's clock. Counters stand beside the nets; they are read at two results between which the pipeline is full.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.errors import ToolError
from hdlgen.graph import Graph
from hdlgen.payload import Port, input_ports, payload_width
from sim.cells import Cell
from sim.netlist import Bit, Netlist
from sim.simulate import simulate
from sim.simulation import Phase, SimulationJob
from sim.stimuli import Stimulus, phases, uniform
from sim.technology import Technology
from sim.timing import Conditions
from sim.tools import require

__all__ = ["COUNTED", "SKIPPED", "Activity", "count_changes", "instrument", "tokens", "workload"]

SKIPPED, COUNTED = 16, 64
"""Results before the counting begins, and results that are counted."""

_LONGEST_NS = 4.0
"""What the slowest path takes in the simulation: less than half of the testbench's period, since inputs move at the
falling edge."""

_COUNTS = "changes.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Hold what was counted.

    Args:
        changes: how often each net changes, a result, by its number in the netlist.
        cycles: how many clock cycles a result takes.
    """

    changes: Mapping[int, float]
    cycles: float


def tokens(latency_cycles: int, interval_cycles: int) -> int:
    """Tell how many tokens it takes that the pipeline is full while changes are counted."""
    return SKIPPED + COUNTED + 2 + math.ceil(latency_cycles / interval_cycles)


def workload(graph: Graph, count: int, *, seed: int = 1) -> Phase:
    """Lay out uniformly random tokens without pauses, and their results."""
    drawn = uniform(input_ports(graph), count=count, seed=seed)
    return phases(graph, [Stimulus(name="energy", tokens=drawn)])[0]


def count_changes(
    netlist: Netlist,
    technology: Technology,
    conditions: Conditions,
    phase: Phase,
    *,
    outputs: Sequence[Port] = (),
    max_error_lsb: float = 0.0,
    seconds: float = 600.0,
) -> Activity:
    """Simulate a mapped design gate by gate and count the changes of every net.

    Args:
        phase: tokens and expected results, as `workload` gives them.
        outputs, max_error_lsb: as of `SimulationJob`.
        seconds: wall-clock limit, once for compiling and once for running.
    Raises: ToolMissing without Icarus, for no other simulator here keeps to delays; ToolError where the netlist does
        not give the expected results, or cannot be simulated.
    """
    require("iverilog")
    widths = {port.name: len(port.bits) for port in netlist.ports}
    with tempfile.TemporaryDirectory(prefix="hdlgen-activity-") as name:
        folder = Path(name)
        job = SimulationJob(
            name="netlist",
            verilog=instrument(netlist, technology, conditions, folder / _COUNTS),
            input_width=widths["inputs__payload"],
            output_width=widths["outputs__payload"],
            phases=(phase,),
            fields=tuple(outputs) if payload_width(outputs) == widths["outputs__payload"] else (),
            max_error_lsb=max_error_lsb,
        )
        (result,) = simulate([job], simulator="icarus", folder=folder, seconds=seconds)
        if result.status != "ok":
            raise ToolError(f"activity: the mapped netlist must give the golden model's results ({result.message})")
        return _read(folder / _COUNTS, list(_nets(netlist)))


def _read(path: Path, nets: Sequence[int]) -> Activity:
    lines = path.read_text().split() if path.is_file() else []
    if len(lines) != 2 * (len(nets) + 1):
        raise ToolError(f"activity: the simulation must count at two results, not leave {len(lines)} numbers")
    numbers = [int(line) for line in lines]
    before, after = numbers[: len(nets) + 1], numbers[len(nets) + 1 :]
    spent = [(last - first) / COUNTED for first, last in zip(before, after, strict=True)]
    return Activity(changes=dict(zip(nets, spent[1:], strict=True)), cycles=spent[0])


def _nets(netlist: Netlist) -> Iterator[int]:
    """List every net that an input or a cell's pin is on, once."""
    found: dict[Bit, None] = {}
    for port in netlist.ports:
        found.update(dict.fromkeys(() if port.is_output else port.bits))
    for instance in netlist.instances:
        found.update(dict.fromkeys(instance.pins.values()))
    return (bit for bit in found if isinstance(bit, int))


def instrument(netlist: Netlist, technology: Technology, conditions: Conditions, path: Path) -> str:
    """Write a netlist as Verilog with delays and a counter at each net, which writes all counts into a file twice.

    Each line of the file is a number: at both results the clock cycles, then the changes of each net.
    """
    scale = _LONGEST_NS / conditions.period_ps
    names: dict[Bit, str] = {"0": "1'b0", "1": "1'b1", "x": "1'bx"}
    nets = list(_nets(netlist))
    names.update((bit, f"n{bit}") for bit in nets)
    spans = {port.name: f"[{len(port.bits) - 1}:0] " if len(port.bits) > 1 else "" for port in netlist.ports}
    ports = [f"{'output' if port.is_output else 'input'} wire {spans[port.name]}{port.name}" for port in netlist.ports]
    lines = [f"module top ({', '.join(ports)});", *(f"  wire n{bit};" for bit in nets)]
    for port in netlist.ports:
        word = f"{{{', '.join(names[bit] for bit in reversed(port.bits))}}}"
        lines.append(f"  assign {port.name} = {word};" if port.is_output else f"  assign {word} = {port.name};")
    for instance in netlist.instances:
        delays = [
            f".{pin}_{edge}({max(delay * scale, 0.001):.3f})"
            for pin in technology.cells[instance.cell].outputs
            for edge, delay in zip(("rise", "fall"), _delays(conditions, instance.pins.get(pin, "x")), strict=True)
        ]
        pins = ", ".join(f".{pin}({names[bit]})" for pin, bit in instance.pins.items())
        lines.append(f"  {instance.cell} #({', '.join(delays)}) \\{instance.name} ({pins});")
    lines += [*_counters(nets, path), "endmodule", ""]
    models = [_model(technology.cells[cell]) for cell in netlist.counts()]
    return "\n".join(["`timescale 1ns/1ps", *models, *lines])


def _delays(conditions: Conditions, bit: Bit) -> tuple[float, float]:
    return conditions.delays_ps.get(bit, (0.0, 0.0)) if isinstance(bit, int) else (0.0, 0.0)


def _counters(nets: Sequence[int], path: Path) -> list[str]:
    lines = ["  integer file_, cycles_, results_;", "  initial begin cycles_ = 0; results_ = 0; end"]
    for bit in nets:
        lines += [f"  integer c{bit}; initial c{bit} = 0;", f"  always @(n{bit}) c{bit} = c{bit} + 1;"]
    quoted = str(path).replace("\\", "\\\\").replace('"', '\\"')
    writes = [f'      $fdisplay(file_, "%0d", c{bit});' for bit in nets]
    return [
        *lines,
        "  always @(posedge clk) begin",
        "    cycles_ = cycles_ + 1;",
        "    if (rst) results_ = 0;",
        "    else if (outputs__valid && outputs__ready) results_ = results_ + 1;",
        # Here, and not with the next cycle's changes: what a result sets off belongs to the one that follows it.
        f"    if (outputs__valid && (results_ == {SKIPPED} || results_ == {SKIPPED + COUNTED})) begin",
        f'      if (results_ == {SKIPPED}) file_ = $fopen("{quoted}", "w");',
        '      $fdisplay(file_, "%0d", cycles_);',
        *writes,
        "      $fflush(file_);",
        "    end",
        "  end",
    ]


def _model(cell: Cell) -> str:
    """Write a module for a cell whose outputs take the time that its instance says."""
    parameters = ", ".join(f"parameter real {pin}_{edge} = 0.0" for pin in cell.outputs for edge in ("rise", "fall"))
    ports = ", ".join([f"input {pin}" for pin in cell.inputs] + [f"output {pin}" for pin in cell.outputs])
    lines = [f"module {cell.name} #({parameters}) ({ports});"]
    state = cell.flip_flop
    if state is not None:
        # Asynchronous pins are tied, or the netlist could not be timed.
        lines += [
            f"  reg {state.state};",
            f"  wire {state.inverted_state} = ~{state.state};",
            f"  wire clock_ = {state.clocked_on.verilog()};",
            f"  always @(posedge clock_) {state.state} <= {state.next_state.verilog()};",
        ]
    for pin in cell.pins.values():
        if pin.is_output and pin.function is not None:
            lines.append(f"  assign #({pin.name}_rise, {pin.name}_fall) {pin.name} = {pin.function.verilog()};")
    return "\n".join([*lines, "endmodule", ""])
