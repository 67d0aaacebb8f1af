"""A first config for somebody's own service, from a few answers: what `simulator init` writes.

The text stands on its own (it extends nothing), says at each key what it means, and compares what a planner
would ask first: a shorter time to live, a smaller cap, one more node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .. import units
from .tree import flow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from fractions import Fraction

MOST_REQUESTS: Final = 1_000_000
"""A run of more would no longer answer in seconds."""
HORIZONS_MS: Final = tuple(hours * 3_600_000 for hours in (1, 2, 3, 6, 12, 24))


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the answer when nobody gives one, how an answer is read, and the key it becomes.

    `read` turns an answer into the text that stands in the config and raises UnitError. A question that is
    not `asked` has an option only.
    """

    words: str
    default: str
    read: Callable[[str], str]
    path: str
    asked: bool = True


def _quantity(parse: Callable[[str], Fraction], *words: str) -> Callable[[str], str]:
    """A reader of quantities above zero, or of one of these words."""

    def read(text: str) -> str:
        if text.strip() in words:
            return text.strip()
        if parse(text) <= 0:
            raise units.UnitError(f"expected more than nothing, not `{text}`", kind="range")
        return text.strip()

    return read


def _rate(text: str) -> str:
    """Sessions per second: `2/s` and `120/min` as everywhere, or a bare number, as the question allows."""
    try:
        units.parse_number(text)
    except units.UnitError:
        return _quantity(units.parse_rate)(text)
    return _quantity(units.parse_rate)(f"{text.strip()}/s")


def _count(text: str) -> str:
    number = units.parse_number(text)
    if number < 1 or number.denominator != 1:
        raise units.UnitError(f"expected a whole number of at least 1, not `{text}`", kind="range")
    return str(number)


def _cap(text: str) -> str:
    return "unlimited" if text.strip() == "unlimited" else _count(text)


def _share(text: str) -> str:
    return units.format_share(units.parse_share(text))


def _threshold(text: str) -> str:
    return "never" if text.strip() == "never" else f"{{over: {_share(text)}}}"


def _bytes(text: str) -> str:
    """A size that may be nothing."""
    if units.parse_bytes(text) < 0:
        raise units.UnitError(f"expected nothing or more, not `{text}`", kind="range")
    return text.strip()


def _name(text: str) -> str:
    if not text.strip():
        raise units.UnitError("expected a name", kind="range")
    return flow(text.strip())


_duration, _size = units.parse_duration, units.parse_bytes
_TABLE = "nodes.stores.sessions"
QUESTIONS: Final[Mapping[str, Question]] = {
    "name": Question("What is the service called", "my service", _name, "name"),
    "sessions_per_second": Question(
        "Sessions that start per second, all nodes together", "0.5", _rate, "workload.sessions.arrivals"
    ),
    "session_length": Question(
        "How long a session goes on, on average", "5min", _quantity(_duration), "workload.sessions.duration"
    ),
    "gap": Question(
        "Time between two requests of a session, on average", "15s", _quantity(_duration),
        "workload.sessions.gap", asked=False,
    ),
    "bytes_per_session": Question("Memory that a session takes", "10kB", _quantity(_size), f"{_TABLE}.entry"),
    "ttl": Question(
        "Idle time after which a session is dropped (or never)", "30min", _quantity(_duration, "never"),
        f"{_TABLE}.ttl",
    ),
    "sweep_every": Question(
        "How often idle sessions are looked for", "1min", _quantity(_duration), f"{_TABLE}.sweep_every",
        asked=False,
    ),
    "max_sessions": Question(
        "Sessions that a node keeps at most (or unlimited)", "unlimited", _cap, f"{_TABLE}.max"
    ),
    "ends_told": Question(
        "Share of sessions whose end the service is told", "0 %", _share, "workload.sessions.end_signalled",
        asked=False,
    ),
    "left_behind": Question(
        "Memory that a session leaves behind for ever (0B: nothing)", "0B", _bytes,
        "nodes.stores.left_behind.entry",
    ),
    "nodes": Question("Nodes", "2", _count, "nodes.count"),
    "memory": Question("Memory of a node's host", "8GiB", _quantity(_size), "nodes.memory"),
    "baseline": Question(
        "Of it, what everything else on the host takes", "a quarter", _bytes, "nodes.baseline"
    ),
    "threshold": Question(
        "Share of the host's memory above which a node gets no requests (or never)", "85 %", _threshold,
        "scheduler.threshold", asked=False,
    ),
}  # fmt: skip


def default(name: str, answers: Mapping[str, str]) -> str:
    """The answer when nobody gives one; it may rest on those given before."""
    if name != "baseline":
        return QUESTIONS[name].default
    memory = units.parse_bytes(answers.get("memory", QUESTIONS["memory"].default))
    return units.format_bytes_exact(units.round_whole(memory / 4))


def starter(answers: Mapping[str, str]) -> str:
    """The config as YAML text with comments.

    Args:
        answers: by the names of QUESTIONS, as they were typed; what is missing gets its default.

    Raises:
        UnitError: an answer cannot be read; ask each question's `read` first to learn which.
    """
    given = dict(answers)
    for name in QUESTIONS:
        given.setdefault(name, default(name, given))
    texts = {name: question.read(given[name]) for name, question in QUESTIONS.items()}
    horizon_ms, requests = _length(texts)
    leaks = units.parse_bytes(texts["left_behind"]) > 0
    entry = texts["left_behind"] if leaks else "1kB"
    left = f"left_behind: {{kind: session_map, entry: {entry}, cleanup: never}}"
    texts |= {
        "horizon": f"{horizon_ms // HORIZONS_MS[0]}h",
        "requests": f"{requests:,}",
        "left": left if leaks else f"# {left}",
        "sweep": "never" if texts["ttl"] == "never" else texts["sweep_every"],
        "limit": "85 %" if texts["threshold"] == "never" else texts["threshold"][len("{over: ") : -1],
    }
    lines = [*TEXT.format_map(texts).splitlines(), *(f"  {line}" for line in _settings(texts, leaks))]
    return "".join(f"{_aligned(line)}\n" for line in lines)


