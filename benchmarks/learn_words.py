"""`learn_words`: an adder, a comparator, a shifter and an ALU of 32 bits, learnt from queries and proved."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.benchmark import Benchmark, Bound, Goal, Measured, Say, Table
from designs.rv32i.oracle import add, choose, matches, shift
from hdlgen.bits import Interface, Words
from hdlgen.errors import ToolError
from hdlgen.evaluation import Verdict
from hdlgen.oracle import BitOracle
from search.learn import Settings, learn_seeds
from sim.networks import SHRINKING, shrink
from sim.prove import EquivalenceProver, read_golden

__all__ = ["BENCHMARK", "WORDS", "Word"]

SETTINGS = Settings(clean_rounds=3, tests=1 << 16)
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word-level function: its ports, what answers, and the same as ordinary RTL."""

    inputs: dict[str, int]
    outputs: dict[str, int]
    function: Callable[[Words], Words]
    verilog: str

    @property
    def interface(self) -> Interface:
        """Give the ports."""
        return Interface.of({"inputs": self.inputs, "outputs": self.outputs}, where="word")


def _add(x: Words) -> Words:
    total, carry = add(x[:32], x[32:], None)
    return np.concatenate([total, carry[None]])


def _compare(x: Words) -> Words:
    a, b = x[:32], x[32:]
    _, carry = add(a, ~b, ~np.zeros_like(a[0]))
    equal = ~np.bitwise_or.reduce(a ^ b, axis=0)
    return np.stack([equal, choose(a[31] ^ b[31], a[31], ~carry), ~carry])


def _shift(x: Words) -> Words:
    return shift(x[:32], x[32:37], x[37], x[31] & x[38])


def _alu(x: Words) -> Words:
    a, b, marked = x[:32], x[32:64], x[67]
    f3 = [matches(x[64:67], value) for value in range(8)]
    subtract = ~f3[0] | marked
    total, carry = add(a, b ^ subtract, subtract)
    less = choose(a[31] ^ b[31], a[31], ~carry)
    shifted = shift(a, b[:5], f3[1], a[31] & marked & f3[5])
    result = (f3[0] & total) | ((f3[1] | f3[5]) & shifted) | (f3[4] & (a ^ b)) | (f3[6] & (a | b)) | (f3[7] & a & b)
    result[0] |= (f3[2] & less) | (f3[3] & ~carry)
    return result


_HEAD = "module word(input [31:0] a, b, "
WORDS = {
    "adder": Word(
        inputs={"a": 32, "b": 32},
        outputs={"y": 33},
        function=_add,
        verilog=_HEAD + "output [32:0] y); assign y = a + b; endmodule\n",
    ),
    "comparator": Word(
        inputs={"a": 32, "b": 32},
        outputs={"equal": 1, "less": 1, "below": 1},
        function=_compare,
        verilog=f"""\
{_HEAD}output equal, less, below);
  assign equal = a == b, less = $signed(a) < $signed(b), below = a < b;
endmodule
""",
    ),
    "shifter": Word(
        inputs={"a": 32, "amount": 5, "left": 1, "arithmetic": 1},
        outputs={"y": 32},
        function=_shift,
        verilog="""\
module word(input [31:0] a, input [4:0] amount, input left, arithmetic, output [31:0] y);
  wire [31:0] mirrored, shifted;
  genvar i;
  generate for (i = 0; i < 32; i = i + 1) assign mirrored[i] = left ? a[31 - i] : a[i]; endgenerate
  assign shifted = $signed({arithmetic & a[31], mirrored}) >>> amount;
  generate for (i = 0; i < 32; i = i + 1) assign y[i] = left ? shifted[31 - i] : shifted[i]; endgenerate
endmodule
""",
    ),
    "alu": Word(
        inputs={"a": 32, "b": 32, "operation": 3, "marked": 1},
        outputs={"y": 32},
        function=_alu,
        verilog="""\
module word(input [31:0] a, b, input [2:0] operation, input marked, output reg [31:0] y);
  wire subtract = operation != 0 || marked;
  wire [32:0] sum = {1'b0, a} + {1'b0, b ^ {32{subtract}}} + subtract;
  wire below = !sum[32], less = a[31] == b[31] ? below : a[31], left = operation == 1;
  wire [31:0] mirrored, shifted, moved;
  genvar i;
  generate for (i = 0; i < 32; i = i + 1) assign mirrored[i] = left ? a[31 - i] : a[i]; endgenerate
  assign shifted = $signed({marked & a[31] & !left, mirrored}) >>> b[4:0];
  generate for (i = 0; i < 32; i = i + 1) assign moved[i] = left ? shifted[31 - i] : shifted[i]; endgenerate
  always @* case (operation)
    0: y = sum[31:0];
    1, 5: y = moved;
    2: y = less;
    3: y = below;
    4: y = a ^ b;
    6: y = a | b;
    default: y = a & b;
  endcase
endmodule
""",
    ),
}


def _measure(say: Say) -> Measured:
    rows: list[dict[str, Any]] = []
    for name, word in WORDS.items():
        say(name)
        with tempfile.TemporaryDirectory(prefix="hdlgen-word-") as folder:
            path = Path(folder) / "golden.v"
            path.write_text(word.verilog)
            golden = read_golden(path, word.interface)
        oracle = BitOracle(word.interface, word.function, where=name)
        (learnt,) = learn_seeds(
            lambda oracle=oracle: oracle,  # type: ignore[misc]
            (SEED,),
            where=name,
            settings=SETTINGS,
            prover=EquivalenceProver(golden),
        )
        if learnt.verdict is not Verdict.EQUAL:
            raise ToolError(f"learn_words: {name} must be proved equal to its RTL: {learnt.message}")
        ours, theirs = shrink(learnt.network), shrink(golden)
        rows.append(
            {
                "name": name,
                "seconds": round(learnt.wall_s, 2),
                "queries": learnt.queries,
                "counterexamples": learnt.counterexamples,
                "ands_learnt": learnt.network.and_nodes,
                "ands": ours.and_nodes,
                "ands_rtl": theirs.and_nodes,
                "ratio": round(ours.and_nodes / theirs.and_nodes, 3),
            }
        )
    by_name = {str(row["name"]): row for row in rows}
    return Measured(
        figures={
            "seconds_total": round(sum(float(row["seconds"]) for row in rows), 2),
            "alu_and_ratio": float(by_name["alu"]["ratio"]),
            **{f"{name}_and_ratio": float(row["ratio"]) for name, row in by_name.items() if name != "alu"},
            "counterexamples": sum(int(row["counterexamples"]) for row in rows),
        },
        rows=rows,
        tables=(Table.of("Words", rows),),
    )


BENCHMARK = Benchmark(
    name="learn_words",
    summary="An adder, a comparator, a shifter and an RV32I ALU, learnt from queries alone and proved.",
    method=f"""\
Each is learnt with seed {SEED} by queries to a bit-sliced function, names and widths of the ports known, and proved
equal to ordinary RTL by ABC. Seconds are those of learning, tests and proof. AND gates are compared after the same ABC
script on both sides: `{"; ".join(SHRINKING)}`.""",
    goals=(
        Goal(figure="seconds_total", direction=Bound.AT_MOST, bound=10.0),
        Goal(figure="alu_and_ratio", direction=Bound.AT_MOST, bound=1.3),
    ),
    measure=_measure,
)
