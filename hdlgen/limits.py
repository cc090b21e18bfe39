"""The size limits: of the language, of files that are read, of memory; one number each, refused by name."""

from __future__ import annotations

__all__ = [
    "MAX_BUS_BITS",
    "MAX_CONSTANT_FILE_BYTES",
    "MAX_ELEMENTS",
    "MAX_EXAMPLE_FILE_BYTES",
    "MAX_EXPRESSION_CHARACTERS",
    "MAX_EXPRESSION_DEPTH",
    "MAX_FUNCTION_RESULT_WIDTH",
    "MAX_FUNCTION_WIDTH",
    "MAX_GOLDEN_FILE_BYTES",
    "MAX_LIBERTY_FILE_BYTES",
    "MAX_LITERAL_FRACTION",
    "MAX_NODES",
    "MAX_PAYLOAD_WIDTH",
    "MAX_PORTS_FILE_BYTES",
    "MAX_SHARED_PAIRS",
    "MAX_SITUATIONS",
    "MAX_SORTED",
    "MAX_SPEC_BYTES",
    "MAX_TABLE_ENTRIES",
    "MAX_TABLE_FILE_BYTES",
    "MAX_TABLE_MULTIPLEXERS",
    "MAX_TABULATED_POINTS",
    "MAX_TOOL_MEMORY_BYTES",
    "MAX_VARIABLE_SHIFT_WIDTH",
    "MAX_VERILOG_FILE_BYTES",
    "MAX_WEBASSEMBLY_BYTES",
    "MAX_WIDTH",
    "MAX_WINDOW",
    "MIN_TEMPORARY_BYTES",
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

MAX_SITUATIONS = 1_000_000
"""How many different situations the counting of a space may meet before the space is refused."""

MAX_TABULATED_POINTS = 20_000
"""Points of a space that may be tabulated."""

MAX_TABLE_FILE_BYTES = 67_108_864
"""Bytes of a tabulated space, unpacked, or of a table in CSV."""

MAX_LIBERTY_FILE_BYTES = 256_000_000
"""Bytes of a liberty file: the largest public library has a tenth of this."""

MAX_VERILOG_FILE_BYTES = 67_108_864
"""Bytes of a Verilog file to simulate."""

MAX_GOLDEN_FILE_BYTES = 16_777_216
"""Bytes of a golden model in Verilog or AIGER."""

MAX_EXAMPLE_FILE_BYTES = 1_073_741_824
"""Bytes of a file of examples."""

MAX_PORTS_FILE_BYTES = 1_048_576
"""Bytes of the file that names the ports of a teacher."""

MAX_BUS_BITS = 65_536
"""Input bits, and output bits, of a learnt circuit."""

MIN_TEMPORARY_BYTES = 33_554_432
"""Bytes that must be free for temporary files: with fewer, programs fail in ways that look like a design's fault."""

MAX_TOOL_MEMORY_BYTES = 8_589_934_592
"""Bytes of address space of a worker and of each program that it starts: what takes more fails its design alone."""

MAX_WEBASSEMBLY_BYTES = 68_719_476_736
"""The same for place and route of FPGAs: WebAssembly reserves far more than the 4 GiB that it can use at most."""
