"""`learn` from files of examples: what is written and claimed, and bad files told in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hdlgen.aiger import read_aiger
from hdlgen.bits import pack_table, unpack_table
from tests.hdlgen.cli.command import Hdlgen

ADDER = [(a, b, a + b, int(a < b)) for a in range(16) for b in range(16)]
KEYS = {
    *("inputs", "outputs", "examples", "queries", "and_nodes", "held_out_accuracy"),
    *("counterexamples", "proved", "wall_s", "files"),
}
GOLDEN = "module add(input [3:0] a, b, output [4:0] y, output less); assign y = a + b, less = a < b; endmodule\n"


def write_csv(path: Path, rows: Sequence[tuple[int, ...]]) -> None:
    path.write_text("a:4,b:4,y:5,less:1\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))


def test_a_csv_with_many_outputs_becomes_a_proved_circuit(hdlgen: Hdlgen, folder: Path) -> None:
    write_csv(folder / "adder.csv", ADDER)
    (folder / "golden.v").write_text(GOLDEN)
    options = ("--outputs", "y,less", "--golden", "golden.v", "-o", "made", "--workers", "1", "--json")
    ran = hdlgen("learn", "adder.csv", *options)
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document.keys() >= KEYS
    assert document["proved"] and document["simulation"]["status"] == "ok" and document["score"]["area_um2"] > 0
    assert document["examples"] == 256 and document["queries"] == 0 and document["held_out_examples"] == 64
    assert "6 of 6 outputs were recognised as functions of arithmetic, not learnt" in document["claim"]
    assert document["claim"].endswith("it was proved equal to golden.v.")
    for name, path in document["files"].items():
        assert Path(path).stat().st_size, name
    network = read_aiger(Path("made/learnt.aig").read_bytes(), where="learnt.aig")
    table = np.array([[*(a >> k & 1 for k in range(4)), *(b >> k & 1 for k in range(4))] for a, b, _, _ in ADDER])
    answers = unpack_table(network.evaluate(pack_table(table)), len(ADDER))
    totals = answers[:, :5].astype(int) @ (1 << np.arange(5))
    wanted = [(total, less) for _, _, total, less in ADDER]
    assert list(zip(totals.tolist(), answers[:, 5].tolist(), strict=True)) == wanted


def test_without_matching_a_pla_is_learnt_and_its_accuracy_bounded(hdlgen: Hdlgen, folder: Path) -> None:
    random = np.random.default_rng(1)
    for name, count in (("train", 500), ("choose", 200)):
        inputs = random.integers(0, 2, (count, 10))
        lines = ["".join(map(str, row)) + f" {row[2] & row[5] | row[7] & (1 - row[0])}\n" for row in inputs.tolist()]
        (folder / f"{name}.pla").write_text(".i 10\n.o 1\n" + "".join(lines) + ".e\n")
    options = ("--validation", "choose.pla", "--no-matching", "--and-limit", "60", "-o", "made", "--json")
    ran = hdlgen("learn", "train.pla", *options)
    assert ran.status == 0, ran.err
    document = json.loads(ran.out)
    assert document["held_out_examples"] == 200 and document["held_out_accuracy"] > 0.97
    assert 0.01 < document["error_bound"] < 0.1 and not document["proved"] and document["and_nodes"] <= 60
    assert document["by_output"][0]["recognised"] is None
    assert "Learnt from 500 examples" in document["claim"] and document["claim"].endswith("; nothing is proved.")


def test_a_golden_model_of_another_function_fails(hdlgen: Hdlgen, folder: Path) -> None:
    write_csv(folder / "adder.csv", ADDER)
    (folder / "golden.v").write_text(GOLDEN.replace("a + b", "a - b"))
    ran = hdlgen("learn", "adder.csv", "--outputs", "y,less", "--golden", "golden.v", "-o", "made", "--json")
    assert ran.status == 1 and not json.loads(ran.out)["proved"]
    assert "it was NOT proved equal to golden.v" in ran.err


def test_of_a_few_examples_nothing_is_claimed(hdlgen: Hdlgen, folder: Path) -> None:
    write_csv(folder / "few.csv", ADDER[:40])
    document = json.loads(hdlgen("learn", "few.csv", "-o", "made", "--json").out)
    assert document["held_out_accuracy"] is None and document["error_bound"] == 1.0
    assert "of 10 held-out ones, fewer than 50, no accuracy can be claimed" in document["claim"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv",), "none.csv: the file must be readable (No such file or directory)"),
        (("good.csv", "--outputs", "z"), "good.csv: an output must be one of a, b, y, less, not 'z'"),
        (("twice.csv",), "twice.csv: equal inputs must have equal outputs; lines 2 and 258 contradict each other"),
        (("ragged.csv",), "ragged.csv: line 3: it must have 4 values, not 3"),
        (("three.csv",), "three.csv: it must hold at least 4 examples, not 3"),
        (
            ("good.csv", "--validation", "other.csv"),
            "other.csv: equal inputs must have equal outputs; line 2 contradicts line 2 of good.csv",
        ),
        (("good.csv", "--validation", "narrow.csv"), "narrow.csv: its ports must be those of good.csv, "),
        (("good.csv", "--ports", "p.json"), "good.csv: --ports must be left out with a file of examples"),
        (("good.csv", "--and-limit", "-1"), "--and-limit must be 0 to 1048576, not -1"),
        (("t.py:f", "--no-matching"), "t.py:f: --validation, --no-matching and --outputs must go with a file of "),
    ],
)
def test_bad_input_is_one_line(hdlgen: Hdlgen, folder: Path, arguments: tuple[str, ...], message: str) -> None:
    write_csv(folder / "good.csv", ADDER)
    write_csv(folder / "twice.csv", [*ADDER, (0, 0, 0, 1)])
    write_csv(folder / "other.csv", [(0, 0, 0, 1)])
    write_csv(folder / "three.csv", ADDER[:3])
    (folder / "ragged.csv").write_text("a:4,b:4,y:5,less:1\n0,0,0,0\n1,2,3\n")
    (folder / "narrow.csv").write_text("a:4,y:5\n1,2\n")
    ran = hdlgen("learn", *arguments)
    assert ran.status == 2 and ran.out == ""
    assert ran.err.startswith(f"hdlgen: {message}") and ran.err.count("\n") == 1
