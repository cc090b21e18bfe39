"""Growth: how a diagram grows. A node becomes a branch on its most influential input, or is taken apart.

`f = g(t(B), rest)`: a bound set B of inputs that matters to a function through one bit t alone is found by asking
whether rows over B are only ever two; then t, and g for either value of t, are nodes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Interface, Words
from hdlgen.errors import InputError, ToolError
from search.learn.bound_sets import Asked, Grown, Pairs, fixed_sets
from search.learn.diagram import ONES, Diagram, Edge, Kind, Node, Restriction, assign, normalise, restrict
from search.learn.tables import MOST_INPUTS, part, table_of, table_question
from search.learn.teacher import Conversation
from search.learn.witnesses import UNIFORM_ROWS, WORDS, Witnesses, draw

__all__ = ["Growth", "doubted", "flip_question"]

Bound = NDArray[np.bool_]

NEAR_BEST = 0.9
"""Inputs whose influence is so near to the largest are equal; the one that matters to most outputs is taken."""
STRUCTURED_WEIGHT = 0.05
SMALLEST_DECOMPOSED = 4
DOUBTED_WORDS = 32
"""Words of witnesses on which all inputs that seemed not to matter are changed at once."""
FIRST_ROWS, ALL_ROWS, CHECKED_ROWS = 16, 64, 8
CHECKED_WORDS = (1, 3, 5, 7)


class Influence(NamedTuple):
    """How much the free inputs matter to a function: a score each, and which of them were seen to matter."""

    score: NDArray[np.float64]
    seen: NDArray[np.bool_]


class Growth:
    """Grow the nodes of a diagram.

    Args:
        interface: names and widths of the ports.
        rank: of each input bit, how much it matters to all outputs together.
        seed: of all that is random; each node draws from a source of its own.
        most_nodes: beyond which the function is given up.
    """

    def __init__(
        self, interface: Interface, diagram: Diagram, rank: NDArray[np.float64], *, seed: int, most_nodes: int
    ) -> None:
        self.interface = interface
        self.diagram = diagram
        self.rank = rank
        self.seed = seed
        self.most_nodes = most_nodes
        self.waiting: list[Conversation[Any]] = []
        self.port = np.repeat(np.arange(len(interface.inputs)), [bus.width for bus in interface.inputs])

    def resolve(self, output: int, edge: Edge, signature: Words, parent: int | None, seen: Bound | None = None) -> None:
        """Find the literal of an edge by the raw signature of its function, or add a node that is to be grown.

        Args:
            seen: the inputs that may matter to it, a guess; those that matter to the parent, where it has one.
        """
        diagram = self.diagram
        literal = diagram.find(signature)
        cyclic = literal is not None and parent is not None and diagram.reaches(literal >> 1, parent)
        if literal is not None and not cyclic:
            edge.literal = literal
            return
        if len(diagram.nodes) >= self.most_nodes:
            raise ToolError(
                f"output {self.interface.output_names()[output]}: its diagram must have at most {self.most_nodes} "
                "nodes; this learner does not find the structure of the function"
            )
        canonical, inverted = normalise(signature)
        if parent is not None:
            seen = diagram.nodes[parent].seen
        node = Node(Kind.CONSTANT, output, edge.restriction, canonical.copy(), inverted, seen=seen, open=True)
        number = diagram.add(node, findable=not cyclic)
        edge.literal = 2 * number + inverted
        self.waiting.append(self.expand(number))

    def expand(self, number: int) -> Conversation[None]:
        """Decide how a node gives its value, and resolve what it reads."""
        diagram, node = self.diagram, self.diagram.nodes[number]
        random = np.random.default_rng([self.seed, number])
        witnesses = draw(diagram.samples, node.restriction, node.signature, random)
        influence = yield from self._influence(node, witnesses, random)
        node.seen = influence.seen
        if not influence.seen.any():
            variable = yield from self._between(node)
        else:
            near = np.flatnonzero(influence.score >= NEAR_BEST * influence.score.max())
            variable = int(near[np.argmax(self.rank[near])])
            if influence.seen.sum() >= SMALLEST_DECOMPOSED:
                known, found = yield from self._whole(node, witnesses, np.flatnonzero(influence.seen))
                if not known:
                    found = yield from self._decompose(node, witnesses, influence, variable)
                if found is not None:
                    self._become(number, Kind.SELECT, -1, *found)
                    return
        edges = [Edge(assign(node.restriction, np.array([variable]), value), -1) for value in (0, 1)]
        answer = yield np.concatenate([restrict(edge.restriction, diagram.samples.words) for edge in edges], axis=1)
        self._become(number, Kind.BRANCH, variable, edges, np.split(answer[node.output], 2))

    def _become(self, number: int, kind: Kind, variable: int, edges: list[Edge], signatures: Sequence[Words]) -> None:
        node = self.diagram.nodes[number]
        node.kind, node.variable, node.edges, node.open = kind, variable, [], False
        for edge, signature in zip(edges, signatures, strict=True):
            self.resolve(node.output, edge, signature, number)
            node.edges.append(edge)

    def _influence(self, node: Node, witnesses: Witnesses, random: np.random.Generator) -> Conversation[Influence]:
        """Turn every input that may matter round on every witness.

        Inputs that did not matter above are doubted: an influence of 2^-20 there may be all that matters here. They
        are changed all at once, and where that shows anything, turned round one by one as well.
        """
        free = node.restriction < 0
        if not free.any():
            raise InputError("oracle: it must give the same outputs for the same inputs, and does not")
        before = witnesses.answers(node.signature) ^ (ONES if node.inverted else np.uint64(0))
        bits = yield from doubted(
            free,
            node.seen,
            witnesses.words,
            self.diagram.samples.words,
            random,
            lambda answer: bool((answer[node.output].reshape(-1, WORDS) ^ before).any()),
        )
        answer = yield flip_question(witnesses.words, bits)
        counts = np.bitwise_count(answer[node.output].reshape(len(bits), WORDS) ^ before).astype(np.int64)
        border = UNIFORM_ROWS // 64
        plain, shaped = counts[:, :border].sum(axis=1), counts[:, border:].sum(axis=1)
        score, seen = np.zeros(len(node.restriction)), np.zeros(len(node.restriction), dtype=bool)
        score[bits] = plain / UNIFORM_ROWS + STRUCTURED_WEIGHT * shaped / (64 * WORDS - UNIFORM_ROWS)
        seen[bits] = plain + shaped > 0
        return Influence(score, seen)

    def _between(self, node: Node) -> Conversation[int]:
        """Find an input that matters where no flip showed one: on the way from a sample of 0 to a sample of 1."""
        bits = np.unpackbits(node.signature.view(np.uint8), bitorder="little")
        zero, one = (self.diagram.samples.table[np.flatnonzero(bits == value)[0]].copy() for value in (0, 1))
        different = np.flatnonzero((zero != one) & (node.restriction < 0))
        low, high = 0, len(different)
        while high - low > 1:
            middle = (low + high) // 2
            row = zero.copy()
            row[different[:middle]] = one[different[:middle]]
            question = restrict(node.restriction, np.where(row, ONES, np.uint64(0))[:, None])
            answer = yield question
            value = bool(answer[node.output][0] & np.uint64(1)) ^ node.inverted
            low, high = (low, middle) if value else (middle, high)
        if not len(different):
            raise InputError("oracle: it must give the same outputs for the same inputs, and does not")
        return int(different[high - 1])

    def _whole(
        self, node: Node, witnesses: Witnesses, inputs: NDArray[np.int64]
    ) -> Conversation[tuple[bool, tuple[list[Edge], list[Words]] | None]]:
        """Ask for all of a function of few inputs; tell whether its table holds on all samples, and take it apart."""
        if len(inputs) > MOST_INPUTS:
            return False, None
        answer = yield table_question(witnesses.table[0], inputs)
        table = table_of(answer[node.output], len(inputs))
        index = self.diagram.samples.table[:, inputs].astype(np.int64) @ (1 << np.arange(len(inputs)))
        if (np.unpackbits(node.signature.view(np.uint8), bitorder="little") ^ node.inverted != table[index]).any():
            return False, None
        parted = part(table)
        if parted is None:
            return True, None
        inner, outer = inputs[list(parted.inner)], inputs[list(parted.outer)]
        found = yield from self._confirmed(
            node,
            [
                assign(node.restriction, inner, parted.zero),
                assign(node.restriction, inner, parted.one),
                assign(node.restriction, outer, parted.column),
            ],
        )
        return found is not None, found

    def _decompose(
        self, node: Node, witnesses: Witnesses, influence: Influence, variable: int
    ) -> Conversation[tuple[list[Edge], list[Words]] | None]:
        """Look for a bound set with two rows: larger ones first, pairs of inputs last."""
        ask = Asked(node.output, witnesses, influence.seen, self.port)
        candidates = fixed_sets(influence.score, influence.seen, self.port)
        grown: list[NDArray[np.bool_]] = yield from Grown(ask).search()
        candidates += grown
        candidates.sort(key=lambda bound: -int((bound & influence.seen).sum()))
        pairs: list[NDArray[np.bool_]] = yield from Pairs(ask, influence.score, self.rank, NEAR_BEST).search(variable)
        candidates += pairs
        passed = yield from self._with_two_rows(node, witnesses, candidates)
        for bound, zero_row, one_row, column in passed:
            found = yield from self._verified(node, witnesses, bound, (zero_row, one_row, column))
            if found is not None:
                return found
        return None

    def _with_two_rows(
        self, node: Node, witnesses: Witnesses, candidates: Sequence[NDArray[np.bool_]]
    ) -> Conversation[list[tuple[NDArray[np.bool_], int, int, int]]]:
        """Keep the bound sets that show two rows: first some rows for all of them, then all rows for the rest."""
        if not candidates:
            return []
        lanes = np.array([row // 2 if row % 2 == 0 else UNIFORM_ROWS + row // 2 for row in range(ALL_ROWS)])
        rows = np.where(witnesses.table[lanes].T, ONES, np.uint64(0))
        low = np.uint64(0xFFFF_FFFF)
        border = UNIFORM_ROWS // 64
        column = (witnesses.words[:, 0] & low) | (witnesses.words[:, border] << np.uint64(32))
        few = [np.where(bound[:, None], rows[:, :FIRST_ROWS], column[:, None]) for bound in candidates]
        answer = yield np.concatenate(few, axis=1)
        left = [
            bound
            for bound, shown in zip(candidates, np.split(answer[node.output], len(candidates)), strict=True)
            if len(np.unique(shown)) <= 2
        ]
        if not left:
            return []
        again = np.where(witnesses.table[(np.arange(CHECKED_ROWS) * 37 + 11) % 512].T, ONES, np.uint64(0))
        questions = []
        for bound in left:
            questions.append(np.where(bound[:, None], rows, column[:, None]))
            questions += [np.where(bound[:, None], again, witnesses.words[:, [at]]) for at in CHECKED_WORDS]
        answer = yield np.concatenate(questions, axis=1)
        passed = []
        for bound, shown in zip(left, np.split(answer[node.output], len(left)), strict=True):
            kinds = np.unique(shown[:ALL_ROWS])
            checks = np.split(shown[ALL_ROWS:], len(CHECKED_WORDS))
            if len(kinds) != 2 or any(len(np.unique(check)) > 2 for check in checks):
                continue
            place = int(kinds[0] ^ kinds[1])
            place = (place & -place).bit_length() - 1
            ones = (shown[:ALL_ROWS] >> np.uint64(place)) & np.uint64(1)
            zero_row, one_row = (int(lanes[np.flatnonzero(ones == value)[0]]) for value in (0, 1))
            passed.append((bound, zero_row, one_row, place if place < 32 else UNIFORM_ROWS + place - 32))
        return passed

    def _verified(
        self, node: Node, witnesses: Witnesses, bound: NDArray[np.bool_], rows: tuple[int, int, int]
    ) -> Conversation[tuple[list[Edge], list[Words]] | None]:
        """Check a decomposition, and give its three edges with their signatures."""
        free = node.restriction < 0
        inner, outer = np.flatnonzero(bound & free), np.flatnonzero(~bound & free)
        zero_row, one_row, column = rows
        restrictions = [
            assign(node.restriction, inner, witnesses.table[zero_row, inner]),
            assign(node.restriction, inner, witnesses.table[one_row, inner]),
            assign(node.restriction, outer, witnesses.table[column, outer]),
        ]
        return (yield from self._confirmed(node, restrictions))

    def _confirmed(
        self, node: Node, restrictions: list[Restriction]
    ) -> Conversation[tuple[list[Edge], list[Words]] | None]:
        """Ask for what a node would read, and check on all samples that it gives what the node does."""
        words = self.diagram.samples.words
        answer = yield np.concatenate([restrict(restriction, words) for restriction in restrictions], axis=1)
        zero, one, select = np.split(answer[node.output], 3)
        raw = ~node.signature if node.inverted else node.signature
        if not np.array_equal((select & one) | (~select & zero), raw):
            return None
        return [Edge(restriction, -1) for restriction in restrictions], [zero, one, select]


def flip_question(words: Words, free: NDArray[np.int64]) -> Words:
    """Make the question that turns each of some inputs round in turn, over all the words given."""
    question = np.repeat(words[:, None, :], len(free), axis=1)
    question[free, np.arange(len(free))] ^= ONES
    flat: Words = question.reshape(len(words), -1)
    return flat


def doubted(
    free: Bound,
    seen: Bound | None,
    witnesses: Words,
    samples: Words,
    random: np.random.Generator,
    differs: Callable[[Words], bool],
) -> Conversation[NDArray[np.int64]]:
    """List the inputs to turn round: those guessed to matter, or all free ones where the others matter together.

    Args:
        free: the inputs that are not assigned; seen: the guess, None for none.
        differs: tells whether an answer to copies of the witnesses is not what the witnesses gave.
    """
    everything = np.flatnonzero(free)
    if seen is None:
        return everything
    unlikely, copies = free & ~seen, DOUBTED_WORDS // witnesses.shape[1]
    if unlikely.sum() <= DOUBTED_WORDS // witnesses.shape[1]:
        return everything
    question = np.tile(witnesses, copies)
    question[unlikely] = samples[unlikely][:, random.integers(0, samples.shape[1], question.shape[1])]
    answer = yield question
    return everything if differs(answer) or not (free & seen).any() else np.flatnonzero(free & seen)
