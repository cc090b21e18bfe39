"""Memory that stays: numpy's arrays of some hundred kilobytes are else given back to the system after each operation.

With glibc, that is half of the time of an oracle in numpy; elsewhere nothing is changed.
"""

from __future__ import annotations

import contextlib
import ctypes

__all__ = ["keep_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 1 << 30


def keep_memory() -> None:
    """Tell the allocator of this process to keep what is freed; for processes that do nothing but learn."""
    with contextlib.suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None).mallopt
        allocator(_TRIM_THRESHOLD, _LARGEST)
        allocator(_MMAP_THRESHOLD, _LARGEST)
