"""Classes: the decision tree that all outputs share, such as the decoder of an instruction set.

A class is a partial assignment with the functions of all outputs under it. It is split on an input that changes many
outputs at once and leaves them with simpler functions, fewer inputs each; two classes with equal functions are one.
Data is not split: a bit of an operand leaves the outputs as complex as they were, and a shift amount gives one output
what another has already. What is left in each class is learnt output by output, and equal functions are learnt once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words
from search.learn.diagram import Edge, Restriction, Samples, assign, restrict
from search.learn.growth import Growth, flip_question
from search.learn.teacher import Conversation
from search.learn.witnesses import WORDS, Witnesses, draw_shared

__all__ = ["Class", "Classes"]

FEWEST_OUTPUTS = 8
"""Fewer outputs with something to learn are learnt one by one."""
SHARE_CHANGED, CLEARLY_CHANGED = 0.25, 0.1
"""A split must change so many of them, each in so many of the witnesses."""
STRONG = 0.03
"""An input matters to an output where it changes it in so many of the witnesses: carries over many places do not."""
TRIED = 4
SIMPLER, MUCH_SIMPLER = 0.85, 0.6
"""A split pays where both halves together have so few inputs left, or one half alone."""
MOST_MOVED = 0.25
"""A split only moves functions from output to output where so many of the changed ones are known on the other side."""
MOST_CLASSES = 512


@dataclass(slots=True)
class Class:
    """All outputs under a restriction.

    Args:
        signatures: of each output, raw.
        variable: the input it is split on, or -1.
        below: the classes where the variable is 0 and 1, with the restrictions they were found under.
        edges: for a class that is not split, what each output is.
    """

    restriction: Restriction
    signatures: Words
    variable: int = -1
    below: list[tuple[Restriction, int]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class _Shape:
    """What flips show of a class: which outputs are not known yet, and how often each input changes each."""

    active: NDArray[np.int64]
    rate: NDArray[np.float64]

    def kept(self, pairs: set[tuple[int, int]]) -> int:
        """Count the pairs of an output and an input that still matter."""
        rows = {int(output): row for row, output in enumerate(self.active)}
        return sum(1 for output, bit in pairs if output in rows and self.rate[rows[output], bit] > 0)


class Classes:
    """Build the classes over a growth's diagram; number 0 is the root."""

    def __init__(self, growth: Growth) -> None:
        self.growth = growth
        self.samples: Samples = growth.diagram.samples
        self.members: list[Class] = []
        self.table: dict[bytes, int] = {}

    def build(self, restriction: Restriction, signatures: Words, above: frozenset[int]) -> Conversation[int]:
        """Build the class of a restriction with all below it, or find a known one; give its number.

        Args:
            above: the classes on the way from the root, none of which it may become.
        """
        key = _digest(signatures)
        known = self.table.get(key)
        if known is not None and not self._reaches(known, above):
            return known
        number = len(self.members)
        self.members.append(Class(restriction=restriction, signatures=signatures))
        self.table.setdefault(key, number)
        split = None
        if number < MOST_CLASSES:
            shape = yield from self._shape(number, restriction, signatures)
            split = yield from self._split(number, shape)
        member = self.members[number]
        if split is None:
            self._finish(member)
            return number
        variable, restrictions, halves = split
        member.variable = variable
        for half, words in zip(restrictions, halves, strict=True):
            below = yield from self.build(half, words, above | {number})
            member.below.append((half, below))
        return number

    def needed(self) -> list[int]:
        """List the classes that the root leads to."""
        seen, stack = {0}, [0]
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
            self.table.setdefault(_digest(member.signatures), number)

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

    def _finish(self, member: Class) -> None:
        """Resolve the outputs of a class that is not split."""
        for output, signature in enumerate(member.signatures):
            edge = Edge(member.restriction, -1)
            self.growth.resolve(output, edge, signature, None)
            member.edges.append(edge)

    def _shape(self, number: int, restriction: Restriction, signatures: Words) -> Conversation[_Shape]:
        """Turn every free input round on witnesses of all outputs that are not known."""
        unknown = [output for output, words in enumerate(signatures) if self.growth.diagram.find(words) is None]
        active = np.array(unknown, dtype=np.int64)
        free = np.flatnonzero(restriction < 0)
        rate = np.zeros((len(active), len(restriction)))
        if len(active) < FEWEST_OUTPUTS or not len(free):
            return _Shape(active, rate)
        random = np.random.default_rng([self.growth.seed, 1, number])
        witnesses: Witnesses = draw_shared(self.samples, restriction, signatures[active], random)
        answer = yield flip_question(witnesses.words, free)
        before = np.stack([witnesses.answers(signatures[output]) for output in active])
        turned = answer[active].reshape(len(active), len(free), WORDS) ^ before[:, None, :]
        rate[:, free] = np.bitwise_count(turned).sum(axis=2) / (64 * WORDS)
        return _Shape(active, rate)

    def _split(self, number: int, shape: _Shape) -> Conversation[tuple[int, list[Restriction], list[Words]] | None]:
        """Choose an input to split a class on, or none."""
        if len(shape.active) < FEWEST_OUTPUTS:
            return None
        member = self.members[number]
        changed = (shape.rate >= CLEARLY_CHANGED).sum(axis=0)
        weight = shape.rate.sum(axis=0)
        least = max(FEWEST_OUTPUTS, SHARE_CHANGED * len(shape.active))
        order = [int(bit) for bit in np.argsort(-weight, kind="stable")[:TRIED] if changed[bit] >= least]
        for variable in order:
            restrictions = [assign(member.restriction, np.array([variable]), value) for value in (0, 1)]
            answer = yield np.concatenate([restrict(r, self.samples.words) for r in restrictions], axis=1)
            halves = [np.ascontiguousarray(half) for half in np.split(answer, 2, axis=1)]
            if self._moves(shape, variable, halves):
                continue
            strong = np.argwhere(shape.rate >= STRONG)
            pairs = {(int(shape.active[row]), int(bit)) for row, bit in strong if bit != variable}
            kept = []
            for side, (restriction, signatures) in enumerate(zip(restrictions, halves, strict=True)):
                half = yield from self._shape((number + 1) * 4096 + 2 * variable + side, restriction, signatures)
                kept.append(half.kept(pairs))
            if sum(kept) <= SIMPLER * 2 * len(pairs) or min(kept) <= MUCH_SIMPLER * len(pairs):
                return variable, restrictions, halves
        return None

    def _moves(self, shape: _Shape, variable: int, halves: list[Words]) -> bool:
        """Tell whether a split gives outputs what other outputs have on the other side."""
        changed = [int(output) for output, rate in zip(shape.active, shape.rate[:, variable], strict=True) if rate > 0]
        diagram = self.growth.diagram
        sides = [
            {output: _digest(half[output]) for output in changed if diagram.find(half[output]) is None}
            for half in halves
        ]
        known = set(sides[0].values()), set(sides[1].values())
        moved = sum(
            1
            for output in changed
            if (output in sides[1] and sides[1][output] in known[0] - {sides[0].get(output, b"")})
            or (output in sides[0] and sides[0][output] in known[1] - {sides[1].get(output, b"")})
        )
        return moved > MOST_MOVED * len(changed)


def _digest(signatures: Words) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(signatures), digest_size=16).digest()
