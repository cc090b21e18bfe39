"""Images of programs: a text of hexadecimal words, one a line, in the order of memory; `//` begins a remark."""

from __future__ import annotations

import re
from pathlib import Path

from hdlgen.errors import InputError

__all__ = ["read_image"]


def read_image(path: Path, *, most_words: int) -> tuple[int, ...]:
    """Read an image.

    Raises: InputError where it cannot be read, holds no words or too many, or anything that is no word of 32 bits.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise InputError(f"{path}: the image must be readable ({why})") from None
    words = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("//")[0].strip()
        if content and not re.fullmatch(r"[0-9A-Fa-f]{1,8}", content):
            raise InputError(f"{path}: line {number}: it must be a word of up to 8 hexadecimal digits, not {content!r}")
        if content:
            words.append(int(content, 16))
    if not 1 <= len(words) <= most_words:
        raise InputError(f"{path}: the image must have 1 to {most_words} words, not {len(words)}")
    return tuple(words)
