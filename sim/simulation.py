"""The records of a simulation: what a design is fed with and must answer, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hdlgen.payload import Port, payload_width
from sim.pace import Pace

__all__ = ["FirstMismatch", "Phase", "SimulationJob", "SimulationResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of a stream, with pauses on both sides.

    Args:
        name: for messages.
        inputs, expected: payloads, one a token, in order.
        input_gap, output_stall: probability, from 0 up to 1, that the source offers no new token in a cycle, and that
            the sink is not ready.
        burst_cycles: mean length of such pauses is about this many cycles.
        waits: how many cycles the source lets pass, besides, after a token was taken, one number a token; repeated.
        seed: of both patterns.
        reset_before: whether the design is filled with other tokens and then reset; the first phase always is reset.
    """

    name: str
    inputs: tuple[int, ...]
    expected: tuple[int, ...]
    input_gap: float = 0.0
    output_stall: float = 0.0
    burst_cycles: int = 1
    waits: tuple[int, ...] = ()
    seed: int = 0
    reset_before: bool = False

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.expected):
            numbers = f"{len(self.expected)} for {len(self.inputs)} tokens"
            raise ValueError(f"Phase {self.name}: expected must have one payload a token, not {numbers}")
        for key in ("input_gap", "output_stall"):
            if not 0 <= getattr(self, key) < 1:
                raise ValueError(f"Phase {self.name}: {key} must be from 0 up to 1, not {getattr(self, key)!r}")
        if self.burst_cycles < 1:
            raise ValueError(f"Phase {self.name}: burst_cycles must be at least 1, not {self.burst_cycles!r}")
        if min(self.waits, default=0) < 0:
            raise ValueError(f"Phase {self.name}: waits must be at least 0, not {min(self.waits)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationJob:
    """A design to simulate.

    Args:
        name: for reports; one of its own in a call.
        verilog: a whole design whose top module has the ports of `sim.wrapper.PORTS`.
        module: name of the top module.
        input_width, output_width: bits of the two payloads.
        phases: what it is fed with and what it must answer.
        fields: of the output payload, in whose elements errors are told; left out: one number without sign.
        max_error_lsb: how far each element's raw integer may lie from the expected one; 0: every bit must be right.
        pace: in which cycles it declares to take tokens and to show results; None for a design that declares nothing.
        patience_cycles: beyond so many cycles in which no token goes in or out, the design counts as stuck.
    """

    name: str
    verilog: str
    module: str = "top"
    input_width: int
    output_width: int
    phases: tuple[Phase, ...]
    fields: tuple[Port, ...] = ()
    max_error_lsb: float = 0.0
    pace: Pace | None = None
    patience_cycles: int = 10_000

    def __post_init__(self) -> None:
        if min(self.input_width, self.output_width) < 1:
            widths = (self.input_width, self.output_width)
            raise ValueError(f"{self.name}: payloads must have at least 1 bit each, not {widths!r}")
        if self.fields and payload_width(self.fields) != self.output_width:
            width = payload_width(self.fields)
            raise ValueError(f"{self.name}: fields must have {self.output_width} bits in all, not {width!r}")
        if not self.max_error_lsb >= 0:
            raise ValueError(f"{self.name}: max_error_lsb must be at least 0, not {self.max_error_lsb!r}")
        for key, width in (("inputs", self.input_width), ("expected", self.output_width)):
            for phase in self.phases:
                for value in getattr(phase, key):
                    if value < 0 or value >> width:
                        raise ValueError(f"{self.name}: {phase.name}.{key} must have {width} bits, not {value!r}")

    @property
    def tokens(self) -> int:
        """Count the tokens of all phases."""
        return sum(len(phase.inputs) for phase in self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMismatch:
    """Where a design first went wrong: phase, token and rising edge of its clock since the start (an edge every 10 ns),
    the rule that it broke, and the payloads; None where there is none, or where it holds x or z."""

    phase: str
    token: int
    cycle: int
    rule: str
    inputs: int | None
    expected: int | None
    got: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationResult:
    """What a simulation says about a design.

    Args:
        name: of the job.
        status: `ok`; `mismatch`: another result, a broken stream protocol, or a design that is stuck; `error`: nothing
            could be simulated; `timeout`: the simulator was stopped.
        tokens: results compared. mismatches: results too far from the expected ones and rules broken, up to the end of
            that phase.
        error_lsb: largest distance of an element's raw integer from the expected one, mismatches included.
        interval_cycles, results_per_cycle: mean distance of results and its inverse, in the first phase without pauses
            of at least 256 tokens; None without one.
        latency_cycles: there, rising edges from the one that accepts the first token to the one that may take its
            result: 1 for a single register.
        longest_latency_cycles: the same, the longest of all its tokens: one that waits behind others counts its wait.
        cycles: simulated in all.
        message: one sentence on a failure, else empty.
        junit: the outcome in JUnit's XML.
        waves: a VCD file where one was asked for and written.
    """

    name: str
    status: str
    tokens: int = 0
    mismatches: int = 0
    error_lsb: int = 0
    first_mismatch: FirstMismatch | None = None
    interval_cycles: float | None = None
    results_per_cycle: float | None = None
    latency_cycles: int | None = None
    longest_latency_cycles: int | None = None
    cycles: int = 0
    message: str = ""
    junit: str = ""
    waves: Path | None = None
