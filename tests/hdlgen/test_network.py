"""Networks: evaluated against Python's integers, gate by gate against the rules of logic."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hdlgen.bits import Interface, pack_table, pack_values, unpack_table, unpack_values
from hdlgen.network import FALSE, TRUE, Network, NetworkBuilder
from tests.hdlgen.circuits import adder_network

THREE = Interface.of({"inputs": {"x": 3}, "outputs": {"y": 1}}, where="three")


@pytest.mark.parametrize("width", [1, 5, 40])
def test_an_adder_adds(width: int) -> None:
    network = adder_network(width)
    random = np.random.default_rng(width)
    given = {name: random.integers(0, 1 << width, 256).astype(np.uint64) for name in ("a", "b")}
    answers = network.evaluate(pack_values(network.interface.inputs, given))
    assert (unpack_values(network.interface.outputs, answers, 256)["y"] == given["a"] + given["b"]).all()


def test_every_gate_keeps_its_truth_table() -> None:
    rows = np.array(list(itertools.product((0, 1), repeat=3)), dtype=np.uint8)
    for literals in itertools.product((FALSE, TRUE, 2, 3, 4, 6), repeat=3):
        builder = NetworkBuilder(THREE)
        a, b, c = literals
        made = [
            builder.conjunction(a, b),
            builder.disjunction(a, b),
            builder.exclusive(a, b),
            builder.choose(a, b, c),
            builder.any_of(literals),
        ]
        columns = np.concatenate([np.zeros((8, 1), dtype=np.uint8), rows], axis=1)
        va, vb, vc = (columns[:, literal >> 1] ^ (literal & 1) for literal in literals)
        wanted = [va & vb, va | vb, va ^ vb, np.where(va, vb, vc), va | vb | vc]
        for literal, expected in zip(made, wanted, strict=True):
            shown = unpack_table(builder.network([literal]).evaluate(pack_table(rows)), 8)[:, 0]
            assert (shown == expected).all()


def test_equal_gates_are_one_and_needless_ones_are_left_out() -> None:
    builder = NetworkBuilder(THREE)
    one = builder.conjunction(2, 4)
    assert builder.conjunction(4, 2) == one
    builder.conjunction(one, 6)
    assert builder.network([one]).and_nodes == 1


def test_depth_and_cones_are_counted() -> None:
    network = adder_network(4)
    sizes = network.cone_sizes()
    assert sizes[0] == 3 and sizes == sorted(sizes)[: len(sizes)]
    assert network.depth() <= network.and_nodes


@pytest.mark.parametrize(
    ("gates", "outputs", "rule"),
    [
        ([[2, 8]], [8], "a gate must read what comes before it"),
        ([[2, 4]], [10], "an output must read a node of the network"),
        ([[2, 4]], [2, 4], "gates must have two literals each, and every output bit one literal"),
    ],
)
def test_a_network_out_of_order_is_refused(gates: list[list[int]], outputs: list[int], rule: str) -> None:
    with pytest.raises(ValueError, match=f"^Network: {rule}$"):
        Network(interface=THREE, gates=np.array(gates), outputs=np.array(outputs))
