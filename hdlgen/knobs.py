"""Knobs: what the compiler offers for a design, as a space that holds no point known to be pointless or impossible."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from dataclasses import dataclass

from hdlgen.allocation import allocate, fold_of, is_power_of_two
from hdlgen.arithmetic.adders import ADDERS, NATIVE
from hdlgen.arithmetic.constants import CONSTANT_ENCODINGS
from hdlgen.arithmetic.sum_shape import CARRY_CHAINS, DSP, FPGA_MULTIPLIERS
from hdlgen.arithmetic.sums import MULTIPLIERS, REDUCTIONS, SumStyle
from hdlgen.dataflow import Dataflow, Kind, Operation
from hdlgen.errors import PointError
from hdlgen.precision import PRECISIONS, truncate
from hdlgen.schedule import schedule
from hdlgen.sharing import SHARINGS, Sharing, sharings_of
from hdlgen.space import Choice, Knob, Point, Space

__all__ = ["FULL_ADDERS", "Mapping", "Settings", "carried", "offer", "settings"]

_LONGEST_INTERVAL = 16
_STAGES = (0, 1, 2, 3, 4, 6, 8)
_DEEPEST = 64

_FPGA_ADDERS = ("sklansky",)
"""Adders of tables that an FPGA is offered beside its carry chain."""

_CARRIED = ("interval", "fold", "stages", "function", "precision")
"""Knobs that say the same of cells and of an FPGA; all others choose among what the fabric itself offers."""

FULL_ADDERS: dict[str, float] = {"cells": 0.0, "gates_25": 0.25, "gates_50": 0.5, "gates_75": 0.75, "gates": 1.0}
"""What full adders are made of, by name: the share of them that are gates, the most critical ones, and not cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What the technology and its tools offer.

    Args:
        recipes: by name, default first.
        full_adder_cells: whether full adders are cells.
        carry_chains: whether a plain `+` is a carry chain of the fabric: the technology is an FPGA.
        dsps: whether it has multiplier blocks.
    """

    recipes: tuple[str, ...]
    full_adder_cells: bool
    carry_chains: bool = False
    dsps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A point, read: what each step of the compiler is told."""

    interval: int = 1
    fold: int = 1
    stages: int = 0
    style: SumStyle = SumStyle()
    sharing: Sharing | None = None
    function: str = ""
    precision: int = 0
    recipe: str
    gate_share: float = 0.0


def settings(point: Point) -> Settings:
    """Read a point of an offered space; a knob that a design has no use for takes its neutral choice."""
    chosen = dict(point.values)
    gate_share = FULL_ADDERS[str(chosen.get("full_adders", "gates"))]
    constants = str(chosen.get("constants", next(iter(CONSTANT_ENCODINGS))))
    return Settings(
        interval=int(chosen.get("interval", 1)),
        fold=int(chosen.get("fold", 1)),
        stages=int(chosen.get("stages", 0)),
        style=SumStyle(
            reduction=str(chosen.get("reduction", REDUCTIONS[0])),
            multiplier=str(chosen.get("multiplier", next(iter(MULTIPLIERS)))),
            adder=str(chosen.get("adder", next(iter(ADDERS)))),
            constants=constants if constants in CONSTANT_ENCODINGS else next(iter(CONSTANT_ENCODINGS)),
            cells=gate_share < 1.0,
        ),
        sharing=SHARINGS.get(constants),
        function=str(chosen.get("function", "")),
        precision=int(chosen.get("precision", 0)),
        recipe=str(chosen["recipe"]),
        gate_share=gate_share,
    )


def carried(pins: typing.Mapping[str, object], space: Space) -> dict[str, object]:
    """Carry the knobs of a spec over to a technology of another kind, as far as they say something there.

    Args:
        pins: the spec's `[knobs]`, written for cells where `space` is an FPGA's, or the other way round.
        space: what is offered there.
    Returns: the knobs that mean the same on both kinds, with those of their choices that are offered; one of which no
        choice is offered is left open.
    """
    found: dict[str, object] = {}
    for knob in space.knobs:
        if knob.name not in _CARRIED or knob.name not in pins:
            continue
        pin = pins[knob.name]
        kept = [choice for choice in (pin if isinstance(pin, (list, tuple)) else [pin]) if choice in knob.choices]
        if kept:
            found[knob.name] = kept
    return found


def _on_fpga(reduction: str) -> SumStyle:
    """Give the style of sums that an FPGA takes by default."""
    return SumStyle(reduction=reduction, multiplier=next(iter(FPGA_MULTIPLIERS)), adder=NATIVE)


