"""Texts of modules that many designs hold: written by one worker, taken by the others, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hdlgen.space import Point
from sim.steps import build
from sim.texts import FolderTexts
from tests.sim.specs import DOT, compiler_of, space_of


def test_a_text_that_was_left_is_taken(tmp_path: Path) -> None:
    left, taken = FolderTexts(tmp_path / "texts"), FolderTexts(tmp_path / "texts")
    assert taken.get("adder 8") is None
    left.put("adder 8", "module \\adder\n")
    left.put("adder/../9", "another")
    assert (taken.get("adder 8"), taken.get("adder/../9"), taken.get("adder")) == ("module \\adder\n", "another", None)
    assert {path.suffix for path in (tmp_path / "texts").iterdir()} == {""}


def test_a_text_that_was_begun_by_one_that_died_is_none(tmp_path: Path) -> None:
    texts = FolderTexts(tmp_path)
    texts.put("adder 8", "module \\adder\n")
    (whole,) = tmp_path.iterdir()
    whole.rename(whole.with_suffix(f".{os.getpid()}"))
    assert texts.get("adder 8") is None


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("no folder")
    with pytest.raises(OSError, match="texts"):
        FolderTexts(tmp_path / "texts").put("adder 8", "")


def test_designs_are_the_same_with_the_texts_of_others_and_without(tmp_path: Path) -> None:
    compiler = compiler_of(DOT)
    space = space_of(compiler)
    points = [Point.parse(text, space) for text in ("", "multiplier=array", "interval=2,fold=2", "stages=2")]
    alone = [build(compiler, point).rtlil for point in points]
    assert [build(compiler, point, tmp_path).rtlil for point in points] == alone
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept and all(any(text in design for design in alone) for text in kept.values())
    for path in tmp_path.iterdir():
        path.write_text(f"# taken\n{path.read_text()}")
    assert all("# taken\n" in build(compiler, point, tmp_path).rtlil for point in points)
