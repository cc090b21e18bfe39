"""What `hdlgen compare` compares on: spec files that are measured, and tables that are replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import designs
from hdlgen.cli.project import Project, open_project
from hdlgen.errors import InputError, nearest
from hdlgen.evaluation import METRICS, Direction, Objective
from search.compare.requests import TableFile
from search.tabulation import ENDING

__all__ = ["Field", "arguments", "objectives", "open_field"]

BIGGER = "max:"
"""What stands before an objective's name that should be large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The problems of a comparison: tables, then projects; all names differ."""

    tables: tuple[TableFile, ...]
    projects: tuple[Project, ...]


def open_field(sources: Sequence[str], *, replay: bool, technology: str | None, aims: tuple[Objective, ...]) -> Field:
    """Find out what each source is.

    Args:
        sources: CSV files and tables, which are replayed; specs and names of designs, which are measured, or whose
            shipped tables are replayed for `replay`; with it none stands for all shipped tables.
        aims: the objectives of the CSV files.
    Raises: InputError for a source that is none, or two of one name.
    """
    tables, projects = [], []
    for source in sources or (designs.tables() if replay else ()):
        path = Path(source)
        if path.name.endswith((ENDING, ".csv")):
            tables.append(TableFile(path=path, objectives=aims if path.suffix == ".csv" else ()))
        elif replay:
            tables.append(TableFile(path=_table_of(source)))
        else:
            projects.append(open_project(source, technology=technology))
    names = [table.name for table in tables] + [project.spec.name for project in projects]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"SPEC: problems must have different names, not {name!r} twice")
    if not names:
        raise InputError("SPEC must be given at least once, or --replay for all shipped tables")
    return Field(tables=tuple(tables), projects=tuple(projects))


def _table_of(source: str) -> Path:
    """Find the table of a design: the shipped one of its name, or the one beside its spec file."""
    if source in designs.tables():
        return designs.table_path(source)
    path = Path(source)
    beside = path.with_name(path.name.removesuffix(".toml") + ENDING)
    if path.suffix == ".toml" and beside.is_file():
        return beside
    if path.suffix == ".toml":
        raise InputError(f"{source}: the table {beside} must be there to be replayed: hdlgen tabulate makes it")
    shipped = ", ".join(designs.tables())
    raise InputError(
        f"{source}: with --replay, SPEC must be a table, or one of {shipped}{nearest(source, designs.tables())}"
    )


def objectives(text: str | None) -> tuple[Objective, ...]:
    """Read the objectives of CSV files: `area,max:rate`; one of our own metrics goes its own way.

    Raises: InputError.
    """
    found = []
    for part in (text or "").split(",") if text is not None else ():
        name = part.strip().removeprefix(BIGGER)
        if not name:
            raise InputError(f"--objectives must be names of columns with commas between, not {text!r}")
        usual = METRICS.get(name, Direction.MINIMIZE)
        found.append(Objective(metric=name, direction=Direction.MAXIMIZE if part.strip().startswith(BIGGER) else usual))
    return tuple(found)


def arguments(sources: Sequence[str], **options: object) -> tuple[str, ...]:
    """Write the arguments of a command that makes a comparison again; options that are None or False are left out."""
    written = list(sources)
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            written.append(option)
        elif value is not None and value is not False:
            for one in value if isinstance(value, list) else [value]:
                written += [option, str(one)]
    return tuple(written)
