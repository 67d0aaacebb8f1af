"""YAML syntax errors in the reader's words.

The parser says what its grammar expected; a reader wants to know what to type. The usual slips (a missing
space after a colon, a tab, an unclosed brace or quote, an indentation that does not line up) are recognised
by the parser's words and the text of the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..problems import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

MISSING_SPACE = re.compile(r"(?<![\w.\"'-])([A-Za-z_][\w.-]*):(?=[^\s/:,}\]])")


def explain_syntax(error: Any, lines: Sequence[str], shown: str, option: str = "") -> Problem:
    """The problem behind a `yaml.YAMLError`, given the lines of the text (or the option it came from)."""
    mark = getattr(error, "problem_mark", None)
    start = getattr(error, "context_mark", None)
    words = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "")
    context = str(getattr(error, "context", "") or "")
    line = mark.line if mark is not None else 0
    column = mark.column if mark is not None else 0
    if mark is None and getattr(error, "position", None) is not None:
        line, column = _position(lines, error.position)
    first = start.line if start is not None else line
    message, advice, at, found = _recognise(words, context, lines, first, line)
    if at is not None:
        line, column = at
    elif found == "start" and start is not None:
        line, column = start.line, start.column
    source = lines[line] if 0 <= line < len(lines) else ""
    help_lines = (advice,) if advice else ()
    if option:
        return Problem("E111", message, Place(option=option), help_lines)
    return Problem("E111", message, Place(shown, line + 1, column + 1, source=source), help_lines)


def space_after_colon(text: str) -> str:
    """The text to type when a colon lacks its space, or "".

    >>> space_after_colon("count:4"), space_after_colon("http://x"), space_after_colon("10:00")
    ('write `count: 4` with a space after the colon', '', '')
    """
    match = MISSING_SPACE.match(text.strip())
    if match is None:
        return ""
    return f"write `{match[1]}: {text.strip()[match.end() :]}` with a space after the colon"


Spot = tuple[int, int] | None


def _recognise(
    words: str, context: str, lines: Sequence[str], first: int, line: int
) -> tuple[str, str, Spot, str]:
    """Message, advice, an exact spot when one was found in the text, and which mark to show otherwise."""
    tab = _find_tab(lines, line)
    if "\\t" in words or (tab is not None and "token" in words):
        return "a tab cannot indent a line here", "use spaces", tab, ""
    spot = _find_missing_space(lines, first, line)
    if spot is not None:
        match = MISSING_SPACE.search(lines[spot[0]])
        name = match[1] if match else ""
        rest = lines[spot[0]][match.end() :].split(" #")[0].strip() if match else ""
        return f"a space is missing after `{name}:`", f"write `{name}: {rest}`", spot, ""
    if "special characters" in words:
        return "a control character that YAML does not allow", "remove it", None, ""
    if "flow" in context and ("expected ','" in words or "<stream end>" in words):
        return (
            "this bracket is not closed, or a comma is missing after it",
            "close it with `}` or `]`, and put a comma between values",
            None,
            "start",
        )
    if "quoted scalar" in context:
        if "unknown escape" in words:
            return "a backslash in double quotes needs a known letter after it", "use single quotes", None, ""
        return "this quote is not closed", "", None, "start"
    if "mapping values are not allowed" in words:
        return (
            "a second colon in this value, or a line that is indented too far",
            "put quotes around a text that contains `: `, or line the key up with those above it",
            None,
            "",
        )
    if "block end" in words:
        return "this line does not line up with the ones above it", "check the indentation", None, ""
    if "could not find expected ':'" in words:
        return "this line has no `:` after its key", "write `key: value`", None, "start"
    if "cannot start any token" in words:
        return "a value cannot start with this character", "put quotes around the text", None, ""
    return f"this is not YAML: {words}", "", None, ""


def _find_tab(lines: Sequence[str], line: int) -> Spot:
    """The first tab in the white space around a line's start, looking at the line before as well."""
    for number in (line, line - 1):
        if 0 <= number < len(lines):
            match = re.match(r" *(\t)|.*?[:{,-] *(\t)", lines[number])
            if match:
                return number, match.start(1) if match[1] else match.start(2)
    return None


def _find_missing_space(lines: Sequence[str], first: int, line: int) -> Spot:
    """A `key:value` between where the error began and where it was noticed."""
    for number in range(max(0, first - 1), min(line, len(lines) - 1) + 1):
        code = lines[number].split(" #")[0]
        match = MISSING_SPACE.search(code)
        if match and not code[: match.start()].strip(" -{[,"):
            return number, match.end() - 1
    return None


def _position(lines: Sequence[str], position: int) -> tuple[int, int]:
    """Line and column (from 0) of a character position in the whole text."""
    for number, text in enumerate(lines):
        if position <= len(text):
            return number, position
        position -= len(text) + 1
    return max(0, len(lines) - 1), 0
