"""The shipped tables: real spaces of the size that is promised, whole, and those of the specs beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

import designs
from hdlgen.cli.project import open_project
from hdlgen.evaluation import Status
from hdlgen.spec import load
from search.tabulation import read_tabulation

NAMES = designs.tables()


def test_they_are_small_and_found_by_name() -> None:
    assert len(NAMES) >= 6
    assert sum(designs.table_path(name).stat().st_size for name in NAMES) < 500_000
    with pytest.raises(KeyError):
        designs.table_path("nowhere")


@pytest.mark.parametrize("name", NAMES)
def test_a_table_is_the_whole_space_of_the_spec_beside_it(name: str) -> None:
    path = designs.table_path(name)
    beside = path.with_name(f"{name}.toml")
    read = read_tabulation(path)
    spec = load(beside)
    assert read.header["spec_digest"] == spec.digest
    assert read.header["command"] == f"hdlgen tabulate designs/tables/{name}.toml --out designs/tables/{name}.json.gz"
    assert {"python", "hdlgen", "pyosys", "amaranth", "measuring"} <= set(read.header["versions"])
    assert 500 <= len(read.evaluations) <= 5000
    assert {evaluation.point for evaluation in read.evaluations} == set(open_project(str(beside)).space.enumerate())


@pytest.mark.parametrize("name", NAMES)
def test_a_table_can_tell_strategies_apart(name: str) -> None:
    read = read_tabulation(designs.table_path(name))
    table = read.table(name)
    good = [evaluation for evaluation in read.evaluations if evaluation.status is Status.OK]
    assert len(good) >= 0.9 * len(read.evaluations)
    assert len({evaluation.key for evaluation in good}) >= 0.5 * len(good), "hardware that differs"
    assert 3 <= len(table.front) <= 0.1 * len(read.evaluations)
    assert all(evaluation.runtime_s > 0 for evaluation in good)


@pytest.mark.parametrize("name", NAMES)
def test_its_spec_is_that_of_the_design_but_for_the_knobs(name: str) -> None:
    whole, narrow = load(designs.spec_path(name)), load(designs.table_path(name).with_name(f"{name}.toml"))
    assert narrow.compute == whole.compute
    assert narrow.inputs == whole.inputs
    assert (narrow.objectives, narrow.constraints) == (whole.objectives, whole.constraints)


def test_tables_are_files_of_the_package_that_is_shipped() -> None:
    assert (Path(designs.__file__).parent / "tables").is_dir()
