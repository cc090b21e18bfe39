"""The standard testbench on lanes: what its stimuli catch of the faults that are planted in them.

Lane 0 holds the good design, and the testbench's own code plays on it. It is deterministic: as long as a lane's ready,
valid and (while valid) payload are those of lane 0 wherever it reads them, it drives that lane with the same words and
judges it alike, so these lanes need no testbench of their own. A lane that differs gets one: the same code, shown first
the samples that were common so far, then the lane's own, and driving the lane alone. A lane is caught when its
testbench counts a mismatch, for then it ends as a failure in any simulator. One thing is told sooner: where every
result must be exact, a payload that differs while valid is caught, since it is then taken and wrong, or kept waiting
and wrong, or changed while it waits.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from hdlgen.errors import ToolError
from sim.faults.lanes import Lanes
from sim.simulate import job_document
from sim.simulation import SimulationJob
from sim.testbench import Checker, Driver, Monitor, Testbench
from sim.wrapper import ACCEPT, OFFER, PAYLOAD_SHIFT, RESET

__all__ = ["PATIENCE_CYCLES", "Caught", "LaneFailure", "Played", "run_side_by_side", "run_testbench"]

PATIENCE_CYCLES = 1100
"""A lane in which nothing goes in or out for so long is stuck: longer than the pattern of pauses, which repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """Where the testbench first objects to a lane: phase, cycle since the start, and the rule that is broken."""

    phase: str
    cycle: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a run.

    Args:
        caught: for each lane from 1 on where it was caught, or None.
        answers: the payloads that lane 0 gave, phase by phase.
        cycles: how many clock cycles the testbench took on lane 0.
    """

    caught: tuple[Caught | None, ...]
    answers: tuple[tuple[int, ...], ...]
    cycles: int


class LaneFailure(ToolError):
    """The design without a fault does not pass."""


class _Edge:
    """A clock edge to wait for: the coroutine stops here until it is resumed."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class _LaneTestbench(Testbench):
    """The testbench with the lane's signals in place of a simulator's, resumed cycle by cycle.

    Attributes:
        watching: whether results and their payloads are looked at, and not the readiness for tokens alone.
        checker: of the phase that is being played.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        signals = {name: SimpleNamespace(value="0") for name in ("drive_0", "sample_0", "widths_0")}
        super().__init__(SimpleNamespace(clk_0=SimpleNamespace(falling_edge=_Edge()), **signals), job)
        self.watching = False
        self.checker: Checker | None = None
        self._playing: Coroutine[None, None, None] = self.phases()
        self._playing.send(None)

    async def stream(self, driver: Driver, monitor: Monitor, checker: Checker) -> None:
        """Play a phase, watched."""
        self.watching, self.checker = True, checker
        await super().stream(driver, monitor, checker)
        self.watching = False

    @property
    def word(self) -> int:
        """Give the drive word of the next rising edge."""
        word: int = self.drive.value
        return word

    def show(self, sample: str) -> bool:
        """Show what the rising edge saw, and tell whether the testbench goes on."""
        self.sample.value = sample
        try:
            self._playing.send(None)
        except StopIteration:
            return False
        return True

    def caught(self) -> Caught | None:
        """Tell what was objected to so far."""
        first = self.checker.first if self.checker is not None else None
        if self.checker is None or first is None:
            return None
        return Caught(phase=self.checker.phase, cycle=first["cycle"], rule=first["rule"])

    def close(self) -> None:
        """End it before its time."""
        self._playing.close()


def run_testbench(
    lanes: Lanes, job: SimulationJob, *, see: Callable[[int, Sequence[int]], None] | None = None
) -> Played:
    """Play a job's phases on all lanes.

    Args:
        see: is told the drive word and the output bits of every cycle of lane 0.
    Raises: LaneFailure where lane 0, without a fault, fails.
    """
    return _Run(lanes, job, see).play()


def run_side_by_side(lanes: Lanes, jobs: Sequence[SimulationJob]) -> None:
    """Play a job on each lane, all at once: as many good lanes as jobs, of the same design.

    Raises: LaneFailure where one does not pass.
    """
    _Run(lanes, jobs[0], None).play_apart(jobs)


class _Run:
    """The state of a run."""

    def __init__(self, lanes: Lanes, job: SimulationJob, see: Callable[[int, Sequence[int]], None] | None) -> None:
        self.lanes, self.see = lanes, see
        self.document = {**job_document(0, job), "patience_cycles": PATIENCE_CYCLES}
        self.exact = job.max_error_lsb == 0
        self.found: list[Caught | None] = [None] * lanes.lanes
        self.common = lanes.mask  # the lanes that go with lane 0
        self.own: dict[int, _LaneTestbench] = {}
        self.words: dict[int, int] = {}  # what each testbench of a lane's own drives
        self.samples: list[str] = []  # of lane 0, from the start
        places = {(port, place): number for number, (port, place) in enumerate(lanes.outputs)}
        self.ready, self.valid = places["inputs__ready", 0], places["outputs__valid", 0]
        self.payload = [places["outputs__payload", place] for place in range(job.output_width)]
        control = {"rst": 0, "outputs__ready": 1, "inputs__valid": 2}
        self.shifts = [
            PAYLOAD_SHIFT + place if port == "inputs__payload" else control[port] for port, place, _ in lanes.inputs
        ]
        self.place_of = {shift: place for place, shift in enumerate(self.shifts)}
        self.apart = [0] * len(self.shifts)  # the ones that lanes of their own are driven with

    def play(self) -> Played:
        """Play to the end of all testbenches."""
        good = _LaneTestbench(self.document)
        state, step = self.lanes.state, self.lanes.step
        answers: dict[int, list[int]] = {}
        playing, driven, inputs = True, -1, list(self.apart)
        while playing or self.own:
            word = good.word if playing else 0
            if word != driven or self.own:
                common, driven = self.common, word
                inputs = [
                    apart | common if word >> shift & 1 else apart
                    for shift, apart in zip(self.shifts, self.apart, strict=True)
                ]
            outputs, state = step(state, inputs)
            if self.see is not None and playing:
                self.see(word, outputs)
            self._go_on(outputs)
            if playing:
                self._compare(good, word, outputs)
                sample = self._sample(outputs, 0)
                self.samples.append(sample)
                if good.watching and word & ACCEPT and sample[-2] == "1":
                    answers.setdefault(id(good.checker), []).append(int(sample[:-2], 2))
                playing = good.show(sample)
                if good.caught() is not None:
                    raise LaneFailure(f"netlist: {_sentence(good.caught())}")
                if not playing:
                    self.common = 0
        return Played(
            caught=tuple(self.found[1:]),
            answers=tuple(map(tuple, answers.values())),
            cycles=len(self.samples),
        )

    def play_apart(self, jobs: Sequence[SimulationJob]) -> None:
        """Play each lane by a testbench and a job of its own."""
        self.common = 0
        for lane, job in enumerate(jobs):
            bench = _LaneTestbench({**job_document(0, job), "patience_cycles": PATIENCE_CYCLES})
            self.own[lane], self.words[lane] = bench, 0
            self._drive(lane, bench.word)
        state = self.lanes.state
        while self.own:
            outputs, state = self.lanes.step(state, list(self.apart))
            self._go_on(outputs)
            first = next(filter(None, self.found), None)
            if first is not None:
                raise LaneFailure(f"netlist: {_sentence(first)}")

    def _sample(self, outputs: Sequence[int], lane: int) -> str:
        """Give what the testbench reads of a lane; a payload that is not valid it does not read."""
        valid, ready = outputs[self.valid] >> lane & 1, outputs[self.ready] >> lane & 1
        if not valid:
            return f"{'0' * len(self.payload)}0{ready}"
        return "".join("1" if outputs[place] >> lane & 1 else "0" for place in reversed(self.payload)) + f"1{ready}"

    def _compare(self, good: _LaneTestbench, word: int, outputs: Sequence[int]) -> None:
        """Find the lanes that differ from lane 0 where the testbench looks, and part from them."""
        if word & RESET:
            return
        mask = self.lanes.mask
        apart = wrong = 0
        if word & OFFER or (good.watching and good.keeper is not None):
            apart = outputs[self.ready] ^ (mask if outputs[self.ready] & 1 else 0)
        if good.watching:
            valid = outputs[self.valid]
            apart |= valid ^ (mask if valid & 1 else 0)
            if valid & 1:
                for place in self.payload:
                    bits = outputs[place]
                    wrong |= bits ^ mask if bits & 1 else bits
        apart &= self.common
        wrong &= self.common & ~apart
        if self.exact:
            rule = "the result must be the expected one"
            for lane in _lanes(wrong):
                self.found[lane] = Caught(phase=self._phase(good), cycle=good.cycle + 1, rule=rule)
            self.common &= ~wrong
        else:
            apart |= wrong
        for lane in _lanes(apart):
            self._part(lane, outputs)

    def _phase(self, good: _LaneTestbench) -> str:
        return good.checker.phase if good.checker is not None else ""

    def _part(self, lane: int, outputs: Sequence[int]) -> None:
        """Give a lane a testbench of its own, which is shown what it has seen so far."""
        self.common &= ~(1 << lane)
        bench = _LaneTestbench(self.document)
        for sample in self.samples:
            bench.show(sample)
        self.own[lane] = bench
        self.words[lane] = 0
        self._resume(lane, outputs)

    def _go_on(self, outputs: Sequence[int]) -> None:
        for lane in list(self.own):
            self._resume(lane, outputs)

    def _resume(self, lane: int, outputs: Sequence[int]) -> None:
        """Show a lane's testbench a cycle, and drive the lane with what it wants next."""
        bench = self.own[lane]
        try:
            going = bench.show(self._sample(outputs, lane))
            caught = bench.caught()
        except ValueError as error:  # the testbench itself stumbles over what the lane does: no pass
            going, caught = False, Caught(phase=self._phase(bench), cycle=bench.cycle, rule=str(error))
        word = bench.word
        if caught is not None or not going:
            self.found[lane] = caught
            bench.close()
            del self.own[lane]
            word = 0
        self._drive(lane, word)

    def _drive(self, lane: int, word: int) -> None:
        """Drive a lane with a word of its own from the next cycle on."""
        changed = word ^ self.words[lane]
        self.words[lane] = word
        while changed:
            low = changed & -changed
            self.apart[self.place_of[low.bit_length() - 1]] ^= 1 << lane
            changed ^= low


def _sentence(caught: Caught | None) -> str:
    return "" if caught is None else f"{caught.rule} (phase {caught.phase}, cycle {caught.cycle})"


def _lanes(bits: int) -> Iterator[int]:
    """List the places of the ones of an integer."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
