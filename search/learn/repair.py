"""Repair: every place where a diagram took two functions for one is asked about again on new samples.

An edge says that an output under a restriction is what some node is, though the node was learnt under another one.
New samples that show a difference stay; the edge is learnt again, and so is a node whose decomposition fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hdlgen.bits import Words, pack_table
from search.learn.classes import Class, Classes
from search.learn.diagram import ONES, Diagram, Edge, Kind, Node, Restriction, restrict
from search.learn.growth import Growth
from search.learn.samples import Table
from search.learn.teacher import Teacher

__all__ = ["Repair"]

TOGETHER = 256


class _Answers:
    """What an oracle answers on a block of samples under many restrictions, each asked about once."""

    def __init__(self, teacher: Teacher, block: Words) -> None:
        self.teacher = teacher
        self.block = block
        self.known: dict[bytes, Words] = {}

    def ask(self, restrictions: Iterator[Restriction]) -> None:
        fresh = {r.tobytes(): r for r in restrictions if r.tobytes() not in self.known}
        keys = list(fresh)
        for at in range(0, len(keys), TOGETHER):
            some = keys[at : at + TOGETHER]
            answer = self.teacher.ask(np.concatenate([restrict(fresh[key], self.block) for key in some], axis=1))
            self.known.update(zip(some, np.split(answer, len(some), axis=1), strict=True))

    def of(self, restriction: Restriction) -> Words:
        """Give the answers of all outputs."""
        return self.known[restriction.tobytes()]


@dataclass(slots=True, kw_only=True)
class _Faults:
    """What is wrong on a block, and the samples that show it."""

    edges: list[tuple[int, int | None, Edge]]
    nodes: list[int]
    classes: list[tuple[int, int]]
    rows: Words

    def __len__(self) -> int:
        return len(self.edges) + len(self.nodes) + len(self.classes)


class Repair:
    """Hold a diagram and its classes to new samples.

    Args:
        edges_checked: how often an edge was held to a block.
    """

    def __init__(self, teacher: Teacher, growth: Growth, classes: Classes) -> None:
        self.teacher = teacher
        self.growth = growth
        self.classes = classes
        self.edges_checked = 0

    @property
    def diagram(self) -> Diagram:
        """Give the diagram that is held to samples."""
        return self.growth.diagram

    def try_samples(self, rows: Table) -> int:
        """Look for faults on samples; those that show one are kept and all is repaired. Give how many faults."""
        block = pack_table(rows)
        faults = self._inspect(self._answers(block, *self._needed()))
        if not len(faults):
            return 0
        shown = np.unpackbits(faults.rows.view(np.uint8), bitorder="little")[: len(rows)]
        self.add_samples(rows[np.flatnonzero(shown)])
        return len(faults)

    def add_samples(self, rows: Table) -> None:
        """Add samples, and repair until nothing is wrong on them."""
        block = self.diagram.samples.add(rows)
        answers = self._answers(block, range(len(self.diagram.nodes)), range(len(self.classes.members)))
        for node in self.diagram.nodes:
            node.signature = np.concatenate([node.signature, _value(node, answers)])
        self.diagram.index_again()
        for member in self.classes.members:
            member.signatures = np.concatenate(
                [member.signatures, answers.of(member.restriction)[member.outputs]], axis=1
            )
        self.classes.index_again()
        while len(faults := self._inspect(answers)):
            self._mend(faults)
            answers.ask(self._restrictions(*self._needed()))

    def _needed(self) -> tuple[list[int], list[int]]:
        """List the nodes, each after what it reads, and the classes that the outputs need.

        What repair has replaced stays in the tables, to be found again, but nobody has to ask about it: a third to a
        half of all nodes, after some rounds.
        """
        members = self.classes.needed()
        roots = [edge.literal for number in members for edge in self.classes.members[number].edges]
        return self.diagram.order(roots), members

    def _answers(self, block: Words, nodes: Iterable[int], members: Iterable[int]) -> _Answers:
        answers = _Answers(self.teacher, block)
        answers.ask(self._restrictions(nodes, members))
        return answers

    def _restrictions(self, nodes: Iterable[int], members: Iterable[int]) -> Iterator[Restriction]:
        for node in (self.diagram.nodes[number] for number in nodes):
            yield node.restriction
            yield from (edge.restriction for edge in node.edges)
        for member in (self.classes.members[number] for number in members):
            yield member.restriction
            yield from (restriction for restriction, _ in member.below)

    def _inspect(self, answers: _Answers) -> _Faults:
        """Hold every edge, every decomposition and every class that the outputs need to a block."""
        faults = _Faults(edges=[], nodes=[], classes=[], rows=np.zeros(answers.block.shape[1], dtype=np.uint64))
        nodes, needed = self._needed()
        values = {number: _value(self.diagram.nodes[number], answers) for number in nodes}
        leaves = [self.classes.members[number] for number in needed]

        def wrong(output: int, edge: Edge) -> bool:
            self.edges_checked += 1
            taken = values[edge.literal >> 1] ^ (ONES if edge.literal & 1 else np.uint64(0))
            difference = taken ^ answers.of(edge.restriction)[output]
            faults.rows |= difference
            return bool(difference.any())

        for number in nodes:
            node = self.diagram.nodes[number]
            if node.kind is Kind.SELECT:
                zero, one, select = (answers.of(edge.restriction)[node.output] for edge in node.edges)
                whole = answers.of(node.restriction)[node.output]
                difference = ((select & one) | (~select & zero)) ^ whole
                if difference.any():
                    faults.rows |= difference
                    faults.nodes.append(number)
                    continue
            faults.edges += [(node.output, number, edge) for edge in node.edges if wrong(node.output, edge)]
        for number, member in zip(needed, leaves, strict=True):
            outputs = member.outputs.tolist()
            faults.edges += [
                (output, None, edge) for output, edge in zip(outputs, member.edges, strict=False) if wrong(output, edge)
            ]
            for side, (restriction, below) in enumerate(member.below):
                taken = answers.of(self.classes.members[below].restriction)[member.outputs]
                difference = answers.of(restriction)[member.outputs] ^ taken
                if difference.any():
                    faults.rows |= np.bitwise_or.reduce(difference, axis=0)
                    faults.classes.append((number, side))
        return faults

    def _mend(self, faults: _Faults) -> None:
        """Learn again what is wrong."""
        growth, words = self.growth, self.diagram.samples.words
        for number in faults.nodes:
            self.diagram.nodes[number].edges, self.diagram.nodes[number].seen = [], None
            self.diagram.nodes[number].open = True
            growth.waiting.append(growth.expand(number))
        for at in range(0, len(faults.edges), 32):
            some = faults.edges[at : at + 32]
            questions = [restrict(edge.restriction, words) for _, _, edge in some]
            answer = self.teacher.ask(np.concatenate(questions, axis=1))
            for (output, parent, edge), shown in zip(some, np.split(answer, len(some), axis=1), strict=True):
                edge.literal = -1
                growth.resolve(output, edge, shown[output], parent)
        for number, side in faults.classes:
            member: Class = self.classes.members[number]
            restriction = member.below[side][0]
            answer = self.teacher.ask(restrict(restriction, words))[member.outputs]
            above = self.classes.above(number)
            below = self.teacher.hold(self.classes.build(restriction, member.outputs, answer, above))
            member.below[side] = (restriction, below)
        self.teacher.hold_all(growth.waiting)


def _value(node: Node, answers: _Answers) -> Words:
    """Give what a node is on a block, as its signature is: complemented where it is."""
    value = np.zeros(answers.block.shape[1], dtype=np.uint64)
    if node.output >= 0:
        value = answers.of(node.restriction)[node.output] ^ (ONES if node.inverted else np.uint64(0))
    elif node.kind is Kind.INPUT:
        value = answers.block[node.variable]
    return value
