"""Versions: as pip lists them; and a digest that sees every change of the measuring code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sim import versions as module
from sim.versions import PACKAGES, code_digest, versions


def test_versions_are_those_that_pip_lists() -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "list", "--format", "json"]
    listed = {
        entry["name"]: entry["version"]
        for entry in json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    }
    found = versions()
    assert found.pop("python") == sys.version.split()[0]
    assert set(found) == {"hdlgen", *PACKAGES}
    assert found == {name: listed[name] for name in found}


def test_a_package_that_is_missing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PACKAGES", ("numpy", "no-such-package"))
    assert set(versions()) == {"python", "hdlgen", "numpy"}


def test_every_change_of_the_code_changes_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(Path(module.__file__).parent, tmp_path / "sim")

    def digest_of(folder: Path) -> str:
        monkeypatch.setattr(module, "__file__", str(folder / "versions.py"))
        code_digest.cache_clear()
        return code_digest()

    try:
        original = digest_of(Path(module.__file__).parent)
        assert digest_of(tmp_path / "sim") == original
        for change in ("recipes.py", "technology/roles.py"):
            path = tmp_path / "sim" / change
            text = path.read_text()
            path.write_text(text + "\n")
            assert digest_of(tmp_path / "sim") != original
            path.write_text(text)
        (tmp_path / "sim" / "recipes.py").rename(tmp_path / "sim" / "recipe.py")
        assert digest_of(tmp_path / "sim") != original
    finally:
        code_digest.cache_clear()
