"""Fleets: how many copies of a design, and how many chips, reach a throughput, under a cap on each if there is one.

A chip is an area of silicon, or an FPGA with what it holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from hdlgen.errors import InputError
from hdlgen.evaluation import Evaluation, Score

__all__ = ["Device", "Fleet", "Need", "best", "fleet"]

_SLACK = 1 - 1e-9
"""Takes back what rounding adds, so that a whole number of copies stays one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is to be reached, and what a chip may be.

    Args:
        throughput_msps: results in all, in millions a second.
        cap_msps: what one chip may give at most, as export rules say it; None for no rule.
        chip_mm2: area of a chip that copies may take.
    """

    throughput_msps: float
    cap_msps: float | None = None
    chip_mm2: float = 100.0

    def __post_init__(self) -> None:
        for name, value in (("throughput", self.throughput_msps), ("cap", self.cap_msps), ("chip", self.chip_mm2)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"--{name} must be finite and above 0, not {value:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What an FPGA holds: tables, multiplier blocks and block memories."""

    luts: int
    dsps: int
    brams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Hold what reaches the throughput.

    Args:
        copies: of the design, on all chips.
        silicon_mm2: the area of all copies; None on an FPGA.
        copies_per_chip, chip_msps: what one chip holds and gives.
        limit: what ends the number of copies on a chip: its `area`, on an FPGA its `luts`, `dsps` or `brams`, or
            the `cap`.
        chips: how many it takes.
        room: what the copies take of a chip at their tightest, in chips.
    """

    copies: int
    silicon_mm2: float | None
    copies_per_chip: int
    chip_msps: float
    limit: str
    chips: int
    room: float


def fleet(score: Score, need: Need, device: Device | None = None) -> Fleet:
    """Count the copies and the chips of one design.

    A copy that alone is faster than the cap is clocked down to it; all others run at their highest clock, as many on a
    chip as it has room for and the cap allows.

    Args:
        device: what a chip holds where it is an FPGA; `need.chip_mm2` is without meaning then.
    Raises: InputError where a chip does not hold one copy.
    """
    shares = _shares(score, need, device)
    tightest = max(shares, key=lambda resource: shares[resource])
    share = shares[tightest]
    by_room = math.floor(1 / share / _SLACK)
    if not by_room and device is None:
        least = score.area_um2 / 1e6
        raise InputError(f"--chip must be at least {least:.4g} mm2, the area of one copy, not {need.chip_mm2:g}")
    if not by_room:
        raise InputError(f"a device must hold one copy, which takes {share:.3g} times its {tightest}")
    by_cap = math.inf if need.cap_msps is None else need.cap_msps / score.throughput_msps / _SLACK
    if need.cap_msps is not None and by_cap < 1:
        per_chip, chip_msps = 1, need.cap_msps
    else:
        per_chip = int(min(by_room, by_cap))
        chip_msps = per_chip * score.throughput_msps
    chips = math.ceil(need.throughput_msps / chip_msps * _SLACK)
    copies = chips if by_cap < 1 else math.ceil(need.throughput_msps / score.throughput_msps * _SLACK)
    return Fleet(
        copies=copies,
        silicon_mm2=copies * score.area_um2 / 1e6 if device is None else None,
        copies_per_chip=per_chip,
        chip_msps=chip_msps,
        limit="cap" if by_cap < by_room else tightest,
        chips=chips,
        room=copies * share,
    )


def _shares(score: Score, need: Need, device: Device | None) -> dict[str, float]:
    """Tell what share of a chip a copy takes, by what there may be too little of."""
    if device is None:
        return {"area": score.area_um2 / (need.chip_mm2 * 1e6)}
    needed = {"luts": score.luts, "dsps": score.dsps, "brams": score.brams}
    held = {"luts": device.luts, "dsps": device.dsps, "brams": device.brams}
    return {name: (count or 0) / max(held[name], 1) for name, count in needed.items()}


def best(evaluations: Iterable[Evaluation], need: Need, device: Device | None = None) -> Evaluation | None:
    """Choose the feasible design that reaches the throughput in the least room, of equals the one on fewest chips.

    Raises: InputError where a chip does not hold one copy of any of them.
    """
    found: list[tuple[float, int, int, Evaluation]] = []
    refusal: InputError | None = None
    for place, evaluation in enumerate(evaluations):
        if evaluation.score is None or not evaluation.feasible:
            continue
        try:
            one = fleet(evaluation.score, need, device)
        except InputError as error:
            refusal = refusal or error
            continue
        found.append((one.room, one.chips, place, evaluation))
    if not found and refusal is not None:
        raise refusal
    return min(found)[-1] if found else None
