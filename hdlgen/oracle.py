"""Oracles: whoever answers what a circuit's outputs are for given inputs. A learner knows nothing else of it.

The bit-sliced form is the fast one: a bit matrix of inputs in, one of outputs out, 64 examples a word. The word form is
the easy one: one array of unsigned numbers a port. A C function takes the bit matrices as they lie in memory.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from hdlgen.bits import Bus, Interface, Words, pack_values, unpack_values
from hdlgen.errors import HdlgenError, InputError

__all__ = ["BitOracle", "CheckedOracle", "LibraryOracle", "Oracle", "WordOracle"]

REPEATED = 64
"""Every so many calls are made twice, the first one always."""
_LARGEST_OBJECTS = 64


class Oracle(Protocol):
    """A combinational function with ports; the same inputs give the same outputs, always."""

    interface: Interface

    def ask(self, inputs: Words) -> Words:
        """Answer a bit matrix of inputs, shape (input bits, words), with that of outputs, (output bits, words).

        Raises: InputError where the oracle does not keep its side: shapes, types, an exception, no answer in time.
        """


class BitOracle:
    """A Python function from bit matrix to bit matrix."""

    def __init__(self, interface: Interface, function: Callable[[Words], Any], *, where: str) -> None:
        self.interface = interface
        self.function = function
        self.where = where

    def ask(self, inputs: Words) -> Words:
        """Call the function on a copy, so that it may change what it is given."""
        answer = _call(self.function, inputs.copy(), where=self.where)
        shape = (self.interface.output_bits, inputs.shape[1])
        if not isinstance(answer, np.ndarray) or answer.dtype != np.uint64 or answer.shape != shape:
            raise InputError(f"{self.where}: it must return a uint64 array of shape {shape}, not {_describe(answer)}")
        return answer


class WordOracle:
    """A Python function of one array of unsigned numbers a port, which gives a dict of such arrays.

    Arrays have shape (examples,) and type uint64, or object for ports of more than 64 bits.
    """

    def __init__(self, interface: Interface, function: Callable[..., Any], *, where: str) -> None:
        self.interface = interface
        self.function = function
        self.where = where

    def ask(self, inputs: Words) -> Words:
        """Call the function with arrays by the names of the ports."""
        examples = inputs.shape[1] * 64
        values = unpack_values(self.interface.inputs, inputs, examples)
        answer = _call(self.function, where=self.where, **values)
        names = [bus.name for bus in self.interface.outputs]
        if not isinstance(answer, Mapping) or set(answer) != set(names):
            shown = sorted(map(str, answer)) if isinstance(answer, Mapping) else _describe(answer)
            raise InputError(f"{self.where}: it must return a dict with {', '.join(names)}, not {shown}")
        return pack_values(
            self.interface.outputs,
            {bus.name: self._checked(bus, answer[bus.name], examples) for bus in self.interface.outputs},
        )

    def _checked(self, bus: Bus, given: Any, examples: int) -> np.ndarray[Any, Any]:
        array = np.asarray(given)
        if array.shape != (examples,):
            raise InputError(f"{self.where}: {bus.name} must have shape ({examples},), not {array.shape}")
        if array.dtype == bool:
            array = array.astype(np.uint64)
        if array.dtype.kind not in "iuO":
            raise InputError(f"{self.where}: {bus.name} must be an array of integers, not of {array.dtype}")
        try:
            low, high = int(array.min()), int(array.max())
        except (TypeError, ValueError):
            raise InputError(f"{self.where}: {bus.name} must be an array of integers") from None
        if low < 0 or high >> bus.width:
            shown = low if low < 0 else high
            raise InputError(f"{self.where}: {bus.name} must be unsigned and have {bus.width} bits, not {shown}")
        return array.astype(np.uint64) if bus.width <= _LARGEST_OBJECTS else array.astype(object)


class LibraryOracle:
    """A C function `void f(const uint64_t *inputs, uint64_t *outputs, size_t words)` of a shared library.

    Row `i` of the inputs is `inputs[i * words]` to `inputs[(i + 1) * words - 1]`, and so for the outputs.
    """

    def __init__(self, interface: Interface, function: Any, *, where: str) -> None:
        self.interface = interface
        self.where = where
        self._function = function
        pointer = ctypes.POINTER(ctypes.c_uint64)
        function.argtypes = [pointer, pointer, ctypes.c_size_t]
        function.restype = None
        self._pointer = pointer

    def ask(self, inputs: Words) -> Words:
        """Call the function on a copy of the inputs."""
        given = np.array(inputs, dtype=np.uint64, order="C")
        answer = np.zeros((self.interface.output_bits, inputs.shape[1]), dtype=np.uint64)
        self._function(
            given.ctypes.data_as(self._pointer), answer.ctypes.data_as(self._pointer), ctypes.c_size_t(given.shape[1])
        )
        return answer


class CheckedOracle:
    """Hold an oracle to its word: some calls are made twice, and must be answered alike."""

    def __init__(self, oracle: Oracle, *, where: str) -> None:
        self.interface = oracle.interface
        self.oracle = oracle
        self.where = where
        self.calls = 0

    def ask(self, inputs: Words) -> Words:
        """Ask, and ask again where it is this call's turn."""
        answer = self.oracle.ask(inputs)
        self.calls += 1
        if self.calls % REPEATED == 1 and not np.array_equal(answer, self.oracle.ask(inputs)):
            raise InputError(f"{self.where}: the same inputs must give the same outputs, and do not")
        return answer


def _call(function: Callable[..., Any], *arguments: Any, where: str, **named: Any) -> Any:
    try:
        return function(*arguments, **named)
    except HdlgenError:
        raise
    except Exception as error:
        raise InputError(
            f"{where}: it must answer without an exception, not {type(error).__name__}: {error}"
        ) from error


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"one of {value.dtype} and shape {value.shape}"
    return type(value).__name__
