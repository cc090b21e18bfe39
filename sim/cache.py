"""Results on disk by the digest of all that they depend on: safe against kills, many writers and torn files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError

__all__ = ["Cache", "digest"]

KEY = re.compile(r"[0-9a-f]{16,64}")
RECORD = "record.json"
_BEGUN = ".new-"
_STALE_S = 3600.0
"""An entry takes moments to write: one that was begun so long ago never will be."""


def digest(*parts: str | bytes) -> str:
    """Give the SHA-256 of the parts, in 64 hex digits; each goes in with its length, so that no two lists are alike."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(b"%d:" % len(data) + data)
    return whole.hexdigest()


class Cache:
    """Keep records, each with any number of files, below one folder; an entry is there whole or not at all.

    Args:
        folder: made on the first `put`; several processes may share it. An entry that is torn counts as missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check_writable(self) -> None:
        """See before any work that entries can be kept; remove those that were begun and that a kill left so.

        Raises: StoreError where the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.folder).close()
            for remains in self.folder.glob(f"{_BEGUN}*"):
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - remains.stat().st_mtime > _STALE_S:
                        shutil.rmtree(remains, ignore_errors=True)
        except OSError as error:
            raise self._refused(error) from error

    def _refused(self, error: OSError) -> StoreError:
        return StoreError(f"{self.folder}: the cache must be writable ({error.strerror})")

    def get(self, key: str) -> dict[str, Any] | None:
        """Give the record of a key, or None; a corrupt entry is removed.

        Raises: ValueError for a key that is no digest.
        """
        entry = self.entry(key)
        try:
            envelope = json.loads((entry / RECORD).read_text())
            record = envelope["record"]
            if not isinstance(record, dict) or envelope["digest"] != self.seal(record, self.listed(entry)):
                raise ValueError("another digest")
        except FileNotFoundError:
            if not entry.exists():
                return None
        except (ValueError, KeyError, TypeError, OSError, RecursionError):
            pass  # torn, flipped or of another format: it is measured again
        else:
            return record
        shutil.rmtree(entry, ignore_errors=True)
        return None

    def files(self, key: str) -> dict[str, Path]:
        """List an entry's files by name; copy what must not change, for others share the entry."""
        entry = self.entry(key)
        return {path.name: path for path in sorted(entry.glob("*")) if path.name != RECORD}

    def put(self, key: str, record: Mapping[str, Any], files: Mapping[str, str | bytes | Path] | None = None) -> None:
        """Write an entry at one stroke; where another process was faster, its entry stays.

        Args:
            key: 16 to 64 hex digits.
            record: plain JSON types.
            files: by name, the content itself or the path of a file that is copied.
        Raises: ValueError for a key or a name that is none; StoreError where the disk refuses.
        """
        entry = self.entry(key)
        for name in files or {}:
            if name in ("", ".", "..", RECORD) or Path(name).name != name:
                raise ValueError(f"Cache: a file must have a plain name other than {RECORD}, not {name!r}")
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=_BEGUN, dir=self.folder))
            try:
                for name, content in (files or {}).items():
                    data = content.read_bytes() if isinstance(content, Path) else content
                    (temporary / name).write_bytes(data.encode() if isinstance(data, str) else data)
                plain = json.loads(json.dumps(dict(record)))
                envelope = {"digest": self.seal(plain, self.listed(temporary)), "record": plain}
                (temporary / RECORD).write_text(json.dumps(envelope))
                if not entry.exists():
                    temporary.rename(entry)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        except OSError as error:
            if entry.exists():
                return  # two wrote at once; the entries are equal by their key
            raise self._refused(error) from error

    def entry(self, key: str) -> Path:
        """Give the folder of a key, spread over 256 folders."""
        if not KEY.fullmatch(key):
            raise ValueError(f"Cache: key must be 16 to 64 hex digits, not {key!r}")
        return self.folder / key[:2] / key

    @staticmethod
    def listed(entry: Path) -> list[str]:
        """List an entry's files with their content's digest."""
        found = sorted(path for path in entry.iterdir() if path.name != RECORD)
        return [part for path in found for part in (path.name, digest(path.read_bytes()))]

    @staticmethod
    def seal(record: Mapping[str, Any], listed: list[str]) -> str:
        """Digest a record with its files."""
        return digest(json.dumps(record, sort_keys=True), *listed)
