"""Speculation diagrams: nodes that stand for an output under a partial assignment, told apart by samples alone.

A node's *signature* is what its function gives on all samples, complemented where sample 0 gives 1. Two nodes of one
signature are taken for one function: that is the speculation, and `search.learn.repair` is what puts it right. A
merge that would close a cycle is refused: the smaller function cannot read the larger one, so the two must differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hdlgen.bits import Words, pack_table
from search.learn.samples import Table

__all__ = ["Diagram", "Edge", "Kind", "Node", "Restriction", "Samples", "assign", "restrict"]

Restriction = NDArray[np.int8]
"""One entry an input bit: 0 or 1 where it is assigned, -1 where it is free."""

ONES = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def restrict(restriction: Restriction, words: Words) -> Words:
    """Overwrite the assigned bits in a bit matrix of inputs."""
    keep = np.where(restriction < 0, ONES, np.uint64(0))[:, None]
    put = np.where(restriction == 1, ONES, np.uint64(0))[:, None]
    restricted: Words = (words & keep) | put
    return restricted


def assign(restriction: Restriction, bits: NDArray[np.int64], values: NDArray[np.uint8] | int) -> Restriction:
    """Give a restriction that assigns some more bits."""
    more = restriction.copy()
    more[bits] = values
    return more


class Samples:
    """The inputs by which functions are told apart: the first words uniform, all later ones structured.

    Args:
        free, shaped: tables of whole words, each a multiple of 64 rows; row 0 must be all zero.
    """

    def __init__(self, free: Table, shaped: Table) -> None:
        self.uniform_words = len(free) // 64
        self.table = np.concatenate([free, shaped])
        self.words = pack_table(self.table)

    def add(self, rows: Table) -> Words:
        """Add samples, filled up to whole words with the last one; give them as a bit matrix."""
        filled = np.concatenate([rows, np.repeat(rows[-1:], -len(rows) % 64, axis=0)])
        block = pack_table(filled)
        self.table = np.concatenate([self.table, filled])
        self.words = np.concatenate([self.words, block], axis=1)
        return block


class Kind(StrEnum):
    """How a node gives its value."""

    CONSTANT = "constant"  # always 0
    INPUT = "input"  # an input bit
    BRANCH = "branch"  # by an input bit
    SELECT = "select"  # by a function of its own


@dataclass(slots=True)
class Edge:
    """What a node reads: the same output under a further restriction, and the literal that is taken for it."""

    restriction: Restriction
    literal: int


@dataclass(slots=True)
class Node:
    """A function: `output` under `restriction`, complemented if `inverted`.

    Args:
        variable: the input bit of INPUT and BRANCH.
        edges: where the variable or the select is 0, where it is 1, and for SELECT the select itself.
        seen: the inputs that were seen to matter, or None before it was looked at.
        open: whether something below it is still to be learnt.
    """

    kind: Kind
    output: int
    restriction: Restriction
    signature: Words
    inverted: bool
    variable: int = -1
    edges: list[Edge] = field(default_factory=list)
    seen: NDArray[np.bool_] | None = None
    open: bool = False


class Diagram:
    """The nodes of all outputs and the table of their signatures.

    Args:
        samples: what signatures are taken on.
    """

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.nodes: list[Node] = []
        self.table: dict[bytes, int] = {}
        free = np.full(len(samples.words), -1, dtype=np.int8)
        zero = np.zeros(samples.words.shape[1], dtype=np.uint64)
        self.add(Node(kind=Kind.CONSTANT, output=-1, restriction=free, signature=zero, inverted=False))
        for bit, row in enumerate(samples.words):
            self.add(Node(Kind.INPUT, -1, free, row.copy(), inverted=False, variable=bit))

    def add(self, node: Node, *, findable: bool = True) -> int:
        """Add a node and give its number."""
        self.nodes.append(node)
        if findable:
            self.table.setdefault(digest(node.signature), len(self.nodes) - 1)
        return len(self.nodes) - 1

    def find(self, signature: Words) -> int | None:
        """Give the literal of a known function with this raw signature."""
        canonical, inverted = normalise(signature)
        number = self.table.get(digest(canonical))
        return None if number is None else 2 * number + inverted

    def reads(self, number: int) -> Iterator[int]:
        """List the nodes that a node reads."""
        for edge in self.nodes[number].edges:
            if edge.literal >= 0:
                yield edge.literal >> 1

    def reaches(self, start: int, goal: int) -> bool:
        """Tell whether a node reads another one, however far below."""
        if start == goal:
            return True
        seen, stack = {start}, [start]
        while stack:
            for below in self.reads(stack.pop()):
                if below == goal:
                    return True
                if below not in seen:
                    seen.add(below)
                    stack.append(below)
        return False

    def order(self, roots: list[int]) -> list[int]:
        """List the nodes that some literals need, each after what it reads."""
        done: set[int] = set()
        listed: list[int] = []
        stack = [(literal >> 1, False) for literal in reversed(roots)]
        while stack:
            number, opened = stack.pop()
            if opened:
                listed.append(number)
            elif number not in done:
                done.add(number)
                stack.append((number, True))
                stack.extend((below, False) for below in self.reads(number) if below not in done)
        return listed

    def index_again(self) -> None:
        """Make the table anew, after signatures have grown."""
        self.table = {}
        for number, node in enumerate(self.nodes):
            self.table.setdefault(digest(node.signature), number)


def normalise(signature: Words) -> tuple[Words, bool]:
    """Give a signature as it stands in the table, and whether it was complemented for that."""
    inverted = bool(signature[0] & np.uint64(1))
    return (~signature if inverted else signature), inverted


def digest(signature: Words) -> bytes:
    """Shorten a signature to 16 bytes."""
    return hashlib.blake2b(signature.tobytes(), digest_size=16).digest()
