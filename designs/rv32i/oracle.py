"""The execute step of RV32I as an oracle of examples: bit-sliced, 64 steps in a word, in plain numpy.

One step takes an instruction, the values of its two source registers, its address and the word that memory gives at
`address`, and says what changes: a register, the next address, memory. Memory is read and written by whole words;
`store_mask` says which bytes of the word at `address & ~3` are written, `store_data` has the stored part in each place
where it may belong. `trap` marks what is no instruction of RV32I that a step can do alone, ECALL and EBREAK among it;
FENCE does nothing. Where something is not written, its value is 0.

Source: The RISC-V Instruction Set Manual, volume I, chapter RV32I.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FORM", "PORTS", "step"]

Bits = NDArray[np.uint64]

FORM = "bits"
PORTS = {
    "inputs": {"instruction": 32, "rs1": 32, "rs2": 32, "pc": 32, "load_data": 32},
    "outputs": {
        "rd_write": 1,
        "memory_write": 1,
        "trap": 1,
        "store_mask": 4,
        "rd": 32,
        "next_pc": 32,
        "address": 32,
        "store_data": 32,
    },
}


def add(left: Bits, right: Bits, carry: Bits | None) -> tuple[Bits, Bits]:
    """Add two words of equal width; the sum, and the carry out."""
    propagate, generate = left ^ right, left & right
    total, spare = np.empty_like(propagate), np.empty_like(propagate[0])
    kept = np.zeros_like(spare) if carry is None else carry.copy()
    for bit in range(len(left)):
        np.bitwise_xor(propagate[bit], kept, out=total[bit])
        np.bitwise_and(propagate[bit], kept, out=spare)
        np.bitwise_or(generate[bit], spare, out=kept)
    return total, kept


def choose(select: Bits, one: Bits, zero: Bits) -> Bits:
    """Give `one` where `select` is set, else `zero`."""
    return zero ^ (select & (one ^ zero))


def matches(bits: Bits, value: int) -> Bits:
    """Tell where a field has a value."""
    found = ~bits[0] if not value & 1 else bits[0].copy()
    for place in range(1, len(bits)):
        found &= bits[place] if value >> place & 1 else ~bits[place]
    return found


def shift(word: Bits, amount: Bits, left: Bits, fill: Bits) -> Bits:
    """Shift 32 bits by 0 to 31 places: right with `fill`, or left with zeros, as a right shift of the mirrored word."""
    current = choose(left, word[::-1], word)
    for place in range(5):
        moved = np.empty_like(current)
        moved[: 32 - (1 << place)] = current[1 << place :]
        moved[32 - (1 << place) :] = fill
        current = choose(amount[place], moved, current)
    return choose(left, current[::-1], current)


def immediates(i: Bits) -> dict[str, Bits]:
    """Give the five immediates of an instruction, each of 32 bits."""
    sign, zero = i[31], np.zeros_like(i[0])
    return {
        "i": np.stack([*i[20:31], *[sign] * 21]),
        "s": np.stack([*i[7:12], *i[25:31], *[sign] * 21]),
        "b": np.stack([zero, *i[8:12], *i[25:31], i[7], *[sign] * 20]),
        "u": np.stack([*[zero] * 12, *i[12:32]]),
        "j": np.stack([zero, *i[21:31], i[20], *i[12:20], *[sign] * 12]),
    }


def step(inputs: Bits) -> Bits:
    """Execute one instruction a lane."""
    i, rs1, rs2, pc, memory = (inputs[32 * port : 32 * port + 32] for port in range(5))
    f3 = [matches(i[12:15], value) for value in range(8)]
    plain, marked = matches(i[25:32], 0), matches(i[25:32], 0x20)
    code = i[0] & i[1]
    kind = {
        value: matches(i[2:7], value) & code for value in (0x00, 0x03, 0x04, 0x05, 0x08, 0x0C, 0x0D, 0x18, 0x19, 0x1B)
    }
    lui, auipc, jal, jalr = kind[0x0D], kind[0x05], kind[0x1B], kind[0x19] & f3[0]
    branch = kind[0x18] & ~(f3[2] | f3[3])
    load = kind[0x00] & ~(f3[3] | f3[6] | f3[7])
    store = kind[0x08] & (f3[0] | f3[1] | f3[2])
    immediate = kind[0x04] & (~(f3[1] | f3[5]) | plain | (f3[5] & marked))
    register = kind[0x0C] & (plain | (marked & (f3[0] | f3[5])))
    fence = kind[0x03] & f3[0]
    compute = immediate | register
    value = immediates(i)

    second = choose(register | branch, rs2, choose(store, value["s"], value["i"]))
    subtract = branch | (compute & (f3[2] | f3[3])) | (register & f3[0] & i[30])
    total, carry = add(rs1, second ^ subtract, subtract)
    below = ~carry
    less = choose(rs1[31] ^ second[31], rs1[31], below)
    equal = ~np.bitwise_or.reduce(rs1 ^ rs2, axis=0)

    shifted = shift(rs1, second[:5], f3[1], rs1[31] & i[30] & f3[5])
    result = (f3[0] & total) | ((f3[1] | f3[5]) & shifted) | (f3[4] & (rs1 ^ second))
    result |= (f3[6] & (rs1 | second)) | (f3[7] & rs1 & second)
    result[0] |= (f3[2] & less) | (f3[3] & below)

    offset = (branch & value["b"]) | (jal & value["j"]) | (auipc & value["u"])
    target, _ = add(pc, offset, None)
    following, over = pc.copy(), ~np.zeros_like(pc[0])
    for bit in range(2, 32):
        following[bit] = pc[bit] ^ over
        over = over & pc[bit]
    taken = branch & (i[12] ^ (((f3[0] | f3[1]) & equal) | ((f3[4] | f3[5]) & less) | ((f3[6] | f3[7]) & below)))

    half = choose(total[1], memory[16:], memory[:16])
    octet = choose(total[0], half[8:], half[:8])
    signed, bytes_, halves, words = ~i[14], ~(i[12] | i[13]), i[12] & ~i[13], i[13]
    loaded = words & memory
    loaded[:8] |= bytes_ & octet
    loaded[8:] |= bytes_ & signed & octet[7]
    loaded[:16] |= halves & half
    loaded[16:] |= halves & signed & half[15]

    rd = (lui & value["u"]) | (auipc & target) | ((jal | jalr) & following) | (load & loaded) | (compute & result)
    next_pc = choose(jal | taken, target, following)
    jumped = total.copy()
    jumped[0] = 0
    next_pc = choose(jalr, jumped, next_pc)
    write = lui | auipc | jal | jalr | load | compute
    mask = np.stack(
        [
            store & ((f3[0] & matches(total[:2], place)) | (f3[1] & (total[1] if place & 2 else ~total[1])) | f3[2])
            for place in range(4)
        ]
    )
    octets, halfwords = np.tile(rs2[:8], (4, 1)), np.tile(rs2[:16], (2, 1))
    stored = store & ((f3[0] & octets) | (f3[1] & halfwords) | (f3[2] & rs2))
    flags = np.stack([write, store, ~(write | store | branch | fence)])
    return np.concatenate([flags, mask, rd, next_pc, (load | store) & total, stored])
