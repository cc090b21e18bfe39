"""The size limits of the language: one number a limit, each refused by name where it is exceeded."""

from __future__ import annotations

__all__ = [
    "MAX_CONSTANT_FILE_BYTES",
    "MAX_ELEMENTS",
    "MAX_EXPRESSION_CHARACTERS",
    "MAX_EXPRESSION_DEPTH",
    "MAX_FUNCTION_RESULT_WIDTH",
    "MAX_FUNCTION_WIDTH",
    "MAX_LITERAL_FRACTION",
    "MAX_NODES",
    "MAX_PAYLOAD_WIDTH",
    "MAX_SHARED_PAIRS",
    "MAX_SORTED",
    "MAX_SPEC_BYTES",
    "MAX_TABLE_ENTRIES",
    "MAX_TABLE_MULTIPLEXERS",
    "MAX_VARIABLE_SHIFT_WIDTH",
    "MAX_WIDTH",
    "MAX_WINDOW",
]

MAX_WIDTH = 1024
"""Bits of one number, and bits of its fraction."""

MAX_ELEMENTS = 16_384
"""Elements of one array."""

MAX_NODES = 20_000
"""Nodes of one graph."""

MAX_PAYLOAD_WIDTH = 65_536
"""Bits of a stream's payload: all inputs together, or all outputs together."""

MAX_WINDOW = 1_024
"""Tokens that a `window` spans."""

MAX_VARIABLE_SHIFT_WIDTH = 64
"""Bits of the result of a shift by a variable amount."""

MAX_LITERAL_FRACTION = 24
"""Fraction bits of a number written in an expression; finer ones go through `round` or [constants]."""

MAX_EXPRESSION_CHARACTERS = 10_000
"""Characters of one compute line."""

MAX_EXPRESSION_DEPTH = 100
"""Levels of nesting of one compute line."""

MAX_FUNCTION_WIDTH = 20
"""Bits of the argument of an elementary function but `divide`: every value of it is checked."""

MAX_FUNCTION_RESULT_WIDTH = 32
"""Bits of the result of an elementary function, and of the arguments of `divide`."""

MAX_TABLE_ENTRIES = 65_536
"""Entries of one table in hardware."""

MAX_TABLE_MULTIPLEXERS = 12_288
"""Two-way multiplexers that one table may need, when equal parts are shared."""

MAX_SORTED = 256
"""Values that one sorting network orders."""

MAX_SPEC_BYTES = 1_048_576
"""Bytes of a spec file."""

MAX_CONSTANT_FILE_BYTES = 16_777_216
"""Bytes of a file that holds a constant."""

MAX_SHARED_PAIRS = 130_000
"""Pairs of signed digits within the sums of a design, up to which what they have in common is searched for."""
