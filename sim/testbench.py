"""The testbench, run by cocotb inside the simulator: one test a design, each with a driver, a monitor and a checker.

Its jobs come from the file that the plusarg `+hdlgen_jobs` names; after each job it adds a line to the record beside
that. It works with any Verilog that has the ports of `sim.wrapper`. All happens at falling edges: what the last rising
edge saw is read from `sample`, and what the next one shall see is written to `drive`.
"""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer

from sim.pace import Pace, PaceKeeper
from sim.wrapper import ACCEPT, CONTROL_WIDTH, OFFER, PAYLOAD_SHIFT, RESET

__all__ = ["Checker", "Driver", "Monitor", "Testbench", "job", "pauses"]

PERIOD_NS = 10
RESET_CYCLES = 3
DRAIN_CYCLES = 16  # at least, watched after the last result for one too many
PATTERN_LENGTH = 1021  # a prime, so that it beats against every interval
MEASURED_TOKENS = 256


def pauses(probability: float, burst_cycles: int, seed: str) -> list[bool]:
    """Draw a repeating pattern of pauses: each decision holds for 1 to `2 * burst_cycles - 1` cycles."""
    source = random.Random(seed)
    pattern: list[bool] = []
    while probability and len(pattern) < PATTERN_LENGTH:
        pattern += [source.random() < probability] * source.randint(1, 2 * burst_cycles - 1)
    return [*pattern[:PATTERN_LENGTH], False]


class Driver:
    """Offer tokens in order, each until it is accepted; between them show a payload that nobody may take.

    Args:
        pattern: in which cycles no new token is offered.
        waits: in how many cycles after each token none is.
    """

    def __init__(self, tokens: list[int], width: int, pattern: list[bool], waits: Sequence[int] = ()) -> None:
        mask = (1 << width) - 1
        self.offers = [token << PAYLOAD_SHIFT | OFFER for token in tokens]
        self.decoys = [(token ^ mask) << PAYLOAD_SHIFT for token in tokens] or [0]
        self.pattern = pattern
        self.waits = waits or (0,)
        self.until = 0
        self.accepted: list[int] = []
        self.word = self.decoys[0]

    def advance(self, cycle: int, taken: bool) -> int:
        """Note whether the token on offer was taken in this cycle, and give the drive word of the next one."""
        if taken:
            self.until = cycle + self.waits[len(self.accepted) % len(self.waits)]
            self.accepted.append(cycle)
        elif self.word & OFFER:
            return self.word
        position = len(self.accepted)
        if position >= len(self.offers):
            self.word = self.decoys[-1]
        elif cycle < self.until or self.pattern[cycle % len(self.pattern)]:
            self.word = self.decoys[position]
        else:
            self.word = self.offers[position]
        return self.word


class Monitor:
    """Take results off a stream with pauses, and hold the stream to its protocol."""

    def __init__(self, pattern: list[bool]) -> None:
        self.pattern = pattern
        self.ready = 0
        self.waiting = ""  # the payload that was valid while we were not ready
        self.shown: list[int] = []  # the cycles in which results were first valid
        self.broken = ""

    def advance(self, cycle: int) -> int:
        """Give the drive bit of the next cycle."""
        self.ready = 0 if self.pattern[cycle % len(self.pattern)] else ACCEPT
        return self.ready

    def observe(self, cycle: int, sample: str) -> str | None:
        """Give the payload that was transferred, or None; `broken` names the rule that the sample breaks, if any."""
        self.broken = ""
        valid = sample[-2]
        if valid == "0":
            if self.waiting:
                self.broken = "outputs__valid must stay until outputs__ready"
                self.waiting = ""
            return None
        if valid != "1":
            self.broken = f"outputs__valid must be 0 or 1, not {valid.lower()}"
            return None
        payload = sample[:-2]
        if not self.waiting:
            self.shown.append(cycle)
        elif payload != self.waiting:
            self.broken = "outputs__payload must stay until outputs__ready"
        if self.ready:
            self.waiting = ""
            return payload
        self.waiting = payload
        return None


