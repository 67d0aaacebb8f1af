"""What logs say of a workload: every fit that they allow, and why the others are not possible."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ..problems import ConfigError, Place, Problem
from ..units import format_share
from .fitting.arrivals import fit_arrivals
from .fitting.families import TIMES
from .fitting.fit import by_session, fit_best, sample
from .fitting.hosts import fit_hosts
from .fitting.outcomes import find_outages, outside, share
from .fitting.sessions import fit_sessions
from .fitting.tables import TableFit, common_period, phase, ttl_bounds
from .fitting.texts import Asked, fit_texts
from .observations import ANSWERED, FAILED, NO_ANSWER, TIMED_OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .fitting.arrivals import ArrivalFit
    from .fitting.fit import Fit, Sample
    from .fitting.hosts import HostFit
    from .fitting.outcomes import Outages, Share
    from .fitting.sessions import SessionFits
    from .fitting.texts import TextFit
    from .observations import Observations

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

LEAST_SESSIONS = 20
"""Fewer sessions tell nothing that would be worth a config."""

CACHE_MS = 600_000
"""How long a cache may answer for a text: the modelled system's TTL."""

SETTLED_MS = 65_000
"""A request without an answer for so long hangs: the modelled system's own limit is a minute."""

PROCESS_BYTES = 60 * 2**20
"""What a node's process is taken to hold where no probe tells: its base in configs/baseline.yaml."""


@dataclass
class Calibration:
    """The fits, None where the logs do not allow one; `missing` says why, by the key it would have given."""

    seen: Observations
    arrivals: ArrivalFit | None = None
    sessions: SessionFits | None = None
    audio: Fit | None = None
    length: Fit | None = None
    service: Fit | None = None
    latency: Fit | None = None
    texts: TextFit | None = None
    two_byte: Share | None = None
    fails: Share | None = None
    hangs: Share | None = None
    outages: Outages | None = None
    table: TableFit | None = None
    hosts: HostFit | None = None
    memory_bytes: int | None = None
    process_bytes: int | None = None
    """What was taken off the hosts' memory for the process; None where probes told, or nothing was."""
    missing: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Sample] = field(default_factory=dict)
    """What the families were fitted to, by key, for charts."""


def calibrate(
    seen: Observations,
    *,
    memory_bytes: int | None = None,
    process_bytes: int = PROCESS_BYTES,
    cache_ms: float = CACHE_MS,
) -> Calibration:
    """Fit everything that the logs allow.

    Args:
        seen: the logs' columns.
        memory_bytes: of a host, so that memory in % becomes bytes.
        process_bytes: of a node's process, to be taken off its host's memory where no probe tells it.
        cache_ms: how long a translation cache may answer for a text; 0: there is no cache.

    Raises:
        ConfigError: nothing to learn from, or too few sessions.
    """
    found = Calibration(seen, memory_bytes=memory_bytes)
    _refuse_too_little(seen)
    _arrivals(found)
    if len(seen):
        _sessions(found)
        _jobs(found)
        _translations(found)
        _texts(found, cache_ms)
    else:
        why = "the logs have no utterances (a node's `Received job_assign`), only the scheduler's sessions"
        for key in ("sessions.utterances", "sessions.gap", "utterances", "translation"):
            found.missing[f"workload.{key}"] = why
    _table(found)
    _hosts(found, process_bytes)
    return found


def _refuse_too_little(seen: Observations) -> None:
    if not len(seen) and not len(seen.opened_ms):
        message = "the logs have no event from which a workload could be learnt"
        advice = (
            "a node's log with `Received job_assign, starting processing`, or a scheduler's with "
            "`Session created`; for another service, give --mapping FILE"
        )
        raise ConfigError([Problem("E125", message, Place(), (advice,))])
    count = max(seen.sessions, len(seen.opened_ms))
    if count < LEAST_SESSIONS:
        message = f"{count} session{'s' * (count != 1)} in these logs: too few to fit anything"
        advice = f"give logs of a longer time, with at least {LEAST_SESSIONS} sessions"
        raise ConfigError([Problem("E126", message, Place(), (advice,))])


def _firsts(seen: Observations) -> tuple[Floats, Flags]:
    """When each session was first seen, and whether that was its beginning."""
    session, first = np.unique(seen.session, return_index=True)
    begins = np.ones(len(session), dtype=np.bool_)
    known = seen.turn[first] >= 0
    begins[known] = seen.turn[first][known] == 0
    if not known.any():
        begins = seen.at_ms[first] > seen.from_ms + _quiet_ms(seen)
    return seen.at_ms[first].astype(np.float64), begins


def _quiet_ms(seen: Observations) -> float:
    """Whoever is first heard of so long after the log began had not begun before: the longest pauses."""
    order = np.lexsort((seen.at_ms, seen.session))
    at, session = seen.at_ms[order], seen.session[order]
    pauses = np.diff(at)[np.diff(session) == 0]
    return 2 * float(np.quantile(pauses, 0.999)) if len(pauses) else 0.0


