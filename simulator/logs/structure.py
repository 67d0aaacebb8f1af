"""A decoded line to one record: its structure says whether a node, the scheduler or a probe wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from .messages import EMBEDDED, NODE, SCHEDULER
from .records import LEVELS, Record
from .rules import NEEDS_SESSION, REMEMBERED, Rule, Rules
from .values import READERS, Missing, WrongValueError, at_path, identity, number, time_ms
from .wrapping import TEXT_COLOUR

if TYPE_CHECKING:
    from collections.abc import Callable

    from .records import Source, Troubles

    Fields = dict[str, float | str]

NODE_LEVELS: Final = {10: "debug", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "error"}
_NAMED_LEVELS: Final = {"TRACE": "debug", "FATAL": "error", **{level.upper(): level for level in LEVELS}}
NODE_MESSAGE: Final = "Received node message"
_ALSO: Final = {"sessionId": "session_id", "jobId": "job_id", "session_id": "sessionId", "job_id": "jobId"}


class DecodedLines:
    """Decoded lines of one file. What is wrong with them goes to `troubles`."""

    def __init__(self, file: str, troubles: Troubles) -> None:
        self.file, self.troubles = file, troubles
        self.line = 0
        self.host = ""  # the last that was seen
        self.process: int | None = None
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

    def read(self, line: dict[str, Any]) -> Record | None:
        """The record of a decoded line, or None when it says nothing that matters here."""
        message = line.get("msg")
        if isinstance(message, str) and (rule := self.node.find(_said(message))) is not None:
            return self._node(rule, line)
        fields = line.get("fields", line)
        message = fields.get("message") if isinstance(fields, dict) else None
        if isinstance(message, str):
            if message.startswith(NODE_MESSAGE):
                return self._embedded(line, message)
            if (rule := self.scheduler.find(_said(message))) is not None:
                return self._scheduler(rule, line, fields)
        if "stores" in line and ("uptime_ms" in line or "at" in line):
            return self._probe(line)
        return None

    def _node(self, rule: Rule, line: dict[str, Any]) -> Record | None:
        self.note_level("node", _level_of(line.get("level"), rule.level))
        host = line.get("hostname", "")
        host = identity(host) if host != "" else ""
        node_id = line.get("nodeId", line.get("node_id"))
        if isinstance(node_id, str) and node_id:
            if host and len(self.troubles.node_ids) < REMEMBERED:
                self.troubles.node_ids.setdefault(host, node_id)
            host = host or node_id
        if host != self.host:
            self._other_host(host)
        process = line.get("pid")
        if process != self.process and isinstance(process, int):
            self._other_process(process, host)
        at = line["time"] if "time" in line else line.get("timestamp")
        return self._record(rule, at, line, host, "sessionId", "jobId")

    def _scheduler(self, rule: Rule, line: dict[str, Any], fields: dict[str, Any]) -> Record | None:
        self.note_level("scheduler", _level_of(line.get("level"), rule.level))
        node = fields.get("node_id", "")
        node = node if isinstance(node, str) and node != "None" else ""  # Rust's None, in debug format
        node = node.removeprefix('Some("').removesuffix('")')
        return self._record(rule, line.get("timestamp"), fields, node, "session_id", "job_id")

    def _embedded(self, line: dict[str, Any], message: str) -> Record | None:
        """A heartbeat as it came from a node, as JSON text inside the scheduler's message."""
        try:
            inner = orjson.loads(message[message.find("{") :])
        except orjson.JSONDecodeError:
            self.trouble("half_line", f"inside a message: {message}")
            return None
        if not isinstance(inner, dict) or inner.get("type") != "node_heartbeat":
            return None
        self.note_level("scheduler", "info")
        node = identity(inner.get("node_id"))
        return self._record(self.heartbeat, line.get("timestamp"), inner, node, "", "")

    def _probe(self, line: dict[str, Any]) -> Record | None:
        """Sizes by store, `NAME.LEVEL`, and the process' memory."""
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
        self.note_level("probe", "info")
        node = f"pid {process}" if isinstance(process, int) else ""
        return Record(time_ms(line.get("at")), "sizes", node, "", "", fields)

    def _record(
        self, rule: Rule, at: Any, fields: dict[str, Any], node: str, session: str, job: str
    ) -> Record:
        at_ms = at if isinstance(at, int) and 946_684_800_000 <= at < 4_102_444_800_000 else time_ms(at)
        session_id = fields[session] if session in fields else fields.get(_ALSO.get(session, ""), "")
        if session_id != "" or rule.kind in NEEDS_SESSION:
            session_id = identity(session_id)
        job_id = fields[job] if job in fields else fields.get(_ALSO.get(job, ""), "")
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

    def note_level(self, source: Source, level: str | None) -> None:
        """Count a line of this level."""
        if level is not None:
            counted = self.troubles.levels.get(source)
            if counted is None:
                counted = self.troubles.levels[source] = type(self.troubles.records)()
            counted[level] += 1

    def _other_process(self, process: int, host: str) -> None:
        self.process = process
        pids = self.troubles.pids
        if len(pids) < REMEMBERED and pids.setdefault(process, host) != host:
            pids[process] = ""

    def _other_host(self, host: str) -> None:
        if self.host:
            self.trouble("mixed_hosts", f"{host} after {self.host}")
        self.host = host


def _said(message: str) -> bytes:
    """A decoded message as bytes, without colours."""
    plain = TEXT_COLOUR.sub("", message).strip() if "\x1b" in message else message
    return plain.encode("utf-8", "replace")


def _level_of(level: Any, expected: str) -> str | None:
    """A level by its number or its name; that of its message when it has neither."""
    return (
        NODE_LEVELS.get(level) if isinstance(level, int) else _NAMED_LEVELS.get(str(level).upper(), expected)
    )
