"""Files that survive a kill at any moment: documents replaced whole, journals that lose at most their last line."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hdlgen.errors import StoreError

__all__ = ["MALFORMED", "Journal", "lock", "read_document", "sweep", "write_bytes", "write_document", "writing"]

MALFORMED = (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)
"""What reading a record raises out of a document that holds something else; Python takes `Infinity` for JSON."""

_BESIDE = re.compile(r"\..+\.[0-9]+")
"""The names under which `write_bytes` begins."""


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a refusal by the system, a full disk or a read-only folder, into a `StoreError` of one sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path}: it must be writable, and is not: {error.strerror or error}") from None


def _write(descriptor: int, data: bytes) -> None:
    """Write all of the data and wait until the disk has it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document as `write_bytes` does.

    Raises: StoreError where the system refuses; the old document then stays.
    """
    write_bytes(path, (json.dumps(document, indent=2) + "\n").encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all: into one beside it that then takes its name.

    Raises: StoreError where the system refuses; the old file then stays.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with writing(path):
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
            try:
                _write(descriptor, data)
            finally:
                os.close(descriptor)
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what writers that were killed left beside their files; for the one process that holds the folder's lock.

    Raises: StoreError where the system refuses.
    """
    with writing(folder):
        for remains in folder.glob(".*"):
            if _BESIDE.fullmatch(remains.name):
                remains.unlink(missing_ok=True)


def read_document(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises: StoreError for a file that cannot be read or holds anything else.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: the file must be readable, and it is not: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path}: the file must hold a JSON object: {error}") from None
    if not isinstance(document, dict):
        raise StoreError(f"{path}: the file must hold a JSON object, not {type(document).__name__}")
    return document


def lock(folder: Path) -> int:
    """Lock a folder against a second writer, for as long as the descriptor that is returned is open.

    Raises: StoreError where another process holds it, by its number, or the system refuses.
    """
    path = folder / "lock"
    with writing(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with writing(path):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode().strip() or "unknown"
        os.close(descriptor)
        raise StoreError(f"{folder}: one search at a time must write a run, and process {holder} does") from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class Journal:
    """An append-only file of JSON objects, one a line; opening it drops a last line that a kill has torn.

    Raises: StoreError where the file cannot be opened, or a line that is not the last one is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            with writing(path):
                _sync_folder(path.parent)
                data = path.read_bytes()
            self.lines, self._size = self._read(data)
            if self._size < len(data):
                with writing(path):
                    os.ftruncate(self._descriptor, self._size)
                    os.fsync(self._descriptor)
        except BaseException:
            self.close()
            raise

    def _read(self, data: bytes) -> tuple[list[dict[str, Any]], int]:
        """Give the objects, and how many bytes of the file hold them."""
        lines: list[dict[str, Any]] = []
        whole, size = data.split(b"\n")[:-1], 0
        for number, text in enumerate(whole, start=1):
            try:
                line = json.loads(text)
                if not isinstance(line, dict):
                    raise ValueError("it is none")
            except (ValueError, RecursionError) as error:
                if number == len(whole) and size + len(text) + 1 == len(data):
                    break  # after a power cut the last line may be there in length but not in content
                raise StoreError(f"{self._path}: line {number} must be a JSON object: {error}") from None
            lines.append(line)
            size += len(text) + 1
        return lines, size

    def append(self, line: Mapping[str, Any]) -> None:
        """Put a line on disk before returning.

        Raises: StoreError where the system refuses; the file then ends with the line before.
        """
        data = (json.dumps(line) + "\n").encode()
        with writing(self._path):
            try:
                _write(self._descriptor, data)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, self._size)
                raise
        self._size += len(data)
        self.lines.append(json.loads(data))

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
