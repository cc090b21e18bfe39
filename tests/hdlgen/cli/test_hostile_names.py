"""Names made to break out of Verilog, Yosys, ABC, a shell or a folder: refused in one line, or harmless to the end."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from tests.hdlgen.cli.command import Hdlgen
from tests.sim.specs import PAIR

HOSTILE = [
    "a'b",
    'a"b',
    "a;b",
    "a\nb",
    "a\\nb",
    "a b",
    "a`b",
    "$(touch pwned)",
    "`touch pwned`",
    "a; !touch pwned",
    "a);endmodule//",
    "a*/b",
    "<script>alert(1)</script>",
    "../x",
    "/tmp/x",
    "..",
    "-rf",
    "--out=x",
    "é",
    "ａ",
    "a\u202eb",
    "a\x7fb",
    "",
    "a" * 65,
]
QUOTED = [json.dumps(name) for name in HOSTILE]
"""As TOML writes them; its basic strings have JSON's escapes."""

PLACES = {
    "name": ('name = "pair"', "name = {}"),
    "input": ("a = {", "{} = {{"),
    "constant": ("[outputs]", "[constants]\n{} = 1\n[outputs]"),
    "output": ("y = {}\n", "y = {{}}\n{} = {{}}\n"),
    "line": ('y = "sum', '{} = "a"\ny = "sum'),
    "expression": ('"sum(a * b)"', "{}"),
    "format": ('"i2"', "{}"),
    "knob": ("[compute]", "[knobs]\n{} = 1\n[compute]"),
    "choice": ("[compute]", "[knobs]\nadder = {}\n[compute]"),
    "objective": ("[compute]", "[objectives]\nminimize = [{}]\n[compute]"),
    "technology": ("[compute]", "[technology]\nname = {}\n[compute]"),
    "liberty": ("[compute]", "[technology]\nliberty = {}\n[compute]"),
    "strategy": ("[compute]", "[search]\nstrategy = {}\n[compute]"),
    "constant's file": ("[outputs]", "[constants]\nc = {{ file = {} }}\n[outputs]"),
}


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_name_is_refused_wherever_it_stands(hdlgen: Hdlgen, folder: Path, place: str) -> None:
    text, template = PLACES[place]
    assert text in PAIR
    for name, quoted in zip(HOSTILE, QUOTED, strict=True):
        if (place, name) == ("expression", "ａ"):
            continue  # Python's own rule for names: this letter is an a
        (folder / "evil.toml").write_text(PAIR.replace(text, template.format(quoted), 1), encoding="utf-8")
        ran = hdlgen("search", "evil.toml")
        assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1), (name, ran)
        assert ran.err.startswith("hdlgen: ") and "Traceback" not in ran.err
        assert everything_in(folder) == ["evil.toml"], name


@pytest.mark.parametrize("option", ["--point", "--technology", "--simulator"])
def test_a_hostile_option_is_refused(hdlgen: Hdlgen, folder: Path, option: str) -> None:
    (folder / "pair.toml").write_text(PAIR)
    for name in HOSTILE:
        if not name and option != "--simulator":
            continue  # as if it were not given
        ran = hdlgen("measure", "pair.toml", f"{option}={name}")
        assert ran.status == 2 and ran.out == "" and "Traceback" not in ran.err, (name, ran)
        assert everything_in(folder) == ["pair.toml"], name


def test_verilog_that_runs_a_program_is_not_run(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "pair.toml").write_text(PAIR)
    (folder / "evil.v").write_text('module top;\n  initial $system("touch pwned");\nendmodule\n')
    ran = hdlgen("simulate", "pair.toml", "--verilog", "evil.v", "--simulator", "verilator")
    message = "evil.v: line 2: the system task '$system' must be a harmless one in Verilog from outside"
    assert (ran.status, ran.out, ran.err) == (2, "", f"hdlgen: {message}\n")
    assert everything_in(folder) == ["evil.v", "pair.toml"]


def test_a_hostile_folder_is_a_folder(hdlgen: Hdlgen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = folder / "a 'b\"; touch pwned; $(touch pwned) `touch pwned` <script>"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    spec = f'{PAIR}[objectives]\nminimize = ["area_um2", "energy_pj"]\n'
    (place / "-x; $(y).toml").write_text(spec.replace("[inputs]", 'summary = "<script>`*/ $(x)"\n[inputs]'))
    ran = hdlgen("search", "./-x; $(y).toml", "--budget", "1", "--batch", "1", "--out", "../run's")
    assert ran.status == 0, ran.err
    assert not [name for name in everything_in(folder) if Path(name).name == "pwned"]
    (design,) = (folder / "run's" / "front").iterdir()
    command = "hdlgen measure './-x; $(y).toml' --point "
    assert command in (design / "README.md").read_text()
    assert "<script>`" not in (folder / "run's" / "report.html").read_text()


def test_names_between_colons_are_printed_as_they_are(hdlgen: Hdlgen, folder: Path) -> None:
    (folder / "oracle.py").write_text(
        'PORTS = {"inputs": {"a": 4}, "outputs": {"y": 4}}\ndef boom(a):\n    raise RuntimeError("no")\n'
    )
    ran = hdlgen("learn", "oracle.py:boom")
    assert ran.status != 0 and ran.err.startswith("hdlgen: oracle.py:boom: it must answer without an exception")
