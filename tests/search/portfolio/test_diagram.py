"""Diagrams: the states of a comparison are found, and answers where no example went are sensible."""

from __future__ import annotations

import numpy as np

from hdlgen.network import NetworkBuilder
from search.portfolio.cases import single
from search.portfolio.diagram import Diagram, Merging, build_diagram, learn_diagram
from tests.search.portfolio.functions import number, sampled, whole


def test_a_comparison_of_eight_bits_is_learnt_in_its_three_states() -> None:
    cases = sampled(16, lambda bits: number(bits[:, :8]) < number(bits[:, 8:]), count=4000)
    merging = Merging(bound=4.0, inputs=16)
    diagram = learn_diagram(cases.inputs, cases.answers, merging, random=np.random.default_rng(1))
    # After a bit of each number all undecided paths are one state; after one of them alone there are two.
    assert [len(edges) for _, edges in diagram.levels[:6]] == [1, 2, 1, 2, 1, 2]
    assert [{asked % 8 for asked, _ in diagram.levels[at : at + 2]} for at in (0, 2, 4)] == [{7}, {6}, {5}]
    builder = NetworkBuilder(single(16))
    network = builder.network([build_diagram(builder, diagram)])
    assert whole(16, lambda bits: number(bits[:, :8]) < number(bits[:, 8:])).accuracy(network) > 0.995
    assert network.and_nodes < 60


def test_states_of_different_functions_are_not_merged() -> None:
    cases = whole(6, lambda bits: np.where(bits[:, 0] > 0, bits[:, 1:4].sum(axis=1) > 1, bits[:, 4:].sum(axis=1) > 1))
    inputs, answers = np.tile(cases.inputs, (8, 1)), np.tile(cases.answers, 8)
    diagram = learn_diagram(inputs, answers, Merging(bound=3.0, inputs=6), random=np.random.default_rng(1))
    builder = NetworkBuilder(single(6))
    assert cases.accuracy(builder.network([build_diagram(builder, diagram)])) == 1.0


def test_where_no_example_went_the_other_side_answers() -> None:
    diagram = Diagram(levels=((1, ((0, -3),)), (0, ((-1, -2),))), answers=())
    builder = NetworkBuilder(single(2))
    network = builder.network([build_diagram(builder, diagram)])
    assert whole(2, lambda bits: bits[:, 0] > 0).accuracy(network) == 1.0 and network.and_nodes == 0
