"""One line to one record: node logs (pino), scheduler logs (tracing), the probe's lines.

Most lines of a log say nothing that matters here, so a line is decoded only once its message, found by
searching its bytes, is one of messages.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from .messages import EMBEDDED, NODE, SCHEDULER, Message
from .records import LEVELS, Record
from .values import (
    READERS,
    Missing,
    WrongValueError,
    at_path,
    decoded,
    has_key_twice,
    identity,
    number,
    time_ms,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .messages import Unit
    from .records import Kind, Source, Troubles

    Fields = dict[str, float | str]
    Reading = tuple[str, tuple[str, ...], Callable[[Any], float | str]]

NEEDS_SESSION: Final = frozenset({
    "session_created", "session_removed", "session_expired", "session_evicted", "session_stored",
    "session_forgotten", "session_opened", "session_idle", "session_closed", "job_assigned",
})  # fmt: skip
"""Without its session such a record would be a wrong one."""

_PRETTY = re.compile(
    rb"(\x1b\[[\d;]*m)*\[?[\d:.+T/ Z-]{8,40}\]?(\x1b\[[\d;]*m|\s)*(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b"
)
_PRETTY_FIELD = re.compile(rb"\s+(\x1b\[[\d;]*m)?[\w\"}\]]")
_LOOSE_MESSAGE = re.compile(rb'"(msg|message)"\s*:\s*"')
_NODE_LEVELS: Final = {10: "debug", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "error"}
_SCHEDULER_LEVELS: Final = {"TRACE": "debug", **{level.upper(): level for level in LEVELS}}
_NODE_MESSAGE = b"Received node message"


class Rule:
    """A message, ready to be applied."""

    __slots__ = ("kind", "level", "readings", "source")

    def __init__(self, message: Message) -> None:
        self.kind: Kind = message.kind
        self.level = message.level
        self.source: Source = message.source
        self.readings = readings(message.fields)


def readings(fields: Any) -> list[Reading]:
    """`{ours: (their path, unit)}` as what takes a field out of a line."""

    def reading(ours: str, path: str, unit: Unit) -> Reading:
        return ours, tuple(path.split(".")), READERS[unit]

    return [reading(ours, path, unit) for ours, (path, unit) in fields.items()]


class Rules:
    """Messages by the bytes they begin with. An exact one is found at once, and each ending only once."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._by_text: dict[bytes, Rule | None] = {m.text.encode(): Rule(m) for m in messages}
        self._beginnings = sorted(((m.text.encode(), Rule(m)) for m in messages), key=lambda m: -len(m[0]))

    def find(self, message: bytes) -> Rule | None:
        """The rule for a message, or None."""
        try:
            return self._by_text[message]
        except KeyError:
            pass
        rule = next((rule for text, rule in self._beginnings if message.startswith(text)), None)
        if len(self._by_text) < 10_000:
            self._by_text[message] = rule
        return rule


