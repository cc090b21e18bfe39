"""Module names of Verilog texts: give several designs names of their own, so that one simulation can hold them all.

A text is cut into words once; comments, strings, numbers, escaped names and directives are told apart. Every word that
is the name of one of the text's own modules gets a prefix, wherever it stands; a wire or port of the same name is then
renamed on both of its sides alike, which changes nothing.
"""

from __future__ import annotations

import re

__all__ = ["Source"]

# The commonest first: a mapped design has a hundred thousand words.
_WORD = re.compile(
    r"""
    (?P<name> [A-Za-z_][\w$]* )
  | (?P<number> [0-9][0-9A-Za-z_]* | '[sS]?[bBoOdDhH]\s*[0-9a-fA-FxXzZ?][0-9a-fA-FxXzZ?_]* )
  | (?P<escaped> \\[^\s]+ )
  | (?P<comment> //[^\n]* | /\*.*?\*/ )
  | (?P<attribute> \(\*(?!\s*\)) | \*\) )
  | (?P<directive> `[A-Za-z_]\w* )
  | (?P<system> \$[A-Za-z_$][\w$]* )
  | (?P<string> "(?:\\.|[^"\\])*" )
  | [^\w\s]
    """,
    re.VERBOSE | re.DOTALL,
)

_OPENING = {"module": "endmodule", "macromodule": "endmodule", "primitive": "endprimitive"}
_LIFETIMES = {"automatic", "static"}

# Each of these concerns one file alone: `resetall before the next file undoes it.
_LOCAL_DIRECTIVES = {"`timescale", "`default_nettype", "`resetall", "`celldefine", "`endcelldefine"}
_DIRECTIVE_WORDS = {"s", "ms", "us", "ns", "ps", "fs", "none", "wire", "tri", "wand", "wor"}

# These act on the whole simulation, so their owner must have one of its own.
_GLOBAL_TASKS = {"$finish", "$stop", "$fatal", "$exit", "$dumpfile", "$dumpvars", "$dumpoff", "$dumpon", "$monitor"}


class Source:
    """Read a Verilog text.

    Attributes:
        text: as it was given.
        names: of the modules and primitives that it declares, in order, without backslashes.
        is_shareable: whether it may stand beside others in one simulation once its modules have names of their own: it
            consists of modules and primitives only and has nothing that acts beyond them, as macros, includes and
            conditions, packages and declarations outside of modules, and tasks that end or dump the simulation do.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._places: dict[str, list[int]] = {}  # where each name stands, without its backslash
        names: list[str] = []
        shareable, opened, in_attribute, closing = True, False, False, ""
        for match in _WORD.finditer(text):
            kind, word = match.lastgroup, match.group()
            if kind == "name" or kind == "escaped":
                start = match.start()
                if kind == "escaped":
                    word, start = word[1:], start + 1
                self._places.setdefault(word, []).append(start)
                if opened and word not in _LIFETIMES:
                    names.append(word)
                    opened = False
                elif closing:
                    if word == closing and kind == "name":
                        closing = ""
                elif not in_attribute and not opened:
                    opened = kind == "name" and word in _OPENING
                    closing = _OPENING[word] if opened else ""
                    shareable &= opened or word in _DIRECTIVE_WORDS
            elif kind == "attribute":
                in_attribute = word == "(*"
            elif kind == "directive":
                shareable &= word in _LOCAL_DIRECTIVES
            elif kind == "system":
                shareable &= word not in _GLOBAL_TASKS
        self.names = tuple(names)
        self.is_shareable = shareable and not closing

    def prefixed(self, prefix: str) -> str:
        """Put a prefix before the names of all modules, at every place where they stand.

        Args:
            prefix: letters, digits and underscores; it must not occur in the text.
        Raises: ValueError where it does.
        """
        if prefix in self.text:
            raise ValueError(f"Source: prefix must occur nowhere in the text, not {prefix!r}")
        places = sorted(place for name in set(self.names) for place in self._places[name])
        ends = [*places, len(self.text)]
        pieces = [self.text[start:end] for start, end in zip(places, ends[1:], strict=True)]
        return prefix.join([self.text[: ends[0]], *pieces])
