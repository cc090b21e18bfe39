"""Prove the handshake: no token lost, doubled or reordered under any stalls, and nothing gets stuck.

A monitor remembers in which cycles tokens were accepted, counting those alone in which the design moves: a result must
stand exactly so many of them after its token as the latency says, and in no other. It looks at the ports only, so that
the datapath falls away but for what the control reads. States must load for a token alone, and everything must keep
still while a result waits. ABC proves it from any content of the registers on, once they have been reset.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hdlgen.aiger import write_aiger
from hdlgen.claims import Claim, Outcome
from sim.circuit import Circuit, read_circuit
from sim.correspondence import Values, reached
from sim.expressions import FALSE, TRUE, Expressions, to_network
from sim.netlist import Bit
from sim.tools import ToolTimeout
from sim.yosys_abc import ask_abc

__all__ = ["PROVED", "Timing", "is_never", "prove_handshake", "with_latches"]

PROVED = re.compile(r"^(?:Property proved\.|Networks are equivalent\b)", re.MULTILINE)
_FAILED = re.compile(r"^Output \d+ of miter .* was asserted in frame (\d+)", re.MULTILINE)
_BOUNDED = re.compile(r"No output asserted in (\d+) frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a design claims of its cycles.

    Args:
        interval, latency: cycles between tokens, and from a token's acceptance to its result.
        states: for each state the name of its register, the cycle in which it loads, and what it holds after reset.
    """

    interval: int
    latency: int
    states: Sequence[tuple[str, int, int]] = ()


def prove_handshake(verilog: str, timing: Timing, *, seconds: float) -> Claim:
    """Prove the handshake of the emitted Verilog; where time runs out, for as many cycles as could be shown."""
    began = time.monotonic()

    def claim(outcome: Outcome, message: str = "", cycles: int = 0) -> Claim:
        spent = time.monotonic() - began
        return Claim(subject="handshake", outcome=outcome, message=message, cycles=cycles, runtime_s=spent)

    def left() -> float:
        return max(seconds - (time.monotonic() - began), 1.0)

    try:
        with tempfile.TemporaryDirectory(prefix="hdlgen-prove-") as name:
            folder = Path(name)
            (folder / "design.v").write_text(verilog)
            circuit = read_circuit(["read_verilog -sv design.v"], folder=folder, seconds=left())
            trouble = _still(circuit) or _reset(circuit, timing)
            if trouble:
                return claim(Outcome.REFUTED, trouble)
            (folder / "control.aig").write_bytes(_Monitor(circuit, timing).aiger())
            return _decide(folder, claim, left)
    except ToolTimeout:
        return claim(Outcome.SIMULATED, "time limit")


def _decide(folder: Path, claim: Callable[..., Claim], left: Callable[[], float]) -> Claim:
    """Have ABC prove the monitor quiet, or tell for how many cycles it is."""
    proved = claim(Outcome.PROVED, "by ABC, from any state before the reset")
    for before, share in (("", 0.3), ("scorr; write_aiger left.aig; ", 0.5)):
        (folder / "left.aig").unlink(missing_ok=True)
        limit = max(int(left() * share), 1)
        said = _ask(folder, f"read_aiger control.aig; strash; {before}pdr -T {limit}", left())
        if PROVED.search(said) or is_never(folder / "left.aig"):
            return proved
        failed = _FAILED.search(said)
        if failed:
            return claim(Outcome.REFUTED, f"the monitor objects {failed[1]} cycles after the reset")
    said = _ask(folder, f"read_aiger control.aig; strash; bmc3 -T {max(int(left() / 2), 1)}", left())
    failed, bounded = _FAILED.search(said), _BOUNDED.search(said)
    if failed:
        return claim(Outcome.REFUTED, f"the monitor objects {failed[1]} cycles after the reset")
    if bounded and int(bounded[1]):
        return claim(Outcome.BOUNDED, cycles=int(bounded[1]))
    return claim(Outcome.SIMULATED, "time limit")