def _arrivals(found: Calibration) -> None:
    seen = found.seen
    if len(seen):
        first_ms, begins = _firsts(seen)
        from_ms = seen.from_ms if (seen.turn >= 0).any() else seen.from_ms + _quiet_ms(seen)
        found.arrivals = fit_arrivals(first_ms[begins], from_ms, seen.to_ms)
    else:
        found.arrivals = fit_arrivals(seen.opened_ms, seen.from_ms, seen.to_ms)


def _sessions(found: Calibration) -> None:
    seen = found.seen
    order = np.lexsort((seen.turn, seen.at_ms, seen.session))
    at, session, turn = (column[order] for column in (seen.at_ms, seen.session, seen.turn))
    numbered = bool((turn >= 0).all())
    same = np.diff(session) == 0
    following = same & ((np.diff(turn) == 1) if numbered else same)
    ends = np.flatnonzero(np.diff(session, append=-1) != 0)
    begins = np.flatnonzero(np.diff(session, prepend=-1) != 0)
    before = turn[begins] if numbered else np.zeros(len(begins), dtype=np.int64)
    count = np.maximum.reduceat(turn, begins) + 1 if numbered else ends - begins + 1
    kept = np.ones(len(begins), dtype=np.bool_)
    if not numbered:  # those that may have begun before the log
        kept = at[begins] > seen.from_ms + _quiet_ms(seen)
    gaps = np.diff(at)[following].astype(np.float64)
    try:
        found.sessions = fit_sessions(
            count[kept], before[kept], (seen.to_ms - at[ends]).astype(np.float64)[kept], gaps
        )
    except ValueError:
        for key in ("utterances", "gap"):
            found.missing[f"workload.sessions.{key}"] = "no session has two utterances in these logs"
        return
    found.sessions = replace(found.sessions, gap=by_session(found.sessions.gap, gaps, session[1:][following]))
    found.samples["workload.sessions.gap"] = sample(gaps)
    longest = at[ends] - at[begins]
    if float(np.quantile(longest, 0.9)) > (seen.to_ms - seen.from_ms) / 2:
        why = "most sessions are cut by the ends of the logs: their length is the family's guess"
        found.missing["workload.sessions.utterances"] = why


def _jobs(found: Calibration) -> None:
    """Audio and the time a job holds its slot; jobs that may still run when the log ends are left out."""
    seen = found.seen
    settled = seen.at_ms < seen.to_ms - SETTLED_MS
    for key, values, event in (
        ("audio", seen.audio_ms, "Processing job: received audio data"),
        ("service", np.where(settled, seen.service_ms, np.nan), "Job result sent successfully"),
    ):
        setattr(found, key, _fit(found, f"workload.utterances.{key}", values, f"no line `{event}`"))


def _fit(found: Calibration, key: str, values: Floats, why: str) -> Fit | None:
    known = np.isfinite(values)
    values, session = values[known], found.seen.session[known]
    if len(np.unique(values)) < 10:
        found.missing[key] = why if not len(values) else f"only {len(np.unique(values))} different values"
        return None
    data = found.samples[key] = sample(values)
    return by_session(fit_best(TIMES, data), values, session)


def _translations(found: Calibration) -> None:
    seen = found.seen
    asked = np.isfinite(seen.asked_ms) & (seen.asked_ms < seen.to_ms - SETTLED_MS)
    if not asked.any():
        for key in ("latency", "fails", "hangs", "outages"):
            found.missing[f"workload.translation.{key}"] = "no line `NMT INPUT: Sending NMT request (START)`"
        return
    answered = asked & ((seen.answer == ANSWERED) | (seen.answer == FAILED))
    latency = np.where(answered, seen.latency_ms, np.nan)
    why = "no request was answered"
    found.latency = _fit(found, "workload.translation.latency", latency, why)
    if not answered.any():
        for key in ("fails", "hangs"):
            found.missing[f"workload.translation.{key}"] = why
        return
    order = np.flatnonzero(asked)[np.argsort(seen.asked_ms[asked], kind="stable")]
    hung = (seen.answer[order] == NO_ANSWER) | (seen.answer[order] == TIMED_OUT)
    bad = hung | (seen.answer[order] == FAILED)
    # what a node is asked for the first time is neither in a cache nor under way: the fair sample
    fair = np.ones(len(order), dtype=np.bool_)
    if (seen.text[order] >= 0).all():
        place = seen.text[order] * len(seen.nodes) + seen.node[order]
        fair[:] = False
        fair[np.unique(place, return_index=True)[1]] = True
    found.outages = find_outages(seen.asked_ms[order], bad, hung, seen.to_ms - seen.from_ms)
    fair &= outside(seen.asked_ms[order], found.outages)
    n = int(fair.sum())
    found.hangs = share(int((hung & fair).sum()), n)
    found.fails = share(int((bad & ~hung & fair).sum()), n)


