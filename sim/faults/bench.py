"""The standard testbench on lanes: what its stimuli catch of the faults that are planted in them.

Lane 0 holds the good design, and the testbench's own code plays on it. It is deterministic: as long as a lane's ready,
valid and (while valid) payload are those of lane 0 wherever it reads them, it drives that lane with the same words and
judges it alike, so these lanes need no testbench of their own. A lane that differs gets one: the same code, shown first
the samples that were common so far, then the lane's own, and driving the lane alone. A lane is caught when its
testbench counts a mismatch, for then it ends as a failure in any simulator. One thing is told sooner: where every
result must be exact, a payload that differs while valid is caught, since it is then taken and wrong, or kept waiting
and wrong, or changed while it waits. Several jobs may be played side by side, each on a good lane of its own.
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
    return _Run(lanes, [job], see).play()


def run_side_by_side(lanes: Lanes, jobs: Sequence[SimulationJob]) -> tuple[Caught | None, ...]:
    """Play several jobs at once, each on a lane without a fault and on a lane of every fault.

    Args:
        lanes: as many good lanes as jobs, and as many copies of each fault.
    Returns: for each fault where one of the jobs caught it first, or None.
    Raises: LaneFailure where a good lane does not pass.
    """
    return _Run(lanes, jobs, None).play().caught


class _Stream:
    """A job on its good lane: the testbench that plays it, and what it was shown from the start."""

    def __init__(self, job: SimulationJob) -> None:
        self.document = {**job_document(0, job), "patience_cycles": PATIENCE_CYCLES}
        self.bench = _LaneTestbench(self.document)
        self.samples: list[str] = []
        self.word = 0  # what drives the lane

    @property
    def phase(self) -> str:
        """Name the phase that is played."""
        return self.bench.checker.phase if self.bench.checker is not None else ""


class _Run:
    """The state of a run.

    Of each design, the good one first, there is a lane for each stream: design `n` has stream `k` in lane
    `n * streams + k`. A word of the good lanes times `every` stands in all designs.
    """

    def __init__(
        self, lanes: Lanes, jobs: Sequence[SimulationJob], see: Callable[[int, Sequence[int]], None] | None
    ) -> None:
        self.lanes, self.see = lanes, see
        self.streams = [_Stream(job) for job in jobs]
        self.playing = list(range(len(jobs)))
        self.low = (1 << len(jobs)) - 1
        self.every = lanes.mask // self.low
        self.exact = all(job.max_error_lsb == 0 for job in jobs)
        self.found: list[Caught | None] = [None] * (lanes.lanes // len(jobs))
        self.common = lanes.mask  # the lanes that go with their stream's good lane
        self.own: dict[int, _LaneTestbench] = {}
        self.words: dict[int, int] = {}  # what each testbench of a lane's own drives
        self.answers: list[tuple[Checker, list[int]]] = []  # of the first stream, phase by phase
        places = {(port, place): number for number, (port, place) in enumerate(lanes.outputs)}
        self.ready, self.valid = places["inputs__ready", 0], places["outputs__valid", 0]
        self.payload = [places["outputs__payload", place] for place in range(jobs[0].output_width)]
        control = {"rst": 0, "outputs__ready": 1, "inputs__valid": 2}
        shifts = [
            PAYLOAD_SHIFT + place if port == "inputs__payload" else control[port] for port, place, _ in lanes.inputs
        ]
        self.place_of = {shift: place for place, shift in enumerate(shifts)}
        self.wanted = [0] * len(shifts)  # what the streams drive
        self.apart = [0] * len(shifts)  # what lanes of their own are driven with
        self.inputs = [0] * len(shifts)
        self.changed: set[int] = set()  # the places where that is no longer up to date

    def play(self) -> Played:
        """Play to the end of all testbenches."""
        state, step = self.lanes.state, self.lanes.step
        for number, stream in enumerate(self.streams):
            self._want(number, stream.bench.word)
        while self.playing or self.own:
            common = self.common
            for place in self.changed:
                self.inputs[place] = self.apart[place] | self.wanted[place] * self.every & common
            self.changed.clear()
            outputs, state = step(state, self.inputs)
            if self.see is not None and self.playing:
                self.see(self.streams[0].word, outputs)
            for lane in list(self.own):
                if lane in self.own:
                    self._resume(lane, outputs)
            self._compare(outputs)
            for number in list(self.playing):
                self._go_on(number, outputs)
            if self.common != common:
                self.changed.update(range(len(self.inputs)))
        return Played(
            caught=tuple(self.found[1:]),
            answers=tuple(tuple(answers) for _, answers in self.answers),
            cycles=len(self.streams[0].samples),
        )

    def _go_on(self, number: int, outputs: Sequence[int]) -> None:
        """Show a stream's testbench a cycle of its good lane."""
        stream = self.streams[number]
        bench = stream.bench
        sample = self._sample(outputs, number)
        stream.samples.append(sample)
        if number == 0 and bench.watching and stream.word & ACCEPT and sample[-2] == "1":
            assert bench.checker is not None
            if not self.answers or self.answers[-1][0] is not bench.checker:
                self.answers.append((bench.checker, []))
            self.answers[-1][1].append(int(sample[:-2], 2))
        going = bench.show(sample)
        if bench.caught() is not None:
            raise LaneFailure(f"netlist: {_sentence(bench.caught())}")
        if going:
            self._want(number, bench.word)
        else:
            self.playing.remove(number)
            self._want(number, 0)
            self.common &= ~(self.every << number)

    def _want(self, number: int, word: int) -> None:
        """Drive the lanes of a stream with a word from the next cycle on."""
        stream = self.streams[number]
        for bit in _lanes(word ^ stream.word):
            place = self.place_of[bit]
            self.wanted[place] ^= 1 << number
            self.changed.add(place)
        stream.word = word

    def _sample(self, outputs: Sequence[int], lane: int) -> str:
        """Give what the testbench reads of a lane; a payload that is not valid it does not read."""
        valid, ready = outputs[self.valid] >> lane & 1, outputs[self.ready] >> lane & 1
        if not valid:
            return f"{'0' * len(self.payload)}0{ready}"
        return "".join("1" if outputs[place] >> lane & 1 else "0" for place in reversed(self.payload)) + f"1{ready}"

    def _compare(self, outputs: Sequence[int]) -> None:
        """Find the lanes that differ from the good one where its testbench looks, and part from them."""
        low, every = self.low, self.every
        asked = watched = 0  # the streams whose testbench reads ready, and results
        for number in self.playing:
            stream = self.streams[number]
            if stream.word & RESET:
                continue
            watching = stream.bench.watching
            if stream.word & OFFER or (watching and stream.bench.keeper is not None):
                asked |= 1 << number
            if watching:
                watched |= 1 << number
        ready, valid = outputs[self.ready], outputs[self.valid]
        apart = (ready ^ (ready & low) * every) & asked * every
        apart |= (valid ^ (valid & low) * every) & watched * every
        wrong = 0
        shown = valid & watched
        if shown:
            for place in self.payload:
                bits = outputs[place]
                wrong |= bits ^ (bits & low) * every
            wrong &= shown * every
        apart &= self.common
        wrong &= self.common & ~apart
        if not self.exact:
            apart, wrong = apart | wrong, 0
        rule = "the result must be the expected one"
        for lane in _lanes(wrong):
            stream = self.streams[lane % len(self.streams)]
            self._catch(lane, Caught(phase=stream.phase, cycle=stream.bench.cycle + 1, rule=rule))
        for lane in _lanes(apart):
            if self.common >> lane & 1:
                self._part(lane, outputs)

    def _catch(self, lane: int, caught: Caught) -> None:
        """Note what was objected to, and leave all lanes of the same design alone."""
        design = lane // len(self.streams)
        self.found[design] = self.found[design] or caught
        first = design * len(self.streams)
        self.common &= ~(self.low << first)
        for other in range(first, first + len(self.streams)):
            if other in self.own:
                self._leave(other)

    def _leave(self, lane: int) -> None:
        self.own.pop(lane).close()
        self._drive(lane, 0)

    def _part(self, lane: int, outputs: Sequence[int]) -> None:
        """Give a lane a testbench of its own, which is shown what it has seen so far."""
        self.common &= ~(1 << lane)
        stream = self.streams[lane % len(self.streams)]
        bench = _LaneTestbench(stream.document)
        for sample in stream.samples:
            bench.show(sample)
        self.own[lane] = bench
        self.words[lane] = 0
        self._resume(lane, outputs)

    def _resume(self, lane: int, outputs: Sequence[int]) -> None:
        """Show a lane's testbench a cycle, and drive the lane with what it wants next."""
        bench = self.own[lane]
        try:
            going = bench.show(self._sample(outputs, lane))
            caught = bench.caught()
        except ValueError as error:  # the testbench itself stumbles over what the lane does: no pass
            phase = bench.checker.phase if bench.checker is not None else ""
            going, caught = False, Caught(phase=phase, cycle=bench.cycle, rule=str(error))
        if caught is not None:
            self._catch(lane, caught)
        elif not going:
            self._leave(lane)
        else:
            self._drive(lane, bench.word)

    def _drive(self, lane: int, word: int) -> None:
        """Drive a lane with a word of its own from the next cycle on."""
        for bit in _lanes(word ^ self.words[lane]):
            place = self.place_of[bit]
            self.apart[place] ^= 1 << lane
            self.changed.add(place)
        self.words[lane] = word


def _sentence(caught: Caught | None) -> str:
    return "" if caught is None else f"{caught.rule} (phase {caught.phase}, cycle {caught.cycle})"


def _lanes(bits: int) -> Iterator[int]:
    """List the places of the ones of an integer."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
