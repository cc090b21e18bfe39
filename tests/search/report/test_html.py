"""The page as text: self-contained, escaped, the same for the same folder, and refused in one sentence."""

from __future__ import annotations

import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from hdlgen.errors import StoreError
from search.report import write_report
from tests.search.report.toy_run import HOSTILE, OBJECTIVES, write_run

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(HTMLParser):
    """A page taken apart by the standard library's parser: elements, attributes, texts, and whether all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(folder: Path) -> Page:
    return Page(write_report(folder).read_text(encoding="utf-8"))


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "one" / "dot8-1")
    first = write_report(folder)
    assert first == folder / "report.html"
    before = first.read_bytes()
    assert write_report(folder).read_bytes() == before
    copy = shutil.copytree(folder, tmp_path / "two" / "dot8-1")
    (copy / "report.html").unlink()
    assert write_report(copy).read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in copy.iterdir())


def test_nothing_is_fetched(tmp_path: Path) -> None:
    found = page(write_run(tmp_path / "dot8-1"))
    assert not found.open, "every element is closed"
    for tag, attributes in found.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        address = attributes.get("href") or ""
        assert not re.match(r"[a-z]+:|//", address)
        if address.startswith("#"):
            assert any(other.get("id") == address[1:] for _, other in found.elements), address
        elif address:
            assert (tmp_path / "dot8-1" / address).exists()
    text = (tmp_path / "dot8-1" / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|@font-face", text)
    (policy,) = [a["content"] for t, a in found.elements if t == "meta" and "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    found = page(write_run(tmp_path / "evil", hostile=True))
    clean = page(write_run(tmp_path / "clean"))
    tags = [tag for tag, _ in found.elements]
    assert tags.count("script") == 2
    assert tags.count("style") == 1
    assert set(tags) == {tag for tag, _ in clean.elements}
    assert not found.open
    text = "".join(found.texts)
    assert f"dot8{HOSTILE}" in text
    assert f"sky130hd{HOSTILE}" in text
    raw = (tmp_path / "evil" / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in raw
    assert raw.count("</script>") == 2


def test_hostile_files_of_designs_stay_text(tmp_path: Path) -> None:
    """Plant an attack in every text that the folders of designs hold, where the datapath, path and checks are shown."""

    def poison(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: poison(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [poison(inner) for inner in value]
        return f"{value}{HOSTILE}" if isinstance(value, str) else value

    clean = page(write_run(tmp_path / "clean"))
    folder = write_run(tmp_path / "evil")
    for design in (folder / "front").iterdir():
        datapath = poison(json.loads((design / "datapath.json").read_text()))
        (design / "datapath.json").write_text(json.dumps(datapath))
        steps = (design / "critical_path.txt").read_text()
        hostile = HOSTILE.replace(" ", "")
        (design / "critical_path.txt").write_text(re.sub(r"(?m)^(\S+) (\S+)", rf"\1{hostile} \2{hostile}", steps))
        (design / "checks.json").write_text(
            json.dumps({"gate_level": {"status": HOSTILE, "tokens": 3, "message": HOSTILE}, "claims": []})
        )
        xml = (design / "results.xml").read_text()
        (design / "results.xml").write_text(xml.replace('name="corners"', f'name="{html.escape(HOSTILE)}"'))
        (design / "point.toml").write_text(f"# {HOSTILE}\n" + (design / "point.toml").read_text())
    found = page(folder)
    tags = [tag for tag, _ in found.elements]
    assert (tags.count("script"), tags.count("style")) == (2, 1)
    assert set(tags) <= {tag for tag, _ in clean.elements} and not found.open
    raw = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in raw and raw.count("</script>") == 2
    assert HOSTILE in "".join(found.texts)


def test_the_page_says_what_came_out_and_what_is_not_modelled(tmp_path: Path) -> None:
    text = " ".join("".join(page(write_run(tmp_path / "dot8-1")).texts).split())
    assert "15 designs on the front of 40 points measured." in text
    assert "Design 10 has 0.53 times the area of the smallest stock design with no less throughput." in text
    assert "The front dominates 6 of 6 stock designs." in text
    assert re.search(r"Of the front, about \d+% is missing by hypervolume, at most \d+%\.", text)
    assert "1 stock design could not be measured." in text
    assert "6 failed points, not plotted (3 invalid, 2 mismatch, 1 timeout)" in text
    assert "3 further points had known hardware and cost no budget." in text
    for word in ("wires", "clock tree", "skew", "hold times", "corners", "boundaries for ABC", "tables fitted"):
        assert word in text
    assert 'y = "sum(a * b)"' in text


def test_a_run_that_goes_on_says_so(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "half", ended=False, stock=False)
    path = folder / "evaluations.jsonl"
    path.write_text("\n".join(path.read_text().splitlines()[:12]) + "\n")
    text = " ".join("".join(page(folder).texts).split())
    assert "on the front of 11 points measured so far, of 40; no stock baseline is measured." in text


@pytest.mark.parametrize("kept", [0, 3])
def test_a_run_without_a_front_has_a_page(tmp_path: Path, kept: int) -> None:
    folder = write_run(tmp_path / "none", ended=False)
    path = folder / "evaluations.jsonl"
    lines = path.read_text().replace('"feasible": true', '"feasible": false').splitlines()[:kept]
    path.write_text("".join(f"{line}\n" for line in lines))
    text = " ".join("".join(page(folder).texts).split())
    expected = (
        "None of the 3 points measured so far, of 40, keeps every constraint." if kept else "Nothing is measured yet."
    )
    assert expected in text
    assert "The designs" not in text


def test_one_objective_is_enough(tmp_path: Path) -> None:
    found = page(write_run(tmp_path / "one", objectives=OBJECTIVES[:1]))
    assert sum(tag == "article" for tag, _ in found.elements) == 1


def test_broken_folders_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        write_report(tmp_path)
    assert str(caught.value) == f"{tmp_path}: the run folder must hold a file run.json, and this one holds none"
    folder = write_run(tmp_path / "dot8-1")
    (folder / "report.html").mkdir()
    with pytest.raises(StoreError) as caught:
        write_report(folder)
    assert str(caught.value) == f"{folder / 'report.html'}: the report must be writable, not 'Is a directory'"
    assert not (folder / "report.html.new").exists()
