"""Buses of single bits: names and widths of a learnt circuit's ports, and examples packed 64 to a word.

A *bit matrix* holds examples bit-sliced: shape (bits, words), uint64; example `64 * w + k` is bit `k` of word `w` in
every row. A *table* holds them one a row: shape (examples, bits), 0 or 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hdlgen.errors import InputError
from hdlgen.limits import MAX_BUS_BITS

__all__ = ["Bus", "Interface", "Words", "pack_table", "pack_values", "unpack_table", "unpack_values"]

Words = NDArray[np.uint64]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    """always and assign begin buf case casex casez default else end endcase endfunction endmodule endtask for function
    if initial inout input integer module nand negedge nor not or output parameter posedge reg repeat signed supply0
    supply1 table task tri wand while wire wor xnor xor""".split()  # noqa: SIM905 - a list of strings would fill a page
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A port: its name and how many bits it has, bit 0 the lowest."""

    name: str
    width: int

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.name in _RESERVED:
            raise InputError(f"port: its name must be a Verilog identifier, not {self.name!r}")
        if not isinstance(self.width, int) or not 1 <= self.width <= MAX_BUS_BITS:
            raise InputError(f"port {self.name}: its width must be 1 to {MAX_BUS_BITS} bits, not {self.width!r}")

    def bit_names(self) -> list[str]:
        """Name every bit, the lowest first; a bus of one bit has no index."""
        return [self.name] if self.width == 1 else [f"{self.name}[{bit}]" for bit in range(self.width)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """The ports of a combinational circuit; bits are numbered through, the first port's bit 0 first.

    Raises: InputError for two ports of one name, or too many bits.
    """

    inputs: tuple[Bus, ...]
    outputs: tuple[Bus, ...]

    def __post_init__(self) -> None:
        names = [bus.name for bus in (*self.inputs, *self.outputs)]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"port {name}: its name must be its own")
        for side, buses in (("inputs", self.inputs), ("outputs", self.outputs)):
            if not 1 <= sum(bus.width for bus in buses) <= MAX_BUS_BITS:
                raise InputError(f"{side}: they must have 1 to {MAX_BUS_BITS} bits together")

    @classmethod
    def of(cls, ports: Any, *, where: str) -> Interface:
        """Read `{"inputs": {name: width}, "outputs": {name: width}}`.

        Raises: InputError, with `where` in front, for anything else.
        """
        try:
            if not isinstance(ports, Mapping) or set(ports) != {"inputs", "outputs"}:
                raise InputError('the ports must be {"inputs": {name: width}, "outputs": {name: width}}')
            sides = {}
            for side in ("inputs", "outputs"):
                if not isinstance(ports[side], Mapping):
                    raise InputError(f"{side} must map names to widths, not be {ports[side]!r}")
                sides[side] = tuple(Bus(name=str(name), width=width) for name, width in ports[side].items())
            return cls(**sides)
        except InputError as error:
            raise InputError(f"{where}: {error}") from None

    @property
    def input_bits(self) -> int:
        """Count the bits of all inputs."""
        return sum(bus.width for bus in self.inputs)

    @property
    def output_bits(self) -> int:
        """Count the bits of all outputs."""
        return sum(bus.width for bus in self.outputs)

    def input_names(self) -> list[str]:
        """Name every input bit."""
        return [name for bus in self.inputs for name in bus.bit_names()]

    def output_names(self) -> list[str]:
        """Name every output bit."""
        return [name for bus in self.outputs for name in bus.bit_names()]

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Give the ports as plain types; `of` is its inverse."""
        return {
            "inputs": {bus.name: bus.width for bus in self.inputs},
            "outputs": {bus.name: bus.width for bus in self.outputs},
        }


def pack_table(table: NDArray[Any]) -> Words:
    """Pack a table (examples, bits) into a bit matrix (bits, words); the last word is filled up with zeros."""
    examples, bits = table.shape
    words = -(-examples // 64)
    padded = np.zeros((bits, words * 64), dtype=np.uint8)
    padded[:, :examples] = np.asarray(table, dtype=np.uint8).T
    packed: Words = np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64, copy=False)
    return packed


def unpack_table(words: Words, examples: int) -> NDArray[np.uint8]:
    """Unpack a bit matrix into a table of so many examples."""
    data = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(data, axis=1, bitorder="little", count=examples).T


def unpack_values(buses: Sequence[Bus], words: Words, examples: int) -> dict[str, NDArray[Any]]:
    """Give each bus its values, one unsigned number an example; objects where a bus has more than 64 bits."""
    table = unpack_table(words, examples)
    values: dict[str, NDArray[Any]] = {}
    low = 0
    for bus in buses:
        bits = table[:, low : low + bus.width]
        low += bus.width
        octets = np.packbits(bits, axis=1, bitorder="little")
        if bus.width <= 64:
            padded = np.zeros((examples, 8), dtype=np.uint8)
            padded[:, : octets.shape[1]] = octets
            values[bus.name] = padded.view("<u8").reshape(-1).astype(np.uint64, copy=False)
        else:
            values[bus.name] = np.array([int.from_bytes(row.tobytes(), "little") for row in octets], dtype=object)
    return values


def pack_values(buses: Sequence[Bus], values: Mapping[str, NDArray[Any]]) -> Words:
    """Make the bit matrix of values, one unsigned number an example and bus, each within its width."""
    tables = []
    for bus in buses:
        octets = -(-bus.width // 8)
        array = values[bus.name]
        if bus.width <= 64:
            rows = array.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :octets]
        else:
            text = b"".join(int(value).to_bytes(octets, "little") for value in array)
            rows = np.frombuffer(text, dtype=np.uint8).reshape(-1, octets)
        tables.append(np.unpackbits(rows, axis=1, bitorder="little", count=bus.width))
    return pack_table(np.concatenate(tables, axis=1))
