"""Payloads: the fields of a token as one word of a stream, and back.

Fields stand in the spec's order and arrays row-major; the first field and element 0 are in the lowest bits, each number
in two's complement.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from hdlgen.graph import Graph
from hdlgen.number import INT64_WIDTH, Format, IntArray, wrap

__all__ = ["Port", "input_ports", "output_ports", "pack", "payload_width", "unpack"]

_CHUNK_BITS = 1 << 24


class Port(NamedTuple):
    """One field of a stream: its name, the format of its elements and its shape."""

    name: str
    format: Format
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """Count the bits of all elements."""
        return self.format.width * math.prod(self.shape)


def input_ports(graph: Graph) -> tuple[Port, ...]:
    """List the fields of a graph's input stream."""
    return tuple(Port(name, graph.nodes[at].format, graph.nodes[at].shape) for name, at in graph.inputs)


def output_ports(graph: Graph) -> tuple[Port, ...]:
    """List the fields of a graph's output stream."""
    return tuple(Port(name, graph.nodes[at].format, graph.nodes[at].shape) for name, at in graph.outputs)


def payload_width(ports: Sequence[Port]) -> int:
    """Count the bits of a payload."""
    return sum(port.width for port in ports)


def pack(ports: Sequence[Port], tokens: Mapping[str, Any]) -> list[int]:
    """Make one payload of each token.

    Args:
        ports: the fields.
        tokens: for each field its raw integers in range, shape (tokens, *shape).
    Raises: ValueError for a missing field or a wrong shape.
    """
    arrays = [(port, np.asarray(tokens[port.name])) for port in ports if port.name in tokens]
    if len(arrays) != len(ports) or len(tokens) != len(ports):
        raise ValueError(f"pack: tokens must have the fields {[port.name for port in ports]}, not {sorted(tokens)}")
    for port, array in arrays:
        if not array.ndim or array.shape[1:] != port.shape or len(array) != len(arrays[0][1]):
            raise ValueError(f"pack: {port.name} must have shape (tokens, *{port.shape}), not {array.shape}")
    payloads: list[int] = []
    for part in _chunks(ports, len(arrays[0][1]) if arrays else 0):
        bits = np.concatenate([_to_bits(port, array[part]) for port, array in arrays], axis=1)
        payloads += [int.from_bytes(row.tobytes(), "little") for row in np.packbits(bits, axis=1, bitorder="little")]
    return payloads


def unpack(ports: Sequence[Port], payloads: Sequence[int]) -> dict[str, IntArray]:
    """Split payloads into their fields; the inverse of `pack`.

    Returns: for each field its raw integers, shape (tokens, *shape); int64, or object where it exceeds 62 bits.
    Raises: ValueError for a payload that is negative or wider than the fields.
    """
    width = payload_width(ports)
    for payload in payloads:
        if payload < 0 or payload >> width:
            raise ValueError(f"unpack: payload must have {width} bits, not the value {payload!r}")
    parts: dict[str, list[IntArray]] = {port.name: [] for port in ports}
    for part in _chunks(ports, len(payloads)):
        count = -(-width // 8)
        text = b"".join(payload.to_bytes(count, "little") for payload in payloads[part])
        rows = np.frombuffer(text, dtype=np.uint8).reshape(-1, count)
        bits = np.unpackbits(rows, axis=1, bitorder="little")
        start = 0
        for port in ports:
            parts[port.name].append(_from_bits(port, bits[:, start : start + port.width]))
            start += port.width
    return {port.name: np.concatenate([*parts[port.name], _from_bits(port, None)]) for port in ports}


def _chunks(ports: Sequence[Port], tokens: int) -> Iterator[slice]:
    """Cut a stream so that the bits of one part, a byte each, stay within some megabytes."""
    step = max(1, _CHUNK_BITS // max(1, payload_width(ports)))
    return (slice(start, start + step) for start in range(0, tokens, step))


def _places(port: Port) -> IntArray:
    kind: Any = np.int64 if port.format.width <= INT64_WIDTH else object
    return np.array(range(port.format.width), dtype=kind)


def _to_bits(port: Port, array: IntArray) -> IntArray:
    places = _places(port)
    bits = (array.astype(places.dtype)[..., np.newaxis] >> places) & 1
    return bits.astype(np.uint8).reshape(len(array), -1)


def _from_bits(port: Port, bits: IntArray | None) -> IntArray:
    places = _places(port)
    if bits is None:
        return np.zeros((0, *port.shape), dtype=places.dtype)
    single = bits.reshape(len(bits), math.prod(port.shape), port.format.width).astype(places.dtype)
    pattern = (single << places).sum(axis=-1, dtype=places.dtype)
    return wrap(pattern, port.format).reshape(len(bits), *port.shape)
