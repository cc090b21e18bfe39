"""Teachers: what `hdlgen learn` learns from, a function in a file or a program that answers over pipes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hdlgen.bits import Interface, Words, pack_table, unpack_table
from hdlgen.errors import InputError, ToolMissing
from hdlgen.oracle import Oracle
from hdlgen.oracle_sources import load_function, read_ports

__all__ = ["ProgramOracle", "Source", "open_source"]

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A teacher: what it is called, what opens it, its ports, and a digest of its code."""

    name: str
    where: str
    open: Callable[[], Oracle]
    interface: Interface
    digest: str


def open_source(text: str, *, ports: Path | None, call_seconds: float) -> Source:
    """Read what the user named: `FILE:FUNCTION`, or a command line with `--ports`.

    Raises: InputError.
    """
    file, colon, function = text.rpartition(":")
    if colon and function.isidentifier() and not any(character.isspace() for character in text):
        made = load_function(Path(file), function, ports=ports)
        data = Path(file).read_bytes() + (ports.read_bytes() if ports else b"")
        return Source(
            name=Path(file).parent.name if Path(file).stem == "oracle" else Path(file).stem,
            where=text,
            open=lambda: load_function(Path(file), function, ports=ports),
            interface=made.interface,
            digest=hashlib.sha256(data).hexdigest(),
        )
    if ports is None:
        raise InputError(f"{text}: the source must be FILE:FUNCTION, or a program with its ports in --ports FILE.json")
    interface = read_ports(ports)
    try:
        command = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{text}: the program must be a command line: {error}") from None
    if not command or shutil.which(command[0]) is None:
        raise InputError(f"{text}: the program must be there and executable")
    return Source(
        name=Path(command[0]).stem,
        where=text,
        open=lambda: ProgramOracle(command, interface, seconds=call_seconds),
        interface=interface,
        digest=hashlib.sha256(text.encode() + ports.read_bytes()).hexdigest(),
    )


class ProgramOracle:
    """A program that answers a line of hexadecimal numbers, the inputs in the order of the ports, with the outputs.

    Args:
        command: program and arguments; it is started once, and stopped when it fails.
        seconds: it must answer within this time; a program that keeps its answers in a buffer never does.
    """

    def __init__(self, command: list[str], interface: Interface, *, seconds: float) -> None:
        self.interface = interface
        self.seconds = seconds
        self.where = command[0]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, bufsize=0
            )
        except OSError as error:
            raise ToolMissing(f"{command[0]}: the program must start, and does not: {error.strerror}") from None
        assert self._process.stdin is not None and self._process.stdout is not None
        self._input, self._output = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._input, False)
        self._rest = b""

    def ask(self, inputs: Words) -> Words:
        """Write a line an example and read as many."""
        examples = inputs.shape[1] * 64
        lines = self._exchange(self._question(inputs, examples), examples)
        table = np.zeros((examples, self.interface.output_bits), dtype=np.uint8)
        low = 0
        columns = [line.split() for line in lines]
        for place, bus in enumerate(self.interface.outputs):
            octets = -(-bus.width // 8)
            data = bytearray()
            for number, words in enumerate(columns):
                if len(words) != len(self.interface.outputs):
                    self._fail(f"it must answer {len(self.interface.outputs)} numbers a line, not {lines[number]!r}")
                try:
                    value = int(words[place], 16)
                except ValueError:
                    value = -1
                if value < 0 or value >> bus.width:
                    self._fail(f"{bus.name} must be hexadecimal of {bus.width} bits, not {words[place]!r}")
                data += value.to_bytes(octets, "little")
            bits = np.frombuffer(bytes(data), dtype=np.uint8).reshape(examples, octets)
            table[:, low : low + bus.width] = np.unpackbits(bits, axis=1, bitorder="little", count=bus.width)
            low += bus.width
        return pack_table(table)

    def _question(self, inputs: Words, examples: int) -> bytes:
        table = unpack_table(inputs, examples)
        columns, low = [], 0
        for bus in self.interface.inputs:
            octets = np.packbits(table[:, low : low + bus.width], axis=1, bitorder="little")[:, ::-1]
            columns.append([row.tobytes().hex() for row in octets])
            low += bus.width
        return "".join(" ".join(row) + "\n" for row in zip(*columns, strict=True)).encode()

    def _exchange(self, question: bytes, count: int) -> list[str]:
        """Write and read at the same time, so that neither side waits for the other for ever."""
        until = time.monotonic() + self.seconds
        rest, answer = memoryview(question), bytearray(self._rest)
        while answer.count(b"\n") < count:
            left = until - time.monotonic()
            readable, writable, _ = select.select([self._output], [self._input] if rest else [], [], max(left, 0.0))
            if not readable and not writable:
                self._fail(f"it must answer {count} lines within {self.seconds:g} s (and flush them), and does not")
            try:
                if writable:
                    rest = rest[os.write(self._input, rest[:_CHUNK]) :]
            except (BrokenPipeError, ConnectionResetError):
                rest = memoryview(b"")
            if readable:
                data = os.read(self._output, _CHUNK)
                if not data:
                    self._fail(f"it must answer {count} lines, and ended before that")
                answer += data
        *lines, last = bytes(answer).split(b"\n", count)
        self._rest = last
        return [line.decode("ascii", "replace") for line in lines]

    def _fail(self, rule: str) -> None:
        self.close()
        raise InputError(f"{self.where}: {rule}")

    def close(self) -> None:
        """Stop the program."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
