"""A run's log lines, as the modelled system would have written them: for trying out what reads logs.

Of each node `electron-main.NODE-1.log` (pino), of the scheduler `scheduler.log` (tracing), with the messages
of the config's era: from June 2026 on, when memory no longer excludes, those of its new selection. Only lines
that say something are written, in the fields that the model knows: a heartbeat has no CPU and no GPU. What
the modelled system never writes as found, sizes of stores, comes only when asked for, as its unused `Memory
usage analysis` and as lines of tools/probe.js.

Time 0 of a run is midnight, 2026-01-01 UTC. A session is named by its number, scrambled; a job by its session
and turn; a text is letters that depend on its id, as many as it has.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from ..engine.narration import tell_run
from ..model.availability import BUSY, DEGRADED, MEMORY, OFFLINE, STARTING
from .writing import Logs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config import Scenario
    from ..engine.history import History
    from ..engine.rows import Row
    from ..workload import Workload
    from .records import Level

EPOCH_MS: Final = 1_767_225_600_000  # 2026-01-01
NUMERIC: Final[Mapping[Level, int]] = {"debug": 20, "info": 30, "warn": 40, "error": 50}
ANALYSIS_BYTES: Final = {"session": 1200, "translation": 300, "text": 250}
"""What the modelled system's own analyser multiplies counts with. Source: memory-analyzer.ts."""

_REASONS: Final = {
    OFFLINE: "offline",
    STARTING: "status_not_ready",
    DEGRADED: "status_not_ready",
    BUSY: "capacity_exceeded",
    MEMORY: "resource_threshold_exceeded",
}
_COUNTERS: Final = (
    "offline", "status_not_ready", "not_in_public_pool", "gpu_unavailable", "model_not_available",
    "capacity_exceeded", "resource_threshold_exceeded",
)  # fmt: skip
_CLEANUPS: Final = {
    "middleware_last_sent_text": (
        "AggregatorMiddleware: Cleaned up expired lastSentText entries",
        "remainingCount",
    ),
    "dedup_last_sent_text": ("DedupStage: Cleaned up expired job_id entries", "remainingJobIdsCount"),
}
_LETTERS: Final = "etaoinshrdlcumwfgypbvk"
_TWO_BYTE_LETTERS: Final = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自"


def write_logs(
    folder: Path,
    workload: Workload,
    scenario: Scenario,
    *,
    level: Level = "info",
    sizes_every_ms: int | None = None,
) -> tuple[list[Path], History]:
    """Run one replication and write its logs; returns the files and the run.

    Args:
        folder: where to; it is made. Files of the same names are replaced, each once it is whole.
        workload: the replication's.
        scenario: the setting.
        level: `info`, as the modelled system logs by default, or `debug`.
        sizes_every_ms: also write the stores' sizes, every so many ms.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Ends of jobs are told a heartbeat late at most; one more for a node that is just coming back.
    with Logs(folder, lateness_ms=2 * scenario.scheduler.heartbeat_ms + 1000) as logs:
        teller = _Teller(logs, scenario, level)
        history = tell_run(workload, scenario, teller, sizes_every_ms)
    return logs.written, history


def session_id(session: int) -> str:
    """The name of a session, different for each of the first 2^32."""
    return f"s-{session * 2_654_435_761 % 2**32:08X}"


def text_of(row: Row) -> str:
    """A text of the row's length and script; the same for the same id, another for another."""
    letters = _TWO_BYTE_LETTERS if row.two_byte else _LETTERS
    base, said, digits = len(letters) - 1, row.text, []  # the last one fills up
    while said:
        said, digit = divmod(said, base)
        digits.append(letters[digit])
    filler = letters[base] * max(row.source_chars - len(digits), 0)
    return ("".join(digits) + filler)[: row.source_chars]


