"""Prove that a design's results are what the spec says of their tokens, whatever else is in flight.

Three steps, each by other means. The design is unrolled over one token, which must come out after its latency, made of
nothing but the token and the states before it. Each unit is held to its operation. And the operations together are held
to the graph of the spec, written with plain integer operations by code that shares nothing with the compiler.
Designs of few input bits are tried on every input instead.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from hdlgen.allocation import Task
from hdlgen.arithmetic.sum_shape import SumShape
from hdlgen.claims import Claim, Outcome
from hdlgen.compiler import Compiler, Design
from hdlgen.dataflow import Dataflow, Kind, Term
from hdlgen.datapath import Binding
from hdlgen.emit import to_named_rtlil
from hdlgen.errors import ToolError
from hdlgen.evaluation import Verdict
from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.hardware import Kernel, Top
from hdlgen.payload import input_ports, output_ports, unpack
from sim import expressions
from sim.circuit import Circuit, read_circuit
from sim.expressions import FALSE, TRUE, Expressions, to_network
from sim.integers import Integers, TooManyTerms
from sim.meaning import Unsupported, dataflow_terms
from sim.netlist import Bit
from sim.polynomials import TooLarge
from sim.prove import EquivalenceProver
from sim.reference import graph_terms
from sim.term_equality import equal_terms
from sim.tools import ToolTimeout
from sim.unit_claims import Difference, Partial, Units, hold_units
from sim.unrolling import Unrolling
from sim.whole_adders import find_adders

__all__ = ["Names", "names_in", "prove_function"]

EXHAUSTIVE_BITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Where things are in the RTLIL: the results of units by unit, states by operation, and the counter of phases."""

    results: Mapping[str, str]
    states: Mapping[int, str]
    phase: str = "kernel.phase"


class _Undecided(Exception):
    """Why there is no proof."""


def names_in(compiler: Compiler, design: Design) -> Names:
    """Find the names of a design by building it once more.

    Raises: ToolError where it comes out otherwise.
    """
    kernel = Kernel(design.datapath, inputs=compiler.inputs, outputs=compiler.outputs)
    text, names = to_named_rtlil(Top(kernel))
    if text != design.rtlil:
        raise ToolError("amaranth: a design that is built again must come out the same")
    found = {key: ".".join(names[signal][1:]) for key, signal in kernel.unit_results.items() if signal in names}
    states = {key: ".".join(names[signal][1:]) for key, signal in kernel.states.items() if signal in names}
    return Names(results=found, states=states)


def prove_function(
    graph: Graph, design: Design, names: Names, *, seconds: float, max_error_lsb: float = 0.0, rtlil: str = ""
) -> Claim:
    """Prove the function of a design.

    Args:
        names: hints; wrong ones lose the proof and cannot fake one.
        rtlil: another text to prove than the design's own.
        max_error_lsb: how far results may lie from the graph's.
    """
    began = time.monotonic()

    def claim(outcome: Outcome, message: str) -> Claim:
        return Claim(subject="function", outcome=outcome, message=message, runtime_s=time.monotonic() - began)

    try:
        proof = _Function(graph, design, names, began + seconds)
        how = proof.run(rtlil or design.rtlil, max_error_lsb)
    except ToolTimeout:
        return claim(Outcome.SIMULATED, "time limit")
    except Difference as error:
        return claim(Outcome.REFUTED, str(error))
    except (_Undecided, TooLarge, TooManyTerms, Unsupported) as error:
        return claim(Outcome.SIMULATED, str(error))
    return claim(Outcome.PROVED, how)


