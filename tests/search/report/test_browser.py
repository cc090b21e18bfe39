"""The page in a real browser: no script error, the rows and points are there, clicks do what they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from search.report import write_report
from search.report.design import read_designs
from search.report.run import read_run
from tests.search.report.toy_run import OBJECTIVES, write_run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--window-size=1280,1000",
    "--virtual-time-budget=3000",
    "--dump-dom",
)
THREE = [*OBJECTIVES, {"metric": "latency_ns", "direction": "minimize"}]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; apt-get install chromium")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What the browser made of a page: the document after its scripts ran, and what they complained of."""

    document: str
    errors: tuple[str, ...]

    def count(self, pattern: str) -> int:
        return len(re.findall(pattern, self.document))

    def said(self) -> str:
        """Give what a planted script left in the title of the page."""
        found = re.search(r"<title>(.*?)</title>", self.document, re.DOTALL)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_run(tmp_path_factory.mktemp("browser") / "dot8-1")
    write_report(folder)
    return folder


def browse(page: Path, tmp_path: Path, *, script: str = "", keep_policy: bool = False) -> Opened:
    """Open a page, with a script planted at its end in place of a user's hand; the page's policy would forbid that."""
    text = page.read_text(encoding="utf-8")
    if script:
        if not keep_policy:
            text = re.sub(r"<meta http-equiv[^>]*>", "", text)
        text = text.replace("</body>", f"<script>{script}</script></body>")
        page = tmp_path / "page.html"
        page.write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Opened(document=done.stdout, errors=tuple(errors))


@pytest.mark.parametrize("hostile", [False, True])
def test_the_page_runs_without_errors_and_holds_every_row(tmp_path: Path, hostile: bool) -> None:
    run = write_run(tmp_path / "run", hostile=hostile, objectives=THREE)
    designs = read_designs(read_run(run))
    opened = browse(write_report(run), tmp_path)
    assert opened.errors == ()
    table = opened.document.split('id="front-table"')[1].split("</table>")[0]
    assert table.count("<tr>") == 1 + len(designs)
    assert opened.count(r'<article class="design"') == len(designs)
    assert opened.count(r'<svg[^>]*class="datapath"') == len(designs)
    assert opened.count(r'class="mark front"[^>]*transform="translate') == len(designs)
    assert opened.count(r'class="mark stock"[^>]*transform="translate') == 6
    assert 'class="plot-controls">' in opened.document, "the script unhides the controls"
    assert opened.count("<title>") == 1, "titles in drawings became tooltips"


def test_a_script_error_would_be_seen(folder: Path, tmp_path: Path) -> None:
    opened = browse(folder / "report.html", tmp_path, script="document.getElementById('no such').click()")
    assert len(opened.errors) == 1
    assert "TypeError" in opened.errors[0]


def test_a_foreign_script_does_not_run(folder: Path, tmp_path: Path) -> None:
    opened = browse(folder / "report.html", tmp_path, script="document.title = 'taken over'", keep_policy=True)
    assert opened.said() == "dot8: design report"
    assert any("Content Security Policy" in error for error in opened.errors)


def test_a_click_on_a_heading_sorts_best_first_then_turned(folder: Path, tmp_path: Path) -> None:
    script = """
      const table = document.getElementById('front-table');
      const order = (column) => [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim()).join(' ');
      const said = [];
      for (const name of ['area_um2', 'throughput_msps', 'latency_ns']) {
        const button = table.querySelector(`[data-metric=${name}]`);
        button.click(); said.push(order(0));
        button.click(); said.push(order(0));
      }
      const adder = [...table.tHead.rows[0].cells].findIndex((head) => head.textContent === 'adder');
      table.tHead.rows[0].cells[adder].querySelector('button').click(); said.push(order(adder));
      document.title = said.join('|');
    """
    designs = read_designs(read_run(folder))
    opened = browse(folder / "report.html", tmp_path, script=script)
    assert opened.errors == ()
    *orders, adders = (part.split() for part in opened.said().split("|"))
    for metric, largest_first in (("area_um2", False), ("throughput_msps", True), ("latency_ns", False)):
        figures = {str(design.number): (design.trial.score or {})[metric] for design in designs}
        assert [figures[number] for number in orders.pop(0)] == sorted(figures.values(), reverse=largest_first)
        assert [figures[number] for number in orders.pop(0)] == sorted(figures.values(), reverse=not largest_first)
    assert adders == sorted(str(dict(design.trial.point)["adder"]) for design in designs)