def _sums(dataflow: Dataflow) -> list[Operation]:
    return [operation for operation in dataflow.operations if operation.kind is Kind.SUM]


def _is_pair(sum_: Operation) -> bool:
    """Tell whether a sum is two shifted words, which are added in one way only."""
    words = [term for term in sum_.terms if len(term.factors) == 1 and is_power_of_two(term.coefficient)]
    return len(words) == len(sum_.terms) == 2 and sum_.place == 0


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def _turns(dataflow: Dataflow, fold: int) -> int:
    """Count the tasks of the largest team, when sums fold so far: so many can take turns on one unit."""
    teams = allocate(dataflow, interval=2 * fold, fold=fold).teams
    return max((len(team.tasks) for team in teams if team.fold == fold or fold == 1), default=1)


def _closes(dataflow: Dataflow, interval: int, fold: int) -> bool:
    """Tell whether the feedback closes within the interval."""
    if not dataflow.registers:
        return True
    try:
        schedule(allocate(dataflow, interval=interval, fold=fold), SumStyle(), interval=interval, stages=0)
    except PointError:
        return False
    return True


def _foldings(dataflow: Dataflow) -> dict[int, tuple[int, ...]]:
    """List for each interval the folds that keep every shared unit at work."""
    terms = max((len(sum_.terms) for sum_ in _sums(dataflow) if fold_of(sum_, len(sum_.terms)) > 1), default=1)
    folds = {fold: _turns(dataflow, fold) for fold in range(1, min(terms, _LONGEST_INTERVAL) + 1)}
    useful = {fold for fold in folds if fold in _divisors(terms) or fold & (fold - 1) == 0}
    found: dict[int, list[int]] = {1: [1]}
    for fold in sorted(useful):
        for turns in range(1, folds[fold] + 1):
            even = turns in _divisors(folds[fold]) or turns & (turns - 1) == 0
            interval = fold * turns
            if 1 < interval <= _LONGEST_INTERVAL and even and _closes(dataflow, interval, fold):
                found.setdefault(interval, []).append(fold)
    return {interval: tuple(sorted(found[interval])) for interval in sorted(found)}


def _stages(dataflow: Dataflow, *, carry_chains: bool) -> tuple[int, ...]:
    """List the numbers of further pipeline stages that the longest way to build the sums can fill.

    The ways are tried one by one, for estimating one takes seconds in a large design, and the first is often enough.
    """
    allocation = allocate(dataflow, interval=1, fold=1)
    deepest = 0
    styles = [SumStyle(reduction=reduction) for reduction in REDUCTIONS]
    if carry_chains:
        styles = [_on_fpga(CARRY_CHAINS)]
    for style in styles:
        least = schedule(allocation, style, interval=1, stages=0).last
        deepest = max(deepest, schedule(allocation, style, interval=1, stages=_DEEPEST).last - least)
        if deepest >= _STAGES[-1]:
            break
    return tuple(stages for stages in (range(_STAGES[-1] + 1) if carry_chains else _STAGES) if stages <= deepest)


def _knob(name: str, summary: str, choices: Sequence[Choice], only: Sequence[Choice] | None = None) -> Knob:
    """Make a knob; with `only`, its choices but the first need one of these intervals."""
    requires = () if only is None else tuple((choice, (("interval", tuple(only)),)) for choice in choices[1:])
    return Knob(name=name, choices=tuple(choices), requires=requires, summary=summary)


def _fpga_multipliers(only: Sequence[Choice] | None, *, dsps: bool) -> Knob:
    """Make the knob of products on an FPGA; a multiplier block gives one row, with which a heap has nothing to do."""
    choices = (*FPGA_MULTIPLIERS, *((DSP,) if dsps else ()))
    interval = () if only is None else (("interval", tuple(only)),)
    requires = [(choice, interval) for choice in choices[1:] if choice != DSP and interval]
    if dsps:
        requires.append((DSP, (*interval, ("reduction", (CARRY_CHAINS,)))))
    return Knob(name="multiplier", choices=choices, requires=tuple(requires), summary="how products are made")


def _fpga_adders() -> Knob:
    """Make the knob of the adder below a heap on an FPGA; carry chains are the fabric's own."""
    heap = (("reduction", (REDUCTIONS[0],)),)
    choices = (NATIVE, *_FPGA_ADDERS)
    requires = tuple((choice, heap) for choice in choices[1:])
    return Knob(name="adder", choices=choices, requires=requires, summary="carry scheme of the adders")


