"""Design folders: found by their points, read whole, refused by file and field."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from search.report.design import read_designs
from search.report.run import read_run
from tests.search.report.toy_run import write_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_run(tmp_path / "dot8-1")


def first(folder: Path) -> Path:
    return min((folder / "front").iterdir())


def refusal(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        read_designs(read_run(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(first(folder)), "DESIGN")


def test_each_design_has_its_own_folder(folder: Path) -> None:
    designs = read_designs(read_run(folder))
    assert [design.number for design in designs] == list(range(1, len(designs) + 1))
    assert [design.folder for design in designs] == sorted(
        f"front/{path.name}" for path in (folder / "front").iterdir()
    )
    for design in designs:
        written = json.loads((folder / design.folder / "datapath.json").read_text())
        assert design.datapath is not None
        assert [unit.name for unit in design.datapath.units] == [unit["name"] for unit in written["units"]]
        assert (folder / design.folder).name.endswith(design.trial.key[:8])
        assert ("Verilog", f"{design.folder}/design.v") in design.links
        assert design.tests is not None
        assert design.tests.count("passed") == 4
        assert design.tests.figures[0] == ("corners_tokens", "256")
        assert design.path[0] == ("a_r[3] dfxtp_1 Q", 310)


def test_flat_point_files_are_read_too(folder: Path) -> None:
    path = first(folder) / "point.toml"
    path.write_text(path.read_text().removeprefix("[point]\n").split("\n[score]")[0])
    assert read_designs(read_run(folder))[0].folder == f"front/{first(folder).name}"


def test_a_front_without_folders_is_shown_bare(tmp_path: Path) -> None:
    designs = read_designs(read_run(write_run(tmp_path / "half", ended=False)))
    assert designs
    assert {design.folder for design in designs} == {""}
    assert all(design.datapath is None and design.tests is None and design.links == () for design in designs)


def test_the_command_is_the_stored_one_else_composed(folder: Path) -> None:
    design = read_designs(read_run(folder))[0]
    point = ",".join(f"{name}={value}" for name, value in design.trial.point)
    assert design.command == f"hdlgen measure dot8 --point {point} --technology sky130hd"
    path = first(folder) / "point.toml"
    path.write_text(f"# hdlgen measure designs/dot8/spec.toml --point {point}\n{path.read_text()}")
    assert read_designs(read_run(folder))[0].command == f"hdlgen measure designs/dot8/spec.toml --point {point}"


def test_a_folder_left_by_an_earlier_sitting_gives_way(folder: Path) -> None:
    own = first(folder)
    shutil.copytree(own, own.with_name(f"00-{own.name[3:]}"))
    document = json.loads((folder / "result.json").read_text())
    document["front"][0]["folder"] = f"runs/dot8-1/front/{own.name}"
    (folder / "result.json").write_text(json.dumps(document))
    assert read_designs(read_run(folder))[0].folder == f"front/{own.name}"


def test_a_composed_command_is_quoted(tmp_path: Path) -> None:
    design = read_designs(read_run(write_run(tmp_path / "evil", hostile=True)))[0]
    assert design.command.startswith("hdlgen measure 'dot8<script>")
    assert "'\"'\"'" in design.command


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("units", [{"name": "a", "cycle": 0}], "units[0]: kind must be a text, not None"),
        (
            "units",
            [{"name": "a", "kind": "adder", "cycle": -1}],
            "units[0]: cycle must be a whole number of 0 or more, not -1",
        ),
        ("edges", [["a", "b"]], "edges[0] must be [from, to, width], not ['a', 'b']"),
        (
            "registers",
            [{"name": "r", "width": "8"}],
            "registers[0]: width must be a whole number of 0 or more, not '8'",
        ),
    ],
)
def test_a_wrong_datapath_is_refused_by_field(folder: Path, key: str, value: Any, message: str) -> None:
    path = first(folder) / "datapath.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    assert refusal(folder) == f"DESIGN/datapath.json: {message}"


def test_broken_files_of_a_design_are_refused(folder: Path) -> None:
    (first(folder) / "results.xml").write_text("<testsuites>")
    assert (
        refusal(folder) == "DESIGN/results.xml: the file must be JUnit XML, not 'no element found: line 1, column 12'"
    )
    (first(folder) / "critical_path.txt").write_text("a b c 310 ps\nd e nan ps\n")
    (first(folder) / "results.xml").write_text("<testsuites/>")
    expected = "DESIGN/critical_path.txt: line 2: the step must end with an arrival in ps, not 'd e nan ps'"
    assert refusal(folder) == expected
    (first(folder) / "point.toml").write_text("interval = = 1")
    assert refusal(folder).startswith("DESIGN/point.toml: the file must be valid TOML, not 'Invalid value (")


def test_failures_are_counted(folder: Path) -> None:
    (first(folder) / "results.xml").write_text(
        "<testsuites><testsuite>"
        "<testcase name='a'><failure message='x'/></testcase><testcase name='b'><error/></testcase>"
        "<testcase name='c' time='2.5'/><testcase name='d'><skipped/></testcase>"
        "</testsuite></testsuites>"
    )
    tests = read_designs(read_run(folder))[0].tests
    assert tests is not None
    assert tests.cases == (("a", "failed", ""), ("b", "failed", ""), ("c", "passed", "2.5 s"), ("d", "skipped", ""))
