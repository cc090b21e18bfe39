"""The teacher: an oracle that is asked for many questions at once, and a count of the questions.

An oracle in Python costs some hundred calls of numpy however few examples it is asked for, so each step of the learner
is written as a *conversation*, a generator that yields bit matrices and is sent the answers, and the conversations of
many nodes go on side by side: all that they ask at one time is one call.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

import numpy as np

from hdlgen.bits import Words
from hdlgen.oracle import Oracle

__all__ = ["Conversation", "Teacher"]

T = TypeVar("T")
Conversation = Generator[Words, Words, T]
"""Yields bit matrices of inputs and is sent those of the outputs."""

CALL_WORDS = 4096
"""Words of one call: more no longer save calls, and leave the processor's cache."""
TOGETHER = 48
"""Conversations that go on side by side."""
MOST_ASKED = 1 << 25
"""No more join them while what they ask, in words of all inputs, fills so much memory: 256 MB."""


class Teacher:
    """Ask an oracle.

    Args:
        on_asked: told after each call; a place to show progress, or to stop.
    """

    def __init__(self, oracle: Oracle, *, on_asked: Callable[[], None] | None = None) -> None:
        self.oracle = oracle
        self.queries = 0
        self._on_asked = on_asked

    def ask(self, inputs: Words) -> Words:
        """Answer a bit matrix, in calls of a size that suits the oracle."""
        self.queries += inputs.shape[1] * 64
        parts = []
        for at in range(0, inputs.shape[1], CALL_WORDS):
            parts.append(self.oracle.ask(inputs[:, at : at + CALL_WORDS]))
            if self._on_asked is not None:
                self._on_asked()
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def hold(self, conversation: Conversation[T]) -> T:
        """Hold one conversation to its end and give what it returns."""
        try:
            question = next(conversation)
            while True:
                question = conversation.send(self.ask(question))
        except StopIteration as end:
            result: T = end.value
            return result

    def hold_all(self, waiting: list[Conversation[Any]]) -> None:
        """Hold conversations until none is waiting, the last ones first; each may append more to the list."""
        active: list[tuple[Conversation[Any], Words]] = []
        while waiting or active:
            asked = sum(question.size for _, question in active)
            while waiting and len(active) < TOGETHER and asked < MOST_ASKED:
                conversation = waiting.pop()
                question = next(conversation, None)
                if question is not None:
                    active.append((conversation, question))
                    asked += question.size
            if not active:
                continue
            answers = self._ask_together([question for _, question in active])
            still: list[tuple[Conversation[Any], Words]] = []
            for (conversation, _), answer in zip(active, answers, strict=True):
                try:
                    still.append((conversation, conversation.send(answer)))
                except StopIteration:
                    continue
            active = still

    def _ask_together(self, questions: Sequence[Words]) -> list[Words]:
        ends = np.cumsum([question.shape[1] for question in questions])
        answer = self.ask(np.concatenate(questions, axis=1))
        return np.split(answer, ends[:-1], axis=1)
