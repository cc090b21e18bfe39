"""What a comparison finds: figures against plain averages, a planted better strategy, the document and the page."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hdlgen.evaluation import Evaluation
from hdlgen.space import Point
from search.compare import Comparison, Rules, Setting, describe, write_page
from search.compare.html import render
from search.compare.problem import Problem, Remembering
from search.compare.trial import Trial, run_trial
from search.strategies import STRATEGIES
from tests.search.compare.toy_trials import problem, table, trial_of
from tests.search.toy import TOY, ToyEvaluator

RULES = Rules(budget=30, start=4, batch=1, decision_limit_s=10.0)
SEEDS = range(1, 9)
HEAD: dict[str, Any] = {"command": "hdlgen compare toy.csv", "versions": {"hdlgen": "0"}, "budget": 30}


def played(name: str, strategy: str) -> list[Trial]:
    on = problem(name)
    return [run_trial(on, STRATEGIES[strategy], RULES, strategy=strategy, seed=seed) for seed in SEEDS]


def perfect(name: str) -> list[Trial]:
    """Plant a strategy that measures the points of the front, at each step the one that gains most."""
    whole, order = table(), list[Point]()
    left = [evaluation.point for evaluation in whole.front]
    while left and len(order) < RULES.budget:
        order.append(max(left, key=lambda point: whole.shares([*order, point])[-1]))
        left.remove(order[-1])
    return [trial_of(order, problem=name, strategy="perfect", seed=seed) for seed in SEEDS]


def comparison(names: tuple[str, ...] = ("a", "b")) -> Comparison:
    settings = [Setting(table=table(name), whole=True, space_size=len(TOY_POINTS)) for name in names]
    trials = [trial for name in names for strategy in ("uniform", "local") for trial in played(name, strategy)]
    trials += [trial for name in names for trial in perfect(name)]
    return Comparison(settings, ["uniform", "local", "perfect"], SEEDS, RULES, trials)


TOY_POINTS = list(TOY.enumerate())


@pytest.fixture(scope="module")
def two() -> Comparison:
    return comparison()


@pytest.fixture(scope="module")
def six() -> Comparison:
    return comparison(tuple("abcdef"))


def middle_half(values: list[float]) -> float:
    return float(np.mean(sorted(values)[2:6]))  # of eight


def test_the_figures_of_a_problem_are_averages_over_its_seeds(two: Comparison) -> None:
    own, base = two.measured["a", "local"], two.measured["a", "uniform"]
    figures = two.figures("local", two.settings[0])
    assert figures.area[0] == pytest.approx(middle_half([one.area for one in own]))
    assert figures.area[1] <= figures.area[0] <= figures.area[2]
    assert figures.regret[0] == pytest.approx(middle_half([one.regret[-1] for one in own]))
    assert figures.ahead[0] == pytest.approx(middle_half([b.area - a.area for a, b in zip(own, base, strict=True)]))
    assert figures.adrs == pytest.approx(np.median([one.adrs for one in own]))
    assert figures.reached[0.9] == sum(math.isfinite(one.reached[0.9]) for one in own) / 8
    assert figures.counts["proposals"] == pytest.approx(np.mean([one.trial.counts["proposals"] for one in own]))


def test_a_planted_better_strategy_is_ahead_with_an_interval_clear_of_zero(two: Comparison) -> None:
    best, reference = two.overall("perfect"), two.overall("uniform")
    assert best.ahead[1] > 0
    assert not any(reference.ahead)
    assert best.area[0] < two.overall("local").area[0]


def test_over_problems_the_medians_come_first(two: Comparison) -> None:
    medians = [np.median([one.area for one in two.measured[name, "local"]]) for name in ("a", "b")]
    assert two.overall("local").area[0] == pytest.approx(np.mean(medians))
    curve = two.over_all("local")
    expected = np.mean(
        [np.median([one.regret for one in two.measured[n, "local"]], axis=0) for n in ("a", "b")], axis=0
    )
    assert curve.middle == pytest.approx(expected)


def test_rank_tests_need_six_problems(two: Comparison, six: Comparison) -> None:
    assert two.rank_tests() == ()
    tests = {test.strategy: test for test in six.rank_tests()}
    assert set(tests) == {"local", "perfect"}
    assert tests["perfect"].ahead == tests["perfect"].problems == 6
    assert tests["perfect"].p == 2 / 64
    assert tests["perfect"].corrected == 4 / 64


def test_curves_over_seconds_hold_each_regret_from_the_moment_it_was_reached(two: Comparison) -> None:
    curve = two.over_seconds(two.settings[0], "perfect")
    assert curve is not None
    trial = two.measured["a", "perfect"][0]  # all eight are alike: an evaluation each 1.1 seconds
    for at, value in zip(curve.at, curve.middle, strict=True):
        done = int(at / 1.1 + 1e-9)
        assert value == pytest.approx(1.0 if not done else trial.regret[min(done, len(trial.elapsed_s)) - 1])


def test_the_document_has_the_promised_keys_and_is_plain_json(six: Comparison) -> None:
    found = json.loads(json.dumps(describe(six, HEAD), allow_nan=False))
    assert {"problems", "strategies", "curves", "summary"} <= set(found)
    assert [problem["name"] for problem in found["problems"]] == list("abcdef")
    assert found["problems"][0]["reference"] == "whole space"
    assert found["strategies"] == ["uniform", "local", "perfect"]
    for row in found["summary"]:
        assert {"strategy", "problem", "evaluations_to_99_median", "reached_99", "auc", "adrs"} <= set(row)
    assert len(found["summary"]) == len(found["curves"]) == 18
    first = found["curves"][0]["evaluations"]
    assert first["at"] == list(range(1, 31)) and len(first["middle"]) == 30
    planted = next(row for row in found["summary"] if row["strategy"] == "perfect")
    assert planted["reached_99"] in (0, 1)
    surface = next(row for row in found["attainment"] if row["strategy"] == "perfect" and row["evaluations"] == 30)
    assert surface["median_surface"] == sorted(six.settings[0].table.costs(perfect("a")[0].points_of(TOY)).tolist())


def test_an_error_is_told_and_its_trial_keeps_what_it_reached() -> None:
    settings = [Setting(table=table("a"), whole=True, space_size=160)]
    bad = replace(perfect("a")[0], strategy="mine", error="strategy mine: ask raised <b>Error</b>")
    found = Comparison(settings, ["mine"], [1], RULES, [bad])
    assert found.errors() == {"strategy mine: ask raised <b>Error</b>": 1}
    assert found.figures("mine", settings[0]).failed == 1
    text = render(found, HEAD, folder="compare-1")
    assert "ask raised &lt;b&gt;Error&lt;/b&gt;" in text and "<b>Error" not in text


class Page(HTMLParser):
    """Collect the elements of a page, and see that each is closed in order."""

    VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_refers_to_nothing_outside(six: Comparison, tmp_path: Path) -> None:
    path = write_page(tmp_path / "report.html", six, HEAD)
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not page.open
    named = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links and all(link and link.startswith("#") and link[1:] in named for link in links)
    assert not re.search(r"(src|href)=.(?!#)|url\(|@import|<script", text)
    assert text == write_page(path, six, HEAD).read_text(encoding="utf-8")


def test_every_strategy_has_a_curve_in_every_plot_of_curves(six: Comparison) -> None:
    page = Page(render(six, HEAD, folder="x"))
    curves = [
        attributes for tag, attributes in page.tags if tag == "path" and "curve" in (attributes.get("class") or "")
    ]
    assert len([one for one in curves if one["class"] == "curve s1"]) >= 1 + 6 * 2  # all together; evaluations, seconds


def test_one_problem_and_one_strategy_are_enough() -> None:
    alone = Comparison(
        [Setting(table=table("a"), whole=True, space_size=160)], ["local"], [1], RULES, played("a", "local")[:1]
    )
    assert "All problems together" not in render(alone, HEAD, folder="x")


def test_each_point_is_measured_once_for_all_and_known_after_a_kill(tmp_path: Path) -> None:
    toy, path = ToyEvaluator(), tmp_path / "measured.jsonl"
    points = TOY.sample(6, 1)
    remembering = Remembering(toy, path)
    first = list(remembering.evaluate(points[:4]))
    again = list(remembering.evaluate([points[5], points[0], points[5]]))
    assert [evaluation.point for evaluation in again] == [points[5], points[0], points[5]]
    assert toy.asked == [*points[:4], points[5]]
    remembering.close()
    with path.open("ab") as file:
        file.write(b'{"point": {"inter')
    anew = Remembering(toy, path)
    assert list(anew.evaluate(points[:4])) == first
    assert len(toy.asked) == 5 and len(anew.evaluations) == 5
    anew.close()


def test_known_hardware_takes_the_runtime_of_its_measurement(tmp_path: Path) -> None:
    class Cached(ToyEvaluator):
        def evaluate_one(self, point: Any) -> Evaluation:
            found = super().evaluate_one(point)
            return replace(found, runtime_s=0.0 if len(self.asked) > 1 else 4.0)

    same = [
        p
        for p in TOY.enumerate()
        if p["stages"] == 0 and p["interval"] == 1 and p["adder"] in ("sklansky", "brent_kung")
    ]
    remembering = Remembering(Cached(failures=False), tmp_path / "measured.jsonl")
    assert [evaluation.runtime_s for evaluation in remembering.evaluate(same[:2])] == [4.0, 4.0]
    remembering.close()


def test_without_a_whole_table_the_best_of_all_trials_is_the_front() -> None:
    on = problem()
    assert isinstance(on, Problem) and on.table is not None
    setting = Setting(table=on.table, whole=False, space_size=5000)
    found = Comparison([setting], ["uniform"], [1], RULES, [replace(played("a", "uniform")[0], problem="toy")])
    assert describe(found, HEAD)["problems"][0]["reference"] == "best of all trials"
    assert "the front, the best of all trials, has" in render(found, HEAD, folder="x")