def test_hovering_clicking_and_copying(folder: Path, tmp_path: Path) -> None:
    script = """
      document.getElementById('front').scrollIntoView({behavior: 'instant'});
      const mark = [...document.querySelectorAll('.mark.front')].find((each) => each.textContent.trim() === '3');
      const box = mark.getBoundingClientRect();
      const where = {bubbles: true, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2};
      mark.dispatchEvent(new PointerEvent('pointermove', where));
      const tip = document.querySelector('.tip');
      const shown = tip.hidden ? '' : tip.textContent;
      mark.dispatchEvent(new MouseEvent('click', where));
      const gone = [location.hash, tip.hidden];
      const button = document.querySelector('#design-2 .command button');
      let copied = '';
      document.execCommand = () => { copied = document.activeElement.value; };
      Object.defineProperty(navigator, 'clipboard', {value: {writeText: () => Promise.reject(new Error('no'))}});
      button.click();
      setTimeout(() => { document.title = [shown, ...gone, button.hidden, button.textContent, copied].join('|'); }, 50);
    """
    designs = read_designs(read_run(folder))
    opened = browse(folder / "report.html", tmp_path, script=script)
    assert opened.errors == ()
    shown, *rest = opened.said().split("|")
    assert shown.startswith("Design 3area")
    for name, value in designs[2].trial.point:
        assert f"{name} = {value}" in shown
    area = round((designs[2].trial.score or {})["area_um2"])
    assert f"{area:,}".replace(",", "\u202f") in shown
    assert rest == ["#design-3", "true", "false", "copied", designs[1].command]


def test_other_axes_move_the_marks_and_the_boundary(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", objectives=THREE)
    script = """
      const places = () => [...document.querySelectorAll('.mark.front')].map((mark) => mark.getAttribute('transform'));
      const stairs = () => document.querySelector('.boundary').getAttribute('d');
      const before = [places().join(), stairs()];
      const buttons = [...document.querySelectorAll('[data-pair]')];
      buttons[1].click();
      const titles = [...document.querySelectorAll('#front-plot .title')].map((title) => title.textContent);
      const after = [places().join(), stairs()];
      document.getElementById('log-y').click();
      const linear = places().join();
      document.title = [buttons.length, ...titles, before[0] !== after[0], before[1] !== after[1],
        linear !== after[0], document.getElementById('plot-note').textContent.length > 0].join('|');
    """
    opened = browse(write_report(run), tmp_path, script=script)
    assert opened.errors == ()
    assert opened.said() == "3|latency (ns)|area (µm²)|true|true|true|true"


def test_what_the_script_draws_is_what_the_page_brings(folder: Path, tmp_path: Path) -> None:
    """At the width of the drawing in the file, the script's scales and the page's own agree to a pixel."""
    brought = (folder / "report.html").read_text(encoding="utf-8")
    # A change of a control draws at once; after a resize the page waits for a frame, which may come after the dump.
    script = """
      document.querySelector('figure.wide').style.width = '960px';
      document.getElementById('log-x').dispatchEvent(new Event('change'));
    """
    drawn = browse(folder / "report.html", tmp_path, script=script).document

    def places(text: str) -> list[tuple[float, ...]]:
        picture = re.search(r'<svg[^>]*id="front-plot".*?</svg>', text, re.DOTALL)
        assert picture is not None
        root = ET.fromstring(picture[0].replace("&nbsp;", " "))
        groups = [group for group in root.iter() if "mark" in (group.get("class") or "").split()]
        return [tuple(map(float, re.findall(r"[-\d.]+", group.get("transform") or ""))) for group in groups]

    before, after = places(brought), places(drawn)
    assert len(before) == len(after) > 30
    for (x1, y1), (x2, y2) in zip(before, after, strict=True):
        assert x2 == pytest.approx(x1, abs=1.5)
        assert y2 == pytest.approx(y1, abs=1.5)
