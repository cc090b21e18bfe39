"""Module names of Verilog texts: give several designs names of their own, so that one simulation can hold them all.

A text is cut into tokens (comments, strings, numbers, escaped names and directives are told apart) and every token that
is the name of one of the text's own modules gets a prefix, wherever it stands; a wire or port of the same name is then
renamed on both of its sides alike, which changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["declared", "is_shareable", "prefixed"]

_TOKEN = re.compile(
    r"""
    (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<string> "(?:\\.|[^"\\])*" )
  | (?P<number> '[sS]?[bBoOdDhH]\s*[0-9a-fA-FxXzZ?][0-9a-fA-FxXzZ?_]* | [0-9][0-9A-Za-z_]* )
  | (?P<escaped> \\[^\s]+ )
  | (?P<directive> `[A-Za-z_]\w* )
  | (?P<system> \$[A-Za-z_$][\w$]* )
  | (?P<name> [A-Za-z_][\w$]* )
  | (?P<attribute> \(\*(?!\s*\)) | \*\) )
  | (?P<other> \S )
    """,
    re.VERBOSE | re.DOTALL,
)

_OPENING = {"module": "endmodule", "macromodule": "endmodule", "primitive": "endprimitive"}
_LIFETIMES = {"automatic", "static"}

# The words that follow a `timescale or `default_nettype between modules.
_DIRECTIVE_WORDS = {"s", "ms", "us", "ns", "ps", "fs", "none", "wire", "tri", "wand", "wor"}

# Each of these concerns one file alone: `resetall` before the next file undoes it.
_LOCAL_DIRECTIVES = {"`timescale", "`default_nettype", "`resetall", "`celldefine", "`endcelldefine"}

# These act on the whole simulation, so their owner must have one of its own.
_GLOBAL_TASKS = {"$finish", "$stop", "$fatal", "$exit", "$dumpfile", "$dumpvars", "$dumpoff", "$dumpon", "$monitor"}


def declared(text: str) -> tuple[str, ...]:
    """List the names of the modules and primitives that a Verilog text declares, in order, without backslashes."""
    names: list[str] = []
    opened = False
    for kind, word in _tokens(text):
        if opened and word in _LIFETIMES:
            continue
        if opened and kind in ("name", "escaped"):
            names.append(word.removeprefix("\\"))
        opened = kind == "name" and word in _OPENING
    return tuple(names)


def is_shareable(text: str) -> bool:
    """Tell whether a text may stand beside others in one simulation once its modules have names of their own.

    It may where it consists of modules and primitives only and has nothing that acts beyond them: no macros, includes
    or conditions, no packages or declarations outside of modules, no task that ends or dumps the simulation.
    """
    closing, in_attribute = "", False
    for kind, word in _tokens(text):
        if kind == "directive" and word not in _LOCAL_DIRECTIVES:
            return False
        if kind == "system" and word in _GLOBAL_TASKS:
            return False
        if closing:
            closing = "" if kind == "name" and word == closing else closing
        elif kind == "attribute":
            in_attribute = word == "(*"
        elif kind in ("name", "escaped") and not in_attribute:
            if word not in _OPENING and word not in _DIRECTIVE_WORDS:
                return False
            closing = _OPENING.get(word, "")
    return not closing


def prefixed(text: str, prefix: str) -> str:
    """Put a prefix before the names of all modules that a text declares, at every place where they stand.

    Args:
        text: Verilog, shareable.
        prefix: letters, digits and underscores; no word of the text may begin with it.
    Raises: ValueError where a word of the text begins with the prefix.
    """
    if prefix in text:
        raise ValueError(f"prefixed: prefix must occur nowhere in the text, not {prefix!r}")
    names = set(declared(text))

    def rename(match: re.Match[str]) -> str:
        word = match.group()
        if match.lastgroup == "name" and word in names:
            return prefix + word
        if match.lastgroup == "escaped" and word[1:] in names:
            return f"\\{prefix}{word[1:]}"
        return word

    return _TOKEN.sub(rename, text)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text into kinds and words, without comments and white space."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup and match.lastgroup != "comment":
            yield match.lastgroup, match.group()
