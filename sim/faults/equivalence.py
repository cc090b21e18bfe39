"""Whether a fault changes anything: a netlist with and without it, compared for all inputs by ABC.

First both are cut at their registers: in any state, the same outputs and the same next state? Payloads count while they
are valid, registers where an output depends on them. What differs there may still be the same to whoever looks at the
ports, since not every state occurs: no token may show it (`tokens`), or nothing that the fault touches (`unseen`). Else
both run side by side from a reset on, from equal but arbitrary contents.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hdlgen.aiger import write_aiger
from hdlgen.bits import pack_table
from hdlgen.evaluation import Verdict
from sim.cells import Cell
from sim.expressions import FALSE, TRUE, Expressions, to_network
from sim.faults.copies import Copy, shown_pairs
from sim.faults.tokens import Tokens
from sim.faults.unseen import is_unseen
from sim.netlist import Bit, Netlist
from sim.prove import EquivalenceProver
from sim.prove_handshake import PROVED, is_never, with_latches
from sim.yosys_abc import ask_abc

__all__ = ["Comparison", "Equality", "compare"]

_EXHAUSTIVE_BITS = 16
"""Of so many inputs and registers all values are tried, which takes less time than to ask for a proof."""

_TOKEN_SECONDS = 5.0
"""Limit of a proof about a single token, by the clock."""

_FAILED = re.compile(r"^Output \d+ of miter .* was asserted in frame (\d+)", re.MULTILINE)


class Equality(StrEnum):
    """What is known of a fault: it changes nothing; nothing that shows at the ports; something; or it is not known."""

    EQUAL = "equal in every state"
    SAME_AT_PORTS = "equal from a reset on"
    DIFFERENT = "different"
    DIFFERENT_STATES = "different in a state that may not occur"
    UNDECIDED = "not decided in time"


def compare(good: Netlist, faulty: Netlist, cells: Mapping[str, Cell], *, seconds: float) -> Equality:
    """Compare two netlists of the same ports and registers; the faulty one may have more registers.

    Args:
        seconds: limit by the clock of each of the two comparisons.
    Raises: ToolError, ToolMissing.
    """
    return Comparison(good, cells).compare(faulty, seconds=seconds)


class Comparison:
    """A good netlist, to compare many faulty ones with."""

    def __init__(self, good: Netlist, cells: Mapping[str, Cell]) -> None:
        self.good, self.cells = good, cells
        self.made = made = Expressions()
        inputs = {
            bit: made.variable(f"{port.name}[{place}]")
            for port in good.ports
            if not port.is_output
            for place, bit in enumerate(port.bits)
        }
        states = {name: made.variable(f"register {name}") for name in Copy.registers(good, cells)}
        self.one = Copy(good, cells, made, inputs, states)
        self.inputs, self.states, self.live = inputs, states, self.one.live()

    @cached_property
    def tokens(self) -> Tokens:
        """The courses of tokens through the good netlist, made when the first fault asks for them."""
        return Tokens(self.good, self.cells, self.one, _proved)

    def copy(self, faulty: Netlist) -> Copy:
        """Copy a faulty netlist on the inputs and registers of the good one."""
        added = [name for name in Copy.registers(faulty, self.cells) if name not in self.states]
        states = self.states | {name: self.made.variable(f"register {name}") for name in added}
        return Copy(faulty, self.cells, self.made, self.inputs, states, beside=self.one)

    def compare(self, faulty: Netlist, *, seconds: float) -> Equality:
        """Compare one: see `compare`."""
        made, one, cells = self.made, self.one, self.cells
        other = self.copy(faulty)
        live = self.live | other.live()
        pairs = [*shown_pairs(made, one, other).values()]
        pairs += [(one.following[name], other.following[name]) for name in sorted(live & one.following.keys())]
        pairs = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
        if not pairs:
            return Equality.EQUAL
        inner = dict.fromkeys(_inner(made, *pair) for pair in pairs)
        verdict = _equal(made, list(inner), seconds)
        if verdict is not Verdict.EQUAL and list(inner) != pairs:
            verdict = _equal(made, pairs, seconds)
        if verdict is Verdict.EQUAL:
            return Equality.EQUAL
        if self.tokens.hides(faulty, other):
            return Equality.SAME_AT_PORTS
        if is_unseen(self.good, faulty, cells, order=one.order):
            return Equality.SAME_AT_PORTS
        found = _from_reset_on(self.good, faulty, cells, (one, other), seconds)
        return Equality.DIFFERENT_STATES if found is Equality.UNDECIDED and verdict is Verdict.DIFFERENT else found


def _inner(made: Expressions, left: int, right: int) -> tuple[int, int]:
    """Peel off what two expressions have in common at their ends: if what is left is equal, so are they.

    A register that may hold its value depends on that and on the stall, and what it loads often on a few bits alone.
    """
    while left >> 1 != right >> 1:
        one, other = made.operands(left >> 1), made.operands(right >> 1)
        alike = (left >> 1 in made.exclusive) == (right >> 1 in made.exclusive)
        shared = set(one) & set(other)
        if len(one) != 2 or len(other) != 2 or not alike or len(shared) != 1:
            break
        (common,) = shared
        sign = (left ^ right) & 1
        if sign and left >> 1 not in made.exclusive:
            break
        left, right = sum(one) - common, (sum(other) - common) ^ sign
    return left, right


def _equal(made: Expressions, pairs: Sequence[tuple[int, int]], seconds: float) -> Verdict:
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    variables = [2 * node for node in made.variables([*sides[0], *sides[1]])]
    if not variables:  # unlike constants
        return Verdict.DIFFERENT
    first, second = to_network(made, variables, sides)
    if len(variables) <= _EXHAUSTIVE_BITS:
        words = pack_table(_all_rows(len(variables)))
        same = np.array_equal(first.evaluate(words), second.evaluate(words))
        return Verdict.EQUAL if same else Verdict.DIFFERENT
    return EquivalenceProver(first, seconds=seconds).prove(second).verdict


def _proved(made: Expressions, pairs: Sequence[tuple[int, int]]) -> bool:
    return _equal(made, pairs, _TOKEN_SECONDS) is Verdict.EQUAL


def _all_rows(bits: int) -> NDArray[np.uint8]:
    """List all values of some bits, at least 64 rows."""
    values = np.arange(max(1 << bits, 64))
    return (values[:, None] >> np.arange(bits) & 1).astype(np.uint8)


@dataclass(slots=True)
class _Model:
    """Two copies from a reset on: latches with what they become, and other inputs."""

    latches: list[tuple[int, int]]
    inputs: list[int]


def _from_reset_on(
    good: Netlist,
    faulty: Netlist,
    cells: Mapping[str, Cell],
    copies: tuple[Copy, Copy],
    seconds: float,
) -> Equality:
    """Run both side by side; registers that the fault cannot reach stand there once."""
    apart = _reached_by_fault(copies)
    made = Expressions()
    started = made.variable("started")
    model = _Model(latches=[(started, TRUE)], inputs=[])

    def fresh(name: str) -> int:
        model.inputs.append(made.variable(name))
        return model.inputs[-1]

    inputs: dict[Bit, int] = {}
    for port in good.ports:
        for place, bit in enumerate(() if port.is_output else port.bits):
            literal = fresh(f"{port.name}[{place}]")
            inputs[bit] = made.disjunction(literal, started ^ 1) if port.name == "rst" else literal
    reset, offered = (next(p.bits[0] for p in good.ports if p.name == name) for name in ("rst", "inputs__valid"))
    inputs[offered] = made.conjunction(inputs[offered], inputs[reset] ^ 1)  # nobody offers a token during a reset
    sides: list[dict[str, int]] = [{}, {}]
    held: list[dict[str, int]] = [{}, {}]
    for name in [*copies[1].following]:
        before = fresh(f"before {name}")
        latch = made.variable(f"register {name}")
        held[0][name] = held[1][name] = latch
        if name in apart:
            held[1][name] = made.variable(f"faulty register {name}")
        for side in (0, 1):
            sides[side][name] = made.choose(started, held[side][name], before)
    one = Copy(good, cells, made, inputs, sides[0], order=copies[0].order)
    other = Copy(faulty, cells, made, inputs, sides[1], beside=one)
    bad = FALSE
    for left, right in shown_pairs(made, one, other).values():
        bad = made.disjunction(bad, made.exclusive_or(left, right))
    for name, literal in one.following.items():
        model.latches.append((held[0][name], literal))
    for name, literal in other.following.items():
        if name in apart:
            model.latches.append((held[1][name], literal))
        elif name not in one.following:
            model.latches.append((held[0][name], literal))
    outputs = [*(following for _, following in model.latches), made.conjunction(bad, started)]
    variables = [*model.inputs, *(latch for latch, _ in model.latches)]
    (network,) = to_network(made, variables, [outputs])
    with tempfile.TemporaryDirectory(prefix="hdlgen-faults-") as name:
        folder = Path(name)
        (folder / "both.aig").write_bytes(with_latches(write_aiger(network), len(model.latches)))
        return _decide(folder, seconds)


def _decide(folder: Path, seconds: float) -> Equality:
    """Have ABC merge what is equal in both copies, and look for a difference where something is left."""
    limit = max(int(seconds / 3), 1)
    # Two frames: a register that is read one cycle after it was loaded is the same only where it is read.
    left = folder / "left.aig"
    if not _ask(folder, f"read_aiger both.aig; strash; scleanup; scorr -F 2 -C 1000; write_aiger {left.name}", seconds):
        left.unlink(missing_ok=True)  # half of a file is another model
    if is_never(left):
        return Equality.SAME_AT_PORTS
    source = left.name if left.is_file() else "both.aig"
    for command in (f"bmc3 -T {limit} -F 30", f"pdr -T {limit}"):
        said = _ask(folder, f"read_aiger {source}; strash; {command}", seconds)
        if _FAILED.search(said):
            return Equality.DIFFERENT
        if PROVED.search(said):
            return Equality.SAME_AT_PORTS
    return Equality.UNDECIDED


def _ask(folder: Path, commands: str, seconds: float) -> str:
    """Run ABC, which says nothing where its time is up."""
    return ask_abc(commands, folder=folder, seconds=seconds, purpose="compare") or ""


def _reached_by_fault(copies: tuple[Copy, Copy]) -> set[str]:
    """Name the registers that may come to differ."""
    one, other = copies
    made = one.made
    found = {name for name in other.following if one.following.get(name) != other.following[name]}
    readers: dict[int, set[str]] = {}
    for name, literal in other.following.items():
        for node in made.variables([literal]):
            readers.setdefault(node, set()).add(name)
    pending = list(found)
    while pending:
        for name in readers.get(other.states[pending.pop()] >> 1, ()):
            if name not in found:
                found.add(name)
                pending.append(name)
    return found & one.following.keys()