def audio_base64_chars(audio_ms: int) -> int:
    """Characters of 16 kHz PCM16 in base64.

    >>> audio_base64_chars(5000)
    213336
    """
    return -(-audio_ms * 32 // 3) * 4


class _Teller:
    """Turns events into lines."""

    def __init__(self, logs: Logs, scenario: Scenario, level: Level) -> None:
        self.logs, self.debug = logs, level == "debug"
        self.new = scenario.scheduler.threshold.rule == "never"  # the scheduler of June 2026
        self.total_bytes = scenario.nodes.memory_bytes
        threshold = scenario.threshold_bytes
        self.threshold_percent = 0.0 if threshold is None else round(100 * threshold / self.total_bytes, 2)
        self.pending_s = scenario.scheduler.pending_timeout_ms / 1000
        self.job_timeout_s = scenario.scheduler.job_timeout_ms / 1000
        self.idle_s = (scenario.workload.sessions.idle_limit_ms or 0) / 1000
        self.nodes = range(scenario.nodes.count)
        self.stored: list[set[int]] = [set() for _ in self.nodes]  # sessions in each node's session store
        self.pid = [4000 + 10 * index for index in self.nodes]

    def __call__(self, at_ms: int, what: str, /, node: int = -1, **facts: Any) -> None:
        """Write the lines of one event."""
        if what != "given_up":  # which is told when it is certain, some time before
            self.logs.now(at_ms)
        getattr(self, f"_{what}")(at_ms, node, **facts)

    # Lines

    def _node(self, at_ms: int, node: int, level: Level, message: str, **fields: Any) -> None:
        if level == "debug" and not self.debug:
            return
        line = {
            "level": NUMERIC[level],
            "time": EPOCH_MS + at_ms,
            "pid": self.pid[node],
            "hostname": f"NODE-{node + 1}",
            **fields,
            "msg": message,
        }
        self.logs.line(f"electron-main.NODE-{node + 1}.log", at_ms, orjson.dumps(line))

    def _scheduler(self, at_ms: int, level: Level, message: str, **fields: Any) -> None:
        when = datetime.fromtimestamp((EPOCH_MS + at_ms) / 1000, UTC)
        line = {
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": level.upper(),
            "fields": {"message": message, **fields},
            "target": "lingua_scheduler",
        }
        self.logs.line("scheduler.log", at_ms, orjson.dumps(line))

    @staticmethod
    def _ids(row: Row) -> dict[str, Any]:
        job = f"job-{row.session}-{row.turn}"
        return {"jobId": job, "sessionId": session_id(row.session), "utteranceIndex": row.turn}

    @staticmethod
    def _job(row: Row) -> dict[str, Any]:
        job = f"job-{row.session}-{row.turn}"
        return {"session_id": session_id(row.session), "job_id": job, "utterance_index": row.turn}

    def _percent(self, memory_bytes: int) -> float:
        return round(100 * memory_bytes / self.total_bytes, 2)

    # What the scheduler sees

    def _opened(self, at_ms: int, _: int, row: Row) -> None:
        two = {"src_lang": "zh", "tgt_lang": "en"} if row.two_byte else {"src_lang": "en", "tgt_lang": "zh"}
        self._scheduler(
            at_ms, "info", "Session created", session_id=session_id(row.session), **two, mode="None"
        )

    def _idle(self, at_ms: int, _: int, session: int) -> None:
        silent = {"session_id": session_id(session), "idle_secs": self.idle_s}
        message = "Session idle timeout, closing actor"
        self._scheduler(at_ms, "warn", message, **silent)

    def _excluded(self, at_ms: int, node: int, memory_bytes: int) -> None:
        message = "Node excluded: resource threshold exceeded"
        usage = {"memory_usage": self._percent(memory_bytes), "threshold": self.threshold_percent}
        self._scheduler(at_ms, "warn", message, node_id=node_id(node), **usage)

    def _no_node(self, at_ms: int, _: int, causes: Mapping[int, int], row: Row) -> None:
        if self.new:
            pair = "zh:en" if row.two_byte else "en:zh"
            message = "【节点选择】没有可用的节点（语言对无池或池为空）"
            self._scheduler(at_ms, "warn", message, pair_key=pair)
            return
        counted = dict.fromkeys(_COUNTERS, 0)
        for cause, count in causes.items():
            counted[_REASONS[cause]] += count
        best = max(_COUNTERS, key=counted.__getitem__)  # of equals the first
        message = "节点选择失败（类型选择）：没有找到可用节点"
        self._scheduler(at_ms, "warn", message, total_nodes=sum(causes.values()), **counted, best_reason=best)
        message = "Job has no available nodes (internal scheduling issue, not sent to client)"
        self._scheduler(at_ms, "warn", message, **self._job(row))

    def _waited(self, at_ms: int, _: int, row: Row) -> None:
        limit = {"node_id": "None", "pending_timeout_seconds": self.pending_s}
        self._scheduler(at_ms, "warn", "Job pending 超时，标记失败", **self._job(row), **limit)

    def _given_up(self, at_ms: int, node: int, row: Row, dispatched_ms: int) -> None:
        facts = {"node_id": node_id(node), "dispatched_timeout_seconds": self.job_timeout_s}
        message = "Job dispatched 超时，尝试 cancel + failover"
        elapsed_ms = at_ms - dispatched_ms
        self._scheduler(at_ms, "warn", message, **self._job(row), **facts, elapsed_ms=elapsed_ms)

    def _status(self, at_ms: int, node: int, before: str, after: str) -> None:
        if after == "registering":  # the process is a new one
            self.pid[node] += 1
            self.stored[node].clear()
        if not self.new:
            change = {"from": before, "to": after, "reason": "simulated"}
            self._scheduler(at_ms, "info", "Node status transition", node_id=node_id(node), **change)

    def _beat(self, at_ms: int, node: int, memory_bytes: int, load: int) -> None:
        percent = self._percent(memory_bytes)
        message = "Sending heartbeat with type-level capability"
        usage = {"memory": percent}
        self._node(at_ms, node, "debug", message, nodeId=node_id(node), resourceUsage=usage)
        inner = {
            "type": "node_heartbeat",
            "node_id": node_id(node),
            "resource_usage": {"mem_percent": percent, "running_jobs": load},
        }
        text = orjson.dumps(inner).decode()
        self._scheduler(at_ms, "info", f"Received node message (length: {len(text)}): {text}")
        if self.new:
            step = {"step": "heartbeat_start", "node_id": node_id(node)}
            self._scheduler(at_ms, "info", "【节点管理流程】收到节点心跳", **step)

    # What a node does

    def _dispatched(self, at_ms: int, node: int, row: Row) -> None:
        ids = self._ids(row)
        self._node(at_ms, node, "info", "Received job_assign, starting processing", **ids)
        audio = {"audioFormat": "pcm16", "audioLength": audio_base64_chars(row.audio_ms)}
        self._node(at_ms, node, "info", "Processing job: received audio data", **ids, **audio)
        if self.new and row.session not in self.stored[node]:
            self.stored[node].add(row.session)
            named = {"sessionId": ids["sessionId"], "nodeId": node_id(node)}
            self._node(at_ms, node, "info", "[SessionStore] created session", **named)

    def _served(self, at_ms: int, node: int, row: Row, dispatched_ms: int) -> None:
        took = {"processingTimeMs": at_ms - dispatched_ms}
        self._node(at_ms, node, "info", "Job result sent successfully", **self._ids(row), **took)
        if self.new:
            ids = {**self._job(row), "node_id": node_id(node), "success": True}
            self._scheduler(at_ms, "info", "【JobResult】收到节点返回", **ids)

    def _created(self, at_ms: int, node: int, row: Row, entries: int) -> None:
        facts = {"sessionId": session_id(row.session), "mode": "two_way", "totalSessions": entries}
        self._node(at_ms, node, "debug", "Created new AggregatorState (session isolated)", **facts)

    def _removed(self, at_ms: int, node: int, session: int, message: str) -> None:
        named = {"sessionId": session_id(session)}
        self._node(at_ms, node, "debug", "Removed AggregatorState and cleared context cache", **named)
        if message:
            self._node(at_ms, node, "debug", message, **named)

    def _evicted(self, at_ms: int, node: int, session: int) -> None:
        self._removed(at_ms, node, session, "Evicted LRU AggregatorState")

    def _swept(self, at_ms: int, node: int, sessions: list[int], entries: int) -> None:
        if self.debug:
            for session in sessions:
                self._removed(at_ms, node, session, "Removed expired AggregatorState")
        counts = {"count": len(sessions), "totalSessions": entries}
        self._node(at_ms, node, "info", "Cleaned up expired AggregatorState sessions", **counts)

    def _ended(self, at_ms: int, node: int, session: int, *, held: bool) -> None:
        if held:
            self._removed(at_ms, node, session, "")
        message = "InferenceService: Session removed from all components"
        self._node(at_ms, node, "info", message, sessionId=session_id(session))

    def _cleaned(self, at_ms: int, node: int, store: str, removed: int, entries: int) -> None:
        if store in _CLEANUPS:
            message, left = _CLEANUPS[store]
            self._node(at_ms, node, "info", message, **{"count": removed, left: entries})

    # Translations

    def _asked(self, at_ms: int, node: int, row: Row) -> None:
        text = {"text": text_of(row), "textLength": row.source_chars, "timeout": 60_000}
        message = "NMT INPUT: Sending NMT request (START)"
        self._node(at_ms, node, "info", message, serviceId="nmt-m2m100", **self._ids(row), **text)

    def _translated(self, at_ms: int, node: int, row: Row) -> None:
        ids = self._ids(row)
        said = {"status": 200, "requestDurationMs": row.latency_ms, "translatedTextLength": row.target_chars}
        message = "NMT OUTPUT: NMT request succeeded (END)"
        self._node(at_ms, node, "info", message, serviceId="nmt-m2m100", **ids, **said)
        del ids["utteranceIndex"]
        said = {"translationTimeMs": row.latency_ms, "fromCache": False}
        self._node(at_ms, node, "info", "TranslationStage: Translation completed", **ids, **said)

    def _failed(self, at_ms: int, node: int, row: Row) -> None:
        why = {"error": "Request failed with status code 500", "errorCode": "ERR_BAD_RESPONSE"}
        took = {"requestDurationMs": row.latency_ms, "isTimeout": False}
        self._node(at_ms, node, "error", "NMT task failed", **why, **self._ids(row), **took)

    def _timed_out(self, at_ms: int, node: int, row: Row, timeout_ms: int) -> None:
        why = {"error": f"timeout of {timeout_ms}ms exceeded", "errorCode": "ECONNABORTED"}
        took = {"requestDurationMs": timeout_ms, "timeout": timeout_ms, "isTimeout": True}
        self._node(at_ms, node, "error", "NMT task failed (TIMEOUT)", **why, **self._ids(row), **took)

    def _cached(self, at_ms: int, node: int, row: Row) -> None:
        ids = self._ids(row)
        del ids["utteranceIndex"]
        message = "TranslationStage: Translation from cache"
        self._node(at_ms, node, "debug", message, **ids, cacheHit=True)

    # Sizes

    def _sizes(
        self, at_ms: int, node: int, stores: Mapping[str, tuple[int, int]], process_bytes: int
    ) -> None:
        def part(store: str, count: str, each_bytes: int) -> dict[str, float]:
            entries = stores.get(store, (0, 0))[0]
            return {count: entries, "estimatedMemoryMB": round(entries * each_bytes / 2**20, 4)}

        table = part("aggregator_states", "totalSessions", ANALYSIS_BYTES["session"])
        cache = part("translation_cache", "size", ANALYSIS_BYTES["translation"])
        texts = part("dedup_last_sent_text", "lastSentTextCount", ANALYSIS_BYTES["text"])
        total = sum(each["estimatedMemoryMB"] for each in (table, cache, texts))
        parts = {"aggregatorManager": table, "translationCache": cache, "dedupStage": texts}
        message = "Memory usage analysis"
        self._node(at_ms, node, "info", message, **parts, totalEstimatedMemoryMB=f"{total:.2f}")
        seen = {
            "at": EPOCH_MS + at_ms,
            "uptime_ms": at_ms,
            "pid": self.pid[node],
            "stores": {name: entries for name, (entries, _) in stores.items()},
            "memory": {"rss": process_bytes},
            "live_bytes": sum(size for _, size in stores.values()),
        }
        self.logs.line(f"probe.NODE-{node + 1}.jsonl", at_ms, orjson.dumps(seen))


def node_id(node: int) -> str:
    """The id under which a node is known to the scheduler."""
    return f"node-{(node + 1) * 286_331_153:08X}"
