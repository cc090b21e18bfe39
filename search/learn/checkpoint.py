"""Checkpoints: a learner's state between two stages as a JSON document, and a learner that goes on from one.

Signatures are not kept: they are asked for again, which costs a second where learning costs minutes. What is kept is
exact, so that a run that was stopped and one that was not end with the same circuit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.errors import StoreError
from search.durable import MALFORMED, read_document, write_document
from search.learn.classes import Class
from search.learn.diagram import Edge, Kind, Node, Restriction, restrict
from search.learn.learner import Learning
from search.learn.samples import Table

__all__ = ["resume", "save"]

VERSION = 2
TOGETHER = 16


def save(learning: Learning, path: Path, key: str) -> None:
    """Write a learner's state, whole or not at all.

    Args:
        key: digest of what the state is good for: oracle, seed, settings.
    Raises: StoreError where the system refuses.
    """
    kept = len(learning.first_samples)
    write_document(
        path,
        {
            "version": VERSION,
            "key": key,
            "queries": learning.teacher.queries,
            "rounds": learning.rounds,
            "clean": learning.clean,
            "counterexamples": learning.counterexamples,
            "errors_before_proof": learning.errors_before_proof,
            "tested": learning.tested,
            "attempt": learning.attempt,
            "test_errors": learning.test_errors,
            "curve": learning.curve,
            "elapsed_s": learning.elapsed_s(),
            "samples": [_bits(row) for row in learning.samples.table[kept:]],
            "nodes": [
                [
                    node.kind.value,
                    node.output,
                    _text(node.restriction),
                    int(node.inverted),
                    node.variable,
                    [[_text(edge.restriction), edge.literal] for edge in node.edges],
                    None if node.seen is None else _bits(node.seen),
                ]
                for node in learning.diagram.nodes
            ],
            "classes": [
                [
                    _text(member.restriction),
                    member.outputs.tolist(),
                    member.variable,
                    [[_text(restriction), below] for restriction, below in member.below],
                    [edge.literal for edge in member.edges],
                ]
                for member in learning.classes.members
            ],
            "roots": learning.classes.roots,
        },
    )


def resume(learning: Learning, path: Path, key: str) -> bool:
    """Bring a new learner to a saved state; tell whether there was one for this key.

    Raises: StoreError for a file that is damaged.
    """
    if not path.is_file():
        return False
    document = read_document(path)
    if document.get("version") != VERSION or document.get("key") != key:
        return False
    try:
        _restore(learning, document)
    except MALFORMED as error:
        raise StoreError(f"{path}: the checkpoint must be whole: {error!r}") from None
    return True


def _restore(learning: Learning, document: dict[str, Any]) -> None:
    bits = learning.interface.input_bits
    if document["samples"]:
        learning.samples.add(np.stack([_row(text, bits) for text in document["samples"]]))
    samples = learning.samples
    free = np.full(bits, -1, dtype=np.int8)
    nodes = []
    for kind, output, restriction, inverted, variable, edges, seen in document["nodes"]:
        node = Node(
            kind=Kind(kind),
            output=output,
            restriction=_restriction(restriction, bits) if output >= 0 else free,
            signature=samples.words[variable] if kind == "input" else np.zeros(samples.words.shape[1], dtype=np.uint64),
            inverted=bool(inverted),
            variable=variable,
            edges=[Edge(_restriction(text, bits), literal) for text, literal in edges],
            seen=None if seen is None else _row(seen, bits).astype(bool),
        )
        nodes.append(node)
    own = [node for node in nodes if node.output >= 0]
    for at in range(0, len(own), TOGETHER):
        some = own[at : at + TOGETHER]
        answer = learning.teacher.ask(np.concatenate([restrict(n.restriction, samples.words) for n in some], axis=1))
        for node, shown in zip(some, np.split(answer, len(some), axis=1), strict=True):
            signature = shown[node.output]
            node.signature = ~signature if node.inverted else signature.copy()
    learning.diagram.nodes[:] = nodes
    learning.diagram.index_again()
    for restriction, outputs, variable, below, literals in document["classes"]:
        own_restriction = _restriction(restriction, bits)
        member = Class(
            restriction=own_restriction,
            outputs=np.array(outputs, dtype=np.int64),
            signatures=learning.teacher.ask(restrict(own_restriction, samples.words))[outputs],
            variable=variable,
            below=[(_restriction(text, bits), number) for text, number in below],
            edges=[Edge(own_restriction, literal) for literal in literals],
        )
        learning.classes.members.append(member)
    learning.classes.roots[:] = [int(number) for number in document["roots"]]
    learning.classes.index_again()
    learning.teacher.queries += int(document["queries"])
    learning.rounds, learning.clean = int(document["rounds"]), int(document["clean"])
    learning.counterexamples = int(document["counterexamples"])
    learning.errors_before_proof = int(document["errors_before_proof"])
    learning.tested, learning.attempt = bool(document["tested"]), int(document["attempt"])
    learning.test_errors = int(document["test_errors"])
    learning.curve[:] = [(int(queries), int(nodes)) for queries, nodes in document["curve"]]
    learning.earlier_s = float(document["elapsed_s"])


def _text(restriction: Restriction) -> str:
    """Write a restriction as hexadecimal: which bits are assigned, and which of those are 1."""
    octets = np.packbits(np.stack([restriction >= 0, restriction == 1]), axis=1)
    return octets.tobytes().hex()


def _restriction(text: str, bits: int) -> Restriction:
    octets = np.frombuffer(bytes.fromhex(text), dtype=np.uint8).reshape(2, -1)
    assigned, ones = np.unpackbits(octets, axis=1, count=bits)
    restriction: Restriction = np.where(assigned == 1, ones.astype(np.int8), np.int8(-1))
    return restriction


def _bits(row: NDArray[Any]) -> str:
    return np.packbits(row).tobytes().hex()


def _row(text: str, bits: int) -> Table:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8), count=bits)
