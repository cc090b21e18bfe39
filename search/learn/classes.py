"""Classes: the decision tree that all outputs share, such as the decoder of an instruction set.

A class is a partial assignment with the functions of all outputs under it. It is split on an input that changes many
outputs at once and leaves them with simpler functions, fewer inputs each; two classes with equal functions are one.
Data is not split: a bit of an operand leaves the outputs as complex as they were, and a shift amount gives one output
what another has already. What is left in each class is learnt output by output, and equal functions are learnt once.

Outputs that no input controls together, such as what a file of registers keeps and what it gives, have roots of their
own: an input that means much to some outputs would not count among many that it means nothing to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words
from search.learn.diagram import Edge, Restriction, Samples, assign, restrict
from search.learn.growth import Growth, doubted, flip_question
from search.learn.teacher import Conversation
from search.learn.witnesses import WORDS, Witnesses, draw_shared

__all__ = ["Class", "Classes"]

FEWEST_OUTPUTS = 8
"""Fewer outputs with something to learn are learnt one by one."""
SHARE_CHANGED, CLEARLY_CHANGED = 0.25, 0.1
"""A split must change so many of them, each in so many of the witnesses."""
FAINTLY_CHANGED, FEWEST_TOGETHER, MOST_FAINT = 0.03, 4.0, 48
"""Where it changes each in so few, it must change so many at once, on the average of where it changes any.