class Checker:
    """Compare results with the expected ones, in order; count what is too far from them and keep the first.

    Args:
        elements: width and sign of each element of the payload, lowest bits first.
        max_error_lsb: how far an element may lie from the expected one.
    """

    def __init__(
        self,
        phase: str,
        inputs: list[int],
        expected: list[int],
        elements: Sequence[tuple[int, bool]],
        max_error_lsb: float = 0.0,
    ) -> None:
        self.phase = phase
        self.inputs = inputs
        width = sum(width for width, _ in elements)
        self.expected = [f"{value:0{width}b}" for value in expected]
        self.elements = elements
        self.max_error_lsb = max_error_lsb
        self.error_lsb = 0
        self.results = 0
        self.mismatches = 0
        self.first: dict[str, Any] | None = None

    def check(self, payload: str, cycle: int, accepted: int) -> None:
        """Take the next result."""
        position = self.results
        self.results = position + 1
        if position >= len(self.expected):
            self.fail("there must not be more results than tokens", cycle, payload)
        elif payload != self.expected[position] and not self.near(payload, self.expected[position]):
            near = (
                f"within {self.max_error_lsb:g} LSB of the expected one" if self.max_error_lsb else "the expected one"
            )
            self.fail(f"the result must be {near if payload.strip('01') == '' else '0s and 1s'}", cycle, payload)
        elif position >= accepted:
            self.fail("a result must not come before its token", cycle, payload)

    def near(self, payload: str, expected: str) -> bool:
        """Tell whether every element is near enough to the expected one, and note the largest error."""
        if payload.strip("01"):
            return False
        error, end = 0, len(payload)
        for width, signed in self.elements:
            found, wanted = (int(word[end - width : end], 2) for word in (payload, expected))
            if signed:  # turning the sign bit round maps both to an order in which their difference is the plain one
                found, wanted = found ^ 1 << width - 1, wanted ^ 1 << width - 1
            error = max(error, abs(found - wanted))
            end -= width
        self.error_lsb = max(self.error_lsb, error)
        return error <= self.max_error_lsb

    def fail(self, rule: str, cycle: int, payload: str = "") -> None:
        """Count a mismatch at the token whose result is due."""
        self.mismatches += 1
        if self.first is None:
            token = self.results - bool(payload)
            known = payload.strip("01") == ""
            self.first = {
                "phase": self.phase,
                "token": token,
                "cycle": cycle,
                "inputs": hex(self.inputs[token]) if token < len(self.inputs) else None,
                "expected": hex(int(self.expected[token], 2)) if token < len(self.expected) else None,
                "got": hex(int(payload, 2)) if payload and known else None,
                "rule": rule if known else f"{rule}, not {payload.lower()}",
            }


