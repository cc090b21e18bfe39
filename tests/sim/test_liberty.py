"""The liberty reader: what stands in a file, and one line for each file that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdlgen.errors import InputError
from sim.liberty import read

SMALL = """
/* a comment; with { marks } */
library (small) { // another
  time_unit : "1ns" ;
  capacitive_load_unit (1, pf);
  voltage : VDD + 0.5;
  define (x, y, z)
  cell (INV) {
    area : 1.5
    pin (A) { direction : input; capacitance : 0.002; }
    pin ("Y") { direction : output; function : "!A";
      timing () { related_pin : "A"; cell_rise (t) { values ("1, 2", \\
        "3, 4"); } }
    }
  }
};
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "cells.lib"
    path.write_text(text)
    return path


def test_groups_attributes_and_lines(tmp_path: Path) -> None:
    library = read(write(tmp_path, SMALL))
    assert (library.kind, library.arguments, library.get("voltage")) == ("library", ("small",), "VDD + 0.5")
    assert library.attributes["capacitive_load_unit"] == ("1", "pf")
    cell = next(library.children("cell"))
    assert (cell.arguments, cell.line, cell.get("area")) == (("INV",), 8, "1.5")
    assert [pin.arguments for pin in cell.children("pin")] == [("A",), ("Y",)]
    timing = next(list(cell.children("pin"))[1].children("timing"))
    assert next(timing.children("cell_rise")).attributes["values"] == ("1, 2", "3, 4")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a liberty file must have 'library' as its first word, not the end of the file"),
        ("module top;\nendmodule", "line 1: a liberty file must have 'library' as its first word, not 'module'"),
        ("\x7fELF\x00\x01", "line 1: a liberty file must have 'library' as its first word, not '\\x7fELF\\x00\\x01'"),
        ("library (x);", "line 1: a liberty file must have a library group"),
        (
            "library (x) {\n cell (a) {\n",
            "line 3: a liberty file must have a '}' for the group 'cell' of line 2, not the end of the file",
        ),
        ("library (x) {\n area : ;\n}", "line 2: a liberty file must have a value here, not ';'"),
        ('library (x) {\n a : "b\n}', "line 2: a liberty file must have a token that ends, not '\"'"),
        ("library (x) { } more", "line 1: a liberty file must have nothing after its library, not 'more'"),
        ("library (x) { a (1; }", "line 1: a liberty file must have a ')' here, not ';'"),
        ("library (x) " + "{ a () " * 60, "line 1: a liberty file must have groups nested at most 32 deep, not 'a'"),
    ],
)
def test_what_is_no_liberty_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as refusal:
        read(path)
    assert str(refusal.value) == f"{path}: {message}"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read(tmp_path / "none.lib")
    assert (
        str(refusal.value) == f"{tmp_path / 'none.lib'}: the liberty file must be readable (No such file or directory)"
    )
