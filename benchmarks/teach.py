"""Teach the surrogate: write `search/experience.json` anew from the shipped tables.

`python -m benchmarks.teach`, after a table was added or measured again, or the facts of a datapath changed. Takes half
a minute, for every point of every table is planned once.
"""

from __future__ import annotations

import hashlib
import json

import designs
from hdlgen.cli.project import open_project
from hdlgen.features import facts
from search.experience import FILE, Lesson, as_document, learn, lesson
from search.tabulation import read_tabulation

__all__ = ["digests", "experience_text", "taught"]


def taught(name: str) -> Lesson:
    """Make the lesson of a shipped table, facts and all."""
    path = designs.table_path(name)
    compiler = open_project(str(path.with_name(f"{name}.toml"))).compiler
    table = read_tabulation(path).table(name)
    return lesson(table, {point: facts(compiler, point) for point in table.points})


def digests() -> dict[str, str]:
    """Give the SHA-256 of each shipped table's file."""
    return {name: hashlib.sha256(designs.table_path(name).read_bytes()).hexdigest() for name in designs.tables()}


def experience_text(lessons: list[Lesson]) -> str:
    """Write what lessons teach: all of them, and all but each."""
    experiences = {"": learn(lessons)}
    for one in lessons:
        experiences[one.name] = learn([other for other in lessons if other is not one])
    document = as_document(experiences, digests())
    return json.dumps(document, indent=None, separators=(",", ":")).replace('"without":', '\n"without":') + "\n"


if __name__ == "__main__":
    FILE.write_text(experience_text([taught(name) for name in designs.tables()]), encoding="utf-8")
