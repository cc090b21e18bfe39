"""Integer terms: the reference and the dataflow against the golden model, the normal form and SAT on what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from hdlgen.evaluation import Verdict
from hdlgen.golden import evaluate
from hdlgen.graph import Graph
from hdlgen.lower import lower
from hdlgen.operation import Op
from hdlgen.rewrite import rewrite
from sim.integers import Atom, Integers
from sim.meaning import dataflow_terms
from sim.reference import graph_terms
from sim.term_equality import equal_terms
from tests.hdlgen.graphs import GRAPHS, graphs, random_tokens

TOKENS = 12


def value_of(integers: Integers, term: int, given: dict[tuple[object, ...], int]) -> int:
    """Evaluate a term with Python's integers: the oracle of these tests."""

    def atom_value(atom: Atom) -> int:
        args = [value_of(integers, arg, given) for arg in atom.args]
        meanings: dict[str, Callable[[], Any]] = {
            "variable": lambda: given[atom.parameters],
            "floor": lambda: args[0] // 2 ** int(str(atom.parameters[0])),
            "negative": lambda: int(args[0] < 0),
            "zero": lambda: int(args[0] == 0),
            "choose": lambda: args[1] if args[0] else args[2],
            "least": lambda: min(args),
            "greatest": lambda: max(args),
            "and": lambda: args[0] & args[1],
            "or": lambda: args[0] | args[1],
            "xor": lambda: args[0] ^ args[1],
            "power": lambda: 2 ** args[0],
            "shifted": lambda: args[0] // 2 ** args[1],
        }
        found = meanings[atom.kind]()
        assert atom.low <= found <= atom.high
        return int(found)

    total = 0
    for product, coefficient in integers.terms[term].items():
        for atom in product:
            coefficient *= atom_value(integers.atoms[atom])
        total += coefficient
    low, high = integers.ranges[term]
    assert low <= total <= high
    return total


def check_reference(graph: Graph, seed: int) -> None:
    integers = Integers()
    states = {
        s.node: [
            integers.variable(
                "held", s.node * 100 + place, graph.nodes[s.node].format.low, graph.nodes[s.node].format.high
            )
            for place in range(len(s.initial))
        ]
        for s in graph.states
    }
    terms = graph_terms(graph, integers, states)
    tokens = random_tokens(graph, TOKENS, seed)
    arrays = {
        name: np.array([token[name] for token in tokens], dtype=np.int64).reshape(TOKENS, *graph.nodes[at].shape)
        for name, at in graph.inputs
    }
    expected = evaluate(graph, arrays)
    held = {(s.node, place): initial for s in graph.states for place, initial in enumerate(s.initial)}
    for number, token in enumerate(tokens):
        given: dict[tuple[object, ...], int] = {(n, k): v for n, row in token.items() for k, v in enumerate(row)}
        given |= {("held", node * 100 + place): value for (node, place), value in held.items()}
        for name, at in graph.outputs:
            found = [value_of(integers, term, given) for term in terms[at]]
            assert found == expected[name][number].reshape(-1).tolist(), name
        held = {
            (s.node, place): value_of(integers, terms[s.next][place], given)
            for s in graph.states
            for place in range(len(s.initial))
        }


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_the_reference_of_a_named_graph_is_the_golden_model(name: str) -> None:
    check_reference(GRAPHS[name](), 1)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(graph=graphs(most=7))
def test_the_reference_of_any_graph_is_the_golden_model(graph: Graph) -> None:
    if not any(node.op is Op.FUNCTION for node in graph.nodes):
        check_reference(graph, 2)


def pairs_of(graph: Graph, integers: Integers) -> list[tuple[int, int]]:
    """Pair the outputs of the rewritten dataflow with those of the reference."""
    dataflow = rewrite(lower(graph))
    terms = dataflow_terms(dataflow, integers)
    states: dict[int, list[int]] = {}
    registers = iter(dataflow.registers)
    for state in graph.states:
        states[state.node] = [terms[next(registers).state] for _ in state.initial]
    wanted = graph_terms(graph, integers, states)
    outputs = dict(dataflow.outputs)
    return [
        pair for name, at in graph.outputs for pair in zip([terms[n] for n in outputs[name]], wanted[at], strict=True)
    ]


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_what_the_compiler_makes_of_a_graph_is_its_reference(name: str) -> None:
    integers = Integers()
    assert equal_terms(integers, pairs_of(GRAPHS[name](), integers), seconds=60) is Verdict.EQUAL


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_one_more_is_another_term(name: str) -> None:
    integers = Integers()
    pairs = pairs_of(GRAPHS[name](), integers)
    wrong = [(integers.add((found, 1), (integers.constant(1), 1)), wanted) for found, wanted in pairs[-1:]]
    assert equal_terms(integers, [*pairs[:-1], *wrong], seconds=60) is Verdict.DIFFERENT


def test_another_sorting_network_is_equal_by_thresholds_and_one_without_an_exchange_is_not() -> None:
    integers = Integers()
    x = [integers.variable("x", place, -8, 7) for place in range(4)]

    def network(exchanges: list[tuple[int, int]]) -> list[int]:
        wires = list(x)
        for a, b in exchanges:
            wires[a], wires[b] = integers.least(wires[a], wires[b]), integers.greatest(wires[a], wires[b])
        return wires

    bubble = network([(0, 1), (1, 2), (2, 3), (0, 1), (1, 2), (0, 1)])
    best = network([(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)])
    assert bubble[1] != best[1]
    assert equal_terms(integers, list(zip(bubble, best, strict=True)), seconds=60) is Verdict.EQUAL
    broken = network([(0, 1), (2, 3), (0, 2), (1, 3)])
    assert equal_terms(integers, list(zip(bubble, broken, strict=True)), seconds=60) is Verdict.DIFFERENT
