"""Learn a circuit from queries: grow, repair on fresh samples, test, and prove where there is a prover.

Why plain numpy: an oracle in Python costs far more than the learner, so what counts is to ask little and in large
calls. Classes answer for all outputs at once and need a fifth of the queries of learning output by output; a core in
C++ or numba saves a third of the rest at most, and needs a compiler or a package of 100 MB.
Source: the speculation of Binary Speculation Diagrams (arXiv 2306.12456); balanced witnesses, decomposition, classes
and repair are ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Interface, pack_table
from hdlgen.evaluation import Prover, Verdict
from hdlgen.network import Network, NetworkBuilder
from hdlgen.oracle import Oracle
from search.learn.assembly import assemble
from search.learn.classes import Classes
from search.learn.diagram import Diagram, Samples
from search.learn.growth import Growth, flip_question
from search.learn.repair import Repair
from search.learn.samples import Table, mutants, structured, uniform
from search.learn.teacher import Teacher

__all__ = ["Learning", "Learnt", "Settings", "Stage"]

FREE_SAMPLES, SHAPED_SAMPLES = 4096, 4096
BLOCK = 512
ATTEMPTS = 8
OTHER_MODEL = "the golden model and the oracle differ on an input"
RANK_ROWS, RANKED_TOGETHER = 1024, 128


class Stage(StrEnum):
    """What a learner is doing."""

    CLASSES = "classes"
    DIAGRAM = "diagram"
    VALIDATION = "validation"
    TESTS = "tests"
    PROOF = "proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run of the learner may spend.

    Args:
        clean_rounds: fresh blocks that every edge must pass one after the other, before tests.
        most_rounds: of such blocks in all.
        tests: fresh examples that the network is held to, in the end.
        most_counterexamples: of the prover, before it is given up.
        most_nodes: of the diagram.
    """

    clean_rounds: int = 6
    most_rounds: int = 60
    tests: int = 1 << 20
    most_counterexamples: int = 100
    most_nodes: int = 60_000

    def __post_init__(self) -> None:
        for name in ("clean_rounds", "most_rounds", "tests", "most_counterexamples", "most_nodes"):
            if getattr(self, name) < 0:
                raise ValueError(f"Settings: {name} must not be negative, not {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What came of one seed.

    Args:
        network: the circuit.
        queries: inputs that the oracle was asked for, in all.
        nodes: of the diagram, as far as the outputs need them; classes: leaves of the shared decision tree.
        test_errors, tests: of the last fresh examples, none of which was learnt from.
        counterexamples: of the prover, fed back; errors_before_proof: in the first fresh examples that the network was
            held to, an eighth of `tests`, before any was learnt from.
        verdict: of the prover, or None without one; message: why it did not decide.
        growth: pairs of queries so far and nodes by then.
        wall_s, cpu_s: seconds of everything, and of this process alone.
    """

    network: Network
    seed: int
    queries: int
    nodes: int
    classes: int
    tests: int
    test_errors: int
    counterexamples: int
    errors_before_proof: int
    verdict: Verdict | None
    message: str
    growth: tuple[tuple[int, int], ...]
    wall_s: float
    cpu_s: float


class Learning:
    """Learn one circuit with one seed.

    Args:
        oracle: what is learnt; nothing but its answers and the names and widths of its ports is used.
        seed: of all that is random.
        prover: holds the circuit to a golden model; None where there is none.
        on_stage: told what begins, and how large the circuit is by then.
        on_asked: told after each call of the oracle.
        on_checkpoint: told whenever a stage is done; a place to keep `self` (see `search.learn.checkpoint`).
    """

    def __init__(
        self,
        oracle: Oracle,
        *,
        seed: int,
        settings: Settings | None = None,
        prover: Prover | None = None,
        on_stage: Callable[[Stage, str], None] | None = None,
        on_asked: Callable[[], None] | None = None,
        on_checkpoint: Callable[[Learning], None] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.seed = seed
        self.prover = prover
        self._on_asked = on_asked or (lambda: None)
        self.curve: list[tuple[int, int]] = []
        self.teacher = Teacher(oracle, on_asked=self._asked)
        self.interface: Interface = oracle.interface
        self._stage = on_stage or (lambda stage, text: None)
        self._checkpoint = on_checkpoint or (lambda learning: None)
        random = self._random(0)
        free = uniform(self.interface, FREE_SAMPLES, random)
        free[0] = 0
        self.samples = Samples(free, structured(self.interface, SHAPED_SAMPLES, random))
        self.first_samples = self.samples.table
        self.diagram = Diagram(self.samples)
        growth = Growth(self.interface, self.diagram, self._rank(), seed=seed, most_nodes=self.settings.most_nodes)
        self.growth = growth
        self.classes = Classes(growth)
        self.repair = Repair(self.teacher, growth, self.classes)
        self.rounds = 0
        self.clean = 0
        self.counterexamples = 0
        self.errors_before_proof = 0
        self.tested = False
        self.attempt = 0
        self.test_errors = 0
        self.earlier_s = 0.0
        self._began = time.monotonic()

    def _asked(self) -> None:
        """Note how large the diagram is, where it has grown by a hundredth."""
        nodes = len(self.diagram.nodes)
        if not self.curve or nodes > 1.01 * self.curve[-1][1]:
            self.curve.append((self.teacher.queries, nodes))
        self._on_asked()

    def _random(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, 7, *purpose])

    def _rank(self) -> NDArray[np.float64]:
        """Sum the influence of each input bit over all outputs; equal ones are ordered by their place."""
        table = self.samples.table
        some = np.concatenate([table[:RANK_ROWS], table[FREE_SAMPLES : FREE_SAMPLES + RANK_ROWS]])
        block = pack_table(some)
        bits = np.arange(len(block))
        before = self.teacher.ask(block)
        influence: NDArray[np.float64] = 1e-3 * np.arange(len(block), dtype=np.float64)
        for some in np.array_split(bits, -(-len(bits) // RANKED_TOGETHER)):
            turned = self.teacher.ask(flip_question(block, some))
            changes = turned.reshape(len(before), len(some), -1) ^ before[:, None, :]
            influence[some] += np.bitwise_count(changes).sum(axis=(0, 2))
        return influence

    def run(self) -> Learnt:
        """Learn, and go on from wherever this object stands.

        Raises: InputError where the oracle fails; ToolError where the function is not learnt within the limits.
        """
        cpu = time.process_time()
        if not self.classes.members:
            self._grow()
        self._validate()
        if not self.tested:
            self._test(self.settings.tests // 8)
            self.tested, self.attempt, self.test_errors = True, 0, 0
            self._checkpoint(self)
        verdict, message = self._prove()
        # A network that is proved stays as it is: an error then tells of the golden model, not of the network.
        self._test(self.settings.tests, learning=verdict is not Verdict.EQUAL)
        if verdict is Verdict.EQUAL and self.test_errors:
            verdict, message = Verdict.DIFFERENT, OTHER_MODEL
        return Learnt(
            network=self.network(),
            seed=self.seed,
            queries=self.teacher.queries,
            nodes=self._nodes(),
            classes=sum(self.classes.members[number].variable < 0 for number in self.classes.needed()),
            tests=self.settings.tests,
            test_errors=self.test_errors,
            counterexamples=self.counterexamples,
            errors_before_proof=self.errors_before_proof,
            verdict=verdict,
            message=message,
            growth=tuple(self.curve),
            wall_s=self.elapsed_s(),
            cpu_s=time.process_time() - cpu,
        )

    def elapsed_s(self) -> float:
        """Give the seconds of this sitting and of those before it."""
        return self.earlier_s + time.monotonic() - self._began

    def network(self) -> Network:
        """Give the circuit as it stands."""
        return assemble(self.diagram, self.classes, NetworkBuilder(self.interface))

    def _nodes(self) -> int:
        roots = [edge.literal for number in self.classes.needed() for edge in self.classes.members[number].edges]
        return len(self.diagram.order(roots))

    def _grow(self) -> None:
        self._stage(Stage.CLASSES, "")
        self.teacher.hold(self.classes.grow(self.teacher.ask(self.samples.words)))
        self._stage(Stage.DIAGRAM, f"{len(self.classes.members)} classes")
        self.teacher.hold_all(self.growth.waiting)
        self._checkpoint(self)

    def _validate(self) -> None:
        """Hold every edge to fresh blocks, until some of them in a row show nothing wrong."""
        while self.clean < self.settings.clean_rounds and self.rounds < self.settings.most_rounds:
            self._stage(Stage.VALIDATION, f"{len(self.diagram.nodes)} nodes, round {self.rounds + 1}")
            random = self._random(1, self.rounds)
            draw = uniform if self.rounds % 3 == 0 else structured
            faults = self.repair.try_samples(draw(self.interface, BLOCK, random))
            self.rounds += 1
            self.clean = 0 if faults else self.clean + 1
            if faults:
                self._checkpoint(self)

    def _test(self, tests: int, *, learning: bool = True) -> None:
        """Hold the network to fresh examples, repair it on those that fail, and note the errors of the last pass."""
        while self.attempt < ATTEMPTS:
            self._stage(Stage.TESTS, f"{len(self.diagram.nodes)} nodes")
            wrong, network, self.test_errors = [], self.network(), 0
            for rows in self._examples(tests):
                block = pack_table(rows)
                differ = np.bitwise_or.reduce(network.evaluate(block) ^ self.teacher.ask(block), axis=0)
                shown = np.flatnonzero(np.unpackbits(differ.view(np.uint8), bitorder="little"))
                self.test_errors += len(shown)
                wrong.append(rows[shown[:BLOCK]])
            if not self.tested and not self.attempt:
                self.errors_before_proof = self.test_errors
            if not self.test_errors or not learning:
                return
            self.repair.add_samples(np.concatenate(wrong)[:BLOCK])
            self.attempt += 1
            self._checkpoint(self)

    def _examples(self, tests: int) -> Iterator[Table]:
        """Draw fresh examples: uniform, structured, and both of these under restrictions of the diagram."""
        random = self._random(2, self.tested, self.counterexamples, self.rounds, self.attempt)
        size = 4096
        for turn in range(-(-tests // size)):
            rows = (uniform, structured)[turn % 2](self.interface, size, random)
            if turn % 4 >= 2:
                node = self.diagram.nodes[random.integers(len(self.diagram.nodes))]
                fixed = np.flatnonzero(node.restriction >= 0)
                rows[:, fixed] = node.restriction[fixed]
            yield rows

    def _prove(self) -> tuple[Verdict | None, str]:
        """Ask the prover, learn from its counterexample, and ask again."""
        if self.prover is None:
            return None, ""
        while True:
            network = self.network()
            self._stage(Stage.PROOF, f"{network.and_nodes} gates, {self.counterexamples} counterexamples")
            proof = self.prover.prove(network)
            if proof.verdict is not Verdict.DIFFERENT:
                return proof.verdict, proof.message
            row = np.array(proof.counterexample, dtype=np.uint8)
            block = pack_table(row[None])
            if not ((network.evaluate(block) ^ self.teacher.ask(block)) & np.uint64(1)).any():
                return Verdict.DIFFERENT, OTHER_MODEL
            if self.counterexamples >= self.settings.most_counterexamples:
                return Verdict.UNDECIDED, f"there were more than {self.counterexamples} counterexamples"
            self.counterexamples += 1
            self.repair.add_samples(mutants(row, BLOCK, self._random(3, self.counterexamples)))
            self._validate_again()
            self._checkpoint(self)

    def _validate_again(self) -> None:
        """Hold the edges to a few fresh blocks: what was just learnt was never held to any."""
        for _ in range(2):
            self.repair.try_samples(structured(self.interface, BLOCK, self._random(1, self.rounds)))
            self.rounds += 1
