"""Records as columns: one row per utterance, and what nodes say of their tables and memory.

This is all that calibration looks at, so what was read from logs and what was put together otherwise can be
compared array by array.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .records import Record, Troubles

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

NO_ANSWER, ANSWERED, FAILED, TIMED_OUT = range(4)
"""How a translation that was asked for ended (`Observations.answer`)."""

AUDIO_BYTES_PER_MS = 32  # 16 kHz PCM16


@dataclass(frozen=True)
class Observations:
    """Columns by utterance in time order (NaN: not seen), and by node what it said.

    `at_ms` since 1970. Sessions, texts and nodes are numbered by first appearance; a text of -1 was not seen.
    `two_byte`: 1 or 0 by the text's characters, -1 unknown. `turn`: the utterance's number in its session, -1
    unknown. `sweeps`: instants, entries removed, entries left. `caps`: sizes right after an eviction.
    `processes`: instants and bytes of a node's process, as its probe says.
    """

    from_ms: float
    to_ms: float
    at_ms: Ints
    session: Ints
    turn: Ints
    node: Ints
    audio_ms: Floats
    service_ms: Floats
    asked_ms: Floats
    text: Ints
    chars: Ints
    two_byte: NDArray[np.int8]
    latency_ms: Floats
    answer: NDArray[np.int8]
    cache_hit: NDArray[np.bool_]
    nodes: tuple[str, ...]
    heartbeats: dict[str, tuple[Floats, Floats]]
    sweeps: dict[str, tuple[Floats, Ints, Ints]]
    processes: dict[str, tuple[Floats, Floats]] = field(default_factory=dict)
    caps: tuple[int, ...] = ()
    most_entries: int = 0
    opened_ms: Floats = field(default_factory=lambda: np.empty(0))
    thresholds_percent: tuple[float, ...] = ()
    excluded_percent: tuple[float, ...] = ()
    idle_s: tuple[float, ...] = ()
    hides_debug: bool = True

    def __len__(self) -> int:
        """The number of utterances."""
        return len(self.at_ms)

    @property
    def sessions(self) -> int:
        """The number of sessions."""
        return int(self.session.max()) + 1 if len(self.session) else 0


def observe(records: Iterable[Record], troubles: Troubles | None = None) -> Observations:
    """Put records together; `troubles` says whether debug lines were hidden, once all are read."""
    collector = _Collector()
    for record in records:
        collector.take(record)
    return collector.finish(troubles)


class _Collector:
    def __init__(self) -> None:
        self.first_ms: int | None = None
        self.last_ms = 0
        self.rows: dict[tuple[str, str], int] = {}
        self.columns: dict[str, array[Any]] = {
            name: array(code)
            for name, code in (
                ("at_ms", "q"), ("session", "q"), ("turn", "q"), ("node", "q"), ("audio_ms", "d"),
                ("service_ms", "d"), ("asked_ms", "d"), ("text", "q"), ("chars", "q"), ("two_byte", "b"),
                ("latency_ms", "d"), ("answer", "b"), ("cache_hit", "b"),
            )
        }  # fmt: skip
        self.sessions: dict[str, int] = {}
        self.texts: dict[bytes, int] = {}
        self.nodes: dict[str, int] = {}
        self.heartbeats: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.sweeps: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self.processes: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.opened: array[float] = array("d")
        self.caps: list[int] = []
        self.evicted_at: dict[str, int] = {}
        self.most = 0
        self.thresholds: set[float] = set()
        self.excluded: list[float] = []
        self.idle: set[float] = set()
        self.takers = {
            name.removeprefix("_on_"): getattr(self, name) for name in dir(self) if name.startswith("_on_")
        }

    def take(self, record: Record) -> None:
        if self.first_ms is None:
            self.first_ms = record.at_ms
        self.first_ms = min(self.first_ms, record.at_ms)
        self.last_ms = max(self.last_ms, record.at_ms)
        taker = self.takers.get(record.kind)
        if taker is not None:
            taker(record)

    def _row(self, record: Record) -> int:
        """The row of a record's utterance; a new one where it is the first to speak of it."""
        turn = record.fields.get("utterance")
        name = (record.session, record.job or f"{record.at_ms}/{turn}")
        row = self.rows.get(name)
        if row is None:
            row = self.rows[name] = len(self.rows)
            fresh = {
                "at_ms": record.at_ms,
                "session": self.sessions.setdefault(record.session, len(self.sessions)),
                "turn": -1 if turn is None else int(turn),
                "node": self.nodes.setdefault(record.node, len(self.nodes)),
                "text": -1, "chars": -1, "two_byte": -1, "answer": NO_ANSWER, "cache_hit": 0,
            }  # fmt: skip
            for column, values in self.columns.items():
                values.append(fresh.get(column, float("nan")))
        return row

    def _known(self, record: Record) -> int | None:
        """The row of an utterance that was seen to arrive; one from before the log has none."""
        return self.rows.get((record.session, record.job))

    def _put(self, record: Record, **values: Any) -> None:
        row = self._known(record)
        if row is not None:
            for column, value in values.items():
                if value is not None:
                    self.columns[column][row] = value

    def _on_job_assigned(self, record: Record) -> None:
        if record.session:
            self._row(record)

    def _on_audio_received(self, record: Record) -> None:
        chars = record.fields.get("audio_base64_chars")
        # base64 is padded upwards to whole groups of 4: the length below is the true one
        length = None if chars is None else float(int(chars) * 3 // 4 // AUDIO_BYTES_PER_MS)
        self._put(record, audio_ms=length)

    def _on_job_done(self, record: Record) -> None:
        self._put(record, service_ms=record.fields.get("processing_ms"))

    def _on_nmt_sent(self, record: Record) -> None:
        text = record.fields.get("text")
        values: dict[str, Any] = {"asked_ms": record.at_ms}
        if isinstance(text, str):
            digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            values["text"] = self.texts.setdefault(digest, len(self.texts))
            values["two_byte"] = int(any(char > "ÿ" for char in text))
        chars = record.fields.get("text_chars", len(text) if isinstance(text, str) else None)
        values["chars"] = None if chars is None else int(float(chars))
        self._put(record, **values)

    def _on_nmt_done(self, record: Record) -> None:
        self._put(record, latency_ms=record.fields.get("request_ms"), answer=ANSWERED)

    def _on_nmt_failed(self, record: Record) -> None:
        timed_out = bool(record.fields.get("timeout"))
        latency = record.fields.get("request_ms")
        self._put(record, latency_ms=latency, answer=TIMED_OUT if timed_out else FAILED)

    def _on_cache_hit(self, record: Record) -> None:
        self._put(record, cache_hit=1)

    def _on_session_opened(self, record: Record) -> None:
        self.opened.append(record.at_ms)

    def _on_heartbeat(self, record: Record) -> None:
        percent = record.fields.get("memory_percent")
        if percent is not None:
            self.heartbeats[record.node].append((record.at_ms, float(percent)))

    def _on_sizes(self, record: Record) -> None:
        held = record.fields.get("rss_bytes")
        if held is not None:
            self.processes[record.node].append((record.at_ms, float(held)))

    def _on_sweep(self, record: Record) -> None:
        removed, left = record.fields.get("removed"), record.fields.get("total_sessions")
        if removed is not None and left is not None:
            self.sweeps[record.node].append((record.at_ms, int(float(removed)), int(float(left))))

    def _on_session_evicted(self, record: Record) -> None:
        self.evicted_at[record.node] = record.at_ms

    def _on_session_created(self, record: Record) -> None:
        total = record.fields.get("total_sessions")
        if total is not None:
            self.most = max(self.most, int(float(total)))
            if self.evicted_at.pop(record.node, None) is not None:
                self.caps.append(int(float(total)))

    def _on_node_excluded(self, record: Record) -> None:
        if (threshold := record.fields.get("threshold_percent")) is not None:
            self.thresholds.add(float(threshold))
        if (used := record.fields.get("memory_percent")) is not None:
            self.excluded.append(float(used))

    def _on_session_idle(self, record: Record) -> None:
        if (idle := record.fields.get("idle_s")) is not None:
            self.idle.add(float(idle))

    def finish(self, troubles: Troubles | None) -> Observations:
        columns = {name: np.array(values) for name, values in self.columns.items()}
        columns["cache_hit"] = columns["cache_hit"].astype(np.bool_)
        order = np.argsort(columns["at_ms"], kind="stable")
        # a node's own log has its host's name, the scheduler's its id: one of them is enough
        ids = {} if troubles is None else troubles.node_ids
        for host, node in ids.items():
            if host in self.heartbeats:
                self.heartbeats.pop(node, None)
        return Observations(
            from_ms=float(self.first_ms or 0),
            to_ms=float(self.last_ms),
            **{name: values[order] for name, values in columns.items()},
            nodes=tuple(self.nodes),
            heartbeats={node: _pair(seen) for node, seen in self.heartbeats.items()},
            sweeps={node: _sweeps(seen) for node, seen in self.sweeps.items()},
            processes=self._processes(troubles),
            caps=tuple(self.caps),
            most_entries=max([self.most, *(left for seen in self.sweeps.values() for _, _, left in seen)]),
            opened_ms=np.array(self.opened),
            thresholds_percent=tuple(sorted(self.thresholds)),
            excluded_percent=tuple(self.excluded),
            idle_s=tuple(sorted(self.idle)),
            hides_debug=troubles is None or troubles.hides_debug(),
        )

    def _processes(self, troubles: Troubles | None) -> dict[str, tuple[Floats, Floats]]:
        """What probes say, by the name that the node's heartbeats have."""
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        hosts = {} if troubles is None else {f"pid {pid}": host for pid, host in troubles.pids.items()}
        ids = {} if troubles is None else troubles.node_ids
        for name, seen in self.processes.items():
            host = hosts.get(name, name)
            node = host if host in self.heartbeats else ids.get(host, "")
            if node in self.heartbeats:
                found[node] += seen
        return {node: _pair(sorted(seen)) for node, seen in found.items()}


def _pair(seen: list[tuple[int, float]]) -> tuple[Floats, Floats]:
    at, level = np.array(seen, dtype=np.float64).T
    return at, level


def _sweeps(seen: list[tuple[int, int, int]]) -> tuple[Floats, Ints, Ints]:
    at, removed, left = np.array(seen, dtype=np.int64).T
    return at.astype(np.float64), removed, left
