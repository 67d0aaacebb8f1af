"""What stands around a line: colours, collectors' prefixes, another's JSON that wraps it; pretty printing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOUR: Final = re.compile(rb"\x1b\[[\d;]*m")
TEXT_COLOUR: Final = re.compile("\x1b\\[[\\d;]*m")
BOM: Final = b"\xef\xbb\xbf"

_OBJECT = re.compile(rb"\{\s*\"")
_LONGEST_PREFIX: Final = 400
_SAYS = re.compile(rb'"(?:msg|message|stores|MESSAGE|log|textPayload|jsonPayload)"\s*:')
_PRETTY = re.compile(
    rb"(\x1b\[[\d;]*m)*\[?[\d:.+T/ Z-]{8,40}\]?(\x1b\[[\d;]*m|\s)*(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b"
)
_SEVERAL_LINES = re.compile(rb"\{$")
_WRAPPERS: Final = ("log", "message", "MESSAGE", "msg", "textPayload", "line", "_raw")
_NESTED: Final = ("jsonPayload", "_source", "record", "data")


def bare(raw: bytes, *, says_something: bool = True) -> bytes | None:
    """The JSON object that a line ends in, or None.

    Before it may stand what `docker compose`, Kubernetes, journald, syslog or PM2 put there, which has no
    quotes; around it colours, and a comma as in an exported list. With `says_something` the object must have
    a message: the fields that a pretty-printed line ends in have none.
    """
    text = COLOUR.sub(b"", raw) if b"\x1b" in raw else raw
    text = text.strip(b"\x00 \t\r\n").removesuffix(b",")
    begin = _OBJECT.search(text, 0, _LONGEST_PREFIX)
    if begin is None or not text.endswith(b"}") or b'"' in text[: begin.start()]:
        return None
    text = text[begin.start() :]
    return text if not says_something or _SAYS.search(text) else None


def is_pretty(raw: bytes) -> bool:
    """Whether a line is the first of a pretty-printed record, or of JSON over several lines."""
    return _PRETTY.match(raw) is not None or _SEVERAL_LINES.fullmatch(raw) is not None


def wrapped(line: dict[str, Any]) -> Iterator[str | dict[str, Any]]:
    """What a collector's JSON line may have wrapped: text that looks like JSON, or the line itself."""
    for key in _WRAPPERS:
        text = line.get(key)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            yield text
    for key in _NESTED:
        if isinstance(line.get(key), dict):
            yield line[key]
