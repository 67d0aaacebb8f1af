"""One line to one record: node logs (pino), scheduler logs (tracing), the probe's lines.

Most lines of a log say nothing that matters here, so a line is decoded only once its message, found by
searching its bytes, is one of messages.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from .structure import NODE_LEVELS, NODE_MESSAGE, DecodedLines
from .values import WrongValueError, decoded, has_key_twice
from .wrapping import BOM, bare, is_pretty, wrapped

if TYPE_CHECKING:
    from .records import Record, Troubles

DEEPEST: Final = 3
"""So many wrappings of one line are undone."""

_LOOSE_MESSAGE = re.compile(rb'"(msg|message)"\s*:\s*"')


class LineParser(DecodedLines):
    """Lines of one file. What is wrong with them goes to `troubles`."""

    def __init__(self, file: str, troubles: Troubles) -> None:
        super().__init__(file, troubles)
        self.pretty = False  # whether the last line was pretty-printed

    def parse(self, line_number: int, raw: bytes) -> Record | None:
        """The record of a line, or None: nothing that matters here, or nothing that can be read."""
        self.line = line_number
        raw = raw.strip().removeprefix(BOM)
        if not raw:
            return None
        self.troubles.lines += 1
        if not (raw.startswith(b"{") and raw.endswith(b"}")):
            inner = bare(raw)
            if inner is None:
                self._not_json(raw)
                return None
            raw = inner
        self.pretty = False
        if not raw.isascii() and not _is_utf8(raw):
            self.trouble("not_utf8", raw)
            return None
        try:
            return self._known(raw)
        except WrongValueError as wrong:
            self.trouble(wrong.kind, str(wrong))
        except RecursionError:
            self.trouble("too_deep", raw)
        return None

    def _not_json(self, raw: bytes) -> None:
        if is_pretty(raw):
            self.pretty = True
            self.trouble("pretty_printed", raw)
        elif not (self.pretty and not raw.startswith(b"{")):  # else a field below a pretty-printed line
            self.trouble("half_line" if raw.isascii() or _is_utf8(raw) else "not_utf8", raw)

    def _known(self, raw: bytes, deep: int = 0) -> Record | None:
        """Decode a line that may be one of ours, and let its structure say what it is."""
        if not self._may_matter(raw):
            return None
        line = decoded(raw)
        if has_key_twice(raw, line):
            self.trouble("duplicate_key", raw)
        record = self.read(line)
        return self._unwrapped(line, deep) if record is None and deep < DEEPEST else record

    def _may_matter(self, raw: bytes) -> bool:
        """Whether to decode a line, by its bytes: most lines have a message that is none of ours."""
        start = raw.rfind(b'"msg":"')
        if start >= 0:
            message = raw[start + 7 : raw.find(b'"', start + 7)]
            known = self.node.find(message) is not None
        else:
            start = raw.find(b'"message":"')
            if start < 0:
                return b"{" in raw[1:] or _LOOSE_MESSAGE.search(raw) is not None
            message = raw[start + 11 : start + 211].split(b'"', 1)[0]
            if message.startswith(NODE_MESSAGE.encode()):  # of a node, most of them with speech
                return b"node_heartbeat" in raw
            known = self.scheduler.find(message) is not None
        # an escape may stand for "❌" or a colour, and another key may have the name of a message's
        if known or b"\\" in message or raw.count(b'"msg"') + raw.count(b'"message"') > 1:
            return True
        self._pass_over(raw)
        return False

    def _pass_over(self, raw: bytes) -> None:
        """Of a line that says nothing here, note its level: whether debug lines are there at all."""
        head = raw[:120]
        if head.startswith(b'{"level":') and head[9:11].isdigit():
            self.note_level("node", NODE_LEVELS.get(int(head[9:11])))
        elif b'"level":"DEBUG"' in head or b'"level":"TRACE"' in head:
            self.note_level("scheduler", "debug")

    def _unwrapped(self, line: dict[str, Any], deep: int) -> Record | None:
        """The record of a line that stands inside another's JSON."""
        for inner in wrapped(line):
            text = inner.encode("utf-8", "replace") if isinstance(inner, str) else orjson.dumps(inner)
            record = self._known(text.strip(), deep + 1)
            if record is not None:
                return record
        said = line.get("log")  # by Docker, of a line that is not JSON
        if isinstance(said, str) and said.strip() and not said.lstrip().startswith("{"):
            self._not_json(said.strip().encode("utf-8", "replace"))
        return None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
