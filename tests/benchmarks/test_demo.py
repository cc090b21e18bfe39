"""Programs are hidden from a search path and others are not; a run is whole or refused."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from benchmarks.demo import path_without, read_run
from hdlgen.errors import ToolError


def program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_programs_are_hidden_and_all_others_stay(tmp_path: Path) -> None:
    for name in ("iverilog", "vvp", "make"):
        program(tmp_path / "one", name)
    vvp, perl = program(tmp_path / "two", "vvp"), program(tmp_path / "two", "perl")
    plain = program(tmp_path / "three", "git")
    (tmp_path / "link").symlink_to("one")
    path = os.pathsep.join(str(tmp_path / name) for name in ("one", "two", "link", "nowhere", "three"))
    assert shutil.which("iverilog", path=path) and shutil.which("vvp", path=path)
    shown = path_without(["iverilog", "vvp"], path=path, folder=tmp_path / "links")
    assert shutil.which("iverilog", path=shown) is None and shutil.which("vvp", path=shown) is None
    assert Path(shutil.which("make", path=shown) or "").resolve() == tmp_path / "one" / "make"
    assert Path(shutil.which("perl", path=shown) or "").resolve() == perl
    assert shutil.which("git", path=shown) == str(plain)
    # One alone may be hidden, and nothing is taken away from the directories themselves.
    alone = path_without(["iverilog"], path=path, folder=tmp_path / "others")
    assert Path(shutil.which("vvp", path=alone) or "").resolve() == tmp_path / "one" / "vvp"
    assert vvp.is_file()


def test_nothing_to_hide_leaves_the_path(tmp_path: Path) -> None:
    program(tmp_path / "one", "iverilog")
    assert path_without([], path=str(tmp_path / "one"), folder=tmp_path / "links") == str(tmp_path / "one")
    assert not (tmp_path / "links").exists()


def a_run(runs: Path, name: str, **changes: Any) -> Path:
    (runs / name).mkdir(parents=True)
    (runs / name / "result.json").write_text(json.dumps({"evaluated": 40, "front": [{}], "wall_s": 1.5, **changes}))
    (runs / name / "report.html").write_text("<html>")
    return runs / name


def test_a_whole_run_is_read(tmp_path: Path) -> None:
    a_run(tmp_path, "dot8-1")
    assert read_run(tmp_path, points=40)["wall_s"] == 1.5


def test_a_run_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"there must be one run with a result, not 0$"):
        read_run(tmp_path, points=40)
    run = a_run(tmp_path, "dot8-1")
    with pytest.raises(ToolError, match=r"41 designs and a front must be measured, not 40 and 1$"):
        read_run(tmp_path, points=41)
    (run / "report.html").write_text("")
    with pytest.raises(ToolError, match=r"report\.html: the demo must write its report$"):
        read_run(tmp_path, points=40)
    a_run(tmp_path, "dot8-2")
    with pytest.raises(ToolError, match=r"there must be one run with a result, not 2$"):
        read_run(tmp_path, points=40)
