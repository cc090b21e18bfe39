"""Verilog from outside: refused where it could run a program, open a file or name what a tool would run or open.

A simulator does what a design's text asks for: `$system` runs a program, `$fopen` writes a file, an imported function
is any of the C library. So only system tasks and directives from a list of harmless ones may stand in such a text. It
is not parsed for that, for each tool reads comments, strings, skipped regions and macros in its own way, and whatever
is a comment to one of us may be code to another: the rules hold for the whole text, comments and strings included.
"""

from __future__ import annotations

import re

from hdlgen.errors import InputError

__all__ = ["check_foreign"]

_TASKS = frozenset(
    """
    acos acosh asin asinh atan atan2 atanh assertcontrol assertkill assertoff asserton bits bitstoreal bitstoshortreal
    cast ceil changed clog2 cos cosh countbits countones dimensions display displayb displayh displayo dist_chi_square
    dist_erlang dist_exponential dist_normal dist_poisson dist_t dist_uniform error exp fatal fell finish floor high
    hypot increment info isunbounded isunknown itor left ln log10 low monitor monitorb monitorh monitoro monitoroff
    monitoron onehot onehot0 past pow printtimescale random realtime realtobits right rose rtoi sampled sformat sformatf
    shortrealtobits signed sin sinh size sqrt stable stime stop strobe strobeb strobeh strobeo swrite tan tanh time
    timeformat typename unpacked_dimensions unsigned urandom urandom_range warning write writeb writeh writeo
    """.split()  # noqa: SIM905 - a list of strings would fill a page
)
_DIRECTIVES = frozenset(
    """
    begin_keywords celldefine default_nettype define else elsif end_keywords endcelldefine endif ifdef ifndef
    nounconnected_drive resetall timescale unconnected_drive undef undefineall
    """.split()  # noqa: SIM905 - as above
)
_RESERVED = re.compile(r"include|line|pragma|protect\w*|uselib|psl|systemc_\w*|verilator\w*|verilog\w*")

_ESCAPED = re.compile(r"\\[^\s`\"*\\][^\s`\"*]*")
"""Names that tools write, such as `\\top.a$3 `; up to what could end a string, a comment or a skipped region."""
_DOLLAR = re.compile(r"\$(\w*)", re.ASCII)
_BACKTICK = re.compile(r"`(\w*)", re.ASCII)
_DEFINE = re.compile(r"`define[ \t]+([A-Za-z_]\w*)(?=\s|$)", re.ASCII)
_FOREIGN_FUNCTION = re.compile(r"\bimport\b(?!\s+[A-Za-z_]\w*\s*::)|\bexport\b(?!\s+[A-Za-z_*]\w*\s*::)|\bDPI\b")


def check_foreign(text: str, where: str) -> None:
    """See that Verilog from outside reaches for nothing beyond itself.

    Args:
        where: names the text in messages.
    Raises: InputError for a system task, a directive, a macro or an import that is not on the list.
    """
    plain = _ESCAPED.sub(lambda match: " " * len(match[0]), text)

    def refuse(place: int, what: str, rule: str) -> InputError:
        line = text.count("\n", 0, place) + 1
        return InputError(f"{where}: line {line}: {what} must {rule} in Verilog from outside")

    for match in _DOLLAR.finditer(plain):
        joined = plain.startswith(("$", "`", "\\", "/*"), match.end())  # some tool may make one name of the two
        if match[1] not in _TASKS or joined:
            raise refuse(match.start(), f"the system task {match[0][:40]!r}", "be a harmless one")
    defined = [match[1] for match in _DEFINE.finditer(plain)]
    for name in defined:
        if _RESERVED.fullmatch(name) or name in _DIRECTIVES:
            raise refuse(plain.index(name), f"the macro {name!r}", "not be named like a directive")
    for match in _BACKTICK.finditer(plain):
        if match[1] not in _DIRECTIVES and match[1] not in defined:
            raise refuse(match.start(), f"the directive or macro {match[0][:40]!r}", "be a harmless one")
        if match[1] == "define" and not _DEFINE.match(plain, match.start()):
            raise refuse(match.start(), "a macro", "have a plain name and no arguments")
    found = _FOREIGN_FUNCTION.search(plain)
    if found is not None:
        raise refuse(found.start(), f"{found[0]!r}", "not bring in functions")