A bit of an opcode of which two other bits and a condition are open changes a result in one of sixteen, but all of it.
Such an opcode, left whole, is learnt output by output in up to six times the time. A carry seldom goes so far. This is
for the outputs of a word: of more of them, the bits of a register's number change as many as seldom.
"""
STRONG, ANY = 0.03, 0.5 / (64 * WORDS)
"""An input matters to an output where it changes it in so many of the witnesses: carries over many places do not."""
TRIED = 8
EXCHANGED = 0.2
"""A split pays where, of the pairs of an output and an input that matters to it in a half, so many do in one alone."""
MOST_MOVED = 0.25
"""A split only moves functions from output to output where so many of the changed ones are known on the other side."""
MOST_CLASSES = 512
FLIPPED_TOGETHER = 256
"""Inputs turned round in one question: with a thousand of them, the question fills the memory."""
CONTROLS = 3.0
"""An input controls outputs if it changes so many of them at once, on the average of where it changes any."""


@dataclass(slots=True)
class Class:
    """Some outputs under a restriction.

    Args:
        outputs: which.
        signatures: of each of them, raw.
        variable: the input it is split on, or -1.
        below: the classes where the variable is 0 and 1, with the restrictions they were found under.
        edges: for a class that is not split, what each output is.
    """

    restriction: Restriction
    outputs: NDArray[np.int64]
    signatures: Words
    variable: int = -1
    below: list[tuple[Restriction, int]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class _Shape:
    """What flips show of a class: which outputs are not known yet, and how often each input changes each.

    Args:
        together: how many of them each input changes at once, on the average of where it changes any.
    """

    active: NDArray[np.int64]
    rate: NDArray[np.float64]
    together: NDArray[np.float64]

    def seen(self) -> NDArray[np.bool_]:
        """Tell which inputs matter to any output."""
        matters: NDArray[np.bool_] = np.any(self.rate > 0, axis=0)
        return matters

    def seen_by(self) -> dict[int, NDArray[np.bool_]]:
        """Tell, for each output that is not known, which inputs matter to it."""
        return {int(output): row > 0 for output, row in zip(self.active, self.rate, strict=True)}

    def groups(self, outputs: int) -> list[NDArray[np.int64]]:
        """Part the outputs into those that inputs control together; what nothing controls is one group."""
        group = np.arange(outputs)
        for bit in np.flatnonzero(self.together >= CONTROLS):
            joined = np.isin(group, group[self.active[self.rate[:, bit] > 0]])
            group[joined] = group[joined].min()
        alone = np.bincount(group, minlength=outputs)[group] == 1
        group[alone] = outputs
        return [np.flatnonzero(group == number) for number in np.unique(group)]

    def able(self) -> NDArray[np.bool_]:
        """Tell which inputs change enough of the outputs to be worth a split."""
        least = max(FEWEST_OUTPUTS, SHARE_CHANGED * len(self.active))
        clear, faint = ((self.rate >= rate).sum(axis=0) >= least for rate in (CLEARLY_CHANGED, FAINTLY_CHANGED))
        at_once = (self.together >= FEWEST_TOGETHER) & (len(self.active) <= MOST_FAINT)
        found: NDArray[np.bool_] = clear | (faint & at_once)
        return found

    def pairs(self, least: float) -> set[tuple[int, int]]:
        """List the pairs of an output and an input that changes it in so many of the witnesses."""
        return {(int(self.active[row]), int(bit)) for row, bit in np.argwhere(self.rate >= least)}


class Classes:
    """Build the classes over a growth's diagram; `roots` are those of nothing assigned, which share no output."""

    def __init__(self, growth: Growth) -> None:
        self.growth = growth
        self.samples: Samples = growth.diagram.samples
        self.members: list[Class] = []
        self.roots: list[int] = []
        self.table: dict[bytes, int] = {}

    def grow(self, signatures: Words) -> Conversation[None]:
        """Build all classes.

        Args:
            signatures: of all outputs.
        """
        free = np.full(len(self.samples.words), -1, dtype=np.int8)
        outputs = np.arange(len(signatures))
        shape = yield from self._shape(0, free, outputs, signatures, None)
        for group in shape.groups(len(signatures)):
            seen: NDArray[np.bool_] = np.any(shape.rate[np.isin(shape.active, group)] > 0, axis=0)
            root = yield from self.build(free, group, signatures[group], frozenset(), seen if seen.any() else None)
            self.roots.append(root)

    def build(
        self,
        restriction: Restriction,
        outputs: NDArray[np.int64],
        signatures: Words,
        above: frozenset[int],
        seen: NDArray[np.bool_] | None = None,
    ) -> Conversation[int]:
        """Build the class of a restriction with all below it, or find a known one; give its number.

        Args:
            above: the classes on the way from the root, none of which it may become.
            seen: the inputs that may matter to it, a guess.
        """
        key = _digest(outputs, signatures)
        known = self.table.get(key)
        if known is not None and not self._reaches(known, above):
            return known
        number = len(self.members)
        self.members.append(Class(restriction=restriction, outputs=outputs, signatures=signatures))
        self.table.setdefault(key, number)
        split, shape = None, None
        if number < MOST_CLASSES:
            shape = yield from self._shape(number, restriction, outputs, signatures, seen)
            split = yield from self._split(number, shape)
        member = self.members[number]
        if split is None or shape is None:
            self._finish(member, {} if shape is None else shape.seen_by())
            return number
        variable, restrictions, halves = split
        member.variable = variable
        for half, words in zip(restrictions, halves, strict=True):
            below = yield from self.build(half, outputs, words, above | {number}, shape.seen())
            member.below.append((half, below))
        return number

    def needed(self) -> list[int]:
        """List the classes that the roots lead to."""
        seen, stack = set(self.roots), list(self.roots)
        while stack:
            fresh = {below for _, below in self.members[stack.pop()].below} - seen
            seen |= fresh
            stack.extend(sorted(fresh))
        return sorted(seen)

    def above(self, number: int) -> frozenset[int]:
        """List the classes that lead to one, itself among them."""
        return frozenset(other for other in range(len(self.members)) if self._reaches(other, frozenset({number})))

    def index_again(self) -> None:
        """Make the table anew, after signatures have grown."""
        self.table = {}
        for number, member in enumerate(self.members):
            self.table.setdefault(_digest(member.outputs, member.signatures), number)

    def _reaches(self, start: int, goals: frozenset[int]) -> bool:
        seen, stack = {start}, [start]
        while stack:
            number = stack.pop()
            if number in goals:
                return True
            fresh = {below for _, below in self.members[number].below} - seen
            seen |= fresh
            stack.extend(fresh)
        return False

    def _finish(self, member: Class, seen: dict[int, NDArray[np.bool_]]) -> None:
        """Resolve the outputs of a class that is not split."""
        for output, signature in zip(member.outputs.tolist(), member.signatures, strict=True):
            edge = Edge(member.restriction, -1)
            self.growth.resolve(output, edge, signature, None, seen.get(output))
            member.edges.append(edge)

    def _shape(
        self,
        number: int,
        restriction: Restriction,
        outputs: NDArray[np.int64],
        signatures: Words,
        seen: NDArray[np.bool_] | None,
    ) -> Conversation[_Shape]:
        """Turn every input that may matter round on witnesses of all outputs that are not known."""
        unknown = np.array([self.growth.diagram.find(words) is None for words in signatures], dtype=bool)
        active = outputs[unknown]
        free = restriction < 0
        rate, together = np.zeros((len(active), len(restriction))), np.zeros(len(restriction))
        if len(active) < FEWEST_OUTPUTS or not free.any():
            return _Shape(active, rate, together)
        random = np.random.default_rng([self.growth.seed, 1, number])
        witnesses: Witnesses = draw_shared(self.samples, restriction, signatures[unknown], random)
        before = np.stack([witnesses.answers(words) for words in signatures[unknown]])[:, None, :]
        bits = yield from doubted(
            free,
            seen,
            witnesses.words,
            self.samples.words,
            random,
            lambda answer: bool((answer[active].reshape(len(active), -1, WORDS) ^ before).any()),
        )
        for some in np.array_split(bits, -(-len(bits) // FLIPPED_TOGETHER)):
            answer = yield flip_question(witnesses.words, some)
            turned = answer[active].reshape(len(active), len(some), WORDS) ^ before
            changes = np.bitwise_count(turned).sum(axis=2, dtype=np.int64)
            rate[:, some] = changes / (64 * WORDS)
            where = np.bitwise_count(np.bitwise_or.reduce(turned, axis=0)).sum(axis=1, dtype=np.int64)
            together[some] = changes.sum(axis=0) / np.maximum(where, 1)
        return _Shape(active, rate, together)

    def _split(self, number: int, shape: _Shape) -> Conversation[tuple[int, list[Restriction], list[Words]] | None]:
        """Choose an input to split a class on, or none."""
        if len(shape.active) < FEWEST_OUTPUTS:
            return None
        member = self.members[number]
        able = shape.able()
        order = [int(bit) for bit in np.argsort(-shape.rate.sum(axis=0), kind="stable") if able[bit]][:TRIED]
        for variable in order:
            restrictions = [assign(member.restriction, np.array([variable]), value) for value in (0, 1)]
            answer = yield np.concatenate([restrict(r, self.samples.words) for r in restrictions], axis=1)
            halves = [np.ascontiguousarray(half) for half in np.split(answer[member.outputs], 2, axis=1)]
            if self._moves(number, shape, variable, halves):
                continue
            sides = []
            for side, (restriction, signatures) in enumerate(zip(restrictions, halves, strict=True)):
                source = (number + 1) * 2 * len(restriction) + 2 * variable + side
                half = yield from self._shape(source, restriction, member.outputs, signatures, shape.seen())
                sides.append(half)
            if _exchanged(*sides) >= EXCHANGED:
                return variable, restrictions, halves
        return None

    def _moves(self, number: int, shape: _Shape, variable: int, halves: list[Words]) -> bool:
        """Tell whether a split gives outputs what other outputs have on the other side."""
        outputs = self.members[number].outputs
        active = np.isin(outputs, shape.active[shape.rate[:, variable] > 0])
        changed = np.flatnonzero(active).tolist()
        diagram = self.growth.diagram
        sides = [
            {place: _digest(half[place]) for place in changed if diagram.find(half[place]) is None} for half in halves
        ]
        known = set(sides[0].values()), set(sides[1].values())
        moved = sum(
            1
            for place in changed
            if (place in sides[1] and sides[1][place] in known[0] - {sides[0].get(place, b"")})
            or (place in sides[0] and sides[0][place] in known[1] - {sides[1].get(place, b"")})
        )
        return moved > MOST_MOVED * len(changed)


def _exchanged(one: _Shape, other: _Shape) -> float:
    """Give the share of the pairs that matter in a half and not at all in the other one.

    Any trace of an input counts as mattering: what data has lost by a split, such as a carry that is known to be 0, it
    loses nearly everywhere but not quite.
    """
    strong = one.pairs(STRONG), other.pairs(STRONG)
    any_trace = one.pairs(ANY), other.pairs(ANY)
    return len((strong[0] - any_trace[1]) | (strong[1] - any_trace[0])) / max(len(strong[0] | strong[1]), 1)


def _digest(*arrays: NDArray[Any]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.digest()
