"""Oracles: whoever answers what a circuit's outputs are for given inputs. A learner knows nothing else of it."""

from __future__ import annotations

from typing import Protocol

from hdlgen.bits import Interface, Words

__all__ = ["Oracle"]


class Oracle(Protocol):
    """A combinational function with ports; the same inputs give the same outputs, always."""

    interface: Interface

    def ask(self, inputs: Words) -> Words:
        """Answer a bit matrix of inputs, shape (input bits, words), with that of outputs, (output bits, words).

        Raises: InputError where the oracle does not keep its side: shapes, types, an exception, no answer in time.
        """