def _precisions(dataflow: Dataflow, max_error_lsb: float) -> tuple[int, ...]:
    """List the shares of the allowed error that change the sums: none where nothing can be left out."""
    kept: list[tuple[int, object]] = [(PRECISIONS[0], {})]
    for percent in PRECISIONS[1:]:
        found = truncate(dataflow, SumStyle(), interval=1, fold=1, allowed_lsb=max_error_lsb, percent=percent)
        if len(kept) > 1 and kept[-1][1] == found.columns:
            kept.pop()
        if found.columns:
            kept.append((percent, found.columns))
    return tuple(percent for percent, _ in kept)


def _precision_knob(choices: Sequence[int], *, reductions: bool) -> Knob:
    """Make the knob of truncation, which wants the one heap that can be truncated."""
    heap = (("reduction", (REDUCTIONS[0],)),) if reductions else ()
    return Knob(
        name="precision",
        choices=tuple(choices),
        requires=tuple((choice, heap) for choice in choices[1:]) if heap else (),
        summary="percent of the allowed error that left-out columns of sums may use, proved",
    )


def offer(dataflow: Dataflow, mapping: Mapping, *, functions: Sequence[str] = (), max_error_lsb: float = 0.0) -> Space:
    """Offer the knobs that change the hardware of this design.

    Args:
        dataflow: rewritten dataflow.
        mapping: what the technology and its tools offer.
        functions: ways to compute the functions, default first.
        max_error_lsb: how far outputs may be off; where that is no unit of the last place, every design is exact.
    """
    foldings = _foldings(dataflow)
    intervals = tuple(foldings)
    folds = sorted({fold for choices in foldings.values() for fold in choices})
    longer = intervals[1:]
    sums = _sums(dataflow)
    products = any(len(term.factors) == 2 for sum_ in sums for term in sum_.terms)
    coefficients = {term.coefficient for sum_ in sums for term in sum_.terms if len(term.factors) == 1}
    constants = not all(map(is_power_of_two, coefficients))
    encoded = any(len({encode(c) for encode in CONSTANT_ENCODINGS.values()}) > 1 for c in coefficients)
    most = max((len(sum_.terms) for sum_ in sums if not _is_pair(sum_)), default=0)
    knobs = [
        Knob(name="interval", choices=intervals, summary="cycles between tokens; more cycles, fewer units"),
        Knob(
            name="fold",
            choices=tuple(folds),
            requires=tuple(
                (fold, (("interval", tuple(i for i, choices in foldings.items() if fold in choices)),))
                for fold in folds
            ),
            summary="cycles over which a sum is accumulated; the rest of the interval is shared among sums",
        ),
        _knob(
            "stages",
            "pipeline stages beyond the fewest, placed by estimated delay",
            _stages(dataflow, carry_chains=mapping.carry_chains),
        ),
    ]
    if len(functions) > 1:
        knobs.append(_knob("function", "how functions are approximated", functions))
    if mapping.carry_chains and sums:
        knobs.append(_knob("reduction", "how the terms of a sum are added", (CARRY_CHAINS, REDUCTIONS[0])))
    elif most > 1:
        reductions = REDUCTIONS if most > 2 else REDUCTIONS[:2]
        knobs.append(_knob("reduction", "how the terms of a sum are added", reductions))
    if products or (constants and longer):
        only = None if products else longer
        if mapping.carry_chains:
            knobs.append(_fpga_multipliers(only, dsps=mapping.dsps))
        else:
            knobs.append(_knob("multiplier", "how products are made", tuple(MULTIPLIERS), only))
    encodings = tuple(CONSTANT_ENCODINGS) if encoded else tuple(CONSTANT_ENCODINGS)[:1]
    ways = (*encodings, *sharings_of(dataflow))
    if len(ways) > 1:
        knobs.append(_knob("constants", "how constants are split into digits, and what sums share", ways, (1,)))
    if sums:
        if mapping.carry_chains:
            knobs.append(_fpga_adders())
        else:
            knobs.append(_knob("adder", "carry scheme of the adders", tuple(ADDERS)))
        if mapping.full_adder_cells:
            knobs.append(
                _knob("full_adders", "cells of the library, or gates for so many % of them", tuple(FULL_ADDERS))
            )
    precisions = _precisions(dataflow, max_error_lsb)
    if len(precisions) > 1:
        knobs.append(_precision_knob(precisions, reductions=most > 1 or mapping.carry_chains))
    knobs.append(_knob("recipe", "how logic is mapped to cells", mapping.recipes))
    return Space(knobs=tuple(knobs))
