"""What a measurement says about one design point, and the protocol of whoever measures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Protocol

from hdlgen.network import Network
from hdlgen.space import Point

__all__ = [
    "AREAS",
    "FPGA_METRICS",
    "METRICS",
    "Constraint",
    "Direction",
    "Evaluation",
    "Evaluator",
    "Objective",
    "Proof",
    "Prover",
    "Score",
    "Status",
    "Verdict",
]


class Status(StrEnum):
    """How the measurement of a point ended."""

    OK = "ok"
    INVALID = "invalid"  # only building revealed that the point cannot be built
    MISMATCH = "mismatch"  # simulation differs from the golden model
    TOOL_FAILED = "tool_failed"
    TIMEOUT = "timeout"


class Direction(StrEnum):
    """Whether less or more of a metric is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The measured figures of a design that passed its simulation.

    Args:
        area_um2: all mapped cells, flip-flops and handshake included.
        flip_flop_area_um2: the share of the flip-flops in it.
        clock_mhz, period_ps: highest clock by static timing, and its period.
        throughput_msps: results per second in millions, clock times MEASURED results per cycle.
        interval_cycles: measured cycles between results without stalls.
        latency_cycles, latency_ns: measured cycles from a token's acceptance to its result, and their time.
        error_lsb: largest difference from the exact result that was measured, in units of the output's last place.
        error_bound_lsb: what that difference is proved to stay within, whatever the inputs are.
        cells, flip_flops: counts of mapped cells.
        luts, dsps, brams: on an FPGA what the design takes of the device's tables, multiplier blocks and block
            memories, by place and route; there is no area then. None elsewhere.
        energy_pj: of a result, estimated from counted changes of all nets; None where nobody asked for it.
    """

    area_um2: float = 0.0
    flip_flop_area_um2: float = 0.0
    clock_mhz: float
    period_ps: float
    throughput_msps: float
    interval_cycles: float
    latency_cycles: int
    latency_ns: float
    error_lsb: float
    error_bound_lsb: float = 0.0
    cells: int
    flip_flops: int
    luts: int | None = None
    dsps: int | None = None
    brams: int | None = None
    energy_pj: float | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"Score: {field.name} must be finite and not negative, not {value!r}")

    @property
    def size(self) -> float:
        """Give what the design takes: tables on an FPGA, area elsewhere."""
        return self.area_um2 if self.luts is None else self.luts

    def figure(self, metric: str) -> float:
        """Give one figure.

        Raises: ValueError where it was not measured.
        """
        value = getattr(self, metric)
        if value is None:
            raise ValueError(f"Score: {metric} must be measured where it is asked for")
        return float(value)

    def as_dict(self) -> dict[str, float]:
        """List the figures by name, in the order of the fields, without areas on an FPGA and what was not measured."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        left_out = () if self.luts is None else AREAS
        return {name: value for name, value in found.items() if value is not None and name not in left_out}


FPGA_METRICS = ("luts", "dsps", "brams")
"""What only an FPGA has."""

CELL_METRICS = ("area_um2", "energy_pj")
"""What only designs of standard cells are measured for."""

AREAS = ("area_um2", "flip_flop_area_um2")
"""Figures of a score that an FPGA does not have."""

METRICS: Mapping[str, Direction] = {
    "area_um2": Direction.MINIMIZE,
    "luts": Direction.MINIMIZE,
    "dsps": Direction.MINIMIZE,
    "brams": Direction.MINIMIZE,
    "clock_mhz": Direction.MAXIMIZE,
    "period_ps": Direction.MINIMIZE,
    "throughput_msps": Direction.MAXIMIZE,
    "interval_cycles": Direction.MINIMIZE,
    "latency_cycles": Direction.MINIMIZE,
    "latency_ns": Direction.MINIMIZE,
    "error_lsb": Direction.MINIMIZE,
    "energy_pj": Direction.MINIMIZE,
}
"""The metrics that an objective or a constraint may name, with the direction that is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A metric to minimise or to maximise."""

    metric: str
    direction: Direction

    def cost(self, score: Score) -> float:
        """Give the metric as a figure to minimise: negated where more is better."""
        value = score.figure(self.metric)
        return value if self.direction is Direction.MINIMIZE else -value


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A bound on a metric: an upper one where less is better, a lower one where more is."""

    metric: str
    bound: float

    def holds(self, score: Score) -> bool:
        """Tell whether a score keeps the bound."""
        value = score.figure(self.metric)
        return value <= self.bound if METRICS[self.metric] is Direction.MINIMIZE else value >= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The outcome of measuring one point.

    Args:
        point: the point.
        status: how it ended; only `OK` carries a score.
        score: the figures, or None.
        feasible: whether the score keeps every constraint of the spec; False without a score.
        key: digest of all that the score depends on; equal keys are equal hardware, measured once; empty where
            nothing was built.
        runtime_s: seconds of work that this measurement took, 0.0 where an earlier result was reused.
        message: one sentence on a failure, else empty.
    """

    point: Point
    status: Status
    score: Score | None = None
    feasible: bool = False
    key: str = ""
    runtime_s: float = 0.0
    message: str = ""

    def __post_init__(self) -> None:
        if (self.score is not None) != (self.status is Status.OK):
            raise ValueError(f"Evaluation: a score must go with status ok and with no other, not {self.status.value!r}")

    def as_dict(self) -> dict[str, Any]:
        """Give the record as plain JSON types; `from_dict` is its inverse."""
        return {
            "point": dict(self.point.values),
            "status": self.status.value,
            "score": None if self.score is None else self.score.as_dict(),
            "feasible": self.feasible,
            "key": self.key,
            "runtime_s": self.runtime_s,
            "message": self.message,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Evaluation:
        """Read what `as_dict` wrote.

        Raises: KeyError, TypeError or ValueError for anything else.
        """
        return cls(
            point=Point(values=tuple(record["point"].items())),
            status=Status(record["status"]),
            score=None if record["score"] is None else Score(**record["score"]),
            feasible=bool(record["feasible"]),
            key=str(record["key"]),
            runtime_s=float(record["runtime_s"]),
            message=str(record["message"]),
        )


class Evaluator(Protocol):
    """Whoever measures points: the real pipeline, or a toy in a test."""

    def evaluate(self, points: Sequence[Point]) -> Iterator[Evaluation]:
        """Measure each point and yield one evaluation a point, in the order of asking, each as soon as it is known."""


class Verdict(StrEnum):
    """What a prover found of a network."""

    EQUAL = "equal"  # proved for all inputs
    DIFFERENT = "different"  # shown by one input
    UNDECIDED = "undecided"  # no proof within the limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The outcome of an equivalence check.

    Args:
        verdict: what was shown.
        counterexample: for DIFFERENT, the value of each input bit; else empty.
        message: one sentence where nothing was decided, else empty.
        runtime_s: seconds that it took.
    """

    verdict: Verdict
    counterexample: tuple[int, ...] = ()
    message: str = ""
    runtime_s: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.counterexample) != (self.verdict is Verdict.DIFFERENT):
            raise ValueError(f"Proof: a counterexample must go with different alone, not with {self.verdict.value}")


class Prover(Protocol):
    """Whoever decides whether a network is what it should be, for all inputs."""

    def prove(self, network: Network) -> Proof:
        """Hold a network to its golden model."""
