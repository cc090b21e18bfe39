"""The figures of `learn_iwls`, counted by hand, and one small function learnt both ways, resumed, and measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import learn_iwls
from benchmarks.learn_iwls import BENCHMARK, learn_function, summarise
from hdlgen.aiger import read_aiger
from hdlgen.errors import ToolMissing
from tests.search.portfolio.functions import number, sampled


def row(name: str, accuracy: tuple[float, float], ands: tuple[int, int]) -> dict[str, object]:
    return {
        "function": name,
        "inputs": 16,
        **{f"accuracy_{way}": value for way, value in zip(learn_iwls.WAYS, accuracy, strict=True)},
        **{f"ands_{way}": value for way, value in zip(learn_iwls.WAYS, ands, strict=True)},
        "by_matching": "words exact",
        "by_learnt": "tree 2/4",
        "recognised": "bit 3 of add" if name == "ex03" else "",
        "seconds": 3.0,
    }


def test_figures_are_means_and_the_worse_way_counts_for_gates() -> None:
    found = summarise([row("ex03", (100.0, 90.0), (10, 400)), row("ex41", (90.0, 80.0), (5, 100))], 12.0)
    assert found.figures == {
        "accuracy_matching": 95.0,
        "accuracy_learnt": 85.0,
        "ands_mean": 250.0,
        "ands_max": 400,
        "wall_s": 12.0,
        "functions": 2,
    }
    assert [table.rows[0] for table in found.tables] == [
        ("adders", "100.00", "10", "90.00", "400"),
        ("ex03", "16", "100.00", "10", "bit 3 of add"),
        ("ex03", "16", "90.00", "400", "tree 2/4"),
    ]
    assert [table.rows[1][0] for table in found.tables] == ["square roots", "ex41", "ex41"]


def test_a_function_is_learnt_both_ways_and_not_twice(tmp_path: Path) -> None:
    cases = sampled(12, lambda bits: number(bits[:, :6]) + number(bits[:, 6:]) >= 64, count=400)
    for part, rows in (("train", slice(0, 200)), ("validation", slice(200, 400))):
        (tmp_path / part).mkdir()
        np.savez(
            tmp_path / part / "ex07.npz",
            inputs=np.packbits(cases.inputs[rows], axis=1, bitorder="little"),
            outputs=np.packbits(cases.answers[rows], bitorder="little"),
            n_inputs=12,
            n_examples=200,
        )
    made = tmp_path / "made"
    made.mkdir()
    first = learn_function(7, data=tmp_path, folder=made)
    assert first["recognised"] == "bit 6 of add over halves, lowest bit first" and first["accuracy_matching"] == 100.0
    assert first["by_learnt"].split()[0] != "words" and 90 < first["accuracy_learnt"] <= 100
    for way in learn_iwls.WAYS:
        network = read_aiger((made / way / "ex07.aig").read_bytes(), where="ex07.aig")
        assert network.and_nodes == first[f"ands_{way}"]
        assert cases.accuracy(network) > 0.95
    # What is kept is taken over, unless other sources made it.
    kept = json.loads((made / "ex07.json").read_text())
    (made / "ex07.json").write_text(json.dumps(kept | {"seconds": 0.5}))
    assert learn_function(7, data=tmp_path, folder=made)["seconds"] == 0.5
    (made / "ex07.json").write_text(json.dumps(kept | {"seconds": -1.0, "sources": "others"}))
    again = learn_function(7, data=tmp_path, folder=made)
    assert again["seconds"] > 0 and {**again, "seconds": 0} == {**first, "seconds": 0}


def test_it_is_skipped_without_its_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn_iwls, "DATA", tmp_path)
    with pytest.raises(ToolMissing, match="learn_iwls is skipped: its examples must be in "):
        BENCHMARK.measure(lambda text: None)