class Testbench:
    """Play the phases of one job on its instance."""

    def __init__(self, dut: Any, job: dict[str, Any]) -> None:
        number = job["number"]
        self.job = job
        self.clock = getattr(dut, f"clk_{number}")
        self.drive = getattr(dut, f"drive_{number}")
        self.sample = getattr(dut, f"sample_{number}")
        self.widths = getattr(dut, f"widths_{number}")
        self.edge = self.clock.falling_edge
        self.cycle = 0
        self.latency = 0
        self.keeper = PaceKeeper(Pace(**job["pace"])) if job["pace"] else None
        self.record: dict[str, Any] = {
            "status": "ok",
            "tokens": 0,
            "mismatches": 0,
            "error_lsb": 0,
            "first_mismatch": None,
        }

    async def play(self) -> dict[str, Any]:
        """Play all phases, up to the first that fails, and give the record."""
        self.clock.value = 0
        self.drive.value = RESET
        await Timer(PERIOD_NS, "ns")
        self.check_widths()
        clock = Clock(self.clock, PERIOD_NS, "ns", impl="gpi")
        clock.start(start_high=False)
        await self.phases()
        clock.stop()
        return self.record | {"cycles": self.cycle}

    async def phases(self) -> None:
        """Play the phases of the job, up to the first that fails."""
        for index, phase in enumerate(self.job["phases"]):
            if phase["reset_before"]:
                if index:
                    await self.spoil(phase)
                await self.reset()
            await self.phase(phase)
            if self.record["mismatches"]:
                self.record["status"] = "mismatch"
                break

    def check_widths(self) -> None:
        """Refuse a design whose ports have other widths than the job says.

        Raises: ValueError.
        """
        text = str(self.widths.value)
        control, outputs, inputs = (int(text[at : at + 32], 2) for at in (0, 32, 64))
        for port, wanted, found in (
            ("inputs__payload", self.job["input_width"], inputs),
            ("outputs__payload", self.job["output_width"], outputs),
            ("clk, rst, valid and ready together", CONTROL_WIDTH, control),
        ):
            if found != wanted:
                raise ValueError(f"{self.job['module']}: {port} must have {wanted} bits, not {found}")

    async def step(self, word: int) -> str:
        """Show a drive word to the next rising edge and give what that edge saw."""
        self.drive.value = word
        await self.edge
        self.cycle += 1
        return str(self.sample.value)

    async def reset(self) -> None:
        """Hold the reset, with a payload that nobody may take."""
        for _ in range(RESET_CYCLES):
            await self.step(RESET)
        if self.keeper is not None:
            self.keeper.reset()

    async def spoil(self, phase: dict[str, Any]) -> None:
        """Fill the design with tokens whose results are never asked for, so that a reset has something to clear."""
        tokens = [int(text, 16) for text in phase["inputs"][::-1][:64]]
        driver = Driver(tokens, self.job["input_width"], pauses(0.1, 1, "spoil"))
        word = driver.advance(0, False)
        for cycle in range(1, 2 * min(self.latency, 256) + 16):
            ready = ACCEPT if cycle % 8 < 4 else 0
            sample = await self.step(word | ready)
            word = driver.advance(cycle, bool(word & OFFER) and sample[-1] == "1")

    async def phase(self, phase: dict[str, Any]) -> None:
        """Play one phase: all its tokens in, all their results out, and nothing after them."""
        inputs = [int(text, 16) for text in phase["inputs"]]
        expected = [int(text, 16) for text in phase["expected"]]
        seed, burst = phase["seed"], phase["burst_cycles"]
        gaps = pauses(phase["input_gap"], burst, f"gap {seed}")
        driver = Driver(inputs, self.job["input_width"], gaps, phase["waits"])
        monitor = Monitor(pauses(phase["output_stall"], burst, f"stall {seed}"))
        checker = Checker(phase["name"], inputs, expected, self.job["elements"], self.job["max_error_lsb"])
        await self.stream(driver, monitor, checker)
        self.record["tokens"] += min(checker.results, len(expected))
        self.record["mismatches"] += checker.mismatches
        self.record["error_lsb"] = max(self.record["error_lsb"], checker.error_lsb)
        self.record["first_mismatch"] = self.record["first_mismatch"] or checker.first
        if not checker.mismatches and expected:
            latencies = [shown - taken for taken, shown in zip(driver.accepted, monitor.shown, strict=True)]
            self.latency = max(self.latency, latencies[0])
            free = not phase["input_gap"] and not phase["output_stall"] and not phase["waits"]
            if free and len(expected) >= MEASURED_TOKENS and "latency_cycles" not in self.record:
                self.record["latency_cycles"] = latencies[0]
                self.record["longest_latency_cycles"] = max(latencies)
                self.record["interval_cycles"] = (monitor.shown[-1] - monitor.shown[0]) / (len(expected) - 1)

    async def stream(self, driver: Driver, monitor: Monitor, checker: Checker) -> None:
        """Run cycles until all results have come and some cycles more, or nothing has moved for the job's patience."""
        patience = self.job["patience_cycles"]
        drive, sample, edge = self.drive, self.sample, self.edge
        keep = self.keeper.observe if self.keeper is not None else None
        cycle = last_move = self.cycle
        end = -1 if checker.expected else cycle + DRAIN_CYCLES
        word = driver.advance(cycle, False) | monitor.advance(cycle)
        written = -1
        while cycle != end:
            if word != written:
                drive.value = written = word
            await edge
            cycle += 1
            seen = str(sample.value)
            taken = seen[-1] == "1" and word & OFFER != 0
            offered = driver.advance(cycle, taken)
            if seen[-1] not in "01":
                checker.fail(f"inputs__ready must be 0 or 1, not {seen[-1].lower()}", cycle)
            payload = monitor.observe(cycle, seen)
            if monitor.broken:
                checker.fail(monitor.broken, cycle)
            if payload is not None:
                checker.check(payload, cycle, len(driver.accepted))
                if checker.results == len(checker.expected):
                    end = cycle + DRAIN_CYCLES + 2 * (cycle - driver.accepted[-1] if driver.accepted else 0)
            if keep is not None:
                untimely = keep(seen, word & ACCEPT, taken)
                if untimely:
                    checker.fail(untimely, cycle)
            if taken or payload is not None:
                last_move = cycle
            elif cycle - last_move > patience:
                checker.fail(f"a token must be taken or given within {patience} cycles", cycle)
                break
            word = offered | monitor.advance(cycle)
        self.cycle = cycle


def _load() -> tuple[Path, list[dict[str, Any]]]:
    # Outside of a simulator there are no plusargs and no jobs; then this module can still be imported.
    path = Path(getattr(cocotb, "plusargs", {}).get("hdlgen_jobs", ""))
    return path, json.loads(path.read_text()) if path.is_file() else []


_PATH, _JOBS = _load()
gc.freeze()  # what cocotb and the jobs are made of stays to the end, and need not be searched again and again


@cocotb.test()
@cocotb.parametrize(index=range(len(_JOBS)))
async def job(dut: Any, index: int) -> None:
    """Run one job and record it: a line when it begins and one when it has ended by itself."""
    with _PATH.with_suffix(".record").open("a") as file:
        file.write(json.dumps({"index": index}) + "\n")
        file.flush()
        record = await Testbench(dut, _JOBS[index]).play()
        file.write(json.dumps({"index": index, "record": record}) + "\n")
    assert record["status"] == "ok", record["first_mismatch"]["rule"]
