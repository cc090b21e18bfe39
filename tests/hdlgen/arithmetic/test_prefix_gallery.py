"""The gallery of searched graphs: whole, complete, cut for narrower words, and never out of the bound of Snir."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from benchmarks.benchmark import ROOT
from hdlgen.arithmetic.prefix_adder import PrefixForm
from hdlgen.arithmetic.prefix_families import ladner_fischer
from hdlgen.arithmetic.prefix_gallery import SEARCHED, searched
from hdlgen.arithmetic.prefix_graph import depth, size, trim, verify_columns

GALLERY = json.loads((ROOT / "designs" / "gallery" / "adders.json").read_text())
WIDTHS = sorted({entry["width"] for entry in GALLERY["graphs"]})


def test_every_width_holds_every_name_once_with_what_it_was_measured_to_be() -> None:
    assert [(entry["width"], entry["name"]) for entry in GALLERY["graphs"]] == [
        (width, name) for width in WIDTHS for name in SEARCHED
    ]
    for entry in GALLERY["graphs"]:
        columns, form = searched(entry["name"], entry["width"])
        assert (size(columns), depth(columns), asdict(form)) == (entry["nodes"], entry["depth"], entry["form"])
        assert entry["scores"] and all(score["area_um2"] > 0 and score["delay_ps"] > 0 for score in entry["scores"])
        assert entry["command"].startswith("python -m benchmarks.gallery ")


@pytest.mark.parametrize("name", SEARCHED)
def test_every_width_has_a_whole_graph(name: str) -> None:
    for width in (*range(1, 70), 100):
        columns, _ = searched(name, width)
        verify_columns(columns)
        assert len(columns) == width
        assert size(columns) + depth(columns) >= 2 * width - 2


def test_a_width_between_is_cut_from_the_next_and_one_beyond_all_is_built() -> None:
    for name in SEARCHED:
        for narrow, wide in ((WIDTHS[0] - 3, WIDTHS[0]), *zip((low + 1 for low in WIDTHS), WIDTHS[1:], strict=False)):
            whole, form = searched(name, wide)
            assert searched(name, narrow) == (trim(whole, narrow), form)
    assert searched(SEARCHED[0], WIDTHS[-1] + 1) == (ladner_fischer(WIDTHS[-1] + 1, slack=0), PrefixForm())


def test_another_name_is_refused() -> None:
    with pytest.raises(KeyError, match=r"^'searched_slow'$"):
        searched("searched_slow", 8)
