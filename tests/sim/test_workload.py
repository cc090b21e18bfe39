"""What designs are simulated with: expected results against plain Python on the bits of the payloads."""

from __future__ import annotations

from hdlgen.payload import input_ports, pack
from sim.stimuli import long_run
from sim.workload import STREAMS, Workload
from tests.sim.specs import DOT, graph_of

STREAM = """
name = "stream"
[inputs]
x = { format = "u4" }
[outputs]
y = {}
[compute]
y = "x + 2 * previous(x)"
"""


def nibbles(payload: int, count: int) -> list[int]:
    """Read signed nibbles, the first in the lowest bits."""
    return [((payload >> 4 * place) + 8) % 16 - 8 for place in range(count)]


def test_expected_results_are_those_of_plain_python() -> None:
    for phase in Workload(graph_of(DOT)).phases(1):
        for given, expected in zip(phase.inputs, phase.expected, strict=True):
            values = nibbles(given, 8)
            assert expected == sum(a * b for a, b in zip(values[:4], values[4:], strict=True)) % (1 << 10)


def test_each_phase_begins_from_reset() -> None:
    for phase in Workload(graph_of(STREAM)).phases(1):
        before = (0, *phase.inputs)
        assert phase.expected == tuple(x + 2 * last for last, x in zip(before, phase.inputs, strict=False))


def test_a_slow_design_gets_fewer_tokens_with_pauses_and_as_many_without() -> None:
    workload = Workload(graph_of(DOT))
    quick, slow = workload.phases(1), workload.phases(16)
    assert len(quick[0].inputs) == len(slow[0].inputs) >= 256
    assert all(len(few.inputs) < len(many.inputs) for few, many in zip(slow[1:], quick[1:], strict=True))


def test_the_digest_tells_seed_length_interval_and_function_apart() -> None:
    graph = graph_of(DOT)
    digests = [
        Workload(graph).digest(1),
        Workload(graph, seed=2).digest(1),
        Workload(graph, tokens=500).digest(1),
        Workload(graph).digest(16),
        Workload(graph_of(DOT.replace("sum(a * b)", "sum(a - b)"))).digest(1),
    ]
    assert len(set(digests)) == len(digests)
    assert Workload(graph).digest(1) == digests[0]


def test_the_long_run_is_cut_into_streams_and_longer_where_there_is_a_state() -> None:
    plain, state = (Workload(graph_of(text)) for text in (DOT, STREAM))
    cut = plain.long_run(2)
    assert len(cut) == len(state.long_run(2)) == STREAMS
    assert all(phase.reset_before for phase in (*cut, *state.long_run(2)))
    whole = long_run(input_ports(plain.graph), seed=1, interval_cycles=2)
    assert [one for phase in cut for one in phase.inputs] == pack(input_ports(plain.graph), whole.tokens)
    tokens = [phase.inputs for phase in state.long_run(2)]
    assert len(set(tokens)) == STREAMS
    assert all(len(one) == sum(len(phase.inputs) for phase in cut) for one in tokens)
    for phase in state.long_run(2):  # from the first state on, each of them
        assert phase.expected[0] == phase.inputs[0]
