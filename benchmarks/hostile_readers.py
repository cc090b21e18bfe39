"""The readers that the benchmark `fuzz` attacks: for each, good files to begin with, and how a file is read."""

from __future__ import annotations

import functools
import gzip
import importlib.resources
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hdlgen import spec
from hdlgen.aiger import read_aiger
from hdlgen.cli.project import open_project
from hdlgen.evaluation import Evaluation, Status
from hdlgen.examples import read_examples
from hdlgen.space import Point
from search.replay import read_csv
from search.store import HEADER_KEYS, Record, RunStore
from search.tabulation import ENDING, read_tabulation
from sim.modules import Source
from sim.procedural.reader import read_modules
from sim.technology import load
from sim.yosys import run_passes

__all__ = ["READERS", "Reader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader of files.

    Args:
        seeds: makes good files, in a folder that it may use.
        read: reads the bytes of a file, below a folder of its own; raises an `HdlgenError` for what is no such file.
    """

    seeds: Callable[[Path], tuple[bytes, ...]]
    read: Callable[[bytes, Path], object]


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    """Read a file of a given name."""

    def from_bytes(data: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(data)
        return read(path)

    return from_bytes


def _shipped_specs(_: Path) -> tuple[bytes, ...]:
    folder = Path(str(importlib.resources.files("designs")))
    texts = (path.read_bytes() for path in sorted(folder.glob("*/spec.toml")))
    return tuple(text for text in texts if len(text) < 2_500 and b".npy" not in text)


@functools.cache
def _dot8() -> tuple[object, Callable[[str], Point]]:
    project = open_project("dot8")
    return project, project.point


def _point(data: bytes, _: Path) -> object:
    return _dot8()[1](data.decode("utf-8", "surrogateescape"))


def _points(_: Path) -> tuple[bytes, ...]:
    space = open_project("dot8").space
    texts = [point.text() for point in space.sample(20, 1)]
    return (*(text.encode() for text in texts), b"", b"interval=4", b"interval=2, recipe=spare,")


_PLA = b""".i 3
.o 2
.ilb a b c
.ob f g
.p 4
000 10
101 01
011 11
110 00
.e
"""
_CSV = b"a,b,c,f\n0,1,0,1\n1,1,0,0\n0,0,1,1\n1,0,1,0\n"


def _examples(_: Path) -> tuple[bytes, ...]:
    stream = io.BytesIO()
    bits = np.random.default_rng(1).integers(0, 2, (40, 5), dtype=np.uint8)
    np.savez(
        stream,
        inputs=np.packbits(bits, axis=1, bitorder="little"),
        outputs=np.packbits(bits[:, 0] ^ bits[:, 3], bitorder="little"),
        n_inputs=5,
        n_examples=40,
    )
    return (_PLA, _CSV, stream.getvalue())


def _read_examples(data: bytes, folder: Path) -> object:
    kind = ".npz" if data[:1] == b"P" else ".pla" if data[:1] == b"." else ".csv"
    return _file(f"examples{kind}", read_examples)(data, folder)


_SMALL = """\
name = "small"
[inputs]
a = { format = "u2" }
b = { format = "u2" }
[outputs]
y = {}
[compute]
y = "a + b"
[objectives]
minimize = ["area_um2"]
"""
_PASSES = ("read_rtlil design.il", "proc", "techmap", "pmuxtree", "opt_clean", "write_verilog -noattr -nodec design.v")

_LIBERTY = b"""library (small) { time_unit : "1ns"; capacitive_load_unit (1, pf); nom_voltage : 1.8;
  lu_table_template (t) { variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;
    index_1 ("0.001, 0.003"); index_2 ("0.01, 0.02, 0.03"); }
  cell (INV) { area : 2; pin (A) { direction : input; capacitance : 0.002; }
    pin (Y) { direction : output; function : "!A"; max_capacitance : 0.1; timing () {
      related_pin : "A"; timing_sense : negative_unate; cell_rise (t) { values ("0.1, 0.2, 0.3", "0.5, 0.6, 0.7"); }
      cell_fall (t) { values ("0.1, 0.2, 0.3", "0.5, 0.6, 0.7"); } rise_transition (scalar) { values ("0.25"); }
      fall_transition (scalar) { values ("0.25"); } } } }
  cell (NAND) { area : 3; pin (A) { direction : input; capacitance : 0.002; }
    pin (B) { direction : input; capacitance : 0.002; }
    pin (Y) { direction : output; function : "!(A B)"; timing () { related_pin : "A B";
      cell_rise (scalar) { values ("0.2"); } cell_fall (scalar) { values ("0.2"); }
      rise_transition (scalar) { values ("0.25"); } fall_transition (scalar) { values ("0.25"); } } } }
  /* a flip-flop */
  cell (DFF) { area : 9; ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }
    pin (D) { direction : input; capacitance : 0.002; timing () { related_pin : "CK"; timing_type : setup_rising;
      rise_constraint (scalar) { values ("0.1"); } fall_constraint (scalar) { values ("0.1"); } } }
    pin (CK) { direction : input; clock : true; capacitance : 0.002; }
    pin (Q) { direction : output; function : "IQ"; timing () { related_pin : "CK"; timing_type : rising_edge;
      cell_rise (scalar) { values ("0.3"); } cell_fall (scalar) { values ("0.3"); }
      rise_transition (scalar) { values ("0.25"); } fall_transition (scalar) { values ("0.25"); } } } }
  cell (TIE) { area : 1;
    pin (Y) { direction : output; function : "1"; } pin (Z) { direction : output; function : "0"; } }
}
"""


def _verilog(folder: Path) -> tuple[bytes, ...]:
    """Have Yosys write what our reader reads."""
    path = folder / "small.toml"
    path.write_text(_SMALL)
    project = open_project(str(path))
    texts = []
    for text in ("adder=ripple,full_adders=cells", "adder=brent_kung,stages=1,full_adders=gates"):
        (folder / "design.il").write_text(project.compiler.build(project.point(text)).rtlil)
        run_passes(_PASSES, folder=folder, seconds=60.0)
        texts.append((folder / "design.v").read_bytes().partition(b"*/")[2].strip() + b"\n")
    return tuple(texts)


def _read_verilog(data: bytes, _: Path) -> object:
    text = data.decode("utf-8", "replace")
    return Source(text), read_modules(text)


def _header() -> dict[str, object]:
    header: dict[str, object] = dict.fromkeys(HEADER_KEYS, "")
    return header | {"name": "toy", "seed": 1, "budget": 60, "batch": 8, "knobs": {"a": [1, 2], "b": ["x", "y"]}}


def _store(folder: Path) -> tuple[bytes, ...]:
    """Give a run's header and its journal in one text, apart by an empty line."""
    with RunStore.create(_header(), out=folder / "good") as store:
        for index in range(4):
            point = Point(values=(("a", 1 + index % 2), ("b", "xy"[index // 2])))
            evaluation = Evaluation(point=point, status=Status.INVALID, message="no")
            store.append(Record(index=index, batch=0, evaluation=evaluation, repeated=False, elapsed_s=0.5 * index))
    header, journal = ((folder / "good" / name).read_bytes() for name in ("run.json", "evaluations.jsonl"))
    return (header.strip() + b"\n\n" + journal,)


def _read_store(data: bytes, folder: Path) -> object:
    head, _, journal = data.partition(b"\n\n")
    (folder / "run.json").write_bytes(head)
    (folder / "evaluations.jsonl").write_bytes(journal)
    with RunStore.resume(folder, _header()) as store:
        return store.header


_AIGER = b"aag 5 2 0 2 3\n2\n4\n6\n10\n6 4 2\n8 5 3\n10 9 7\ni0 a[0]\ni1 a[1]\no0 f\no1 g\n"


def _table_csv(_: Path) -> tuple[bytes, ...]:
    rows = [f"{a},{b},{a * 3 + place},{10 - a}" for a in range(4) for place, b in enumerate("xyz")]
    return (("knob_a,knob_b,area,rate\n" + "\n".join(rows) + "\n").encode(),)


def _tabulation(_: Path) -> tuple[bytes, ...]:
    folder = Path(str(importlib.resources.files("designs"))) / "tables"
    document = json.loads(gzip.decompress((folder / f"fir8{ENDING}").read_bytes()))
    for columns in (document, document["points"], document["scores"]):
        for key, value in columns.items():  # a few rows: what is changed lies among the fields then, not the figures
            if isinstance(value, list) and len(value) > 50:
                columns[key] = value[:6]
    return (json.dumps(document).encode(),)


def _read_tabulation(data: bytes, folder: Path) -> object:
    return _file(f"table{ENDING}", read_tabulation)(gzip.compress(data, 1), folder)


READERS: Mapping[str, Reader] = {
    "spec": Reader(seeds=_shipped_specs, read=_file("spec.toml", spec.load)),
    "point": Reader(seeds=_points, read=_point),
    "examples": Reader(seeds=_examples, read=_read_examples),
    "liberty": Reader(seeds=lambda _: (_LIBERTY,), read=_file("cells.lib", load)),
    "verilog": Reader(seeds=_verilog, read=_read_verilog),
    "store": Reader(seeds=_store, read=_read_store),
    "aiger": Reader(seeds=lambda _: (_AIGER,), read=lambda data, _: read_aiger(data, where="circuit.aag")),
    "csv": Reader(seeds=_table_csv, read=_file("table.csv", read_csv)),
    "table": Reader(seeds=_tabulation, read=_read_tabulation),
}
"""By name."""