def _texts(found: Calibration, cache_ms: float) -> None:
    seen = found.seen
    asked = np.isfinite(seen.asked_ms) & (seen.text >= 0) & (seen.chars > 0)
    keys = ("text_length", "two_byte", "texts.unique", "texts.zipf")
    if asked.sum() < 50:
        chars = np.where(seen.chars > 0, seen.chars, np.nan).astype(np.float64)
        why = "no line has the text itself (`NMT INPUT: Sending NMT request (START)`)"
        found.missing |= {f"workload.utterances.{key}": why for key in keys}
        chars = chars[np.isfinite(chars)]
        if len(chars) >= 50 and len(np.unique(chars)) >= 2:
            del found.missing["workload.utterances.text_length"]
            data = found.samples["workload.utterances.text_length"] = sample(chars, whole=True)
            found.length = fit_best(TIMES, data)
        return
    script = np.full(seen.sessions, -1, dtype=np.int8)
    script[seen.session[asked]] = seen.two_byte[asked]
    known = script[script >= 0]
    found.two_byte = share(int(known.sum()), len(known))
    order = np.flatnonzero(asked)[np.argsort(seen.asked_ms[asked], kind="stable")]
    columns = Asked(
        at_ms=seen.asked_ms[order],
        node=seen.node[order],
        text=seen.text[order],
        chars=seen.chars[order],
        two_byte=seen.two_byte[order] == 1,
        free_ms=_free_ms(seen, order, cache_ms),
    )
    try:
        found.texts = fit_texts(
            columns, seen.at_ms.astype(np.float64), seen.node, script[seen.session], cache_ms=cache_ms
        )
    except ValueError:
        found.missing["workload.utterances.text_length"] = "all texts are of one length"
        return
    found.length = found.texts.length
    first = np.unique(columns.text, return_index=True)[1]
    found.samples["workload.utterances.text_length"] = sample(
        columns.chars[first].astype(np.float64), whole=True, from_=6
    )
    if found.texts.exponent is None:
        why = f"{found.texts.repeats} requests repeat a text: too few, or much of the list is unseen yet"
        found.missing["workload.utterances.texts.zipf"] = why
        if found.texts.repeats:
            why = "a text asked for once may be of the list; at most "
            why += format_share(round(found.texts.unique.high, 3))
            found.missing["workload.utterances.texts.unique"] = why


def _free_ms(seen: Observations, order: NDArray[np.intp], cache_ms: float) -> Floats:
    """When each text may be asked again: after a good answer when the cache's TTL is over.

    After a bad one at once, if any text ever was: in some eras a failed request keeps its key for ever.
    """
    asked, text, node, answer = (
        column[order] for column in (seen.asked_ms, seen.text, seen.node, seen.answer)
    )
    free: Floats = asked + seen.latency_ms[order]
    by_key = np.lexsort((asked, text, node))
    same = (np.diff(text[by_key]) == 0) & (np.diff(node[by_key]) == 0)
    for bad in (FAILED, TIMED_OUT):
        again = bool((same & (answer[by_key][:-1] == bad)).any())
        free[answer == bad] += 0.0 if again else np.inf
    free[answer == ANSWERED] += cache_ms
    free[(answer == NO_ANSWER) | np.isnan(free)] = np.inf
    return free


def _table(found: Calibration) -> None:
    seen = found.seen
    store = "nodes.stores.aggregator_states"
    period = common_period(at for at, _, _ in seen.sweeps.values())
    phases: dict[str, float] = {}
    ttl: tuple[float, float, float] | None = None
    if period is None:
        found.missing[f"{store}.sweep_every"] = "too few lines `Cleaned up expired AggregatorState sessions`"
    else:
        phases = {node: phase(at, period[0]) for node, (at, _, _) in seen.sweeps.items()}
    bounds = []
    for node, (at, _, left) in seen.sweeps.items():
        if node in seen.nodes:
            here = seen.node == seen.nodes.index(node)
            bounds.append(ttl_bounds(seen.at_ms[here].astype(np.float64), seen.session[here], at, left))
    known = [each for each in bounds if each is not None]
    if known:
        low, high = max(low for low, _ in known), min(high for _, high in known)
        ttl = ((low + high) / 2, min(low, high), max(low, high))
    else:
        found.missing[f"{store}.ttl"] = "too few sweeps that removed something and left something"
    cap = int(np.median(seen.caps)) if seen.caps else None
    if cap is None:
        shown = (
            f"more than {seen.most_entries:,} entries were never seen" if seen.most_entries else "no sizes"
        )
        hidden = "; evictions are debug lines" if seen.hides_debug else "; nothing was evicted"
        found.missing[f"{store}.max"] = shown + hidden
    found.table = TableFit(period, phases, ttl, cap, seen.most_entries or None)


def _hosts(found: Calibration, process_bytes: int) -> None:
    seen, memory = found.seen, found.memory_bytes
    series = []
    for node, (at, level) in seen.heartbeats.items():
        if memory is None:
            series.append((at, level))
        elif node in seen.processes:
            series.append((at, level - 100 * np.interp(at, *seen.processes[node]) / memory))
        else:
            found.process_bytes = process_bytes
            series.append((at, level - 100 * process_bytes / memory))
    try:
        found.hosts = fit_hosts(series)
    except ValueError:
        why = "no heartbeat with the host's memory (the node's debug log, or the scheduler's)"
        found.missing["nodes.baseline"] = why
        return
    if found.memory_bytes is None:
        found.missing["nodes.baseline"] = "heartbeats say it in %: give --memory for bytes"
