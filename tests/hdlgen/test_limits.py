"""The limits on sizes stand in one place, and each is used."""

from __future__ import annotations

import re
from pathlib import Path

from hdlgen import limits

ROOT = Path(__file__).parents[2]


def test_every_limit_stands_in_one_module_and_is_used() -> None:
    texts = {path: path.read_text() for folder in ("hdlgen", "sim", "search") for path in (ROOT / folder).rglob("*.py")}
    own = texts.pop(Path(limits.__file__))
    for path, text in texts.items():
        assert not re.search(r"^(?:MAX|MIN)_\w+(?:: \w+)? *=", text, re.MULTILINE), path
    for name in limits.__all__:
        assert re.search(rf"^{name} = ", own, re.MULTILINE)
        assert any(re.search(rf"\b{name}\b", text) for text in texts.values()), name
