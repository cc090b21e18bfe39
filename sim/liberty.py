"""Read the syntax of liberty files: groups, attributes, values; what they mean is for `sim/cells.py` to say.

A reader of our own, since the library on the package index brings a computer algebra system along (0.6 s to import,
against 0.1 s to read a file) and reports a syntax error without the file.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hdlgen.errors import InputError
from hdlgen.limits import MAX_LIBERTY_FILE_BYTES

__all__ = ["Group", "read"]

_MAX_DEPTH = 32
_TOKEN = re.compile(
    r"""[ \t\r\n\f\\]+ | /\*.*?\*/ | //[^\n]*      # white space, a continued line, comments
      | "(?P<text>(?:[^"\\]|\\.)*)"                # a quoted text, over several lines if need be
      | (?P<mark>[{}();:,])
      | (?P<word>[^\s{}();:,"\\]+)""",
    re.VERBOSE | re.DOTALL,
)
_EXPRESSION = re.compile(r"[ \t]*([^\s;{}\"][^;{}\n\"]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hold one group of a liberty file: `kind (arguments) { attributes and groups }`.

    Args:
        attributes: the values of each attribute in the order of the file: one for `a : 1;`, several for `a (1, 2);`.
            An attribute that stands twice keeps its last value.
        groups: the groups inside, in the order of the file.
        line: where the group begins, from 1.
    """

    kind: str
    arguments: tuple[str, ...]
    line: int
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """Give an attribute's first value, or the default."""
        values = self.attributes.get(name)
        return values[0] if values else default

    def children(self, kind: str) -> Iterator[Group]:
        """List the groups of one kind inside this one."""
        return (group for group in self.groups if group.kind == kind)


def read(path: Path) -> Group:
    """Read a liberty file and give its `library` group.

    Raises: InputError naming file, line and rule where it cannot be read or is no liberty file.
    """
    try:
        size = path.stat().st_size
        if size > MAX_LIBERTY_FILE_BYTES:
            raise InputError(f"{path}: a liberty file must have at most {MAX_LIBERTY_FILE_BYTES} bytes, not {size!r}")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: the liberty file must be readable ({error.strerror})") from None
    return _Reader(path, text).library()


class _Reader:
    """Turn a text into groups by recursive descent, one token ahead."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.newlines = [match.start() for match in re.finditer("\n", text)]
        self.position = 0
        self.kind = ""  # "text", "mark", "word", or "" at the end
        self.value = ""
        self.start = 0
        self.advance()

    def refuse(self, rule: str) -> InputError:
        found = repr(self.value[:40]) if self.kind else "the end of the file"
        return InputError(f"{self.path}: line {self.line()}: a liberty file must have {rule}, not {found}")

    def line(self) -> int:
        return bisect.bisect_left(self.newlines, self.start) + 1

    def advance(self) -> None:
        while True:
            self.start = self.position
            if self.position >= len(self.text):
                self.kind = self.value = ""
                return
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                self.kind, self.value = "word", self.text[self.position]
                raise self.refuse("a token that ends")
            self.position = match.end()
            if match.lastgroup:
                self.kind, self.value = match.lastgroup, match[match.lastgroup]
                return

    def expect(self, mark: str) -> None:
        if self.kind != "mark" or self.value != mark:
            raise self.refuse(f"{mark!r} here")
        self.advance()

    def is_mark(self, mark: str) -> bool:
        return self.kind == "mark" and self.value == mark

    def library(self) -> Group:
        if self.kind != "word" or self.value != "library":
            raise self.refuse("'library' as its first word")
        outer = Group(kind="", arguments=(), line=1)
        self.statement(outer, 0)
        if self.kind:
            raise self.refuse("nothing after its library")
        if not outer.groups:
            raise InputError(f"{self.path}: line 1: a liberty file must have a library group")
        return outer.groups[0]

    def statement(self, parent: Group, depth: int) -> None:
        if self.kind == "mark":
            raise self.refuse("a name here")
        if depth > _MAX_DEPTH:
            raise self.refuse(f"groups nested at most {_MAX_DEPTH} deep")
        name, line = self.value, self.line()
        self.advance()
        if self.is_mark(":"):
            parent.attributes[name] = (self.simple_value(),)
            return
        arguments = self.arguments()
        if self.is_mark("{"):
            group = Group(kind=name, arguments=arguments, line=line)
            self.advance()
            while not self.is_mark("}"):
                if not self.kind:
                    raise self.refuse(f"a '}}' for the group {name!r} of line {group.line}")
                if self.is_mark(";"):
                    self.advance()
                else:
                    self.statement(group, depth + 1)
            self.advance()
            parent.groups.append(group)
        else:
            parent.attributes[name] = arguments
        if self.is_mark(";"):
            self.advance()

    def simple_value(self) -> str:
        # Unquoted values may be expressions (`VDD + 0.5`): all up to the semicolon or the end of the line is one value.
        match = _EXPRESSION.match(self.text, self.position)
        if match is not None:
            value = match[1].split("/*")[0].strip()
            self.position = match.end() if "/*" not in match[1] else match.start(1) + match[1].index("/*")
            self.advance()
        else:
            self.advance()
            if self.kind != "text":
                raise self.refuse("a value here")
            value = self.value
            self.advance()
        if self.is_mark(";"):
            self.advance()
        return value

    def arguments(self) -> tuple[str, ...]:
        self.expect("(")
        found: list[str] = []
        while not self.is_mark(")"):
            if not self.kind or (self.kind == "mark" and self.value not in ",:"):
                raise self.refuse("a ')' here")
            if self.kind != "mark":
                found.append(self.value)
            self.advance()
        self.advance()
        return tuple(found)