class _Function:
    """One proof: the design, its circuit, and the time that is left."""

    def __init__(self, graph: Graph, design: Design, names: Names, deadline: float) -> None:
        self.graph, self.design, self.names, self.deadline = graph, design, names, deadline
        self.datapath = design.datapath
        self.dataflow: Dataflow = design.datapath.dataflow
        self.made = Expressions()

    def left(self) -> float:
        """Tell the seconds that are left. Raises: ToolTimeout for none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise ToolTimeout("proof: it must end within its time")
        return left

    def run(self, rtlil: str, max_error_lsb: float) -> str:
        bits = sum(node.format.width * node.elements for node in (self.graph.nodes[at] for _, at in self.graph.inputs))
        exhaustive = bits <= EXHAUSTIVE_BITS and not self.graph.states
        if self.design.error_bound_lsb and not exhaustive:
            raise _Undecided("it is not exact, and the inputs are too many to try")
        with tempfile.TemporaryDirectory(prefix="hdlgen-prove-") as name:
            folder = Path(name)
            (folder / "design.il").write_text(rtlil)
            top = read_circuit(["read_rtlil design.il"], folder=folder, seconds=self.left())
        if not exhaustive:
            adders = find_adders(top)
            self._hold_pairs(adders.made, adders.found, adders.wanted, "an adder must add")
            top = adders.circuit
        fixed = self._acceptance(top)
        if exhaustive:
            self._try_all(top, Unrolling(top, fixed, self.made), max_error_lsb)
            return f"all {1 << bits} inputs"
        folded = self._folded()
        try:
            self._hold(top, Unrolling(top, fixed, self.made), folded)
        except (Difference, TooLarge):
            if not folded:
                raise
            self._hold(top, Unrolling(top, fixed, self.made), ())  # it may add in another order, and be right
        self._hold_graph()
        return "units by polynomials and SAT, operations by normal form"

    def _folded(self) -> tuple[Binding, ...]:
        """List the sums that a unit adds up cycle by cycle."""
        return tuple(
            binding
            for unit in self.datapath.units
            if unit.shape is not None and unit.shape.accumulates and not unit.shape.dropped
            for binding in unit.bindings
        )

    def _hold(self, top: Circuit, unrolling: Unrolling, folded: Sequence[Binding]) -> None:
        """Hold the ends and the units.

        Args:
            folded: sums that are held cycle by cycle.
        """
        words, partials = self._words(top, unrolling, folded)
        self._hold_ends(top, unrolling, words)
        units = Units(words=words, partials=partials, definitions=unrolling.definitions)
        pairs = hold_units(self.dataflow, units, self.made, self.left)
        kinds = sorted({self.dataflow.operations[pair.operation].kind.value for pair in pairs})
        self._hold_pairs(
            self.made,
            [pair.found for pair in pairs],
            [pair.wanted for pair in pairs],
            f"operations ({', '.join(kinds)}) must be what the dataflow says",
        )

    def _acceptance(self, top: Circuit) -> dict[int, int]:
        """Give what the counter of phases holds when a token is accepted: the design must accept at no other count."""
        phase = [bit for bit in top.names.get(self.names.phase, ()) if isinstance(bit, int) and bit in top.registers]
        last = self.datapath.interval_cycles - 1
        made = Expressions()
        variables = {bit: made.variable(f"phase {bit}") for bit in phase}
        ready = Unrolling(top, variables, made).value(top.outputs["inputs__ready"][0], -1)
        if set(made.variables([ready])) - {literal >> 1 for literal in variables.values()}:
            raise _Undecided("it must depend on the phase alone when a token is accepted")
        bits = top.names.get(self.names.phase, ())
        for count in range(1 << len(phase)):
            values = {variables[bit] >> 1: count >> place & 1 for place, bit in enumerate(phase)}
            if expressions.evaluate(made, [ready], values, 1)[0] and phase and count != last:
                raise _Undecided("a token must be accepted in the last phase alone")
        if phase and len(phase) != len(bits):
            raise _Undecided("the counter of phases must be registers")
        return {bit: TRUE if last >> place & 1 else FALSE for place, bit in enumerate(phase)}

    def _try_all(self, top: Circuit, unrolling: Unrolling, max_error_lsb: float) -> None:
        """Compare with the golden model on every input."""
        end = self.datapath.latency_cycles - 1
        outputs = [unrolling.value(bit, end) for bit in top.outputs["outputs__payload"]]
        self._check_valid(top, unrolling)
        inputs = len(unrolling.token)
        size = 1 << inputs
        values = {literal >> 1: _pattern(place, size) for place, literal in enumerate(unrolling.token)}
        if set(self.made.variables(outputs)) - set(values):
            raise Difference("a result must depend on its token alone")
        found = expressions.evaluate(self.made, outputs, values, size)
        rows = np.stack([np.frombuffer(word.to_bytes(size // 8 + 8, "little"), dtype=np.uint8) for word in found])
        bits = np.unpackbits(rows, axis=1, bitorder="little")[:, :size]
        packed = np.packbits(bits.T, axis=1, bitorder="little")
        payloads = [int.from_bytes(row.tobytes(), "little") for row in packed]
        ports = input_ports(self.graph)
        expected = evaluate(self.graph, unpack(ports, range(size)))
        for name, got in unpack(output_ports(self.graph), payloads).items():
            worst = int(np.max(np.abs(got - expected[name])))
            if worst > max_error_lsb:
                token = int(np.flatnonzero((np.abs(got - expected[name]) == worst).reshape(size, -1).any(axis=1))[0])
                raise Difference(f"{name} lies {worst} LSB off for the payload {token:#x}")

    def _check_valid(self, top: Circuit, unrolling: Unrolling) -> None:
        if unrolling.value(top.outputs["outputs__valid"][0], self.datapath.latency_cycles - 1) != TRUE:
            raise Difference(f"a result must be valid {self.datapath.latency_cycles} cycles after its token")

    def _hold_pairs(self, made: Expressions, found: Sequence[int], wanted: Sequence[int], rule: str) -> None:
        """Have ABC prove that literals are equal."""
        pairs = [(a, b) for a, b in zip(found, wanted, strict=True) if a != b]
        if not pairs:
            return
        variables = [2 * node for node in made.variables([literal for pair in pairs for literal in pair])]
        if not variables:
            raise Difference(rule)
        one, other = to_network(made, variables, [[a for a, _ in pairs], [b for _, b in pairs]])
        verdict = EquivalenceProver(one, seconds=self.left()).prove(other).verdict
        if verdict is Verdict.DIFFERENT:
            raise Difference(rule)
        if verdict is Verdict.UNDECIDED:
            raise ToolTimeout("yosys-abc: it came to no decision within its limits")

    def _words(
        self, top: Circuit, unrolling: Unrolling, folded: Sequence[Binding]
    ) -> tuple[list[list[int]], dict[int, list[Partial]]]:
        """Give the bits of every operation, and of folded sums in every cycle: free variables to whoever reads them."""
        steps: dict[int, list[tuple[tuple[Bit, ...], int]]] = {}
        places: dict[int, tuple[tuple[Bit, ...], int]] = {}
        for unit in self.datapath.units:
            bits = top.names.get(self.names.results.get(unit.name, ""))
            if bits is None:
                raise _Undecided(f"the result of unit {unit.name} must have a name")
            for binding in unit.bindings:
                width = self.dataflow.operations[binding.operation].format.width
                ready = self.datapath.ready[binding.operation]
                places[binding.operation] = (bits[:width], ready)
                if binding in folded and binding.task is not None:
                    last = len(binding.task.steps) - 1
                    steps[binding.operation] = [(bits, ready - last + step) for step in range(last + 1)]
        for bits, cycle in [*places.values(), *(place for each in steps.values() for place in each)]:
            unrolling.cut(bits, cycle)
        starts, start = {}, 0
        for name, at in self.graph.inputs:
            node = self.graph.nodes[at]
            starts[name], start = start, start + node.format.width * node.elements
        words: list[list[int]] = []
        states = self._states(top, unrolling)
        for number, operation in enumerate(self.dataflow.operations):
            width = operation.format.width
            match operation.kind:
                case Kind.INPUT:
                    low = starts[operation.name] + operation.place * width
                    words.append(list(unrolling.token[low : low + width]))
                case Kind.CONSTANT:
                    words.append([TRUE if operation.place >> place & 1 else FALSE for place in range(width)])
                case Kind.STATE:
                    words.append(states[number])
                case Kind.SLICE:
                    words.append(self._extended(words, operation.args[0], operation.place + width)[operation.place :])
                case Kind.JOIN:
                    joined = [literal for arg in operation.args for literal in words[arg]]
                    words.append([*joined, *([FALSE] * width)][:width])
                case _:
                    bits, cycle = places[number]
                    words.append([unrolling.value(bit, cycle) for bit in bits])
            self.left()
        partials: dict[int, list[Partial]] = {}
        for unit in self.datapath.units:
            for binding in unit.bindings:
                if binding.operation in steps and unit.shape is not None and binding.task is not None:
                    held = [[unrolling.value(bit, cycle) for bit in bits] for bits, cycle in steps[binding.operation]]
                    partials[binding.operation] = list(_partials(unit.shape, binding.task, held))
        return words, partials

    def _states(self, top: Circuit, unrolling: Unrolling) -> dict[int, list[int]]:
        """Let each state's register hold what the token finds, from the cycle on in which the last has left it."""
        found: dict[int, list[int]] = {}
        for register in self.dataflow.registers:
            number = register.state
            bits = top.names.get(self.names.states.get(number, ""), ())
            width = self.dataflow.operations[number].format.width
            if len(bits) != width:
                raise _Undecided(f"state {number} must have a register")
            first = max(-1, self.datapath.loads[number] - self.datapath.interval_cycles + 1)
            found[number] = [self.made.variable(f"state {number}[{place}]") for place in range(width)]
            for bit, literal in zip(bits, found[number], strict=True):
                unrolling.hold(bit, first, literal)
        return found

    def _extended(self, words: Sequence[Sequence[int]], number: int, width: int) -> list[int]:
        word, format = words[number], self.dataflow.operations[number].format
        sign = word[-1] if format.signed else FALSE
        return [*word, *([sign] * (width - len(word)))][:width]

    def _hold_ends(self, top: Circuit, unrolling: Unrolling, words: Sequence[Sequence[int]]) -> None:
        """Check that the payload that comes out, and what states load, are the operations' results."""
        self._check_valid(top, unrolling)
        end = self.datapath.latency_cycles - 1
        found = [unrolling.value(bit, end) for bit in top.outputs["outputs__payload"]]
        elements = dict(self.dataflow.outputs)
        wanted: list[int] = []
        for name, at in self.graph.outputs:
            for number in elements[name]:
                wanted += self._extended(words, number, self.graph.nodes[at].format.width)
        for register in self.dataflow.registers:
            bits = top.names[self.names.states[register.state]]
            cycle = self.datapath.loads[register.state] + 1
            found += [unrolling.value(bit, cycle) for bit in bits]
            wanted += self._extended(words, register.next, len(bits))
        if len(found) != len(wanted):
            raise Difference("the payload must have the width of the outputs")
        self._hold_pairs(self.made, found, wanted, "results must stand in the payload, and next states in registers")

    def _hold_graph(self) -> None:
        """Hold the operations to the graph of the spec, outputs and next states."""
        integers = Integers()
        terms = dataflow_terms(self.dataflow, integers)
        states: dict[int, list[int]] = {}
        registers = iter(self.dataflow.registers)
        pairs: list[tuple[int, int]] = []
        follow: list[tuple[int, int, int]] = []
        for state in self.graph.states:
            states[state.node] = []
            for place, initial in enumerate(state.initial):
                register = next(registers, None)
                if register is None or register.initial != initial:
                    raise _Undecided("states must be those of the spec, one by one")
                states[state.node].append(terms[register.state])
                follow.append((terms[register.next], state.next, place))
        if next(registers, None) is not None:
            raise _Undecided("states must be those of the spec, one by one")
        wanted = graph_terms(self.graph, integers, states)
        elements = dict(self.dataflow.outputs)
        for name, at in self.graph.outputs:
            pairs += [(terms[number], term) for number, term in zip(elements[name], wanted[at], strict=True)]
        pairs += [(term, wanted[at][place]) for term, at, place in follow]
        verdict = equal_terms(integers, pairs, seconds=self.left())
        if verdict is Verdict.DIFFERENT:
            raise Difference("the operations must be what the spec says")
        if verdict is Verdict.UNDECIDED:
            raise ToolTimeout("yosys-abc: it came to no decision within its limits")


def _partials(shape: SumShape, task: Task, held: Sequence[Sequence[int]]) -> Iterator[Partial]:
    """Tell what a folded sum adds in each of its cycles.

    Args:
        held: what it holds after each.
    """
    for number, (word, operands) in enumerate(zip(held, task.steps, strict=True)):
        terms: list[Term] = []
        constant = 0 if number else task.initial
        for position, factors in zip(shape.positions, operands, strict=True):
            coefficient = position.coefficient * prod(each.constant for each in factors if each.number is None)
            numbers = tuple(each.number for each in factors if each.number is not None)
            if numbers:
                terms.append(Term(factors=numbers, coefficient=coefficient))
            else:
                constant += coefficient
        yield Partial(word=word, terms=[term for term in terms if term.coefficient], constant=constant)


def _pattern(place: int, size: int) -> int:
    """Give bit `place` of every number below a power of two, side by side."""
    ones = ((1 << (1 << place)) - 1) << (1 << place)
    period = 2 << place
    while period < size:
        ones |= ones << period
        period *= 2
    return ones
