"""How the log of another service reads: YAML that says which field is the time, the session, the event.

    time: ts                        # a path with dots; a number of ms, or a date. Else {field: ts, unit: s}
    event: evt                      # the field that names the event
    session: sid
    node: host
    events:
      login: session_created        # what the service calls it: one of the kinds in docs/logs.md
      say: {kind: job_assigned, fields: {utterance: n}}
      table: {kind: sizes, fields: {sessions.entries: count}}

Lines are JSON objects, unless `pattern` has a regular expression whose named groups are the fields.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

from pydantic import BeforeValidator, model_validator

from .. import units
from ..config.diagnose import findings_of, problem_at
from ..config.files import shown_path
from ..config.part import Part, key, trouble
from ..config.read import read_text, read_tree
from ..config.tree import Branch, Scalar, describe, plain
from ..problems import ConfigError, Place, Problem
from .messages import EMBEDDED, NODE, SCHEDULER
from .records import KINDS, Record
from .rules import NEEDS_SESSION
from .values import READERS, Missing, WrongValueError, at_path, decoded, identity, time_ms
from .wrapping import BOM, bare

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from .messages import Unit
    from .records import Kind, Troubles
    from .rules import Reading

UNIT_MS: Final = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
ANY_OTHER: Final = "*"
"""Among `events`: what every line is that no other entry names."""

UNITS_OF: Final[dict[Kind, dict[str, Unit]]] = {}
for _message in (*NODE, *SCHEDULER, *EMBEDDED):
    UNITS_OF.setdefault(_message.kind, {}).update({ours: unit for ours, (_, unit) in _message.fields.items()})
UNITS_OF["sizes"] = {"rss_bytes": "bytes", "heap_bytes": "bytes", "live_bytes": "bytes", "uptime_ms": "ms"}


def _text(what: str, value: Any) -> str:
    if not isinstance(value, str | Scalar) or not str(value).strip() or describe(value) == "nothing":
        raise trouble("E104", f"expected {what}, not {describe(value)}")
    return str(value)


FieldPath = Annotated[str, BeforeValidator(partial(_text, "the path of a field, such as `ts` or `meta.sid`"))]


def _kind(value: Any) -> str:
    text = _text("what the event is, such as `session_created`", value)
    if text not in KINDS:
        near = units.closest(text, list(KINDS))
        advice = f"did you mean `{near}`?" if near else "the kinds are listed in docs/logs.md"
        raise trouble("E106", f"`{text}` is not a kind of record", advice)
    return text


def _pattern(value: Any) -> re.Pattern[str]:
    if isinstance(value, re.Pattern):
        return value
    text = _text("a regular expression", value)
    try:
        found = re.compile(text)
    except re.error as error:
        raise trouble("E105", f"this is not a regular expression: {error}") from None
    if not found.groupindex:
        raise trouble("E105", "no group has a name", r"write fields as `(?P<name>\S+)`")
    return found


class Time(Part):
    """When a line was written."""

    field: FieldPath = key(..., "Where the time stands.")
    unit: Literal["s", "ms", "us", "ns"] = key("ms", "What a number is in; a date in ISO 8601 needs no unit.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("unit"), Scalar):
            return {**value, "unit": str(value["unit"])}
        return {"field": value} if isinstance(value, Scalar | str) else value


class Event(Part):
    """What one of the service's events is."""

    kind: Annotated[str, BeforeValidator(_kind)] = key(..., "A kind of record.")
    fields: dict[str, FieldPath] = key({}, "The record's fields: ours, and where they stand in the line.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, Scalar | str) else value

    @model_validator(mode="after")
    def _fields_exist(self) -> Event:
        known = UNITS_OF.get(cast("Kind", self.kind), {})
        for ours in self.fields:
            if ours in known or (self.kind == "sizes" and re.fullmatch(r"\w+\.(entries|bytes|chunks)", ours)):
                continue
            near = units.closest(ours, list(known))
            has = ", ".join(known) or "none"
            advice = f"did you mean `{near}`?" if near else f"it has {has}"
            if self.kind == "sizes":
                advice = "write `STORE.entries` or `STORE.bytes`"
            message = f"a record of kind `{self.kind}` has no field `{ours}`"
            raise trouble("E101", message, advice, path=("fields", ours), on_key=True)
        return self


class Mapping(Part):
    """A whole mapping."""

    time: Time = key(..., "The field that says when.")
    event: FieldPath | None = key(None, "The field that names the event; without it every line is `*`.")
    session: FieldPath | None = key(None, "The field with the session's id.")
    job: FieldPath | None = key(None, "The field with the request's id.")
    node: FieldPath | None = key(None, "The field with the host's or node's name.")
    pattern: Annotated[Any, BeforeValidator(_pattern)] = key(
        "(?P<whole>.*)", "A regular expression with named groups, for lines that are not JSON."
    )
    events: dict[str, Event] = key(..., "The service's events and what they are; `*` for all others.")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Mapping:
        if not self.events:
            raise trouble("E102", "no event is listed", "such as `login: session_created`", path=("events",))
        if self.event is None and set(self.events) != {ANY_OTHER}:
            advice = f"or list only `'{ANY_OTHER}'`, for every line"
            raise trouble("E102", "`event` is missing: which field names the event?", advice)
        for name, event in self.events.items():
            if event.kind in NEEDS_SESSION and self.session is None:
                message = f"`{event.kind}` belongs to a session, and `session` is missing"
                raise trouble("E102", message, "say which field has its id", path=("events", name))
        return self

    def parser(self, file: str, troubles: Troubles) -> Callable[[int, bytes], Record | None]:
        """What turns the lines of one file into records."""
        return _Parser(self, file, troubles).parse


def read_mapping(path: str | PathLike[str]) -> Mapping:
    """Read a mapping.

    Raises:
        ConfigError: with everything that is wrong with it, as for a config.
    """
    shown = shown_path(Path(path))
    tree = read_tree(read_text(Path(path), shown), shown)
    if not isinstance(tree, Branch):
        problem = Problem("E104", f"expected a map of keys, not {describe(tree)}", Place(file=shown))
        raise ConfigError([problem], shown)
    try:
        return Mapping.model_validate(plain(tree))
    except ValueError as error:
        problems = [problem_at(finding, tree, shown) for finding in findings_of(error, Mapping)]
        raise ConfigError(problems, shown) from None


def _path(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(text.split("."))


class _Parser:
    """Lines of one file, by a mapping."""

    def __init__(self, mapping: Mapping, file: str, troubles: Troubles) -> None:
        self.file, self.troubles = file, troubles
        self.where = file
        self.pattern = mapping.pattern if "pattern" in mapping.model_fields_set else None
        self.unit_ms = UNIT_MS[mapping.time.unit]
        self.time = _path(mapping.time.field) or ()
        self.event, self.session = _path(mapping.event), _path(mapping.session)
        self.job, self.node = _path(mapping.job), _path(mapping.node)
        self.events = {
            name: (cast("Kind", event.kind), _readings(event)) for name, event in mapping.events.items()
        }

    def parse(self, number: int, raw: bytes) -> Record | None:
        """The record of a line, or None."""
        self.where = f"{self.file}:{number}"
        raw = raw.strip().removeprefix(BOM)
        if not raw:
            return None
        self.troubles.lines += 1
        try:
            return self._record(self._fields(raw))
        except WrongValueError as wrong:
            self.troubles.add(wrong.kind, self.where, str(wrong))
            return None

    def _fields(self, raw: bytes) -> dict[str, Any]:
        if self.pattern is not None:
            head = raw[:120].decode("utf-8", "replace")
            try:
                match = self.pattern.search(raw.decode("utf-8"))
            except UnicodeDecodeError:
                raise WrongValueError("not_utf8", head) from None
            if match is None:
                raise WrongValueError("half_line", f"does not fit the pattern: {head}")
            return {name: value for name, value in match.groupdict().items() if value is not None}
        whole = raw.startswith(b"{") and raw.endswith(b"}")
        return decoded(raw if whole else bare(raw, says_something=False) or raw)

    def _record(self, line: dict[str, Any]) -> Record | None:
        name = ANY_OTHER if self.event is None else at_path(line, self.event)
        found = self.events.get(name) if isinstance(name, str) else None
        found = found or self.events.get(ANY_OTHER)
        if found is None:
            self.troubles.add("unmapped", self.where, "no event" if name is Missing else str(name))
            return None
        kind, readings = found
        fields: dict[str, float | str] = {}
        for ours, path, read in readings:
            value = at_path(line, path)
            if value is not Missing:
                try:
                    fields[ours] = read(value)
                except WrongValueError as wrong:
                    self.troubles.add(wrong.kind, self.where, f"{ours}: {wrong}")
        at_ms = time_ms(None if (at := at_path(line, self.time)) is Missing else at, self.unit_ms)
        node, job = self._id(line, self.node), self._id(line, self.job)
        session = self._id(line, self.session, needed=kind in NEEDS_SESSION)
        return Record(at_ms, kind, node, session, job, fields)

    def _id(self, line: dict[str, Any], path: tuple[str, ...] | None, *, needed: bool = False) -> str:
        value = Missing if path is None else at_path(line, path)
        return "" if value is Missing and not needed else identity(value)


def _readings(event: Event) -> list[Reading]:
    fields = event.fields.items()
    return [(ours, tuple(theirs.split(".")), _reader(event.kind, ours)) for ours, theirs in fields]


def _reader(kind: str, ours: str) -> Callable[[Any], float | str]:
    known = UNITS_OF.get(cast("Kind", kind), {})
    return READERS[known[ours] if ours in known else "bytes" if ours.endswith("bytes") else "count"]
