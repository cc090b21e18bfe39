"""What examples say of a binary outcome: the logarithm of its likelihood, by which splits and merges are judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "log_likelihood"]

Floats = NDArray[np.float64]
_Counts = NDArray[np.float64] | NDArray[np.int64]


def log_likelihood(ones: _Counts, seen: _Counts) -> Floats:
    """Give the log-likelihood, in nats, of outcomes under their own share of ones; shapes as they come."""
    zeros, all_seen = seen - ones, np.maximum(seen, 1e-9)
    parts = [part * np.log(np.maximum(part, 1e-9) / all_seen) for part in (ones, zeros)]
    return np.asarray(parts[0] + parts[1], dtype=np.float64)
