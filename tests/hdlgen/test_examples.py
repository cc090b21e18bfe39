"""Examples: each format against rows written by hand, and every refusal by its whole message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hdlgen.errors import InputError
from hdlgen.examples import Examples, read_examples

PLA = """\
# exclusive or and conjunction
.i 2
.o 2
.ilb a b
00 00
01 10

10 10
11 01
.e
"""


def _read(tmp_path: Path, name: str, text: str | bytes, outputs: Sequence[str] = ()) -> Examples:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_examples(path, outputs=outputs)


def test_a_pla_file_is_read(tmp_path: Path) -> None:
    examples = _read(tmp_path, "x.pla", PLA)
    assert examples.interface.as_dict() == {"inputs": {"a": 1, "b": 1}, "outputs": {"y": 2}}
    assert examples.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert examples.outputs.tolist() == [[0, 0], [1, 0], [1, 0], [0, 1]]
    assert examples.places.tolist() == [5, 6, 8, 9]


def test_a_csv_file_is_read(tmp_path: Path) -> None:
    examples = _read(tmp_path, "x.csv", "a:3,b,sum\n1,0x2,3\n\n7,1,8\n")
    assert examples.interface.as_dict() == {"inputs": {"a": 3, "b": 2}, "outputs": {"sum": 4}}
    assert examples.inputs.tolist() == [[1, 0, 0, 0, 1], [1, 1, 1, 1, 0]]
    assert examples.outputs.tolist() == [[1, 1, 0, 0], [0, 0, 0, 1]]


def test_output_columns_may_be_named(tmp_path: Path) -> None:
    examples = _read(tmp_path, "x.csv", "y,a\n1,0\n0,1\n", outputs=["y"])
    assert examples.interface.as_dict() == {"inputs": {"a": 1}, "outputs": {"y": 1}}


def test_an_npz_file_is_read(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    inputs = random.integers(0, 2, (50, 11))
    outputs = inputs.sum(axis=1) % 2
    path = tmp_path / "x.npz"
    np.savez(
        path,
        inputs=np.packbits(inputs, axis=1, bitorder="little"),
        outputs=np.packbits(outputs, bitorder="little"),
        n_inputs=11,
        n_examples=50,
    )
    examples = read_examples(path)
    assert (examples.inputs == inputs).all() and (examples.outputs[:, 0] == outputs).all()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.pla", PLA + "", None),
        (
            "x.pla",
            PLA.replace("11 01\n", "11 01\n01 00\n11 00\n"),
            "equal inputs must have equal outputs; lines 6 and 10 contradict each other, and 1 more pairs",
        ),
        ("x.pla", PLA.replace("10 10", "10 1"), "line 8: an example must have 2 inputs and 2 outputs, not 3 values"),
        ("x.pla", PLA.replace("10 10", "1- 10"), "line 8: a value must be 0 or 1, not '-'"),
        ("x.pla", "00 0\n.i 2\n.o 1\n", "line 1: .i and .o must come before the first example"),
        ("x.pla", ".i two\n", "line 1: .i must give a number of at least 1"),
        ("x.pla", ".i 3\u00b2\n", "line 1: .i must give a number of at least 1"),
        ("x.pla", ".i 2\n.o 1\n.e\n", "it must hold at least one example"),
        ("x.pla", PLA.replace(".ilb a b", ".ilb a"), ".ilb must give 2 names, not 1"),
        ("x.csv", "a,y\n1,0\n0\n", "line 3: it must have 2 values, not 1"),
        ("x.csv", "a:2,y\n4,0\n", "line 2: a must be an unsigned number of 2 bits, not '4'"),
        ("x.csv", "a,y\n-1,0\n", "line 2: a must be an unsigned number, not '-1'"),
        ("x.csv", "a b,y\n1,0\n", "line 1: a column must be titled name or name:width, not 'a b'"),
        ("x.csv", "y\n1\n", "it must have an input column beside its outputs"),
        ("x.csv", "", "it must begin with a line of column names"),
        ("x.csv", "a,y\n", "it must hold at least one example"),
        ("x.csv", b"\xff\xfe", "the file must be UTF-8 text"),
        ("x.npz", b"no", None),
    ],
)
def test_bad_examples_are_refused(tmp_path: Path, name: str, text: str | bytes, message: str | None) -> None:
    if name == "x.pla" and message is None:
        assert len(_read(tmp_path, name, text)) == 4
        return
    with pytest.raises(InputError) as refusal:
        _read(tmp_path, name, text)
    wanted = message or "it must be npz with inputs, outputs, n_inputs and n_examples: "
    assert str(refusal.value).startswith(f"{tmp_path / name}: {wanted}")


def _npz(path: Path, size: int = 4, *, compress: bool = False) -> bytes:
    save = np.savez_compressed if compress else np.savez
    save(path, inputs=np.zeros((size, 1), np.uint8), outputs=np.zeros(size, np.uint8), n_inputs=8, n_examples=size)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, 1), (6, 1 << 5), (6, 1 << 6), (8, 99), (4, 250)],
    ids=["encrypted", "patched", "strongly encrypted", "unknown compression", "version of the future"],
)
def test_zip_files_that_python_cannot_unpack_are_refused(tmp_path: Path, offset: int, value: int) -> None:
    path = tmp_path / "x.npz"
    data = bytearray(_npz(path))
    central = data.find(b"PK\x01\x02")
    for start in (0, central + 2):  # a local header, and its copy in the directory, which begins with one field more
        data[start + offset] = value
    path.write_bytes(data)
    with pytest.raises(InputError, match="it must be npz with inputs, outputs, n_inputs and n_examples"):
        read_examples(path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npz"
    monkeypatch.setattr("hdlgen.examples.MAX_EXAMPLE_FILE_BYTES", 2_000)
    assert len(_npz(path, 10_000, compress=True)) < 2_000
    with pytest.raises(InputError, match="unpacked it must have at most 2000 bytes, not 20528"):
        read_examples(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the name of a file of examples must end with .pla, .csv, .npz"):
        read_examples(tmp_path / "x.txt")
    with pytest.raises(InputError, match="the file must be readable"):
        read_examples(tmp_path / "x.pla")
