"""Circuits that are hard to put in order, and random ones; all read 32 bits at a clock and answer with 32."""

from __future__ import annotations

import random

HEAD = "module top(input clk, input [31:0] x, output [31:0] y);\n"

RIPPLE = (
    HEAD
    + """
  wire [15:0] a = x[15:0], b = x[31:16];
  wire [16:0] carry = {(a & b) | (a & carry[15:0]) | (b & carry[15:0]), 1'b0};
  assign y = {15'b0, carry[16], a ^ b ^ carry[15:0]};
endmodule
"""
)
"""A word of carries that depends on itself."""

DETOUR = (
    r"""
module pass(input [7:0] a, b, output [7:0] through, changed);
  assign through = a;
  assign changed = a + b;
endmodule
"""
    + HEAD
    + r"""
  wire [7:0] first = x[7:0] ^ x[15:8], start = first & x[31:24], second, third, fourth, fifth;
  pass one (.a(first), .b(start), .through(second), .changed(third));
  wire [7:0] joined = (second & third) ^ first, beside = joined | start;
  pass two (.a(joined), .b(beside), .through(fourth), .changed(fifth));
  wire [7:0] last = fourth & ~fifth, more = last ^ joined;
  assign y = {first & more, beside | last, joined, last ^ more};
endmodule
"""
)
"""Words that leave the module and come back by an instance, at once and changed, before they are used again."""

STILL = (
    r"""
module constant(input [7:0] a, b, output [7:0] sum, output [7:0] both);
  assign sum = a + b;
  assign both = sum & a;
endmodule
module outer(input [7:0] a, output [7:0] y, z);
  wire [7:0] half = a ^ 8'h55;
  constant inner (.a(half), .b(8'd3), .sum(y), .both(z));
endmodule
"""
    + HEAD
    + r"""
  wire [7:0] sum, both;
  outer made (.a(8'd20), .y(sum), .z(both));
  assign y = {sum, both, x[7:0] + sum, x[15:8] & both};
endmodule
"""
)
"""An instance in which nothing ever moves."""

STATE = (
    HEAD
    + """
  reg [7:0] a, b; reg [15:0] c; reg full;
  wire [7:0] next = x[31] ? x[7:0] : (x[30] ? b : a);
  always @(posedge clk) begin
    a <= next; if (x[29]) b <= a + x[15:8];
    case (x[17:16]) 0: c <= {a, b}; 1: c <= c ^ {b, a}; 2: c <= c << x[20:18]; default: c[7:0] <= c[15:8]; endcase
    if (x[28:26] == 0) full <= 0; else if (a == b) full <= 1;
  end
  assign y = {a, b, full, c[x[24:21]], c[13:0]};
endmodule
"""
)
"""Registers with conditions of many kinds, and a bit chosen by a variable."""

SIGNED = (
    HEAD
    + """
  wire signed [7:0] a = x[7:0], b = x[15:8]; wire signed [3:0] c = x[19:16];
  wire signed [15:0] product = a * b;
  wire [7:0] logical = (a & b) + (a ^ c);
  assign y = {product >>> c[1:0], (a < b) ? a : -b, logical + {4'b0, (a > c), !b, &c, ~^a}};
endmodule
"""
)
"""Arithmetic whose widths and signs depend on what stands around it."""

CIRCUITS = {"ripple": RIPPLE, "detour": DETOUR, "still": STILL, "state": STATE, "signed": SIGNED}


class _Builder:
    """Draw a module: words of random widths, each made of earlier ones, some bit by bit, some by instances."""

    def __init__(self, draw: random.Random, number: int, below: int) -> None:
        self.draw = draw
        self.number = number
        self.below = below
        self.widths = {"p": 12, "q": 12}
        self.lines: list[str] = []

    def word(self, width: int) -> str:
        """Write an operand of a width: selections and constants side by side."""
        parts, missing = [], width
        while missing:
            name = self.draw.choice(list(self.widths))
            size = self.draw.randint(1, min(missing, self.widths[name]))
            low = self.draw.randint(0, self.widths[name] - size)
            constant = f"{size}'d{self.draw.randrange(1 << size)}"
            parts.append(constant if self.draw.random() < 0.15 else f"{name}[{low + size - 1}:{low}]")
            missing -= size
        return f"{{{', '.join(parts)}}}"

    def value(self, width: int) -> str:
        """Write an expression of a width."""
        a, b, c = (self.word(width) for _ in range(3))
        forms = [f"{a} & {b}", f"{a} | ({b} ^ {c})", f"~{a}", f"{a} + {b}", f"({a} & {b}) | ({a} & {c})", a]
        forms += [f"{self.word(1)} ? {a} : {b}", f"({a} == {b}) ? ~{a} : {c}", f"{a} - ({b} < {c})"]
        return self.draw.choice(forms)

    def add(self) -> None:
        """Add a word."""
        name, width = f"w{len(self.widths)}", self.draw.randint(2, 14)
        kind = self.draw.random()
        if kind < 0.2:  # each bit from earlier words and from lower bits of its own
            self.lines.append(f"wire [{width - 1}:0] {name}; assign {name}[0] = {self.word(1)};")
            for bit in range(1, width):
                self.lines.append(f"assign {name}[{bit}] = {self.word(1)} ^ ({self.word(1)} & {name}[{bit - 1}]);")
        elif kind < 0.4:
            self.lines.append(f"reg [{width - 1}:0] {name}; always @(posedge clk) {name} <= {self.value(width)};")
        elif kind < 0.6 and self.below:
            width = 12
            child = self.draw.randrange(self.below)
            self.lines.append(f"wire [11:0] {name}; m{child} u{name} (clk, {self.word(12)}, {self.word(12)}, {name});")
        else:
            self.lines.append(f"wire [{width - 1}:0] {name} = {self.value(width)};")
        self.widths[name] = width

    def text(self) -> str:
        """Write the module."""
        for _ in range(self.draw.randint(4, 14)):
            self.add()
        body = "\n  ".join([*self.lines, f"assign y = {self.value(12)} ^ {self.value(12)};"])
        return f"module m{self.number}(input clk, input [11:0] p, q, output [11:0] y);\n  {body}\nendmodule\n"


def random_circuit(seed: int) -> str:
    """Draw a hierarchy of modules."""
    draw = random.Random(seed)
    modules = [_Builder(draw, number, number).text() for number in range(5)]
    ends = "m4 a (clk, x[11:0], x[23:12], y[11:0]); m3 b (clk, y[11:0], x[31:20], y[23:12]); assign y[31:24] = x[7:0];"
    return "".join(modules) + f"{HEAD}  {ends}\nendmodule\n"
