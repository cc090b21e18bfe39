"""Images of programs: what is read, and every refusal by its message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hdlgen.errors import InputError
from sim.processor import read_image


def _write(folder: Path, text: str) -> Path:
    path = folder / "image.hex"
    path.write_text(text)
    return path


def test_words_are_read_in_order(tmp_path: Path) -> None:
    path = _write(tmp_path, "// made by hand\n00000013\n\nDEADBEEF // the last\n7\n")
    assert read_image(path, most_words=3) == (0x13, 0xDEADBEEF, 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("13\n123456789\n", "line 2: it must be a word of up to 8 hexadecimal digits, not '123456789'"),
        ("@10\n", "line 1: it must be a word of up to 8 hexadecimal digits, not '@10'"),
        ("// nothing\n", "the image must have 1 to 2 words, not 0"),
        ("1\n2\n3\n", "the image must have 1 to 2 words, not 3"),
        ("é\n", "the image must be readable (it is no text)"),
    ],
)
def test_what_is_no_image_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(InputError, match=f"^{re.escape(f'{path}: {message}')}$"):
        read_image(path, most_words=2)


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.hex"
    with pytest.raises(InputError, match=f"^{re.escape(str(path))}: the image must be readable \\(No such file"):
        read_image(path, most_words=2)
