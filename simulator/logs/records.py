"""What a log line says, in this project's words: what reading hands to whatever learns from logs.

A `Record` is one event. Its `kind` is one of `KINDS`; messages.py lists, for each message of the modelled
system, the kind it is, the level it stands at and the fields it carries, and docs/logs.md shows the list.

    read_logs(paths, mapping=None, troubles=None) -> Iterator[Record]

yields them from files (plain or gzipped, rotated sets, "-" for standard input), merged in time order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, get_args

Kind = Literal[
    # A node's session table, debug: hidden at the default level
    "session_created",  # a session's first utterance reached the table
    "session_removed",  # any removal; expiry and eviction have a line of their own as well
    "session_expired",
    "session_evicted",
    # Its sweeps and sizes, info
    "sweep",  # only when it removed something
    "last_text_sweep",  # the cleanups that the fixes would add
    "dedup_sweep",
    "memory_analysis",
    "pending_size",
    "sizes",  # the probe's line, or one of a mapped log
    "session_forgotten",  # removed from all components: nobody calls it as found
    # Its jobs, info
    "session_stored",  # a session's first job, as the session store sees it
    "job_assigned",  # one utterance
    "audio_received",
    "asr_done",
    "asr_failed",
    "nmt_sent",
    "nmt_done",
    "nmt_slow",
    "nmt_failed",
    "cache_hit",
    "translation_done",
    "retranslation_done",
    "retranslation_failed",
    "gpu_timeout",
    "queue_timeout",
    "job_done",
    "job_slow",
    # The host, from the node's debug log, its warnings, or the heartbeats in the scheduler's log
    "heartbeat",
    "gpu_high",
    "scheduler_lost",
    "service_exited",
    # The scheduler
    "session_opened",
    "session_idle",
    "session_closed",  # only a mapped log can say so: the modelled system has no such line
    "node_status",
    "heartbeat_seen",
    "node_excluded",
    "no_node",
    "job_without_node",
    "job_pending_timeout",
    "job_timeout",
    "job_result",
]
"""Everything that a record can be."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

Level = Literal["debug", "info", "warn", "error"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

Source = Literal["node", "scheduler", "probe", "mapped"]


class Record(NamedTuple):
    """One event.

    Attributes:
        at_ms: milliseconds since 1970, UTC.
        kind: one of `KINDS`.
        node: the host's name in a node's own log, the node's id in the scheduler's (`Troubles.node_ids` says
            which belong together, where a line told); "" for what concerns no node.
        session: its id, or "".
        job: its id, or "".
        fields: by the names and in the units that messages.py lists. A field that the line lacks, or that is
            not what it should be, is not there: nothing stands for "unknown".
    """

    at_ms: int
    kind: Kind
    node: str
    session: str
    job: str
    fields: dict[str, float | str]


TroubleKind = Literal[
    "cannot_open",  # no such file, no permission
    "truncated_gzip",  # the compressed file ends early, or is damaged; what came before counts
    "half_line",  # not JSON: cut off, or something else in between
    "pretty_printed",  # LOG_FORMAT=pretty: not read
    "not_utf8",
    "too_long",  # a line over 16 MB, skipped unread
    "too_deep",  # JSON nested beyond what the decoder takes
    "no_time",  # of an event that is known, no time that can be believed (2000-2100)
    "clock_back",  # earlier than lines before it in its file; put in its place if near by
    "clock_ahead",  # a single line more than an hour ahead of both its neighbours: left out
    "wrong_value",  # null or text where a number belongs, a missing id; the field is left out
    "huge_number",  # beyond 2^53: the field is left out
    "duplicate_key",  # the last one counts, as in every JSON parser
    "mixed_hosts",  # more than one host in one file
    "unmapped",  # an event that the mapping does not list
]
"""What can be wrong with a line."""

TROUBLE_WORDS: Final[dict[TroubleKind, str]] = {
    "cannot_open": "files that cannot be opened",
    "truncated_gzip": "compressed files that end early or are damaged; what came before counts",
    "half_line": "lines that are not JSON: cut off, or of something else",
    "pretty_printed": "pretty-printed lines (LOG_FORMAT=pretty): not read",
    "not_utf8": "lines that are not UTF-8",
    "too_long": "lines over 16 MB, skipped",
    "too_deep": "lines nested too deeply",
    "no_time": "events without a time between 2000 and 2100",
    "clock_back": "lines earlier than those before them",
    "clock_ahead": "lines more than an hour ahead of both neighbours, left out",
    "wrong_value": "values that are not what they should be, left out",
    "huge_number": "numbers beyond 2^53, left out",
    "duplicate_key": "lines that have a key twice; the last one counts",
    "mixed_hosts": "files with lines of several hosts",
    "unmapped": "events that the mapping does not list",
}


@dataclass(slots=True)
class Trouble:
    """One kind of trouble: how often, and where first (`file:line`, with what it said)."""

    kind: TroubleKind
    count: int
    where: str
    example: str


@dataclass(slots=True)
class Troubles:
    """What was read, and what could not be: filled while `read_logs` yields; complete when it has ended.

    Attributes:
        files: names, in the order read; "-" is standard input.
        lines: lines looked at.
        bytes: after decompression.
        records: how many of each kind.
        levels: how many known lines of each level, per source; an empty "debug" means that it was hidden.
        found: the troubles by kind, in the order met.
        first_ms, last_ms: the span of all records; None when there is none.
        nodes: every `Record.node`.
        node_ids: host name -> node id, as far as a line said both.
        pids: process id -> host name; "" where several hosts have the same.
    """

    files: list[str] = field(default_factory=list)
    lines: int = 0
    bytes: int = 0
    records: Counter[str] = field(default_factory=Counter)
    levels: dict[Source, Counter[str]] = field(default_factory=dict)
    found: dict[TroubleKind, Trouble] = field(default_factory=dict)
    first_ms: int | None = None
    last_ms: int | None = None
    nodes: set[str] = field(default_factory=set)
    node_ids: dict[str, str] = field(default_factory=dict)
    pids: dict[int, str] = field(default_factory=dict)

    def add(self, kind: TroubleKind, where: str, example: str = "") -> None:
        """Count one, and keep it if it is the first of its kind."""
        trouble = self.found.get(kind)
        if trouble is None:
            self.found[kind] = Trouble(kind, 1, where, example[:120])
        else:
            trouble.count += 1

    def count(self, kind: TroubleKind) -> int:
        """How many of that kind."""
        trouble = self.found.get(kind)
        return 0 if trouble is None else trouble.count

    def hides_debug(self, source: Source = "node") -> bool:
        """Whether this source was read and none of its debug lines was there."""
        return source in self.levels and not self.levels[source]["debug"]
