"""The library that remembers casts: it answers as C++ does for objects of every kind, and may be missing."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from sim import tools
from sim.simulators import casts as module
from sim.simulators.casts import casts, remembering

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("g++") is None, reason="the library is built by g++ on Linux"
)

PROGRAM = r"""
#include <cstdio>
struct A { virtual ~A() {} int a; };
struct B { virtual ~B() {} int b; };
struct C : A, B { int c; };
struct D : C { };
struct L : virtual A { };
struct R : virtual A { };
struct V : L, R { };
struct W { int pad[7]; virtual ~W() {} };
struct X : W, V { };
struct Left : A { }; struct Right : A { };
struct Twice : Left, Right { };
struct Asking : A { B *seen; Asking() : seen(dynamic_cast<B *>(static_cast<A *>(this))) { } };
struct Asked : Asking, B { };
static long distance(void *from, void *to) { return to ? (char *)to - (char *)from : -1; }
int main() {
    for (int round = 0; round < 3; round++) {
        A a; C c; D d; V v; X x; Twice twice; Asked asked;
        A *all[] = { &a, &c, &d, &v, &x, static_cast<Left *>(&twice), static_cast<Right *>(&twice), &asked };
        for (A *one : all)
            printf("%ld %ld %ld %ld %ld %ld\n",
                   distance(one, dynamic_cast<B *>(one)), distance(one, dynamic_cast<C *>(one)),
                   distance(one, dynamic_cast<V *>(one)), distance(one, dynamic_cast<W *>(one)),
                   distance(one, dynamic_cast<Right *>(one)), distance(one, dynamic_cast<Twice *>(one)));
        B *side = &d;
        printf("%ld %d\n", distance(side, dynamic_cast<A *>(side)), asked.seen == nullptr);
        try { dynamic_cast<B &>(*all[0]); puts("no"); } catch (std::exception &) { puts("refused"); }
    }
}
"""


def answers(folder: Path, library: Path | None) -> str:
    """Run the program with a library before C++'s own."""
    (folder / "casts.cpp").write_text("#include <typeinfo>\n" + PROGRAM)
    built = tools.run([tools.require("g++"), "casts.cpp", "-o", "program"], folder=folder, seconds=60)
    assert built.status == 0, built.error
    done = tools.run([folder / "program"], folder=folder, seconds=60, variables=remembering(library))
    assert done.status == 0 and not done.error, done.error
    return done.output


def test_it_answers_as_cpp_does_for_bases_of_every_kind(tmp_path: Path) -> None:
    library = casts(tmp_path / "kept")
    assert library is not None
    plain, remembered = answers(tmp_path, None), answers(tmp_path, library)
    assert remembered == plain
    assert len(set(plain.splitlines())) > 5 and plain.count("refused") == 3


def test_a_library_that_answers_wrongly_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "casts.c"
    text = module._SOURCE.read_text()
    changed = text.replace("known->table != table ||", "").replace("((uintptr_t)table >> 3) * 31 +", "")
    wrong.write_text(changed)
    assert len(changed) < len(text) - 50  # both are gone
    monkeypatch.setattr(module, "_SOURCE", wrong)
    library = casts(tmp_path / "kept")
    assert library is not None and answers(tmp_path, library) != answers(tmp_path, None)


def test_it_is_built_once(tmp_path: Path) -> None:
    library = casts(tmp_path)
    assert library is not None
    written = library.stat().st_mtime_ns
    assert casts(tmp_path) == library and library.stat().st_mtime_ns == written


@pytest.mark.parametrize("trouble", ["no compiler", "a compiler that fails", "a folder that is a file", "a space"])
def test_without_it_simulations_run_as_ever(trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "kept"
    if trouble == "no compiler":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif trouble == "a compiler that fails":
        (tmp_path / "g++").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "g++").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    elif trouble == "a folder that is a file":
        cache.write_text("")
    else:
        cache = tmp_path / "kept here"
    assert casts(cache) is None and remembering(None) == {}


def test_what_is_preloaded_anyway_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/lib/other.so")
    assert remembering(Path("/kept/casts.so")) == {"LD_PRELOAD": "/kept/casts.so /lib/other.so"}