def is_never(path: Path) -> bool:
    """Tell whether a model was written whose one output is the constant 0."""
    if not path.is_file():
        return False
    head, _, rest = path.read_bytes().partition(b"\n")
    words = head.split()
    return len(words) > 5 and [words[0], *words[3:6]] == [b"aig", b"0", b"1", b"0"] and rest.split(b"\n")[0] == b"0"


def _ask(folder: Path, commands: str, seconds: float) -> str:
    """Run ABC, which says nothing where its time is up."""
    return ask_abc(commands, folder=folder, seconds=seconds, purpose="check the handshake") or ""


def _cut_at_registers(circuit: Circuit, made: Expressions, fixed: Mapping[Bit, int]) -> tuple[Values, dict[int, int]]:
    """Give literals to registers and inputs: variables where nothing is fixed."""
    known: dict[int, int] = {}
    registers: dict[int, int] = {}
    for name, bits in circuit.inputs.items():
        for place, bit in enumerate(bits):
            if isinstance(bit, int):
                known[bit] = fixed[bit] if bit in fixed else made.variable(f"{name}[{place}]")
    for net in circuit.registers:
        registers[net] = fixed[net] if net in fixed else made.variable(f"register {net}")
    return Values(circuit, made, known | registers), registers


def _still(circuit: Circuit) -> str:
    """Check that no register changes while a result waits; say which one does."""
    made = Expressions()
    (valid,) = circuit.outputs["outputs__valid"]
    if valid not in circuit.registers:
        return "outputs__valid must be a register"
    fixed: dict[Bit, int] = {valid: TRUE, circuit.inputs["outputs__ready"][0]: FALSE, circuit.inputs["rst"][0]: FALSE}
    values, registers = _cut_at_registers(circuit, made, fixed)
    for net in reached(circuit, [bit for bits in circuit.outputs.values() for bit in bits]):
        if values.next(net) != registers[net]:
            return f"{_label(circuit, net)} must keep its value while a result waits"
    if values.of(circuit.outputs["inputs__ready"][0]) != FALSE:
        return "inputs__ready must be low while a result waits"
    inputs = {values.known[bit] >> 1 for bits in circuit.inputs.values() for bit in bits if isinstance(bit, int)}
    payload = [values.of(bit) for bit in circuit.outputs["outputs__payload"]]
    return "outputs__payload must not depend on inputs" if set(made.variables(payload)) & (inputs - {0}) else ""


def _reset(circuit: Circuit, timing: Timing) -> str:
    """Check that a reset gives each state its first value; say which one it does not."""
    made = Expressions()
    values, _ = _cut_at_registers(circuit, made, {circuit.inputs["rst"][0]: TRUE})
    for name, _, initial in timing.states:
        for place, bit in enumerate(circuit.names.get(name, ())):
            if not isinstance(bit, int) or bit not in circuit.registers or values.next(bit) != initial >> place & 1:
                return f"{name}[{place}] must be reset to {initial >> place & 1}"
    return ""


def _label(circuit: Circuit, net: int) -> str:
    return next((f"{name}[{bits.index(net)}]" for name, bits in circuit.names.items() if net in bits), f"net {net}")


