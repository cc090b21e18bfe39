"""Hostile variants of good files: bytes turned, cut, doubled and spliced, and what has broken readers before put in."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

__all__ = ["DICTIONARY", "mutate"]

DICTIONARY: tuple[bytes, ...] = (
    *(text.encode() for text in ("'", '"', "`", "\\", ";", "\n", "\r\n", "\t", "\0", "%s", "{}", "${HOME}", "$(id)")),
    *(text.encode() for text in ("../../../etc/passwd", "/dev/zero", "file:///etc/passwd", "a/../b", "~root", "|id")),
    *(text.encode() for text in ("nan", "inf", "-inf", "1e999", "-0", "0x", "1_000", "99999999999999999999999", "-1")),
    *(text.encode() for text in ("true", "null", "None", "__class__", "__import__('os').system('id')", "<script>")),
    *(text.encode() for text in ("\u202e", "\ufeff", "e\u0301", "\U0001d7d8", "\u0660", "\u00b2")),
    *(text * 300 for text in (b"[", b"(", b"{", b"-", b"((", b"9", b"a.", b'{"a":', b"!(")),
    *(text * 20_000 for text in (b"[", b"(", b'{"a":')),
    *(bytes([byte]) for byte in (0x80, 0xC0, 0xFF, 0xFE)),
)
"""Texts that have broken readers of files before: quotes, paths, numbers at the edge, depth, what is no UTF-8."""


def mutate(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Make one hostile file out of good ones: some changes, few most of the time."""
    data = bytearray(chance.choice(seeds))
    for _ in range(min(1 + int(chance.expovariate(0.5)), 12)):
        chance.choice(_CHANGES)(data, seeds, chance)
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _range(data: bytearray, chance: random.Random) -> slice:
    start = _place(data, chance)
    return slice(start, start + 1 + int(chance.expovariate(0.1)))


def _turn(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _cut(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    del data[_range(data, chance)]


def _end(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _double(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    part = data[_range(data, chance)]
    place = _place(data, chance)
    data[place:place] = part


def _insert(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    place = _place(data, chance)
    data[place:place] = chance.choice(DICTIONARY)


def _replace(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    data[_range(data, chance)] = chance.choice(DICTIONARY)


def _splice(data: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    other = bytearray(chance.choice(seeds))
    data[_place(data, chance) :] = other[_place(other, chance) :]


def _swap_lines(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    lines = bytes(data).split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _number(data: bytearray, _: Sequence[bytes], chance: random.Random) -> None:
    """Put another number in the place of one."""
    digits = [place for place, byte in enumerate(data) if 48 <= byte < 58]
    if digits:
        place = chance.choice(digits)
        data[place : place + 1] = str(chance.choice((0, 1, 2, 63, 64, 1025, 65_537, 2**31, 2**64, -1))).encode()


_CHANGES: tuple[Callable[[bytearray, Sequence[bytes], random.Random], None], ...] = (
    _turn,
    _cut,
    _end,
    _double,
    _insert,
    _replace,
    _splice,
    _swap_lines,
    _number,
)
