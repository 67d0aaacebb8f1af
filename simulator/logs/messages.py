"""The messages of the modelled system that mean something here: kind, level, and fields with their units.

Every message of the three eras is listed, Chinese and English, by as much of its beginning as they share. A
field is written `ours: (theirs, unit)`; `theirs` is a path with dots into the line. Sessions, jobs and nodes
have keys of their own (`sessionId`/`session_id`, `jobId`/`job_id`, `nodeId`/`node_id`) and are no fields.

Source: the modelled system's code, as read in 2026; docs/logs.md says which lines it writes in practice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .records import Kind, Level, Source

Unit = Literal["ms", "s", "bytes", "MiB", "characters", "percent", "count", "text", "yes or no"]
"""What a field is in. `MiB` is turned into bytes (the field's name ends in bytes), `yes or no` is 1 or 0."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        text: how the message begins; unless `whole`, anything may follow.
        kind: what it is.
        level: where it stands; at a coarser level it is hidden.
        source: who writes it.
        fields: our name -> (their path, unit).
        seldom: why a healthy system's log may never have it, or "".
    """

    text: str
    kind: Kind
    level: Level
    source: Source
    fields: Mapping[str, tuple[str, Unit]] = field(default_factory=dict)
    seldom: str = ""


_COUNTERS: Final = (
    "status_not_ready", "offline", "not_in_public_pool", "gpu_unavailable", "model_not_available",
    "capacity_exceeded", "resource_threshold_exceeded",
)  # fmt: skip

_NO_NODE: Final[Mapping[str, tuple[str, Unit]]] = {
    "total_nodes": ("total_nodes", "count"),
    **{name: (name, "count") for name in _COUNTERS},
    "best_reason": ("best_reason", "text"),
}

_EXCLUDED: Final[Mapping[str, tuple[str, Unit]]] = {
    "cpu_percent": ("cpu_usage", "percent"),
    "gpu_percent": ("gpu_usage", "percent"),
    "memory_percent": ("memory_usage", "percent"),
    "threshold_percent": ("threshold", "percent"),
}

_UTTERANCE: Final[Mapping[str, tuple[str, Unit]]] = {"utterance": ("utteranceIndex", "count")}
_NMT_FAILED: Final[Mapping[str, tuple[str, Unit]]] = {
    **_UTTERANCE,
    "request_ms": ("requestDurationMs", "ms"),
    "timeout": ("isTimeout", "yes or no"),
    "error": ("errorCode", "text"),
}

NODE: Final = (
    Message("Created new AggregatorState", "session_created", "debug", "node",
            {"total_sessions": ("totalSessions", "count")}),
    Message("Removed AggregatorState and cleared context cache", "session_removed", "debug", "node"),
    Message("Removed expired AggregatorState", "session_expired", "debug", "node"),
    Message("Evicted LRU AggregatorState", "session_evicted", "debug", "node"),
    Message("Cleaned up expired AggregatorState sessions", "sweep", "info", "node",
            {"removed": ("count", "count"), "total_sessions": ("totalSessions", "count")}),
    Message("AggregatorMiddleware: Cleaned up expired lastSentText entries",
            "last_text_sweep", "info", "node",
            {"removed": ("count", "count"), "remaining": ("remainingCount", "count")},
            seldom="nothing calls this cleanup as found"),
    Message("DedupStage: Cleaned up expired job_id entries", "dedup_sweep", "info", "node",
            {"removed": ("count", "count"), "remaining": ("remainingJobIdsCount", "count")},
            seldom="nothing calls this cleanup as found"),
    Message("Memory usage analysis", "memory_analysis", "info", "node", {
        "aggregator_states.entries": ("aggregatorManager.totalSessions", "count"),
        "aggregator_states.active": ("aggregatorManager.activeSessions", "count"),
        "aggregator_states.bytes": ("aggregatorManager.estimatedMemoryMB", "MiB"),
        "translation_cache.entries": ("translationCache.size", "count"),
        "translation_cache.max": ("translationCache.maxSize", "count"),
        "translation_cache.bytes": ("translationCache.estimatedMemoryMB", "MiB"),
        "dedup_last_sent_text.entries": ("dedupStage.lastSentTextCount", "count"),
        "dedup_last_sent_text.bytes": ("dedupStage.estimatedMemoryMB", "MiB"),
        "total_bytes": ("totalEstimatedMemoryMB", "MiB"),
    }, seldom="nothing calls the analyser as found"),
    Message("TranslationStage: Pending async translations count", "pending_size", "debug", "node",
            {"entries": ("pendingCount", "count")}, seldom="the map is never written as found"),
    Message("InferenceService: Session removed from all components", "session_forgotten", "info", "node",
            seldom="nothing calls it as found"),
    Message("[SessionStore] created session", "session_stored", "info", "node"),
    Message("Received job_assign, starting processing", "job_assigned", "info", "node", _UTTERANCE),
    Message("Processing job: received audio data", "audio_received", "info", "node",
            {**_UTTERANCE, "audio_base64_chars": ("audioLength", "characters"),
             "audio_format": ("audioFormat", "text")}),
    Message("ASR OUTPUT: Request succeeded", "asr_done", "info", "node",
            {**_UTTERANCE, "request_ms": ("requestDurationMs", "ms"),
             "text_chars": ("asrTextLength", "characters")}),
    Message("ASR request failed", "asr_failed", "error", "node",
            {**_UTTERANCE, "request_ms": ("requestDurationMs", "ms"), "timeout": ("isTimeout", "yes or no"),
             "status": ("status", "count")}),
    Message("NMT INPUT: Sending NMT request", "nmt_sent", "info", "node",
            {**_UTTERANCE, "text_chars": ("textLength", "characters"), "text": ("text", "text")}),
    Message("NMT OUTPUT: NMT request succeeded", "nmt_done", "info", "node",
            {**_UTTERANCE, "request_ms": ("requestDurationMs", "ms"),
             "translated_chars": ("translatedTextLength", "characters")}),
    Message("NMT request took longer than", "nmt_slow", "warn", "node",
            {"request_ms": ("requestDurationMs", "ms"), "text_chars": ("textLength", "characters")}),
    Message("NMT task failed", "nmt_failed", "error", "node", _NMT_FAILED),  # also "... (TIMEOUT)"
    Message("TranslationStage: Translation from cache", "cache_hit", "debug", "node",
            seldom="from 2026-06 on the cache is new for each job"),
    Message("TranslationStage: Translation completed", "translation_done", "info", "node",
            {"translation_ms": ("translationTimeMs", "ms"), "from_cache": ("fromCache", "yes or no"),
             "translated_chars": ("translatedTextLength", "characters")}),
    Message("Async retranslation completed", "retranslation_done", "info", "node",
            seldom="the call is commented out as found"),
    Message("Async retranslation failed", "retranslation_failed", "error", "node",
            seldom="the call is commented out as found"),
    Message("GpuArbiter: Request timeout in queue", "gpu_timeout", "warn", "node",
            {"wait_ms": ("waitTimeMs", "ms")}),
    Message("SequentialExecutor: Task timeout, rejecting", "queue_timeout", "warn", "node",
            {**_UTTERANCE, "wait_ms": ("waitTimeMs", "ms")}),
    Message("Job result sent successfully", "job_done", "info", "node",
            {**_UTTERANCE, "processing_ms": ("processingTimeMs", "ms")}),
    Message("Long job processing time detected", "job_slow", "warn", "node",
            {"processing_ms": ("processDurationMs", "ms")}),
    Message("Sending heartbeat with type-level capability", "heartbeat", "debug", "node",
            {"cpu_percent": ("resourceUsage.cpu", "percent"), "gpu_percent": ("resourceUsage.gpu", "percent"),
             "gpu_memory_percent": ("resourceUsage.gpuMem", "percent"),
             "memory_percent": ("resourceUsage.memory", "percent")}),
    Message("High GPU usage detected in heartbeat", "gpu_high", "warn", "node",
            {"cpu_percent": ("cpuUsage", "percent"), "gpu_percent": ("gpuUsage", "percent"),
             "gpu_memory_percent": ("gpuMemUsage", "percent"), "memory_percent": ("memoryUsage", "percent")}),
    Message("Connection to scheduler server closed", "scheduler_lost", "warn", "node",
            {"code": ("code", "count")}),
    Message("❌ Service process exited with code", "service_exited", "error", "node"),
)  # fmt: skip
"""What a node writes (pino). A memory percentage is the whole host's, not the process'."""

SCHEDULER: Final = (
    Message("Session created", "session_opened", "info", "scheduler",
            {"source_language": ("src_lang", "text"), "target_language": ("tgt_lang", "text"),
             "mode": ("mode", "text")}),
    Message("Session idle timeout", "session_idle", "warn", "scheduler",
            {"idle_s": ("idle_secs", "s")}),
    Message("Node status transition", "node_status", "info", "scheduler",
            {"from": ("from", "text"), "to": ("to", "text"), "reason": ("reason", "text")},
            seldom="the state machine is gone from 2026-06 on"),
    Message("【节点管理流程】收到节点心跳", "heartbeat_seen", "info", "scheduler"),
    Message("Node excluded: resource threshold exceeded", "node_excluded", "warn", "scheduler", _EXCLUDED),
    Message("Node resource check failed: Memory usage exceeds threshold",
            "node_excluded", "debug", "scheduler", _EXCLUDED, seldom="only the earliest schedulers"),
    Message("节点资源使用率超过阈值", "node_excluded", "warn", "scheduler", _EXCLUDED),
    Message("节点选择失败", "no_node", "warn", "scheduler", _NO_NODE),
    Message("Redis 直查：没有找到可用节点", "no_node", "warn", "scheduler", _NO_NODE),
    Message("【节点选择】没有可用的节点", "no_node", "warn", "scheduler",
            {"language_pair": ("pair_key", "text")}),
    Message("Job has no available nodes", "job_without_node", "warn", "scheduler",
            {"utterance": ("utterance_index", "count")}),
    Message("Job pending 超时", "job_pending_timeout", "warn", "scheduler",
            {"utterance": ("utterance_index", "count"), "limit_s": ("pending_timeout_seconds", "s")}),
    Message("Job dispatched 超时", "job_timeout", "warn", "scheduler",
            {"utterance": ("utterance_index", "count"), "limit_s": ("dispatched_timeout_seconds", "s"),
             "elapsed_ms": ("elapsed_ms", "ms")}),
    Message("【JobResult】收到节点返回", "job_result", "info", "scheduler",
            {"utterance": ("utterance_index", "count"), "success": ("success", "yes or no")}),
)  # fmt: skip
"""What the scheduler writes (tracing), its keys below `fields`."""

EMBEDDED: Final = (
    Message("node_heartbeat", "heartbeat", "info", "scheduler",
            {"cpu_percent": ("resource_usage.cpu_percent", "percent"),
             "gpu_percent": ("resource_usage.gpu_percent", "percent"),
             "gpu_memory_percent": ("resource_usage.gpu_mem_percent", "percent"),
             "memory_percent": ("resource_usage.mem_percent", "percent"),
             "running_jobs": ("resource_usage.running_jobs", "count")}),
)  # fmt: skip
"""Node messages that stand whole, as JSON text, in the scheduler's `Received node message (length: N): …`."""
