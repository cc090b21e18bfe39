"""AIGER: networks as files in the format of the model checking and synthesis contests, binary and ASCII.

Symbols name the bits, `name[3]` or `name` for a bus of one bit, so that the ports come back when a file is read.
Source: Biere, The AIGER And-Inverter Graph Format, version 20071012.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hdlgen.bits import Bus, Interface
from hdlgen.errors import InputError
from hdlgen.network import Network, NetworkBuilder

__all__ = ["read_aiger", "write_aiger", "write_ascii_aiger"]

_BIT = re.compile(r"(.*)\[(\d+)\]")


def write_aiger(network: Network) -> bytes:
    """Write a network in the binary format."""
    first, gates = network.interface.input_bits + 1, len(network.gates)
    head = f"aig {first - 1 + gates} {first - 1} 0 {len(network.outputs)} {gates}\n"
    body = bytearray(head.encode())
    body += "".join(f"{literal}\n" for literal in network.outputs).encode()
    for number, (left, right) in enumerate(network.gates.tolist()):
        high, low = max(left, right), min(left, right)
        for delta in (2 * (first + number) - high, high - low):
            while delta >= 0x80:
                body.append(delta & 0x7F | 0x80)
                delta >>= 7
            body.append(delta)
    return bytes(body) + _symbols(network.interface).encode()


def write_ascii_aiger(network: Network) -> str:
    """Write a network in the ASCII format."""
    first, gates = network.interface.input_bits + 1, len(network.gates)
    lines = [f"aag {first - 1 + gates} {first - 1} 0 {len(network.outputs)} {gates}"]
    lines += [str(2 * number) for number in range(1, first)]
    lines += [str(literal) for literal in network.outputs]
    for number, (left, right) in enumerate(network.gates.tolist()):
        lines.append(f"{2 * (first + number)} {max(left, right)} {min(left, right)}")
    return "\n".join(lines) + "\n" + _symbols(network.interface)


def _symbols(interface: Interface) -> str:
    inputs = "".join(f"i{number} {name}\n" for number, name in enumerate(interface.input_names()))
    return inputs + "".join(f"o{number} {name}\n" for number, name in enumerate(interface.output_names()))


def read_aiger(data: bytes, *, where: str, interface: Interface | None = None) -> Network:
    """Read a combinational network in either format; gates that nothing needs are dropped, equal ones are one.

    Args:
        where: the file's name, for messages.
        interface: the ports, where they are known; by default they come from the symbols, or are `i` and `o`.
    Raises: InputError for latches, another version's sections, or anything that is no AIGER.
    """
    try:
        head, _, rest = data.partition(b"\n")
        kind, *numbers = head.decode("ascii").split()
        maximum, inputs, latches, outputs, gates = (int(text) for text in numbers)
        if kind not in ("aig", "aag"):
            raise ValueError("it must begin with aig or aag")
        if latches:
            raise InputError(f"{where}: the network must be combinational, not have {latches} latches")
        if min(inputs, outputs, gates) < 0 or inputs + gates > maximum:
            raise ValueError("its header does not add up")
        read = _read_binary if kind == "aig" else _read_ascii
        own, roots, triples, symbols = read(rest, inputs, outputs, gates)
        ports = interface or _ports(symbols, inputs, outputs)
        if (ports.input_bits, ports.output_bits) != (inputs, outputs):
            raise ValueError(f"it must have {ports.input_bits} inputs and {ports.output_bits} outputs")
        return _build(ports, own, roots, triples)
    except InputError:
        raise
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{where}: the file must be AIGER: {error}") from None


def _read_binary(
    rest: bytes, inputs: int, outputs: int, gates: int
) -> tuple[list[int], list[int], list[tuple[int, int, int]], str]:
    lines = rest.split(b"\n", outputs)
    roots, body = [int(text) for text in lines[:outputs]], lines[outputs] if outputs < len(lines) else b""
    place = 0

    def number() -> int:
        nonlocal place
        value = shift = 0
        while True:
            octet = body[place]
            place += 1
            value |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                return value

    triples = []
    for gate in range(inputs + 1, inputs + 1 + gates):
        high = 2 * gate - number()
        triples.append((2 * gate, high, high - number()))
    return [2 * n for n in range(1, inputs + 1)], roots, triples, body[place:].decode("utf-8", "replace")


def _read_ascii(
    rest: bytes, inputs: int, outputs: int, gates: int
) -> tuple[list[int], list[int], list[tuple[int, int, int]], str]:
    lines = rest.decode("utf-8", "replace").split("\n")
    own = [int(text) for text in lines[:inputs]]
    roots = [int(text) for text in lines[inputs : inputs + outputs]]
    triples = []
    for line in lines[inputs + outputs : inputs + outputs + gates]:
        gate, left, right = (int(text) for text in line.split())
        triples.append((gate, left, right))
    if len(triples) != gates or len(own) != inputs:
        raise ValueError("it ends too early")
    return own, roots, triples, "\n".join(lines[inputs + outputs + gates :])


def _build(
    ports: Interface, own: Sequence[int], roots: Sequence[int], triples: Sequence[tuple[int, int, int]]
) -> Network:
    builder = NetworkBuilder(ports)
    literals = {0: 0} | {literal >> 1: builder.input(bit) for bit, literal in enumerate(own)}
    for gate, left, right in _in_order(triples):
        literals[gate >> 1] = builder.conjunction(literals[left >> 1] ^ (left & 1), literals[right >> 1] ^ (right & 1))
    return builder.network([literals[root >> 1] ^ (root & 1) for root in roots])


def _in_order(triples: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Put every gate after what it reads; the ASCII format allows any order.

    Raises: ValueError for gates that read each other in a circle.
    """
    gates = {triple[0] >> 1: triple for triple in triples}
    done: set[int] = set()
    opened: set[int] = set()
    ordered = []
    stack = list(reversed(gates))
    while stack:
        number = stack[-1]
        below = [literal >> 1 for literal in gates[number][1:] if literal >> 1 in gates and literal >> 1 not in done]
        if number in done or not below:
            stack.pop()
            if number not in done:
                done.add(number)
                ordered.append(gates[number])
        elif number in opened:
            raise ValueError("its gates must not read each other in a circle")
        else:
            opened.add(number)
            stack.extend(below)
    return ordered


def _ports(symbols: str, inputs: int, outputs: int) -> Interface:
    names: dict[str, list[str]] = {"i": [f"i[{n}]" for n in range(inputs)], "o": [f"o[{n}]" for n in range(outputs)]}
    for line in symbols.splitlines():
        if line == "c":
            break
        found = re.fullmatch(r"([io])(\d+) (.+)", line)
        if found and int(found[2]) < len(names[found[1]]):
            names[found[1]][int(found[2])] = found[3]
    return Interface(inputs=_buses(names["i"]), outputs=_buses(names["o"]))


def _buses(names: Sequence[str]) -> tuple[Bus, ...]:
    """Join neighbours `a[0]`, `a[1]`, ... into buses."""
    buses: list[tuple[str, int]] = []
    for name in names:
        found = _BIT.fullmatch(name)
        stem, bit = (found[1], int(found[2])) if found else (name, 0)
        if found and bit and buses and buses[-1] == (stem, bit):
            buses[-1] = (stem, bit + 1)
        else:
            buses.append((stem, 1))
    return tuple(Bus(name=stem, width=width) for stem, width in buses)