class LineParser:
    """Lines of one file. What is wrong with them goes to `troubles`."""

    def __init__(self, file: str, troubles: Troubles) -> None:
        self.file, self.troubles = file, troubles
        self.line = 0
        self.host = ""  # the first that was seen
        self.pretty = False  # whether the last line was pretty-printed
        self.node, self.scheduler = Rules(NODE), Rules(SCHEDULER)
        self.heartbeat = Rule(EMBEDDED[0])

    @property
    def where(self) -> str:
        """`file:line` of the present line."""
        return f"{self.file}:{self.line}"

    def trouble(self, kind: Any, example: str | bytes = "") -> None:
        """Count a trouble at the present line."""
        text = example[:200].decode("utf-8", "replace") if isinstance(example, bytes) else example
        self.troubles.add(kind, self.where, text)

    def parse(self, line_number: int, raw: bytes) -> Record | None:
        """The record of a line, or None: nothing that matters here, or nothing that can be read."""
        self.line = line_number
        raw = raw.strip()
        if not raw:
            return None
        if line_number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        self.troubles.lines += 1
        if not (raw.startswith(b"{") and raw.endswith(b"}")):
            self._not_json(raw)
            return None
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
        if _PRETTY.match(raw):
            self.pretty = True
            self.trouble("pretty_printed", raw)
        elif not (self.pretty and not raw.startswith(b"{")):  # else a field below a pretty-printed line
            self.trouble("half_line" if raw.isascii() or _is_utf8(raw) else "not_utf8", raw)

    def _known(self, raw: bytes) -> Record | None:
        """Find the line's message without decoding it; go on if it is one of ours."""
        start = raw.rfind(b'"msg":"')
        if start >= 0:
            return self._node(raw, raw[start + 7 : raw.find(b'"', start + 7)])
        start = raw.find(b'"message":"')
        if start >= 0:
            return self._scheduler(raw, raw[start + 11 : start + 211].split(b'"', 1)[0])
        if b'"stores"' in raw and (b'"uptime_ms"' in raw or b'"at"' in raw):
            return self._probe(raw)
        loose = _LOOSE_MESSAGE.search(raw)  # somebody wrote the JSON anew, with spaces
        if loose is None:
            return None
        message = raw[loose.end() : loose.end() + 200].split(b'"', 1)[0]
        return self._node(raw, message) if loose[1] == b"msg" else self._scheduler(raw, message)

    # The node

    def _node(self, raw: bytes, message: bytes) -> Record | None:
        rules = self.node
        if b"\\" in message:  # escaped: "\u274c" for "❌"
            message = str(self._decode(raw).get("msg", "")).encode("utf-8", "replace")
        rule = rules.find(message)
        if rule is None:
            if raw.startswith(b'{"level":'):
                self._level("node", _NODE_LEVELS.get(int(raw[9:11]) if raw[9:11].isdigit() else 0))
            return None
        line = self._decode(raw)
        level = line.get("level")
        self._level("node", _NODE_LEVELS.get(level) if isinstance(level, int) else rule.level)
        host = line.get("hostname", "")
        host = identity(host) if host != "" else ""
        node_id = line.get("nodeId")
        if isinstance(node_id, str) and node_id:
            if host and len(self.troubles.node_ids) < 10_000:
                self.troubles.node_ids.setdefault(host, node_id)
            host = host or node_id
        if host != self.host:
            self._other_host(host)
        return self._record(rule, line.get("time"), line, host, "sessionId", "jobId")

    # The scheduler

    def _scheduler(self, raw: bytes, message: bytes) -> Record | None:
        if message.startswith(_NODE_MESSAGE):
            if b"node_heartbeat" in raw:
                return self._embedded(raw)
            return None  # another message of a node, with its speech
        if b"\\" in message:
            line = self._decode(raw)
            fields = line.get("fields", line)
            said = fields.get("message", "") if isinstance(fields, dict) else ""
            message = str(said).encode("utf-8", "replace")
        rule = self.scheduler.find(message)
        if rule is None:
            self._unknown(raw)
            return None
        line = self._decode(raw)
        fields = line.get("fields", line)
        if not isinstance(fields, dict):
            raise WrongValueError("wrong_value", "`fields` is not a map")
        self._level("scheduler", _SCHEDULER_LEVELS.get(str(line.get("level", "")).upper(), rule.level))
        node = fields.get("node_id", "")
        node = node if isinstance(node, str) and node != "None" else ""  # Rust's None, in debug format
        node = node.removeprefix('Some("').removesuffix('")')
        return self._record(rule, line.get("timestamp"), fields, node, "session_id", "job_id")

    def _unknown(self, raw: bytes) -> None:
        head = raw[:120]
        if b'"level":"DEBUG"' in head or b'"level":"TRACE"' in head:
            self._level("scheduler", "debug")

    def _embedded(self, raw: bytes) -> Record | None:
        """A heartbeat as it came from a node, as JSON text inside the message."""
        line = self._decode(raw)
        fields = line.get("fields", line)
        text = str(fields.get("message", "")) if isinstance(fields, dict) else ""
        try:
            inner = orjson.loads(text[text.find("{") :])
        except orjson.JSONDecodeError:
            self.trouble("half_line", f"inside a message: {text}")
            return None
        if not isinstance(inner, dict) or inner.get("type") != "node_heartbeat":
            return None
        self._level("scheduler", "info")
        node = identity(inner.get("node_id"))
        return self._record(self.heartbeat, line.get("timestamp"), inner, node, "", "")

    # The probe

    def _probe(self, raw: bytes) -> Record | None:
        """Sizes by store, `NAME.LEVEL`, and the process' memory."""
        line = self._decode(raw)
        stores, memory = line.get("stores"), line.get("memory")
        if not isinstance(stores, dict):
            raise WrongValueError("wrong_value", "`stores` is not a map of names to sizes")
        fields: Fields = {}
        for name, levels in stores.items():
            for level, value in (levels if isinstance(levels, dict) else {"entries": levels}).items():
                self._take(fields, f"{name}.{level}", value, READERS["count"])
        if isinstance(memory, dict):
            for ours, theirs in (("rss_bytes", "rss"), ("heap_bytes", "heapUsed")):
                self._take(fields, ours, memory.get(theirs, Missing), READERS["bytes"])
        for key in ("uptime_ms", "live_bytes"):
            self._take(fields, key, line.get(key, Missing), number)
        process = line.get("pid")
        self._level("probe", "info")
        node = f"pid {process}" if isinstance(process, int) else ""
        return Record(time_ms(line.get("at")), "sizes", node, "", "", fields)

    # What they share

    def _decode(self, raw: bytes) -> dict[str, Any]:
        line = decoded(raw)
        if has_key_twice(raw, line):
            self.trouble("duplicate_key", raw)
        return line

    def _record(
        self, rule: Rule, at: Any, fields: dict[str, Any], node: str, session: str, job: str
    ) -> Record:
        at_ms = at if isinstance(at, int) and 946_684_800_000 <= at < 4_102_444_800_000 else time_ms(at)
        session_id = fields.get(session, "")
        if session_id != "" or rule.kind in NEEDS_SESSION:
            session_id = identity(session_id)
        job_id = fields.get(job, "")
        if job_id != "":
            job_id = identity(job_id)
        taken: Fields = {}
        for ours, path, read in rule.readings:
            value = fields.get(path[0], Missing) if len(path) == 1 else at_path(fields, path)
            if value is not Missing:
                self._take(taken, ours, value, read)
        return Record(at_ms, rule.kind, node, session_id, job_id, taken)

    def _take(self, fields: Fields, ours: str, value: Any, read: Callable[[Any], float | str]) -> None:
        if value is Missing or value == "None":
            return
        try:
            fields[ours] = read(value)
        except WrongValueError as wrong:
            self.trouble(wrong.kind, f"{ours}: {wrong}")

    def _level(self, source: Source, level: str | None) -> None:
        if level is not None:
            counted = self.troubles.levels.get(source)
            if counted is None:
                counted = self.troubles.levels[source] = type(self.troubles.records)()
            counted[level] += 1

    def _other_host(self, host: str) -> None:
        if self.host:
            self.trouble("mixed_hosts", f"{host} after {self.host}")
        self.host = host


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