class _Monitor:
    """The control of a design with the monitor beside it: one output, high where something is wrong."""

    def __init__(self, circuit: Circuit, timing: Timing) -> None:
        self.circuit, self.timing = circuit, timing
        self.made = Expressions()
        self.inputs: list[int] = []
        self.latches: list[tuple[int, int]] = []  # the variable, and what it becomes

    def aiger(self) -> bytes:
        """Write the model: registers that hold 0 at first, which stand for anything until the first edge."""
        made, circuit = self.made, self.circuit
        started = made.variable("started")
        rst = made.disjunction(self._input("rst"), started ^ 1)
        control = reached(circuit, [circuit.outputs["inputs__ready"][0], circuit.outputs["outputs__valid"][0]])
        known = {circuit.inputs["rst"][0]: rst}
        held: dict[int, int] = {}
        for net in control:
            held[net] = made.variable(f"register {net}")
            known[net] = made.choose(started, held[net], self._input(f"before {net}"))
        for name in ("inputs__valid", "outputs__ready"):
            known[circuit.inputs[name][0]] = self._input(name)
        for net in circuit.registers:
            if net not in known:
                known[net] = self._input(f"data {net}")  # cut off: it may be anything in any cycle
        for bits in circuit.inputs.values():
            for bit in bits:
                if bit not in known:
                    known[bit] = self._input(f"input {bit}")
        values = Values(circuit, made, {bit: literal for bit, literal in known.items() if isinstance(bit, int)})
        ready, valid = (values.of(circuit.outputs[name][0]) for name in ("inputs__ready", "outputs__valid"))
        self.latches += [(held[net], values.next(net)) for net in control]
        self.latches.append((started, TRUE))
        bad = self._watch(values, known, rst, ready, valid)
        outputs = [*(following for _, following in self.latches), made.conjunction(bad, started)]
        variables = [*self.inputs, *(variable for variable, _ in self.latches)]
        (network,) = to_network(made, variables, [outputs])
        return with_latches(write_aiger(network), len(self.latches))

    def _input(self, name: str) -> int:
        self.inputs.append(self.made.variable(name))
        return self.inputs[-1]

    def _latch(self, name: str) -> int:
        """Make a register of the monitor's; what it becomes is put down later."""
        return self.made.variable(name)

    def _watch(self, values: Values, known: Mapping[Bit, int], rst: int, ready: int, valid: int) -> int:
        """Give what is high where the design breaks a rule."""
        made, timing = self.made, self.timing
        accepted = made.conjunction(known[self.circuit.inputs["inputs__valid"][0]], ready)
        taken = known[self.circuit.inputs["outputs__ready"][0]]
        moves = made.disjunction(valid ^ 1, taken)
        length = max([timing.latency, *(load + 1 for _, load, _ in timing.states)])
        history = [self._latch(f"accepted {place}") for place in range(length)]
        for place, latch in enumerate(history):
            shifted = made.choose(moves, history[place - 1] if place else accepted, latch)
            self.latches.append((latch, made.conjunction(shifted, rst ^ 1)))
        bad = made.exclusive_or(valid, history[timing.latency - 1])
        starved = [self._latch(f"starved {place}") for place in range(timing.interval)]
        for place, latch in enumerate(starved):  # so many moves without a token being welcome
            grown = made.choose(moves, starved[place - 1] if place else TRUE, latch)
            self.latches.append((latch, made.conjunction(grown, made.conjunction(ready ^ 1, rst ^ 1))))
        bad = made.disjunction(bad, starved[-1])
        for name, load, _ in timing.states:
            for bit in self.circuit.names.get(name, ()):
                if isinstance(bit, int) and bit in self.circuit.registers:
                    changed = made.exclusive_or(values.next(bit), values.known[bit])
                    allowed = made.disjunction(rst, made.conjunction(moves, history[load]))
                    bad = made.disjunction(bad, made.conjunction(changed, allowed ^ 1))
        return made.conjunction(bad, rst ^ 1)


def with_latches(aiger: bytes, latches: int) -> bytes:
    """Make latches of the last inputs of a binary AIGER file, which take the first outputs."""
    head, _, rest = aiger.partition(b"\n")
    _, most, inputs, _, outputs, gates = head.split()
    body = rest.split(b"\n", int(outputs))
    following, others, tail = body[:latches], body[latches : int(outputs)], body[int(outputs)]
    end = 0
    for _ in range(2 * int(gates)):  # each gate is two numbers, whose last bytes are below 128; then come symbols
        while tail[end] & 0x80:
            end += 1
        end += 1
    new = b"aig %d %d %d %d %d" % (int(most), int(inputs) - latches, latches, int(outputs) - latches, int(gates))
    return b"\n".join([new, *following, *others, tail[:end]])
