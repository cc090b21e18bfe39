"""Bound sets: guesses of inputs that matter to a function through one bit alone, such as the operands of a carry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words
from search.learn.diagram import ONES
from search.learn.teacher import Conversation
from search.learn.witnesses import ROWS, UNIFORM_ROWS, Witnesses

__all__ = ["Asked", "Grown", "Pairs", "fixed_sets"]

Bound = NDArray[np.bool_]

LEFT_OUT = 4
FEW_PORTS, MANY_PORTS = 3, 8
SMALLEST_GROWN = 8
CONTEXTS = 16
GROWN_WORDS = (0, UNIFORM_ROWS // 64)
FEWEST_ODD_ROWS = 2


class Asked(NamedTuple):
    """What is known of a node that is to be taken apart: its output, witnesses, the inputs that matter, the ports."""

    output: int
    witnesses: Witnesses
    seen: Bound
    port: NDArray[np.int64]


def fixed_sets(score: NDArray[np.float64], seen: Bound, port: NDArray[np.int64]) -> list[Bound]:
    """List the guesses that need no question: ports and pairs of ports, and all but the most influential inputs."""
    sets = [np.isin(port, ports) for ports in _ports(seen, port)]
    order = np.argsort(-score, kind="stable")[: int(seen.sum())]
    rest = np.ones(len(seen), dtype=bool)
    for bit in order[:LEFT_OUT]:
        rest = rest.copy()
        rest[bit] = False
        sets.append(rest)
    return [bound for bound in sets if (bound & seen).sum() >= 2 and (~bound & seen).any()]


def _ports(seen: Bound, port: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    """List the sets of ports that matter: of one and two, of any number where there are few, of one where many."""
    live = sorted({int(number) for number in port[seen]})
    most = len(live) if len(live) <= FEW_PORTS else 2 if len(live) <= MANY_PORTS else 1
    for count in range(1, most + 1):
        yield from combinations(live, count)


class Grown:
    """Grow bound sets from ports.

    In one context, the port's values give a pattern of outputs. An outside input that leaves the pattern as it is, or
    turns it round, or makes it constant, may stay outside; every other one joins.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def search(self) -> Conversation[list[Bound]]:
        """Ask for all ports and pairs of ports at once."""
        asked = self.asked
        if asked.seen.sum() < SMALLEST_GROWN:
            return []
        seeds = [
            bound
            for bound in (np.isin(asked.port, ports) for ports in _ports(asked.seen, asked.port))
            if (bound & asked.seen).sum() >= 2 and (~bound & asked.seen).any()
        ]
        if not seeds:
            return []
        varied = asked.witnesses.words[:, list(GROWN_WORDS)]
        lanes = np.arange(CONTEXTS) * 53 % ROWS
        contexts = np.where(asked.witnesses.table[lanes].T, ONES, np.uint64(0))
        answer = yield np.concatenate([_in_contexts(bound, varied, contexts) for bound in seeds], axis=1)
        chosen = []
        for bound, shown in zip(seeds, np.split(answer[asked.output], len(seeds)), strict=True):
            patterns = shown.reshape(CONTEXTS, len(GROWN_WORDS))
            ones = np.bitwise_count(patterns).astype(np.int64).sum(axis=1)
            usable = np.flatnonzero((ones >= FEWEST_ODD_ROWS) & (ones <= 64 * len(GROWN_WORDS) - FEWEST_ODD_ROWS))
            if len(usable):
                chosen.append((bound, int(usable[0]), patterns[usable[0]]))
        if not chosen:
            return []
        questions = []
        for bound, context, _ in chosen:
            outside = np.flatnonzero(~bound & asked.seen)
            base = np.where(bound[:, None], varied, contexts[:, [context]])
            question = np.repeat(base[:, None, :], len(outside), axis=1)
            question[outside, np.arange(len(outside))] ^= ONES
            questions.append(question.reshape(len(base), -1))
        ends = np.cumsum([question.shape[1] for question in questions])
        answer = yield np.concatenate(questions, axis=1)
        grown = []
        for (bound, _, pattern), shown in zip(chosen, np.split(answer[asked.output], ends[:-1]), strict=True):
            outside = np.flatnonzero(~bound & asked.seen)
            turned = shown.reshape(len(outside), len(GROWN_WORDS))
            stays = np.zeros(len(outside), dtype=bool)
            for allowed in (pattern, ~pattern, np.zeros_like(pattern), ~np.zeros_like(pattern)):
                stays |= (turned == allowed).all(axis=1)
            if stays.any() and not stays.all():
                joined = bound.copy()
                joined[outside[~stays]] = True
                grown.append(joined)
        return grown


def _in_contexts(bound: Bound, varied: Words, contexts: Words) -> Words:
    """Vary the bound inputs in every context."""
    question = np.repeat(contexts[:, :, None], varied.shape[1], axis=2)
    question[bound] = varied[bound][:, None, :]
    flat: Words = question.reshape(len(bound), -1)
    return flat


class Pairs:
    """Find the partner of an input: one with which it matters as their exclusive or, else as their conjunction."""

    def __init__(self, asked: Asked, score: NDArray[np.float64], rank: NDArray[np.float64], near: float) -> None:
        self.asked = asked
        self.score = score
        self.rank = rank
        self.near = near

    def search(self, variable: int) -> Conversation[list[Bound]]:
        """Ask for all partners at once."""
        asked = self.asked
        partners = np.flatnonzero(asked.seen)
        partners = partners[partners != variable]
        if len(partners) < 2:
            return []
        quarters = np.repeat(np.arange(4), 2)
        first, second = (np.where(quarters & bit, ONES, np.uint64(0)) for bit in (1, 2))
        base = np.tile(asked.witnesses.words[:, list(GROWN_WORDS)], 4)
        base[variable] = first
        question = np.repeat(base[:, None, :], len(partners), axis=1)
        question[partners, np.arange(len(partners))] = second
        answer = yield question.reshape(len(base), -1)
        shown = answer[asked.output].reshape(len(partners), 4, 2)
        same = {(a, b): (shown[:, a] == shown[:, b]).all(axis=1) for a, b in combinations(range(4), 2)}
        exclusive = same[0, 3] & same[1, 2] & ~same[0, 1]
        odd_one = [
            same[1, 2] & same[2, 3] & ~same[0, 1],
            same[0, 2] & same[2, 3] & ~same[0, 1],
            same[0, 1] & same[1, 3] & ~same[0, 2],
            same[0, 1] & same[1, 2] & ~same[0, 3],
        ]
        conjunction = np.logical_or.reduce(odd_one) & (self.score[partners] >= self.near * self.score[variable])
        for found in (exclusive, conjunction):
            if found.any():
                places = partners[found]
                pair = np.zeros(len(asked.seen), dtype=bool)
                pair[[variable, int(places[np.argmax(self.rank[places])])]] = True
                return [pair]
        return []
