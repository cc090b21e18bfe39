"""Cells read from liberty text: units, table orientation, what may be used, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hdlgen.errors import InputError
from sim.cells import Cell, read_cells
from sim.liberty import read
from sim.lookup import interpolate

HEAD = """library (l) { time_unit : "1ns"; capacitive_load_unit (1, pf);
  lu_table_template (t) { variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;
    index_1 ("0.001, 0.003"); index_2 ("0.01, 0.02, 0.03"); }
"""
BUFFER = """cell (BUF) { area : 2;
  pin (A) { direction : input; capacitance : 0.002; }
  pin (Y) { direction : output; function : "A"; max_capacitance : 0.1; timing () {
    related_pin : "A"; timing_sense : positive_unate;
    cell_rise (t) { values ("0.1, 0.2, 0.3", "0.5, 0.6, 0.7"); }
    rise_transition (scalar) { values ("0.25"); } } } }
"""


def cells(folder: Path, text: str) -> dict[str, Cell]:
    path = folder / "cells.lib"
    path.write_text(text)
    return read_cells(read(path), path)


def test_units_and_axes_are_brought_to_ps_and_ff(tmp_path: Path) -> None:
    cell = cells(tmp_path, HEAD + BUFFER + "}")["BUF"]
    assert cell.usable and cell.inputs == ("A",) and cell.outputs == ("Y",)
    assert cell.pins["A"].capacitance_ff == pytest.approx(2.0)
    assert cell.pins["Y"].max_load_ff == pytest.approx(100.0)
    delay, missing = cell.pins["Y"].arcs[0].delay
    assert delay is not None and missing is None
    # The template's first axis is the load: 2 fF lies in the middle of 1 and 3, 20 ps on the second entry.
    assert interpolate(delay, 20.0, 2.0) == pytest.approx(1000 * (0.2 + 0.6) / 2)
    slew, _ = cell.pins["Y"].arcs[0].slew
    assert slew is not None and interpolate(slew, 5.0, 70.0) == pytest.approx(250.0)


@pytest.mark.parametrize(
    ("change", "usable"),
    [
        (("area : 2;", "area : 2; dont_use : true;"), False),
        (('function : "A";', ""), False),
        (('function : "A";', 'function : "B";'), False),
        (('function : "A";', 'function : "A"; three_state : "A";'), False),
        (("cell (BUF) {", 'cell (BUF) { latch (IQ, IQN) { enable : "A"; data_in : "A"; }'), False),
        (("area : 2;", "area : 2.5;"), True),
    ],
)
def test_only_cells_that_we_understand_are_used(tmp_path: Path, change: tuple[str, str], usable: bool) -> None:
    assert cells(tmp_path, HEAD + BUFFER.replace(*change) + "}")["BUF"].usable is usable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("area : 2;", "area : big;"), "line 4: area must be a finite number, not 'big'"),
        (("capacitance : 0.002", "capacitance : nan"), "line 5: capacitance must be a finite number, not 'nan'"),
        (('"1ns"', '"1 fortnight"'), "line 1: time_unit must be a unit such as 1ns, not '1 fortnight'"),
        (
            ("(1, pf)", "(1, farthing)"),
            "line 1: capacitive_load_unit must be a number and a unit such as (1, pf), not ('1', 'farthing')",
        ),
        (
            ('"0.1, 0.2, 0.3"', '"0.1, 0.2"'),
            "line 8: cell_rise must be a table of (2, 3) values over rising axes, not 5",
        ),
        (
            ('"0.1, 0.2, 0.3"', '"0.1, 0.2, x"'),
            "line 8: values must be finite numbers, not '0.1, 0.2, x 0.5, 0.6, 0.7'",
        ),
        (
            ('"0.001, 0.003"', '"0.003, 0.001"'),
            "line 8: cell_rise must be a table of (2, 3) values over rising axes, not 6",
        ),
        (
            (": input_net_transition", ": temperature"),
            (
                "line 8: cell_rise must be a table over slews and loads, "
                "not ['total_output_net_capacitance', 'temperature']"
            ),
        ),
        (
            ('function : "A"', 'function : "A &"'),
            "line 6: function 'A &' must be an expression, not with 'its end' here",
        ),
    ],
)
def test_bad_figures_are_refused_by_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError) as refusal:
        cells(tmp_path, (HEAD + BUFFER + "}").replace(*change))
    assert str(refusal.value) == f"{tmp_path / 'cells.lib'}: {message}"


def test_a_library_without_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        cells(tmp_path, HEAD + "}")
    assert str(refusal.value) == f"{tmp_path / 'cells.lib'}: line 1: a liberty file must have at least one cell"


@pytest.mark.parametrize("name", ["a b", "x\n!touch y", "x; !touch y", "x-y", "$x", ""])
def test_a_cell_whose_name_could_be_a_command_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as error:
        cells(tmp_path, HEAD + BUFFER + BUFFER.replace("(BUF)", f'("{name}")') + "}")
    rule = "cell must be named by letters, digits and underscores"
    assert str(error.value) == f"{tmp_path / 'cells.lib'}: line 10: {rule}, not {name!r}"


def test_a_cell_with_a_pin_that_is_no_verilog_name_is_not_used(tmp_path: Path) -> None:
    text = BUFFER.replace("pin (A)", 'pin ("A, output $system")')
    assert not cells(tmp_path, HEAD + text + "}")["BUF"].usable