def _aligned(line: str) -> str:
    """A line with its comment in the column where the others have theirs."""
    code, mark, comment = line.partition("  # ")
    return f"{code.rstrip():<38}  # {comment.lstrip()}" if mark and code.strip() else line


def _length(texts: Mapping[str, str]) -> tuple[int, int]:
    """Horizon in ms, long enough for sessions to expire and short enough to answer soon; a run's requests."""
    gap, going = units.parse_duration(texts["gap"]), units.parse_duration(texts["session_length"])
    per_ms = units.parse_rate(texts["sessions_per_second"]) * (1 + going / gap) / 1000
    stay = going
    if texts["ttl"] != "never":
        stay += units.parse_duration(texts["ttl"]) + units.parse_duration(texts["sweep_every"])
    fitting = [ms for ms in HORIZONS_MS if per_ms * ms <= MOST_REQUESTS] or [HORIZONS_MS[0]]
    hours = -(-2 * stay // HORIZONS_MS[0])
    horizon_ms = max(fitting[-1], int(hours) * HORIZONS_MS[0])
    requests = int(per_ms * horizon_ms)
    digits = max(len(str(requests)) - 2, 0)
    return horizon_ms, round(requests, -digits)


def _settings(texts: Mapping[str, str], leaks: bool) -> list[str]:
    """What a planner would ask first, as settings beside the one described."""
    lines = ["as it is: {}"]
    if texts["ttl"] == "never":
        lines.append(
            f"drop after 30min: {{{_TABLE}.ttl: 30min, {_TABLE}.sweep_every: {texts['sweep_every']}}}"
        )
    else:
        half = units.format_duration(max(1, units.round_whole(units.parse_duration(texts["ttl"]) / 2)))
        lines.append(f"drop after {half}: {{{_TABLE}.ttl: {half}}}")
    if texts["max_sessions"] != "unlimited":
        cap = max(1, int(texts["max_sessions"]) // 2)
        lines.append(f"at most {cap}: {{{_TABLE}.max: {cap}}}")
    if leaks:
        lines.append("nothing left behind: {nodes.stores.left_behind.cleanup: session_removed}")
    lines.append(f"one node more: {{nodes.count: {int(texts['nodes']) + 1}}}")
    return lines


TEXT: Final = """\
# Written by `simulator init`. Every figure is a guess until you replace it: change what you know, ask again.
# Durations, sizes, rates and shares have units: 30s, 5min, 480kB, 16GiB, 2/s, 85 %.
name: {name}
horizon: {horizon}  # one run: about {requests} requests
replications: 10  # runs with other random draws; more make the intervals narrower
seed: 7

workload:
  sessions:
    arrivals: {{poisson: {sessions_per_second}}}  # by hour: {{profile: {{0h: 0.1/s, 8h: 2/s, 18h: 0.5/s}}}}
    duration: {{exponential: {{mean: {session_length}}}}}  # from its first request to its last
    gap: {{exponential: {{mean: {gap}}}}}  # from one request to the next
    end_signalled: {ends_told}  # sessions whose end the service is told: sign-out, close
  utterances:  # one "utterance" is whatever a session sends: a request, a message
    service: {{lognormal: {{median: 100ms, p95: 400ms}}}}  # how long it is being worked on
  translation: {{latency: 0ms, fails: 0 %, hangs: 0 %}}  # for services that wait for another: see pending_map

nodes:
  count: {nodes}
  memory: {memory}  # of a host
  baseline: {baseline}  # everything else on it; when it differs: {{normal: {{mean: 2GiB, sd: 100MiB}}}}
  process:
    base: 100MiB  # the service without its sessions
    heap_limit: {memory}  # it dies near this much heap; less where the runtime has a limit
    restart_after: 10s  # until something starts it again, or never
    restart_warmup: 20s
  stores:
    sessions:
      kind: session_table  # what a session keeps
      entry: {bytes_per_session}
      max: {max_sessions}  # one more evicts the session that was idle longest
      ttl: {ttl}  # a session that was idle for longer may go
      sweep_every: {sweep}  # and goes with the next sweep
    # What a session leaves behind when it goes: a leak, unless `cleanup` is session_removed, session_end
    # (when the service is told) or by age, {{ttl: 1h, every: 10min}}.
    {left}
    # A cache by content:
    # pages: {{kind: lru_cache, entry: 2kB, max: 500, ttl: 5min}}

scheduler:  # whatever sends requests to nodes: a load balancer and its health check
  threshold: {threshold}  # of the host's memory; a node above it gets no requests
  heartbeat: 5s  # how often a node says how it is
  offline_after: 15s
  scan_every: 5s
  jobs_per_node: unlimited  # requests that a node works on at once
  routing: sticky  # a session stays on its node; or least_loaded, round_robin, random

targets:  # the exit code is 1 when one is missed
  - mean memory_bytes_peak <= {limit}
  - mean jobs_lost_fraction <= 0.1 %
  - mean context_lost_fraction <= 1 %  # requests that find their session gone

settings:  # the first is the reference; the others run on the same arrivals
"""
