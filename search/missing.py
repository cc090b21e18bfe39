"""How much of the front a search has not found yet, as a share of hypervolume; nothing is said of too few points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hdlgen.evaluation import Evaluation, Objective
from search.pareto import Floats, costs, hypervolume, non_dominated

__all__ = ["FEWEST", "Missing", "describe", "estimate", "missing_of", "normalised"]

FEWEST = 24
"""With fewer measured designs that have a feasible score, nothing is said: replays show no relation to the truth."""

MARGIN = 5.0
"""So many times the estimate is the bound; `python -m benchmarks stopping` says how often it holds."""

BEYOND = 1.1
"""The reference point: a tenth of its range beyond the worst figure in each objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a search has still to gain in hypervolume, as shares of what it would have in the end, 0 to 1.

    Args:
        share: the estimate.
        at_most: a bound; it holds for nine of ten guided searches.
    """

    share: float
    at_most: float

    def as_dict(self) -> dict[str, float]:
        """Give both shares in plain types."""
        return {"share": round(self.share, 4), "at_most": round(self.at_most, 4)}


def normalised(rows: Floats) -> Floats:
    """Scale each column of costs to 0..1 between its best and its worst; a column of one sign by its logarithms.

    So no objective outweighs the others by its unit, and halving counts the same everywhere.
    """
    logarithmic = (rows > 0).all(axis=0) | (rows < 0).all(axis=0)
    rows = np.where(logarithmic, np.sign(rows) * np.log(np.where(logarithmic, np.abs(rows), 1.0)), rows)
    low, high = rows.min(axis=0), rows.max(axis=0)
    return np.asarray((rows - low) / np.where(high > low, high - low, 1.0))


def estimate(rows: Floats, unasked: float) -> Missing | None:
    """Estimate the hypervolume that is still to be gained by measuring the whole space: the bias of the jackknife.

    It asks how much would be missing without any one of the designs measured: what one alone gives, others that are
    not measured yet will give like it. It is made for random designs, of which it sees too little gain; of guided ones
    it is right on average over replays. Extrapolating the gain of late was the other way: it is 0 whenever a search
    rests for a while, and was further from the truth. A front that was measured whole has nothing to gain.

    Args:
        rows: costs of the feasible designs, shape (designs, objectives).
        unasked: share of the space's points that were not asked for yet.
    Returns: None for fewer than `FEWEST` rows.
    Source: Burnham and Overton, Biometrika 65(3), 1978, 625-633, and Heltshe and Forrester, Biometrics 39(1), 1983,
        1-11 (jackknife of the first order for what a sample has not met; here with hypervolume in place of species).
    """
    if len(rows) < FEWEST:
        return None
    scaled = normalised(rows)
    reference = np.full(scaled.shape[1], BEYOND)
    volume = hypervolume(scaled, reference)
    members = np.flatnonzero(non_dominated(scaled))  # without another design nothing changes
    alone = sum(volume - hypervolume(np.delete(scaled, member, axis=0), reference) for member in members)
    gain = (len(rows) - 1) / len(rows) * alone * unasked
    return Missing(share=_share(gain, volume), at_most=_share(MARGIN * gain, volume))


def _share(gain: float, volume: float) -> float:
    return float(gain / (volume + gain))


def missing_of(
    evaluations: Iterable[Evaluation], objectives: Sequence[Objective], *, space_size: int
) -> Missing | None:
    """Estimate what is missing from the front of a search.

    Args:
        evaluations: all of them, failures and repeated hardware included.
        space_size: valid points of the space.
    Returns: None where too few designs are feasible.
    """
    told = list(evaluations)
    distinct = {evaluation.key or evaluation.point.text(): evaluation for evaluation in told if evaluation.feasible}
    return estimate(costs(distinct.values(), objectives), max(0.0, 1.0 - len(told) / space_size))


def describe(missing: Missing | None) -> str:
    """Say in a sentence what is missing, or that nobody knows."""
    if missing is None:
        return f"How much of the front is missing is unknown before {FEWEST} feasible designs."
    return (
        f"Of the front, about {_percent(missing.share)} is missing by hypervolume, at most {_percent(missing.at_most)}."
    )


def _percent(share: float) -> str:
    """Round up to what a reader may rely on: nothing is called 0% but 0."""
    if not share:
        return "0%"
    return "less than 1%" if share < 0.01 else f"{share:.0%}"
