"""Recognition of a function of numbers that agrees with every example; its circuit, exact or cut to fit."""

from __future__ import annotations

from hdlgen.network import Network
from search.portfolio.arithmetic import CIRCUITS, EXACT
from search.portfolio.method import Method
from search.portfolio.study import Study
from search.portfolio.words import Recognised, recognise

__all__ = ["METHOD", "recognised"]

_CUTS = sorted({cut for _, cuts in CIRCUITS.values() for cut in cuts})
_ROOM = 1.5
"""Circuits of so many times the limit may still be made small enough."""


def recognised(study: Study) -> Recognised | None:
    """Give what the examples of a study are recognised as."""
    return study.once("words", lambda: recognise(study.given))


def _make(study: Study, variant: str) -> Network | None:
    found = recognised(study)
    if found is None:
        return None
    circuit, cuts = CIRCUITS[found.operation]
    cut = EXACT if variant == "exact" else int(variant)
    if cut != EXACT and cut not in cuts:
        return None
    builder = study.builder()
    numbers = [[builder.input(bit) for bit in places] for places in found.layout.operands]
    if _rows(found) > study.limit // 4 and cut == EXACT:
        return None
    network = builder.network([circuit(builder, numbers, found.bit, cut) ^ int(found.complement)])
    return network if network.and_nodes <= _ROOM * study.limit else None


def _rows(found: Recognised) -> int:
    """Give a lower bound of the size of an exact array, so that none of a million gates is begun."""
    width = len(found.layout.operands[0])
    if found.operation.startswith("multiply"):
        return min(width, found.bit + 1) ** 2 // 2
    if found.operation in ("divide", "remainder"):
        return (width - found.bit) ** 2 // 2 if found.operation == "divide" else width**2 // 2
    return ((width + 1) // 2 - found.bit) ** 2 // 4 if found.operation == "square root" else 0


METHOD = Method(
    name="words",
    variants=("exact", *map(str, _CUTS)),
    make=_make,
    exact=frozenset({"exact"}),
    arithmetic=True,
    describe=lambda study: str(recognised(study) or ""),
)
