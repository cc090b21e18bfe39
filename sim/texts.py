"""Texts that workers leave for each other in a folder: what one of them has written, none writes again."""

from __future__ import annotations

import os
from pathlib import Path

from sim.cache import digest

__all__ = ["FolderTexts"]


class FolderTexts:
    """Keep texts by their keys in a folder; it is made with the first one.

    Any number of processes may share it, and may be killed at any time: a text is there whole or not at all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> str | None:
        """Give the text of a key, or None."""
        try:
            return self._path(key).read_text()
        except FileNotFoundError:
            return None

    def put(self, key: str, text: str) -> None:
        """Keep a text; of one key all are equal."""
        path = self._path(key)
        self.folder.mkdir(exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(path)

    def _path(self, key: str) -> Path:
        return self.folder / digest(key)
