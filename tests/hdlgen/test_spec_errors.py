"""Bad spec files: each refusal by its whole message, which names file, key and rule."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hdlgen.errors import SpecError
from hdlgen.limits import MAX_SPEC_BYTES
from hdlgen.spec import load, parse

GOOD = """
name = "good"
[inputs]
x = { format = "i8" }
v = { format = "q4.4", shape = [4] }
[constants]
c = [1, 2, 3, 4]
[outputs]
y = { format = "i16" }
[compute]
y = "x + 1"
"""

X, V, C, Y = (
    'x = { format = "i8" }',
    'v = { format = "q4.4", shape = [4] }',
    "c = [1, 2, 3, 4]",
    'y = { format = "i16" }',
)
LINE = 'y = "x + 1"'
END = LINE + "\n"
METRICS = (
    "area_um2, clock_mhz, period_ps, throughput_msps, interval_cycles, latency_cycles, latency_ns, error_lsb, energy_pj"
)
FPGA_METRICS = METRICS.replace("area_um2", "luts, dsps, brams").replace(", energy_pj", "")
NO_AREA = "which an FPGA does not have: luts, dsps and brams are what it has"
BOUNDS = (
    "area_um2, clock_mhz, energy_pj, interval_cycles, latency_cycles, latency_ns, max_error_lsb, period_ps, "
    "throughput_msps"
)
ONE_NAME = "must have a name of at most 64 letters, digits and underscores"
BEYOND = "overflow must be named (wrap, saturate) where it can happen:"
DROPPED = "rounding must be named (floor, half_up, half_even, toward_zero) where fraction bits are dropped,"

ROWS: list[tuple[str, str, str]] = [
    # TOML
    (GOOD, "", "name must be given"),
    ('name = "good"', "name =", "line 2: spec must be valid TOML (invalid value)"),
    ('name = "good"', 'name = "good', "line 2: spec must be valid TOML (illegal character '\\n')"),
    (END, LINE + "\n[compute]", "line 12: spec must be valid TOML (cannot declare ('compute',) twice)"),
    (END, LINE + "\nz = [1,", "line 12: spec must be valid TOML (invalid value)"),
    (END, LINE + "\nz = " + "[" * 3000, "spec must not nest its values so deep"),
    # keys and names
    (
        "[inputs]",
        "[input]",
        (
            "keys must be of compute, constants, constraints, inputs, knobs, name, objectives, outputs, search,"
            " summary, technology, not 'input' (did you mean 'inputs'?)"
        ),
    ),
    ('name = "good"', "name = 3", "name must be a text, not 3"),
    ('name = "good"', 'name = "a b"', "name must be a letter and at most 63 letters, digits, - and _, not 'a b'"),
    (
        'name = "good"',
        'name = "good"\nsummary = "a\\nb"',
        "summary must be one line without control characters",
    ),
    (
        'name = "good"',
        'name = "good"\nsummary = "a\\u001b[31mb"',
        "summary must be one line without control characters",
    ),
    ('name = "good"', 'name = "good"\nsummary = 1', "summary must be a text, not 1"),
    (X, '"x y" = { format = "i8" }', f"inputs.x y {ONE_NAME}, not 'x y'"),
    (X, 'lambda = { format = "i8" }', f"inputs.lambda {ONE_NAME}, not 'lambda'"),
    (X, 'sum = { format = "i8" }', "inputs.sum must have a name of its own: sum is a function"),
    (C, "sqrt = 1", "constants.sqrt must have a name of its own: sqrt is a function"),
    (C, "x = 1", "constants.x must have a name of its own: inputs.x has it already"),
    (Y, "x = {}", "outputs.x must have a name of its own: inputs.x has it already"),
    (END, LINE + '\nc = "x"', "compute.c must have a name of its own: constants.c has it already"),
    (END, LINE + '\nv = "x"', "compute.v must have a name of its own: inputs.v has it already"),
    # inputs
    (f"{X}\n{V}", "", "inputs must have at least one input"),
    ("[inputs]\n" + X + "\n" + V, "inputs = 3", "inputs must be a table, not 3"),
    (X, 'x = "i8"', "inputs.x must be a table, not 'i8'"),
    (X, "x = {}", "inputs.x.format must be given"),
    (X, "x = { format = 8 }", "inputs.x.format must be a text, not 8"),
    (X, 'x = { format = "int8" }', "inputs.x.format must be a format such as i8, u8, q4.12 or uq0.8, not 'int8'"),
    (X, 'x = { format = "i0" }', "inputs.x.format must be a format of 1 to 1024 bits, not 'i0'"),
    (
        X,
        'x = { fromat = "i8" }',
        "keys of inputs.x must be of format, shape, not 'fromat' (did you mean 'format'?)",
    ),
    (V, 'v = { format = "i8", shape = 4 }', "inputs.v.shape must be a list of sizes of at least 1, not 4"),
    (V, 'v = { format = "i8", shape = [0] }', "inputs.v.shape must be a list of sizes of at least 1, not [0]"),
    (V, 'v = { format = "i8", shape = [true] }', "inputs.v.shape must be a list of sizes of at least 1, not [True]"),
    (V, 'v = { format = "i8", shape = [200, 200] }', "inputs.v.shape must have at most 16384 elements, not 40000"),
    (V, 'v = { format = "i8", shape = [16000] }', "inputs must have at most 65536 bits in all, not 128008"),
    # constants
    (C, 'c = "1"', "constants.c must hold finite numbers, not '1'"),
    (C, "c = true", "constants.c must hold finite numbers, not True"),
    (C, "c = [1, nan]", "constants.c must hold finite numbers, not nan"),
    (C, "c = []", "constants.c must not hold an empty list"),
    (C, "c = [[1, 2], [3]]", "constants.c must have lists of one length on each level, as shape [2, 2] has"),
    (C, "c = [1, [2]]", "constants.c must hold finite numbers, not [2]"),
    (
        C,
        "c = [1, 0.5]",
        (
            "constants.c must state a format for numbers that are no integers, as in"
            ' { values = [0.5], format = "q2.14" }, not 0.5'
        ),
    ),
    (C, "c = {}", "constants.c must have either values or file, and not both"),
    (
        C,
        'c = { value = 1, format = "i8" }',
        "keys of constants.c must be of file, format, values, not 'value' (did you mean 'values'?)",
    ),
    (C, 'c = { values = [1, 8], format = "i4" }', "constants.c.values must lie in i4, not hold 8"),
    (C, 'c = { values = 0.99, format = "q1.3" }', "constants.c.values must lie in q1.3, not hold 0.99"),
    (
        C,
        'c = { values = 1, format = "4" }',
        "constants.c.format must be a format such as i8, u8, q4.12 or uq0.8, not '4'",
    ),
    (
        C,
        'c = { file = "none.npy" }',
        "constants.c.file must be a readable file, not 'none.npy' (No such file or directory)",
    ),
    (C, 'c = { file = "../w.npy" }', "constants.c.file must lie in the folder of the spec, not at '../w.npy'"),
    (C, 'c = { file = "/etc/passwd" }', "constants.c.file must lie in the folder of the spec, not at '/etc/passwd'"),
    (C, 'c = { file = "link.npy" }', "constants.c.file must lie in the folder of the spec, not at 'link.npy'"),
    (C, 'c = { file = "text.npy" }', "constants.c.file must be a .npy file as numpy.save writes it"),
    (C, 'c = { file = "object.npy" }', "constants.c.file must hold integers or floats of at most 64 bits, not object"),
    (C, 'c = { file = "cut.npy" }', "constants.c.file must be a whole .npy file, and it ends early"),
    (C, 'c = { file = "huge.npy" }', "constants.c.file must have 1 to 16384 elements, not 1000000000000"),
    (C, 'c = { file = "nan.npy", format = "i8" }', "constants.c.file must hold finite numbers alone"),
    (
        C,
        'c = { file = "half.npy" }',
        (
            "constants.c.file must state a format for numbers that are no integers, as in"
            ' { values = [0.5], format = "q2.14" }, not 0.5'
        ),
    ),
    # outputs
    (Y, "", "outputs must have at least one output"),
    (Y, "z = {}", "outputs.z must have a line in [compute]"),
    (Y, 'y = { format = "i16", shape = [2] }', "outputs.y.shape must be [] as computed, not [2]"),
    (Y, 'y = { rounding = "floor" }', "outputs.y.rounding must go with a format"),
    (
        Y,
        'y = { format = "i8", rounding = "half" }',
        (
            "outputs.y.rounding must be one of floor, half_up, half_even, toward_zero, not 'half'"
            " (did you mean 'half_up'?)"
        ),
    ),
    (
        Y,
        'y = { format = "i8", overflow = "clip" }',
        "outputs.y.overflow must be one of wrap, saturate, forbid, not 'clip'",
    ),
    (Y, 'y = { format = "i8" }', f"outputs.y: {BEYOND} i8 does not hold -127 to 128"),
    (
        Y,
        'y = { format = "i8", overflow = "forbid" }',
        "outputs.y: overflow must be impossible where it is forbidden, but i8 does not hold -127 to 128",
    ),
    (LINE, 'y = "x * 0.5"', f"outputs.y: {DROPPED} from q7.1 to i16"),
    # compute
    ("[compute]\n" + LINE, "", "outputs.y must have a line in [compute]"),
    (LINE, "y = 3", "compute.y must be a text, not 3"),
    # goals
    (
        END,
        END + "[constraints]\nclock = 3",
        f"keys of constraints must be of {BOUNDS}, not 'clock' (did you mean 'clock_mhz'?)",
    ),
    (END, END + '[constraints]\nclock_mhz = "3"', "constraints.clock_mhz must be a finite number, not '3'"),
    (END, END + "[constraints]\nclock_mhz = true", "constraints.clock_mhz must be a finite number, not True"),
    (END, END + "[constraints]\narea_um2 = nan", "constraints.area_um2 must be a finite number, not nan"),
    (END, END + "[constraints]\nlatency_ns = inf", "constraints.latency_ns must be a finite number, not inf"),
    (END, END + "[constraints]\narea_um2 = 0", "constraints.area_um2 must be positive, not 0"),
    (END, END + "[constraints]\narea_um2 = -1.5", "constraints.area_um2 must be positive, not -1.5"),
    (END, END + "[constraints]\nmax_error_lsb = -1", "constraints.max_error_lsb must be at least 0, not -1"),
    (
        END,
        END + "[constraints]\ninterval_cycles = 0.5",
        "constraints.interval_cycles must be at least 1, which no design falls below, not 0.5",
    ),
    (
        END,
        END + '[objectives]\nminimise = ["area_um2"]',
        "keys of objectives must be of maximize, minimize, not 'minimise' (did you mean 'minimize'?)",
    ),
    (
        END,
        END + '[objectives]\nminimize = ["area"]',
        f"objectives.minimize must name of {METRICS}, not 'area' (did you mean 'area_um2'?)",
    ),
    (
        END,
        END + '[objectives]\nmaximize = ["area_um2"]',
        "objectives.maximize must not name 'area_um2', which is better the other way: minimize it",
    ),
    (
        END,
        END + '[objectives]\nminimize = ["area_um2", "area_um2"]',
        "objectives.minimize must name a metric once, not 'area_um2' again",
    ),
    (END, END + '[objectives]\nminimize = "area_um2"', "objectives.minimize must be a list of texts, not 'area_um2'"),
    (END, END + "[objectives]", "objectives must name at least one metric"),
    # knobs, technology, search
    (
        END,
        END + "[knobs]\ninterval = { a = 1 }",
        "knobs.interval must be a number, a text, a truth value or a list of them, not {'a': 1}",
    ),
    (END, END + "[knobs]\ninterval = []", "knobs.interval must name at least one choice, not []"),
    (
        END,
        END + '[technology]\nname = "a"\nliberty = "b"',
        "technology must have one of name, liberty and fpga, and no second",
    ),
    (
        END,
        END + '[technology]\nnode = "a"',
        "keys of technology must be of fpga, liberty, name, not 'node' (did you mean 'name'?)",
    ),
    (END, END + "[technology]\nfpga = 3", "technology.fpga must be a text, not 3"),
    (
        END,
        END + '[technology]\nfpga = "a"\n[objectives]\nminimize = ["area_um2"]',
        f"objectives.minimize must not name 'area_um2', {NO_AREA}",
    ),
    (
        END,
        END + '[technology]\nfpga = "a"\n[objectives]\nminimize = ["lut"]',
        f"objectives.minimize must name of {FPGA_METRICS}, not 'lut' (did you mean 'luts'?)",
    ),
    (
        END,
        END + '[technology]\nfpga = "a"\n[constraints]\narea_um2 = 3',
        f"constraints.area_um2 must not name 'area_um2', {NO_AREA}",
    ),
    (
        END,
        END + '[objectives]\nminimize = ["luts"]',
        "objectives.minimize must not name 'luts' without technology = { fpga = \"...\" }: cells have an area_um2",
    ),
    (
        END,
        END + "[constraints]\nluts = 100",
        "constraints.luts must not name 'luts' without technology = { fpga = \"...\" }: cells have an area_um2",
    ),
    (END, END + '[technology]\nname = ""', "technology.name must not be empty"),
    (END, END + "[technology]\nliberty = 3", "technology.liberty must be a text, not 3"),
    (
        END,
        END + "[search]\nbudgte = 3",
        "keys of search must be of batch, budget, patience, seed, strategy, not 'budgte' (did you mean 'budget'?)",
    ),
    (END, END + "[search]\nbudget = 0", "search.budget must be an integer of at least 1, not 0"),
    (END, END + "[search]\nbudget = 2.5", "search.budget must be an integer of at least 1, not 2.5"),
    (END, END + "[search]\nseed = -1", "search.seed must be an integer of at least 0, not -1"),
    (END, END + "[search]\nbatch = true", "search.batch must be an integer of at least 1, not True"),
    (END, END + "[search]\nstrategy = 1", "search.strategy must be a text, not 1"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("specs") / "inner"
    made.mkdir()
    np.save(made.parent / "w.npy", np.arange(4))
    (made / "link.npy").symlink_to(made.parent / "w.npy")
    (made / "text.npy").write_text("1 2 3")
    np.save(made / "object.npy", np.array([1, None]), allow_pickle=True)
    np.save(made / "nan.npy", np.array([1, np.nan]))
    np.save(made / "half.npy", np.array([0.5, 1]))
    np.save(made / "whole.npy", np.arange(100))
    data = (made / "whole.npy").read_bytes()
    (made / "cut.npy").write_bytes(data[:-8])
    (made / "huge.npy").write_bytes(data.replace(b"(100,), }          ", b"(1000000000000,), }"))
    return made


@pytest.mark.parametrize(
    ("text", "fault", "message"), ROWS, ids=[f"{row}-{text[2][:40]}" for row, text in enumerate(ROWS)]
)
def test_a_bad_spec_is_refused_by_file_key_and_rule(folder: Path, text: str, fault: str, message: str) -> None:
    assert GOOD.count(text) == 1
    path = folder / "spec.toml"
    path.write_text(GOOD.replace(text, fault))
    with pytest.raises(SpecError) as error:
        load(path)
    assert str(error.value) == f"{path}: {message}"
    assert "\n" not in str(error.value)
    assert error.value.exit_status == 2


def test_the_spec_that_they_spoil_is_good() -> None:
    assert parse(GOOD).name == "good"


def test_a_spec_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.toml").write_bytes(b'name = "x"\nsummary = "caf\xe9"\n')
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_SPEC_BYTES + 1))
    refused = {
        "none.toml": "none.toml: spec must be a readable file (No such file or directory)",
        "no/such": "no/such: spec must be a readable file (No such file or directory)",
        "folder": "folder: spec must be a file, or the name of a shipped design",
        str(tmp_path / "folder"): f"{tmp_path / 'folder'}: spec must be a file",
        "latin.toml": "latin.toml: line 2: spec must be UTF-8 text, not hold the byte 0xe9",
        "large.toml": "large.toml: spec must have at most 1048576 bytes",
        "dot9": "dot9: spec must be a file, or the name of a shipped design (did you mean 'dot8'?)",
    }
    for source, message in refused.items():
        with pytest.raises(SpecError) as error:
            load(source)
        assert str(error.value) == message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_spec_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(GOOD)
    path.chmod(0)
    with pytest.raises(SpecError) as error:
        load(path)
    assert str(error.value) == f"{path}: spec must be a readable file (Permission denied)"


def test_a_spec_that_is_no_file_has_no_files_beside_it() -> None:
    with pytest.raises(SpecError) as error:
        parse(GOOD.replace(C, 'c = { file = "w.npy" }'))
    assert str(error.value) == "spec: constants.c.file must belong to a spec that is a file itself"
