"""Talk to a design on a board: send tokens over the serial line, get results. Needs Python alone, and a POSIX system.

This file stands beside a bitstream, with `design.json`, which says what a token and a result are made of:

    python host.py /dev/ttyUSB1 '{"a": [1, 2, 3, 4, 5, 6, 7, 8], "b": [8, 7, 6, 5, 4, 3, 2, 1]}'
    python host.py /dev/ttyUSB1 < tokens.jsonl        # one token a line

Values are raw integers, in any nesting that has the field's elements in order; a fixed-point value is its raw integer.
A design with state begins anew with each call, by a break on the line; `--keep` lets it go on.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Line", "from_bytes", "main", "to_bytes"]


def to_bytes(fields: list[dict[str, Any]], token: dict[str, Any]) -> bytes:
    """Pack a token: fields in order, element 0 in the lowest bits, the lowest byte first.

    Raises: ValueError for a missing or unknown field, a wrong number of elements, or a value out of range.
    """
    names = [field["name"] for field in fields]
    if sorted(names) != sorted(token):
        raise ValueError(f"token: it must have the fields {', '.join(names)}, not {', '.join(token) or 'none'}")
    word, place = 0, 0
    for field in fields:
        values = list(_flat(token[field["name"]]))
        if len(values) != field["elements"]:
            raise ValueError(f"token: {field['name']} must have {field['elements']} elements, not {len(values)}")
        width = field["width"]
        low = -(1 << width - 1) if field["signed"] else 0
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value < low + (1 << width):
                top = low + (1 << width) - 1
                raise ValueError(f"token: {field['name']} must be whole numbers from {low} to {top}, not {value!r}")
            word |= (value & ((1 << width) - 1)) << place
            place += width
    return word.to_bytes(-(-place // 8), "little")


def from_bytes(fields: list[dict[str, Any]], data: bytes) -> dict[str, Any]:
    """Take a result apart: a number for each field, a list for one of several elements."""
    word, found = int.from_bytes(data, "little"), {}
    for field in fields:
        width, values = field["width"], []
        for _ in range(field["elements"]):
            value = word & ((1 << width) - 1)
            values.append(value - (1 << width) if field["signed"] and value >> width - 1 else value)
            word >>= width
        found[field["name"]] = values if field["shape"] else values[0]
    return found


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


class Line:
    """A serial line to a design: raw bytes, 8 bits, no parity, one stop bit.

    Args:
        path: of the terminal, such as /dev/ttyUSB1.
        design: what `design.json` says.
        patience_s: how long a result may take beyond its time on the line.
    Raises: OSError, termios.error for what is no terminal; ValueError for a rate that it does not have.
    """

    def __init__(self, path: str, design: dict[str, Any], *, patience_s: float = 2.0) -> None:
        self.design = design
        self.patience_s = patience_s
        rate = getattr(termios, f"B{design['baud']}", None)
        if rate is None:
            raise ValueError(f"{path}: the rate must be one that the system knows, not {design['baud']}")
        self.handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
        flags = termios.CS8 | termios.CREAD | termios.CLOCAL
        control = [0] * len(termios.tcgetattr(self.handle)[6])
        termios.tcsetattr(self.handle, termios.TCSANOW, [0, 0, flags, 0, rate, rate, control])
        termios.tcflush(self.handle, termios.TCIOFLUSH)

    def reset(self) -> None:
        """Begin anew: a break resets the design and forgets half a token."""
        termios.tcsendbreak(self.handle, 0)
        time.sleep(0.01)
        termios.tcflush(self.handle, termios.TCIFLUSH)

    def ask(self, token: dict[str, Any]) -> dict[str, Any]:
        """Send a token and wait for its result.

        Raises: ValueError for a wrong token; TimeoutError where the result does not come.
        """
        rest = to_bytes(self.design["inputs"], token)
        while rest:
            rest = rest[os.write(self.handle, rest) :]
        wanted, data = self.design["result_bytes"], b""
        span = 10.0 * (self.design["token_bytes"] + wanted) / self.design["baud"]
        deadline = time.monotonic() + span + self.patience_s
        while len(data) < wanted:
            if not select.select([self.handle], [], [], max(deadline - time.monotonic(), 0.0))[0]:
                raise TimeoutError(f"a result must have {wanted} bytes, and only {len(data)} came")
            data += os.read(self.handle, wanted - len(data))
        return from_bytes(self.design["outputs"], data)

    def close(self) -> None:
        """Let go of the line."""
        os.close(self.handle)


def main(arguments: list[str] | None = None) -> int:
    """Send the tokens of the command line, or of standard input, and print a result a line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("line", help="the board's serial line, such as /dev/ttyUSB1")
    parser.add_argument("tokens", nargs="*", help="tokens in JSON; standard input, one a line, where none is given")
    parser.add_argument("--design", default=str(Path(__file__).parent / "design.json"), help="what the fields are")
    parser.add_argument("--keep", action="store_true", help="do not reset the design first")
    given = parser.parse_args(arguments)
    try:
        line = Line(given.line, json.loads(Path(given.design).read_text(encoding="utf-8")))
        try:
            if not given.keep:
                line.reset()
            for text in given.tokens or sys.stdin:
                if text.strip():
                    print(json.dumps(line.ask(json.loads(text))), flush=True)
        finally:
            line.close()
    except (OSError, ValueError, termios.error) as error:
        print(f"host: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
