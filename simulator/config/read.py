"""From YAML text to a tree with places; from a file to its text.

The parser's events are assembled here rather than by a YAML library's constructor, so that places, duplicate
keys, explicit tags and aliases are under control: nothing is ever executed, and size and depth are limited.
Source: YAML 1.2.2, chapter 10.3 (core schema).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from ..problems import ConfigError, Place, Problem
from .syntax import explain_syntax
from .tree import DEEPEST, Branch, Node, Scalar, Series, resolve_kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST_FILE_BYTES = 4_000_000
LARGEST_TREE = 50_000
"""Values in one file, aliases counted as often as they are used."""
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_KNOWN_TAGS = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "int",
    "tag:yaml.org,2002:float": "float",
    "tag:yaml.org,2002:bool": "bool",
    "tag:yaml.org,2002:null": "null",
    "tag:yaml.org,2002:map": "map",
    "tag:yaml.org,2002:seq": "list",
    "!": "text",
}
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path, shown: str) -> str:
    """The text of a file. Errors: E110 when it cannot be read, for whatever reason."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        advice = nearby(path) or f"`simulator init {shown}` writes one"
        raise _file_error(shown, "there is no such file", advice) from None
    except IsADirectoryError:
        raise _file_error(shown, "this is a directory, not a file", _inside(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _file_error(shown, f"this file cannot be read: {reason[:1].lower()}{reason[1:]}") from None
    if len(data) > LARGEST_FILE_BYTES:
        raise _file_error(shown, "this file is larger than 4 MB, which no config needs")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = Place(file=shown, line=line)
        message = f"this file is not UTF-8: byte 0x{data[error.start]:02x} in line {line}"
        raise ConfigError([Problem("E110", message, place, ("save it as UTF-8",))], shown) from None


def read_tree(text: str, shown: str, *, option: str = "") -> Node:
    """The tree of one YAML document. `option` is set when the text comes from the command line.

    Errors: E111 (not YAML), E112 (a key twice), E119 (nothing in it), E121 (too large or too deep).
    """
    builder = _Builder(shown, _BREAK.split(text), option)
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no text
        message = "a character that is not Unicode text"
        place = Place(file=shown, option=option)
        raise ConfigError([Problem("E111", message, place, ("type it as UTF-8",))], shown) from None
    try:
        root = builder.build(yaml.parse(text, Loader=_PARSER))
    except yaml.YAMLError as error:
        raise ConfigError(
            [explain_syntax(_in_full(text, error), builder.lines, shown, option)], shown
        ) from None
    if builder.problems:
        raise ConfigError(builder.problems, shown)
    if root is None:
        where = Place(file=shown, option=option)
        advice = "a config starts with `name:`"
        raise ConfigError([Problem("E119", "there is nothing in this file", where, (advice,))], shown)
    return root


def _in_full(text: str, error: yaml.YAMLError) -> yaml.YAMLError:
    """The same error from the parser written in Python: its words and marks are the same everywhere."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError as same:
        return same
    return error


@dataclass(slots=True)
class _Open:
    """A map or list being assembled."""

    place: Place
    anchor: str | None
    is_map: bool
    items: dict[str, Node] = field(default_factory=dict)
    key_places: dict[str, Place] = field(default_factory=dict)
    listed: list[Node] = field(default_factory=list)
    key: tuple[str, Place] | None = None
    size: int = 1


class _Builder:
    """Assembles events into a tree and notes what is wrong on the way."""

    def __init__(self, shown: str, lines: list[str], option: str) -> None:
        self.shown = shown
        self.lines = lines
        self.option = option
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.stack: list[_Open] = []
        self.root: Node | None = None
        self.documents = 0

    def build(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self._problem(
                        "E111", "a second document starts here", event, "keep one document per file"
                    )
                    break
            elif isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event), event, event.anchor, 1)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(self.stack) >= DEEPEST:
                    self._problem("E121", f"more than {DEEPEST} levels deep", event)
                    break
                self._tag(event)
                is_map = isinstance(event, yaml.MappingStartEvent)
                self.stack.append(_Open(self._place(event), event.anchor, is_map))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            if self.problems and self.problems[-1].code == "E121":
                break
        return self.root

    def _close(self, event: Any) -> None:
        done = self.stack.pop()
        if (
            done.place.line == event.end_mark.line + 1
        ):  # a bracket that closes on its line is underlined whole
            done.place = replace(done.place, span=max(1, event.end_mark.column + 1 - done.place.column))
        node: Node
        if done.is_map:
            node = Branch(done.items, done.key_places, done.place)
        else:
            node = Series(tuple(done.listed), done.place)
        self._add(node, event, done.anchor, done.size)

    def _add(self, node: Node, event: Any, anchor: str | None, size: int) -> None:
        """Put a finished node where it belongs: as the root, a list's item, a key or a value."""
        if anchor:
            self.anchors[anchor] = (node, size)
        if not self.stack:
            self.root = None if isinstance(node, Scalar) and node.kind == "null" else node
            return
        parent = self.stack[-1]
        parent.size += size
        if parent.size > LARGEST_TREE:
            self._problem("E121", f"more than {LARGEST_TREE:,} values, aliases counted", event)
        elif not parent.is_map:
            parent.listed.append(node)
        elif parent.key is None:
            parent.key = self._key(node, event)
        else:
            name, place = parent.key
            parent.key = None
            if name in parent.items:
                first = parent.key_places[name]
                where = (
                    f"first written in line {first.line}"
                    if first.line != place.line
                    else "remove one of them"
                )
                self.problems.append(Problem("E112", f"the key `{name}` is here twice", place, (where,)))
            else:
                parent.items[name], parent.key_places[name] = node, place

    def _key(self, node: Node, event: Any) -> tuple[str, Place]:
        """Keys are text, whatever they look like."""
        if isinstance(node, Scalar):
            return node.text, node.place
        self._problem("E111", "a key has to be text, not a map or a list", event)
        return f"?{len(self.problems)}", node.place

    def _scalar(self, event: Any) -> Scalar:
        kind = resolve_kind(event.value, plain=event.style in (None, ""))
        tag = self._tag(event)
        if tag == "text":
            kind = "text"
        return Scalar(event.value, kind, self._place(event))

    def _tag(self, event: Any) -> str | None:
        if event.tag is None:
            return None
        if event.tag not in _KNOWN_TAGS:
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._problem("E111", f"the tag `{name}` has no meaning here", event, "remove it")
        return _KNOWN_TAGS.get(event.tag)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            inside = any(level.anchor == event.anchor for level in self.stack)
            reason = "refers to itself" if inside else f"has no `&{event.anchor}` before it"
            advice = "" if inside else "quote the text if it is meant to start with a star"
            self._problem("E111", f"the alias `*{event.anchor}` {reason}", event, advice)
            self._add(Scalar("", "null", self._place(event)), event, None, 1)
        else:
            node, size = self.anchors[event.anchor]
            self._add(node, event, None, size)

    def _problem(self, code: str, message: str, event: Any, advice: str = "") -> None:
        self.problems.append(Problem(code, message, self._place(event), (advice,) if advice else ()))

    def _place(self, event: Any) -> Place:
        start, end = event.start_mark, event.end_mark
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        stop = end.column if end.line == start.line else len(line.rstrip())
        span = max(1, stop - start.column)
        if self.option:
            return Place(option=self.option)
        return Place(self.shown, start.line + 1, start.column + 1, source=line, span=span)


def _file_error(shown: str, message: str, advice: str = "") -> ConfigError:
    return ConfigError([Problem("E110", message, Place(file=shown), (advice,) if advice else ())])


def nearby(path: Path) -> str:
    """A file of a similar name in the same folder."""
    from ..units import closest

    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in (".yaml", ".yml"))
    except OSError:
        return ""
    found = closest(path.name, names)
    return f"did you mean `{path.parent / found}`?" if found else ""


def _inside(path: Path) -> str:
    """The first configs of a folder."""
    try:
        names = sorted(str(entry) for entry in path.iterdir() if entry.suffix in (".yaml", ".yml"))
    except OSError:
        return ""
    return f"in it: {', '.join(names[:3])}" if names else ""
