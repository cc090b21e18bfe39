"""One step of a file of registers as an oracle: all registers in, all registers out, one written, two read.

What a clock edge does to the whole state, so that state is nothing but inputs and outputs of a function: `state` holds
register 0 in its lowest bits. Reading sees what was there before. `step` is the file of 32 registers of 32 bits;
`registers(count, width)` makes one of any size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORM", "PORTS", "ports", "registers", "step"]

Bits = NDArray[np.uint64]

FORM = "bits"


def ports(count: int, width: int) -> dict[str, dict[str, int]]:
    """Name the ports of a file of `count` registers, a power of two."""
    index = (count - 1).bit_length()
    return {
        "inputs": {
            "state": count * width,
            "write": 1,
            "target": index,
            "data": width,
            "first": index,
            "second": index,
        },
        "outputs": {"next_state": count * width, "left": width, "right": width},
    }


def registers(count: int, width: int) -> Callable[[Bits], Bits]:
    """Make the step of a file of `count` registers, a power of two."""
    index = (count - 1).bit_length()
    ends = np.cumsum([count * width, 1, index, width, index])

    def turn(inputs: Bits) -> Bits:
        state, write, target, data, first, second = np.split(inputs, ends)
        words = inputs.shape[1]
        chosen = _one_hot(target) & write[0]
        kept = state.reshape(count, width, words)
        # Written as an exclusive or, so that a register that is not chosen costs one operation.
        changed = kept ^ ((kept ^ data) & chosen[:, None])
        return np.concatenate([changed.reshape(-1, words), _read(kept, first), _read(kept, second)])

    return turn


def _one_hot(address: Bits) -> Bits:
    """Give a row for each value of an address."""
    rows = ~np.zeros((1, address.shape[1]), dtype=np.uint64)
    for bit in address:
        rows = np.concatenate([rows & ~bit, rows & bit])
    return rows


def _read(kept: Bits, address: Bits) -> Bits:
    """Halve the registers by one bit of the address after the other, the highest first."""
    for bit in address[::-1]:
        half = len(kept) // 2
        kept = kept[:half] ^ ((kept[:half] ^ kept[half:]) & bit)
    read: Bits = kept[0]
    return read


PORTS = ports(32, 32)
step = registers(32, 32)
