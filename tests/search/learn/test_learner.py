"""The learner: small circuits learnt from queries alone are held to numpy on inputs that it never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from designs.registers.oracle import ports, registers
from hdlgen.bits import Interface, Words
from hdlgen.errors import InputError, ToolError
from hdlgen.evaluation import Proof, Verdict
from hdlgen.network import Network
from hdlgen.oracle import BitOracle
from search.learn import LEARNERS, Learning, Settings, Stage
from search.learn.checkpoint import resume, save
from search.learn.diagram import Kind
from search.learn.growth import doubted
from search.learn.samples import structured
from tests.hdlgen.circuits import CIRCUITS, Circuit

SMALL = Settings(clean_rounds=2, most_rounds=20, tests=4096)


def _fresh(circuit: Circuit, words: int = 64) -> Words:
    return np.random.default_rng(99).integers(0, 1 << 64, (circuit.interface.input_bits, words), dtype=np.uint64)


@pytest.mark.parametrize("name", sorted(LEARNERS))
@pytest.mark.parametrize("kind", sorted(CIRCUITS))
def test_every_learner_learns_small_circuits(name: str, kind: str) -> None:
    circuit = CIRCUITS[kind]
    learnt = LEARNERS[name](circuit, seed=1, settings=SMALL).run()
    fresh = _fresh(circuit)
    assert (learnt.network.evaluate(fresh) == circuit.ask(fresh)).all()
    assert learnt.test_errors == 0 and learnt.verdict is None
    assert learnt.queries > 0 and learnt.growth


def test_a_seed_gives_one_circuit_and_another_seed_another() -> None:
    made = [Learning(CIRCUITS["unit"], seed=seed, settings=SMALL).run().network for seed in (1, 1, 2)]
    assert (made[0].gates.tolist() == made[1].gates.tolist()) and (made[0].outputs == made[1].outputs).all()
    assert made[0].gates.tolist() != made[2].gates.tolist()


def test_an_adder_is_linear_and_a_decoder_is_shared() -> None:
    adder = Learning(CIRCUITS["add"], seed=1, settings=SMALL)
    assert adder.run().network.and_nodes <= 12 * 12
    unit = Learning(CIRCUITS["unit"], seed=1, settings=SMALL)
    assert unit.run().classes > 1
    assert {m.variable for m in unit.classes.members if m.variable >= 0} <= {32, 33, 34}  # the bits of `op`


def test_repair_mends_what_is_planted() -> None:
    learning = Learning(CIRCUITS["unit"], seed=1, settings=SMALL)
    learning.run()
    fresh = _fresh(CIRCUITS["unit"])
    edges = [e for n in learning.diagram.nodes if n.kind is Kind.BRANCH for e in n.edges if e.literal > 1]
    root = learning.classes.members[learning.classes.needed()[-1]].edges[0]
    edges[len(edges) // 2].literal = 0
    root.literal ^= 1
    assert (learning.network().evaluate(fresh) != CIRCUITS["unit"].ask(fresh)).any()
    rows = structured(CIRCUITS["unit"].interface, 512, np.random.default_rng(4))
    assert learning.repair.try_samples(rows) > 0
    assert learning.repair.try_samples(rows) == 0
    assert (learning.network().evaluate(fresh) == CIRCUITS["unit"].ask(fresh)).all()


class _Rare:
    """An adder but for one pair of operands, which no sample shows."""

    interface = CIRCUITS["add"].interface
    rare = (0xABC, 0x5E1)

    def ask(self, inputs: Words) -> Words:
        answer = CIRCUITS["add"].ask(inputs)
        hit = np.full(inputs.shape[1], ~np.uint64(0))
        for bit in range(24):
            wanted = (self.rare[0] | self.rare[1] << 12) >> bit & 1
            hit &= inputs[bit] if wanted else ~inputs[bit]
        answer[5] ^= hit
        return answer


class _Judge:
    """A prover that knows the rare pair."""

    def __init__(self) -> None:
        self.asked = 0

    def prove(self, network: Network) -> Proof:
        self.asked += 1
        value = _Rare.rare[0] | _Rare.rare[1] << 12
        row = tuple(value >> bit & 1 for bit in range(24))
        words = np.array(row, dtype=np.uint64)[:, None]
        if ((network.evaluate(words) ^ _Rare().ask(words)) & np.uint64(1)).any():
            return Proof(verdict=Verdict.DIFFERENT, counterexample=row)
        return Proof(verdict=Verdict.EQUAL)


def test_a_counterexample_is_learnt() -> None:
    judge = _Judge()
    learnt = Learning(_Rare(), seed=1, settings=SMALL, prover=judge).run()
    assert (learnt.verdict, learnt.counterexamples, judge.asked) == (Verdict.EQUAL, 1, 2)
    assert judge.prove(learnt.network).verdict is Verdict.EQUAL


def test_a_golden_model_that_is_not_the_oracle_is_told() -> None:
    learnt = Learning(CIRCUITS["add"], seed=1, settings=SMALL, prover=_Judge()).run()
    assert learnt.verdict is Verdict.DIFFERENT
    assert learnt.message == "the golden model and the oracle differ on an input"


def test_a_stopped_run_goes_on_to_the_same_circuit(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    kept: list[Learning] = []

    class Stopped(Exception):
        pass

    def stop(learning: Learning) -> None:
        save(learning, path, "key")
        kept.append(learning)
        raise Stopped

    whole = Learning(_Rare(), seed=3, settings=SMALL, prover=_Judge()).run()
    for _ in range(20):
        again = Learning(_Rare(), seed=3, settings=SMALL, prover=_Judge(), on_checkpoint=stop)
        assert resume(again, path, "key") is bool(kept)
        try:
            learnt = again.run()
            break
        except Stopped:
            continue
    assert len(kept) >= 2
    assert learnt.network.gates.tolist() == whole.network.gates.tolist()
    assert (learnt.counterexamples, learnt.verdict) == (whole.counterexamples, whole.verdict)
    assert not resume(Learning(_Rare(), seed=3, settings=SMALL), path, "another key")


def test_a_proved_circuit_is_not_changed_by_tests() -> None:
    class Blind:
        """A prover that believes everything."""

        def prove(self, network: Network) -> Proof:
            return Proof(verdict=Verdict.EQUAL)

    class Late:
        """An adder that changes a bit as soon as it has been asked for all that comes before the proof."""

        interface = CIRCUITS["add"].interface
        late = False

        def ask(self, inputs: Words) -> Words:
            return CIRCUITS["add"].ask(inputs) ^ np.uint64(self.late)

    oracle = Late()

    def stage(stage: Stage, text: str) -> None:
        oracle.late = stage is Stage.PROOF or oracle.late

    learnt = Learning(oracle, seed=1, settings=SMALL, prover=Blind(), on_stage=stage).run()
    assert learnt.errors_before_proof == 0 and learnt.test_errors > 0
    assert learnt.verdict is Verdict.DIFFERENT
    fresh = _fresh(CIRCUITS["add"])
    assert (learnt.network.evaluate(fresh) == CIRCUITS["add"].ask(fresh)).all()


def test_errors_of_the_first_tests_are_kept_apart() -> None:
    few = Settings(clean_rounds=0, most_rounds=0, tests=1 << 16)
    learning = Learning(CIRCUITS["unit"], seed=1, settings=few)
    learning.run()
    edge = learning.classes.members[learning.classes.needed()[-1]].edges[0]
    edge.literal ^= 1
    learning.tested, learning.attempt = False, 0
    learnt = learning.run()
    assert learnt.errors_before_proof > 0 and learnt.test_errors == 0


def test_a_file_of_registers_has_roots_of_its_own_for_what_it_gives() -> None:
    oracle = BitOracle(Interface.of(ports(8, 8), where="registers"), registers(8, 8), where="registers")
    learning = Learning(oracle, seed=1, settings=SMALL)
    learnt = learning.run()
    sizes = sorted(len(learning.classes.members[root].outputs) for root in learning.classes.roots)
    assert sizes == [8, 8, 64]
    inputs = np.random.default_rng(99).integers(0, 1 << 64, (oracle.interface.input_bits, 64), dtype=np.uint64)
    assert (learnt.network.evaluate(inputs) == registers(8, 8)(inputs)).all()
    # Decoders; three gates a bit to write; to read, pairs of registers chosen by gates of their own, then selected.
    assert learnt.network.and_nodes <= 8 * 8 * 3 + 2 * 8 * (4 * 3 + 7) + 60


def test_inputs_that_seem_not_to_matter_are_doubted() -> None:
    random = np.random.default_rng(1)
    witnesses, samples = random.integers(0, 1 << 64, (2, 40, 8), dtype=np.uint64)
    free = np.arange(40) != 0
    guess = np.arange(40) < 5

    def listed(matters: int) -> list[int]:
        before = witnesses[matters]
        talk = doubted(free, guess, witnesses, samples, random, lambda a: bool((a.reshape(-1, 8) != before).any()))
        question = next(talk)
        assert (question[guess] == np.tile(witnesses[guess], question.shape[1] // 8)).all()
        try:
            talk.send(question[matters])
        except StopIteration as end:
            return list(end.value)
        raise AssertionError("one question must do")

    assert listed(matters=3) == [1, 2, 3, 4]
    assert listed(matters=30) == list(range(1, 40))


def test_a_function_without_structure_is_given_up() -> None:
    class Hash:
        interface = Interface.of({"inputs": {"a": 40}, "outputs": {"y": 1}}, where="hash")

        def ask(self, inputs: Words) -> Words:
            mixed = inputs.copy()
            for turn in range(6):
                turned = [np.roll(mixed, places, axis=0) for places in (7 + turn, 13, 5)]
                mixed = mixed ^ (turned[0] & turned[1]) ^ turned[2]
            return mixed[:1]

    with pytest.raises(ToolError, match="output y: its diagram must have at most 300 nodes"):
        Learning(Hash(), seed=1, settings=Settings(most_nodes=300)).run()


def test_an_oracle_of_chance_is_refused() -> None:
    class Chance:
        interface = Interface.of({"inputs": {"a": 3}, "outputs": {"y": 1}}, where="chance")
        random = np.random.default_rng(1)

        def ask(self, inputs: Words) -> Words:
            return self.random.integers(0, 1 << 64, (1, inputs.shape[1]), dtype=np.uint64)

    with pytest.raises(InputError, match="it must give the same outputs for the same inputs, and does not"):
        Learning(Chance(), seed=1, settings=SMALL).run()
