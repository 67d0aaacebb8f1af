"""Problems a user can fix: what is wrong, where, and the text to type.

A problem is a value with a stable code (`E101`, `W201`); docs/errors.md has a paragraph for each. Everything
that reads what a user wrote collects all its problems, and raises them together as one `ConfigError`.
`render` writes them, sorted by place, with the source line and a caret.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WINDOW_COLUMNS = 100
"""Longer source lines are cut to a window of this many columns around the caret."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a problem is: a file position, or a command-line option, and the dotted path of the key.

    `line` and `column` count from 1 (0: unknown). `source` is the text of that line and `span` the number of
    characters under which the caret goes. `notes` say how the value came there ("in setting `cap 500`",
    "through extends").
    """

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    source: str = ""
    span: int = 1
    notes: tuple[str, ...] = ()
    option: str = ""

    def locate(self) -> str:
        """`file:line:column`, as much of it as is known, or the command-line option."""
        if self.option:
            return self.option
        parts = [self.file, *(str(number) for number in (self.line, self.column) if number)]
        return ":".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (`E…`) or worth knowing (`W…`). `help` lines say what to type, or why."""

    code: str
    message: str
    place: Place = field(default_factory=Place)
    help: tuple[str, ...] = ()

    @property
    def is_warning(self) -> bool:
        """Whether the run can go on."""
        return self.code.startswith("W")


class ConfigError(Exception):
    """Everything that is wrong with what the user wrote. `str()` of it is the whole rendered text."""

    def __init__(self, problems: Iterable[Problem], subject: str = "") -> None:
        self.problems = tuple(sort_problems(problems))
        self.subject = subject
        super().__init__(*(problem.message for problem in self.problems))

    def __str__(self) -> str:
        return render(self.problems, self.subject)

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors of a worker process reach the one that reports them."""
        return type(self), (self.problems, self.subject)


class StudyError(ConfigError):
    """What stands in the way of a study besides its config: its store, its workers, its folder (`E3…`)."""

    @classmethod
    def of(cls, code: str, message: str, file: str, *advice: str) -> StudyError:
        """One problem with one file (or address)."""
        return cls([Problem(code, message, Place(file=file), advice)], file)


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """By file, line and column; problems of command-line options last; exact repeats once."""

    def key(problem: Problem) -> tuple[bool, str, int, int, str, str]:
        place = problem.place
        return bool(place.option), place.file, place.line, place.column, problem.code, problem.message

    return sorted(dict.fromkeys(problems), key=key)


def render(problems: Sequence[Problem], subject: str = "") -> str:
    """All problems as text, followed by their count.

    >>> place = Place("a.yaml", 5, 3, "stores.a.max_session", "  max_session: 500", 11)
    >>> problem = Problem("E101", "unknown key `max_session`", place, ("did you mean `max`?",))
    >>> print(render([problem], "a.yaml"))
    error[E101]: unknown key `max_session`
     --> a.yaml:5:3  (stores.a.max_session)
      |
    5 |   max_session: 500
      |   ^^^^^^^^^^^
      = help: did you mean `max`?
    <BLANKLINE>
    1 error in a.yaml
    """
    blocks = [render_problem(problem) for problem in problems]
    blocks.append(count_problems(problems) + (f" in {subject}" if subject else ""))
    return "\n\n".join(blocks)


def render_problem(problem: Problem) -> str:
    """One problem: a headline, its place, its line with a caret, and its help."""
    severity = "warning" if problem.is_warning else "error"
    lines = [f"{severity}[{problem.code}]: {problem.message}"]
    place = problem.place
    width = len(str(place.line)) if place.line and place.source else 1
    where = place.locate()
    if where:
        notes = ", ".join(part for part in ("" if place.option else place.path, *place.notes) if part)
        lines.append(f"{' ' * width}--> {where}" + (f"  ({notes})" if notes else ""))
    if place.line and place.source and not place.option:
        text, caret = _underline(place)
        lines += [f"{' ' * width} |", f"{place.line} | {text}", f"{' ' * width} | {caret}"]
    lines += [f"{' ' * width} = help: {text}" for text in problem.help if text]
    return "\n".join(lines)


def count_problems(problems: Sequence[Problem]) -> str:
    """`2 errors and 1 warning`."""
    warnings = sum(problem.is_warning for problem in problems)
    errors = len(problems) - warnings
    counts = [(errors, "error"), (warnings, "warning")]
    return " and ".join(f"{n} {word}{'s' * (n != 1)}" for n, word in counts if n) or "no problems"


def _underline(place: Place) -> tuple[str, str]:
    """The source line, tabs made visible and cut to a window, and its caret line."""
    source = place.source.rstrip("\n\r")
    start = max(0, place.column - 1)
    end = min(max(start + place.span, start + 1), max(len(source), start + 1))
    first = max(0, min(start - WINDOW_COLUMNS // 3, len(source) - WINDOW_COLUMNS))
    head, tail = "…" * (first > 0), "…" * (len(source) > first + WINDOW_COLUMNS)
    shown = source[first : first + WINDOW_COLUMNS]
    end = min(end, first + WINDOW_COLUMNS)
    text = "".join(_visible(char) for char in shown)
    before = len(head) + _columns(source[first:start])
    return head + text + tail, " " * before + "^" * max(1, _columns(source[start:end]))


def _visible(char: str) -> str:
    """A tab as an arrow, any other control character as a replacement sign."""
    if char == "\t":
        return "→"
    return "�" if unicodedata.category(char).startswith("C") else char


def _columns(text: str) -> int:
    """Terminal columns of a text: wide characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)
