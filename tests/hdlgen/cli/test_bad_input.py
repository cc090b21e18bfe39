"""Bad input, as a user meets it: one line on standard error by file, key and rule, and exit status 2.

That each rule of a spec is kept, `tests/hdlgen/test_spec_errors.py` shows; here, that the commands say so.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import DOT

A, LINE, END = 'a = { format = "i4", shape = [4] }', 'y = "sum(a * b)"\n', DOT[-1]
KNOBS = "interval, fold, stages, reduction, multiplier, adder, full_adders, recipe"
SECTIONS = "compute, constants, constraints, inputs, knobs, name, objectives, outputs, search, summary, technology"
FIRST = "a liberty file must have 'library' as its first word, not"
ADDERS = (
    "sklansky, kogge_stone, brent_kung, han_carlson, ladner_fischer, zero_deficiency, han_carlson_4, "
    "ladner_fischer_0, ladner_fischer_2, fitted, kogge_stone_ling, zero_deficiency_ling, fitted_ling, "
    "searched_fastest, searched_fast, searched_quick, searched_brisk, searched_even, searched_lean, "
    "searched_small, searched_smallest or ripple"
)
TECHNOLOGIES = "sky130hd, sg13g2, gf180_7t_5v, gf180_7t_3v3, asap7 or the path of a liberty file"

SPECS: list[tuple[str, str, str]] = [
    ('name = "dot4"', "name =", "line 2: spec must be valid TOML (invalid value)"),
    (
        "[inputs]",
        "[inptus]",
        f"keys must be of {SECTIONS}, not 'inptus' (did you mean 'inputs'?)",
    ),
    (
        A,
        'a = { fromat = "i4" }',
        "keys of inputs.a must be of format, shape, not 'fromat' (did you mean 'format'?)",
    ),
    (
        A,
        'a = { format = "int4" }',
        "inputs.a.format must be a format such as i8, u8, q4.12 or uq0.8, not 'int4'",
    ),
    (
        A,
        'a = { format = "i4", shape = [3] }',
        "compute.y: shapes must broadcast, not (3,) with (4,)",
    ),
    (A, f"{A}\ny = {{ format = 'i4' }}", "outputs.y must have a name of its own: inputs.y has it already"),
    (
        LINE,
        'y = "z + 1"\nz = "y + 1"\n',
        "compute: lines must not use each other in a circle but through previous: y -> z -> y",
    ),
    (LINE, 'y = "a / 0"\n', "compute.y: a / 0 must not be a division by a constant zero"),
    (
        LINE,
        'y = "sort([a[0], a[1] / 2])"\n',
        'compute.y: sort: elements must have one format, not i4 and q3.1: write round(..., "q8.4") around them',
    ),
    (
        LINE,
        f"{LINE}[constraints]\ninterval_cycles = 0.5\n",
        "constraints.interval_cycles must be at least 1, which no design falls below, not 0.5",
    ),
    (LINE, f"{LINE}[constraints]\narea_um2 = -1\n", "constraints.area_um2 must be positive, not -1"),
    (LINE, f"{LINE}[knobs]\ninterval = 3\n", "knobs.interval must be 1, 2 or 4, not 3"),
    (LINE, f"{LINE}[knobs]\nadderr = 3\n", f"knobs.adderr must be one of the knobs {KNOBS} (did you mean 'adder'?)"),
    (
        LINE,
        f'{LINE}[knobs]\nadder = "riple"\n',
        f"knobs.adder must be {ADDERS}, not 'riple' (did you mean 'ripple'?)",
    ),
    (
        LINE,
        f"{LINE}[knobs]\ninterval = 1\nfold = 4\n",
        "knobs.fold must leave a valid point: fold=4 must go with interval=4, not with interval=1",
    ),
    (
        LINE,
        f'{LINE}[technology]\nname = "asap"\n',
        f"technology: name must be one of {TECHNOLOGIES}, not 'asap' (did you mean 'asap7'?)",
    ),
    (
        LINE,
        f'{LINE}[technology]\nliberty = "dot4.toml"\n',
        f"technology.liberty: {{folder}}/dot4.toml: line 2: {FIRST} 'name'",
    ),
    (
        LINE,
        "y = 'sin(concat(a[0], a[1], a[2], a[3]), \"q2.26\")'\n[constraints]\nmax_error_lsb = 0\n",
        (
            "constraints.max_error_lsb must be a bound that sin from u16 to q2.26 can meet with tables of 65536 entries"
            " and 12288 multiplexers, not 0, which leaves it 0 LSB"
        ),
    ),
    (LINE, f"{LINE}[search]\nbudget = 0\n", "search.budget must be an integer of at least 1, not 0"),
]


@pytest.mark.parametrize(("text", "fault", "message"), SPECS, ids=[row[1].strip()[-30:] for row in SPECS])
def test_a_bad_spec_is_one_line(hdlgen: Hdlgen, folder: Path, text: str, fault: str, message: str) -> None:
    assert DOT.count(text) == 1
    (folder / "dot4.toml").write_text(DOT.replace(text, fault))
    ran = hdlgen("check", "dot4.toml")
    message = message.replace("{folder}", str(folder))
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: dot4.toml: {message}\n")


@pytest.mark.parametrize("command", ["check", "search", "measure", "verilog", "simulate"])
def test_every_command_refuses_a_bad_spec_and_leaves_nothing(hdlgen: Hdlgen, folder: Path, command: str) -> None:
    (folder / "dot4.toml").write_text(DOT.replace(LINE, 'y = "sum(a * c)"\n'))
    ran = hdlgen(command, "dot4.toml")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("hdlgen: dot4.toml: compute.y: ") and ran.err.count("\n") == 1
    assert [path.name for path in folder.iterdir()] == ["dot4.toml"]


def test_a_spec_that_cannot_be_read_is_refused(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "latin.toml").write_bytes(b'name = "caf\xe9"\n')
    (folder / "inner").mkdir()
    for source, message in {
        "none.toml": "none.toml: spec must be a readable file (No such file or directory)",
        "latin.toml": "latin.toml: line 1: spec must be UTF-8 text, not hold the byte 0xe9",
        "./inner": "./inner: spec must be a file, or the name of a shipped design",
        "dot9": "dot9: spec must be a file, or the name of a shipped design (did you mean 'dot8'?)",
    }.items():
        ran = hdlgen("check", source)
        assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "sky130",
            None,
            f"technology: name must be one of {TECHNOLOGIES}, not 'sky130' (did you mean 'sky130hd'?)",
        ),
        ("none.lib", None, "none.lib: the liberty file must be readable (No such file or directory)"),
        (
            "some.lib",
            "hello",
            f"{{folder}}/some.lib: line 1: {FIRST} 'hello'",
        ),
        (
            "some.lib",
            "",
            f"{{folder}}/some.lib: line 1: {FIRST} the end of the file",
        ),
        ("some.lib", "library(x) { }", "{folder}/some.lib: line 1: a liberty file must have at least one cell"),
        (".", None, ".: the liberty file must be a file, not a folder"),
    ],
)
def test_a_technology_that_is_none_is_refused(
    hdlgen: Hdlgen, dot: str, folder: Path, name: str, text: str | None, message: str
) -> None:
    if text is not None:
        (folder / name).write_text(text)
    ran = hdlgen("check", dot, "--technology", name)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message.format(folder=folder)}\n")


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ("interval", "point: each part must read knob=choice, not 'interval'"),
        ("interval=3", "point: interval must be 1, 2 or 4, not '3'"),
        ("intervall=2", f"point: 'intervall' must be one of the knobs {KNOBS} (did you mean 'interval'?)"),
        (
            "adder=skalnsky",
            f"point: adder must be {ADDERS}, not 'skalnsky' (did you mean 'sklansky'?)",
        ),
        ("interval=2,interval=4", "point: interval must be given once, not twice"),
        ("interval=1,fold=4", "point: fold=4 must go with interval=4, not with interval=1"),
    ],
)
@pytest.mark.parametrize("command", ["measure", "verilog", "simulate"])
def test_a_bad_point_is_refused(hdlgen: Hdlgen, dot: str, command: str, point: str, message: str) -> None:
    ran = hdlgen(command, dot, "--point", point)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("dot4.toml/out.v", "dot4.toml/out.v: the file must be writable (Not a directory)"),
        ("none/out.v", "none/out.v: the file must be writable (No such file or directory)"),
        ("/dev/full", "/dev/full: the file must be writable (No space left on device)"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused(hdlgen: Hdlgen, dot: str, output: str, message: str) -> None:
    if output.startswith("/dev") and not Path(output).exists():
        pytest.skip("the system has no disk that is always full")
    ran = hdlgen("verilog", dot, "-o", output)
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")


def test_the_folder_of_a_simulation_must_be_writable(hdlgen: Hdlgen, dot: str) -> None:
    ran = hdlgen("simulate", dot, "--out", "dot4.toml/results")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "hdlgen: dot4.toml/results: the folder must be writable (Not a directory)\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_spec_without_permission_is_refused(hdlgen: Hdlgen, dot: str, folder: Path) -> None:
    (folder / dot).chmod(0)
    ran = hdlgen("check", dot)
    assert (ran.status, ran.err) == (2, "hdlgen: dot4.toml: spec must be a readable file (Permission denied)\n")
