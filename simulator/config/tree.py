"""The YAML of a config as a tree in which every key and value knows where it was written.

A config is a tree of `Branch` (map), `Series` (list) and `Scalar`. Scalars are read by the core rules of
YAML 1.2: only `null`, `true`/`false` and decimal numbers are special, so that `no`, `on`, `10:00` and `010`
stay text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

from ..problems import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 40
ScalarKind = Literal["null", "bool", "int", "float", "text"]
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A single value: its text as written and what YAML 1.2 takes it for."""

    text: str
    kind: ScalarKind
    place: Place

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A map. `key_places` says where each key was written."""

    items: Mapping[str, Node]
    key_places: Mapping[str, Place]
    place: Place


Node = Scalar | Series | Branch


def resolve_kind(text: str, *, plain: bool) -> ScalarKind:
    """What a scalar is by the core schema of YAML 1.2 (a leading zero makes it text).

    >>> [resolve_kind(text, plain=True) for text in ("no", "10:00", "010", "10", "1e3", "~", "true")]
    ['text', 'text', 'text', 'int', 'float', 'null', 'bool']
    """
    if not plain:
        return "text"
    if text in ("", "~", "null", "Null", "NULL"):
        return "null"
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return "bool"
    if _INT.fullmatch(text):
        return "int"
    if _FLOAT.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return "float"
    return "text"


def describe(node: Any) -> str:
    """What a value is, in the reader's words.

    >>> describe({"a": 1}), describe([1])
    ('a map', 'a list')
    """
    if isinstance(node, Branch | dict):
        return "a map"
    if isinstance(node, Series | list | tuple):
        return "a list"
    if isinstance(node, Scalar):
        return "nothing" if node.kind == "null" else f"`{node.text}`"
    return f"`{node}`"


def plain(node: Node) -> Any:
    """Dicts and lists whose leaves are still `Scalar`: what the models validate."""
    if isinstance(node, Branch):
        return {key: plain(value) for key, value in node.items.items()}
    if isinstance(node, Series):
        return [plain(value) for value in node.items]
    return node


def values(node: Node) -> Any:
    """The tree as plain Python values (text, int, float, bool, None), for provenance."""
    if isinstance(node, Branch):
        return {key: values(value) for key, value in node.items.items()}
    if isinstance(node, Series):
        return [values(value) for value in node.items]
    if node.kind == "null":
        return None
    if node.kind == "bool":
        return node.text.lower() == "true"
    if node.kind == "int":
        return int(node.text)
    return (
        float(node.text.replace(".inf", "inf").replace(".nan", "nan")) if node.kind == "float" else node.text
    )


def from_values(value: Any, place: Place, depth: int = 0) -> Node:
    """A tree of plain Python values, all at one place. Anything unknown is taken for its text.

    Errors: E121 when it is too deep, or contains itself.
    """
    if depth > DEEPEST:
        raise ConfigError([Problem("E121", f"more than {DEEPEST} levels deep", place)])
    if isinstance(value, Branch | Series | Scalar):
        return value
    if isinstance(value, dict) or hasattr(value, "keys"):
        items = {str(key): from_values(value[key], place, depth + 1) for key in value}
        return Branch(items, dict.fromkeys(items, place), place)
    if isinstance(value, list | tuple | set | frozenset):
        return Series(tuple(from_values(item, place, depth + 1) for item in value), place)
    if value is None:
        return Scalar("null", "null", place)
    if isinstance(value, bool):
        return Scalar(str(value).lower(), "bool", place)
    if isinstance(value, Integral):
        return Scalar(str(int(value)), "int", place)
    if isinstance(value, Real):
        return Scalar(repr(float(value)), "float", place)
    return Scalar(str(value), "text", place)


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Scalar]]:
    """Every scalar of a tree with its path."""
    if isinstance(node, Branch):
        for key, value in node.items.items():
            yield from walk(value, (*path, key))
    elif isinstance(node, Series):
        for index, value in enumerate(node.items):
            yield from walk(value, (*path, index))
    else:
        yield path, node


def annotate(node: Node, note: str) -> Node:
    """The same tree with a note added to every place ("in setting `cap 500`")."""

    def noted(place: Place) -> Place:
        return replace(place, notes=(*place.notes, note))

    if isinstance(node, Branch):
        items = {key: annotate(value, note) for key, value in node.items.items()}
        return Branch(items, {key: noted(p) for key, p in node.key_places.items()}, noted(node.place))
    if isinstance(node, Series):
        return Series(tuple(annotate(value, note) for value in node.items), noted(node.place))
    return replace(node, place=noted(node.place))


_PLAIN = re.compile(r"[\w(/+](?:[\w()/.+%<>=· -]*[\w()/.+%])?")


def flow(value: Any) -> str:
    """Plain values on one line, as YAML reads them back.

    >>> flow({"normal": {"mean": "2s"}}), flow([True, None, 3, "3", "a, b"])
    ('{normal: {mean: 2s}}', "[true, null, 3, '3', 'a, b']")
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(name)}: {flow(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    if isinstance(value, Scalar):
        return value.text
    if not isinstance(value, str):
        return values_text(value)
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for char in value):
        return '"' + "".join(map(_escaped, value)) + '"'
    if not _PLAIN.fullmatch(value) or resolve_kind(value, plain=True) != "text":
        return "'" + value.replace("'", "''") + "'"
    return value


def _escaped(char: str) -> str:
    """A character inside double quotes."""
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def values_text(value: Any) -> str:
    """A number, truth value or None as YAML writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
