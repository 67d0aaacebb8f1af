"""The kinds of store a node holds (rules S, C, M, R, P) and what cleans them."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema, WrapValidator

from .. import units
from .part import Finding, Part, ReadingError, key, trouble
from .quantities import (
    DURATION,
    Bytes,
    Count,
    CountOrUnlimited,
    DurationMs,
    Flag,
    FlagOrAuto,
    PositiveMsOrNever,
    Word,
    text_of,
    whole,
)
from .tree import Scalar, describe


class Cleanup(BaseModel):
    """What removes the entries of a store that has no limit of its own; times are for kind `ttl` only."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["never", "session_end", "session_removed", "ttl"] = "never"
    ttl_ms: int | None = None
    every_ms: int | None = None


CLEANUPS = ("never", "session_end", "session_removed")


def read_cleanup(value: Any) -> Cleanup:
    """`never`, `session_end`, `session_removed` or `{ttl, every}`. Errors: E102-E106."""
    if isinstance(value, Cleanup):
        return value
    if not isinstance(value, dict):
        text = text_of(value, "a cleanup")
        if text not in CLEANUPS:
            near = units.closest(text, CLEANUPS)
            known = f"known: {', '.join(CLEANUPS)} and {{ttl: 10min, every: 5min}}"
            raise trouble("E106", f"`{text}` is not a cleanup", f"did you mean `{near}`?" if near else known)
        return Cleanup.model_validate({"kind": text})
    findings: list[Finding] = []
    times: dict[str, int] = {}
    for name in value:
        if name not in ("ttl", "every"):
            near = units.closest(name, ("ttl", "every"))
            advice = f"did you mean `{near}`?" if near else "write `{ttl: 10min, every: 5min}`"
            findings.append(Finding("E101", f"unknown key `{name}`", (advice,), (name,), on_key=True))
    for name in ("ttl", "every"):
        if name not in value:
            findings.append(Finding("E102", f"`{name}` is missing", ("write `{ttl: 10min, every: 5min}`",)))
            continue
        try:
            times[name] = whole(DURATION, value[name], least=1 if name == "every" else 0)
        except ReadingError as found:
            findings += [finding.under(name) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    return Cleanup(kind="ttl", ttl_ms=times["ttl"], every_ms=times["every"])


_TIME = dict(DURATION.schema)
CLEANUP_SCHEMA: dict[str, Any] = {
    "x-name": "cleanup",
    "anyOf": [
        {"enum": list(CLEANUPS)},
        {"type": "object", "additionalProperties": False, "required": ["ttl", "every"],
         "properties": {"ttl": _TIME, "every": _TIME}},
    ]
}  # fmt: skip
AnyCleanup = Annotated[Cleanup, BeforeValidator(read_cleanup), WithJsonSchema(CLEANUP_SCHEMA)]


def read_outcomes(value: Any) -> Any:
    """A set of outcomes from a list (one word alone will do)."""
    if isinstance(value, frozenset | set):
        return frozenset(value)
    listed = value if isinstance(value, list | tuple) else [value]
    known = ("success", "failure")
    findings = []
    for index, item in enumerate(listed):
        text = str(item)
        if not isinstance(item, Scalar | str) or text not in known:
            near = units.closest(text, known)
            advice = f"did you mean `{near}`?" if near else "known: success, failure"
            path = (index,) if isinstance(value, list | tuple) else ()
            findings.append(Finding("E106", f"{describe(item)} is not an outcome", (advice,), path))
    if findings:
        raise ReadingError(*findings)
    return frozenset(str(item) for item in listed)


class SessionTable(Part):
    """One entry per session, with a cap, a time to live and a sweep (rules S1-S7)."""

    kind: Annotated[Literal["session_table"], Word] = key("session_table", "a table of live sessions")
    entry_bytes: Bytes = key("1400B", "bytes of an entry", alias="entry", source="seed 1: about 1.4 KB")
    max: CountOrUnlimited = key(
        1000, "entries; one is evicted before one too many is inserted", source="seed 1"
    )
    ttl_ms: PositiveMsOrNever = key("5min", "idle longer than this is expired", alias="ttl", source="seed 1")
    sweep_every_ms: PositiveMsOrNever = key(
        "60s", "how often expired entries are looked for", alias="sweep_every", source="seed 1"
    )
    enabled: Flag = key(True, "whether the store exists")


class LruCache(Part):
    """A cache by text, with a cap and a time to live that is checked when read (rules C1-C5)."""

    kind: Annotated[Literal["lru_cache"], Word] = key("lru_cache", "a cache of translations by their text")
    entry_bytes: Bytes = key("300B", "bytes of an entry", alias="entry", source="seed 2")
    max: Count = key(200, "entries; the least recently used goes", source="seed 2")
    ttl_ms: PositiveMsOrNever = key("10min", "older than this is not used", alias="ttl", source="seed 2")
    instances: Annotated[Literal["shared", "per_job"], Word] = key(
        "shared", "one for the node, or a new one per job that nobody frees", source="translation-step.ts"
    )
    instance_bytes: Bytes = key(
        "9700B", "bytes of an instance when made per job", alias="instance", source="measured"
    )
    enabled: Flag = key(True, "whether the store exists")


class SessionMap(Part):
    """A map with one entry per session or per job, without a limit (rules M1-M2)."""

    kind: Annotated[Literal["session_map"], Word] = key("session_map", "a map that only `cleanup` empties")
    entry_bytes: Bytes = key("250B", "bytes of an entry", alias="entry", source="seed 3")
    cleanup: AnyCleanup = key(
        "never", "never, session_end, session_removed or {ttl: 10min, every: 5min}", source="seed 3"
    )
    growth: Annotated[Literal["per_session", "per_job"], Word] = key("per_session", "what adds an entry")
    value: Annotated[Literal["text", "timestamp", "ids"], Word] = key(
        "text", "what an entry holds (footprint v8)"
    )
    access_times: FlagOrAuto = key(
        "auto",
        "a Map of times beside it (footprint v8); auto: beside ids and a second map of texts",
        source="measured",
    )
    enabled: Flag = key(True, "whether the store exists")


class RingBuffer(Part):
    """Each session's last audio, trimmed only when more is appended (rules R1-R2)."""

    kind: Annotated[Literal["ring_buffer"], Word] = key("ring_buffer", "the last audio of each session")
    span_ms: DurationMs = key("15s", "longest audio kept of a session", alias="span", source="seed 5")
    keep_ms: DurationMs = key("10s", "age at which a chunk goes", alias="keep", source="audio-ring-buffer.ts")
    cleanup: AnyCleanup = key("never", "as for session_map", source="seed 5")
    enabled: Flag = key(True, "whether the store exists")


class PendingMap(Part):
    """Translations that are under way, by their text (rules P1-P4)."""

    kind: Annotated[Literal["pending_map"], Word] = key("pending_map", "translations under way")
    entry_bytes: Bytes = key("2kB", "bytes of an entry", alias="entry", source="measured")
    retains_audio: Flag = key(False, "whether an entry keeps its utterance's audio too", source="measured")
    removed_on: Annotated[
        frozenset[Literal["success", "failure"]],
        BeforeValidator(read_outcomes),
        PlainSerializer(sorted),
        WithJsonSchema({"type": "array", "items": {"enum": ["success", "failure"]}}),
    ] = key(["success"], "outcomes that remove an entry", source="seed 6")
    timeout_ms: PositiveMsOrNever = key("never", "after this an entry goes", alias="timeout", source="seed 6")
    abort_on_timeout: Flag = key(False, "whether a timeout frees the request's bytes too", source="rule P4")
    enabled: Flag = key(True, "whether the store exists")

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Sets in sorted order, so that the text is the same in every process."""
        return [(name, sorted(v) if isinstance(v, frozenset) else v) for name, v in super().__repr_args__()]


Store = SessionTable | LruCache | SessionMap | RingBuffer | PendingMap
STORE_KINDS: Mapping[str, type[Part]] = {
    "session_table": SessionTable,
    "lru_cache": LruCache,
    "session_map": SessionMap,
    "ring_buffer": RingBuffer,
    "pending_map": PendingMap,
}
SEED_STORES: Mapping[str, Mapping[str, Any]] = {
    "aggregator_states": {"kind": "session_table"},
    "translation_cache": {"kind": "lru_cache"},
    "dedup_last_sent_text": {"kind": "session_map"},
    "middleware_last_sent_text": {"kind": "session_map", "enabled": False},
    "audio_ring_buffers": {"kind": "ring_buffer", "enabled": False},
    "pending_translations": {"kind": "pending_map"},
}
"""The stores of the seed document: what a config that lists none has."""


def store_kind(value: Any) -> type[Part]:
    """The model for a store's map. Errors: E102 (no kind), E104, E106 (unknown kind)."""
    if not isinstance(value, dict):
        raise trouble(
            "E104", f"expected a store, not {describe(value)}", "such as `{kind: session_map, entry: 250B}`"
        )
    if value.get("kind") is None:
        raise trouble(
            "E102", "`kind` is missing", f"write `kind: session_map` or another of {', '.join(STORE_KINDS)}"
        )
    name = text_of(value["kind"], "a kind of store")
    if name not in STORE_KINDS:
        near = units.closest(name, tuple(STORE_KINDS))
        advice = f"did you mean `{near}`?" if near else f"known: {', '.join(STORE_KINDS)}"
        raise trouble("E106", f"`{name}` is not a kind of store", advice, path=("kind",))
    return STORE_KINDS[name]


def _read_store(value: Any, handler: Any) -> Any:
    """Validate a store by its kind, so that errors speak of that kind alone."""
    if isinstance(value, Part):
        return handler(value)
    from .diagnose import findings_of

    model = store_kind(value)
    by_name = not any(isinstance(item, Scalar) for item in value.values()) and "kind" in value
    try:
        return model.model_validate(value, by_alias=True, by_name=by_name)
    except ValueError as error:
        raise ReadingError(*findings_of(error, model)) from None


AnyStore = Annotated[Store, WrapValidator(_read_store)]
