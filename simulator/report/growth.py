"""The stores in words: which one is the largest, which grow without bound, how fast, and until when."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ..config import bound_of
from .format import estimate
from .language import say
from .profile import names, verb

if TYPE_CHECKING:
    from ..statistics import Estimate
    from ..study import Verdict
    from .profile import Profile


def largest_store(profile: Profile) -> tuple[str, float]:
    """The store with most bytes at the reference's memory peak, and its share of all stores'."""
    held = {name: outputs["bytes_at_memory_peak"].mean for name, outputs in profile.reference.stores.items()}
    held = {name: value for name, value in held.items() if value > 0}
    if not held:
        return "", 0.0
    name = max(held, key=held.__getitem__)
    return name, held[name] / sum(held.values())


def largest(profile: Profile) -> str:
    """Which store most of the memory peak is made of, when one is."""
    name, share = largest_store(profile)
    if share < 0.5 or len(profile.reference.stores) < 2:
        return ""
    total = profile.reference.kpis["stores_bytes_peak"]
    size = estimate("bytes", total.mean, total.low, total.high).value
    gaps = {"store": name, "share": round(share * 100), "size": size, "setting": profile.reference.name}
    if profile.others:
        return say(
            "{store} is {share} % of the stores at the memory peak of {setting} (stores peak {size}).", **gaps
        )
    return say("{store} is {share} % of the stores at the memory peak (stores peak {size}).", **gaps)


# ---- growth ----


def growth(profile: Profile) -> list[str]:
    """What grows without bound under the reference, how fast, and when it is full; the fastest first."""
    found = [
        verdict
        for verdict in profile.of_kind("grows_without_bound", "leaks")
        if verdict.setting == profile.reference.name and verdict.growth is not None
    ]
    found.sort(key=lambda verdict: -verdict.growth.mean if verdict.growth else 0.0)
    largest, _ = largest_store(profile)
    sentences = [_growth(profile, verdict, first=verdict.store == largest) for verdict in found[:2]]
    if len(found) > 2:
        rest = [str(verdict.store) for verdict in found[2:]]
        grow = verb(rest, "grow")
        sentences.append(
            say("{stores} {grow} without bound too, more slowly.", stores=names(rest), grow=grow)
        )
    return sentences


def _growth(profile: Profile, verdict: Verdict, *, first: bool) -> str:
    assert verdict.growth is not None
    speed = estimate("bytes_per_day", verdict.growth.mean, verdict.growth.low, verdict.growth.high)
    gaps = {"store": verdict.store, "speed": speed.value, "interval": speed.interval}
    parts = [
        say(
            "{store} grows without bound: {speed} on each node {interval}"
            if verdict.kind == "grows_without_bound"
            else "{store} leaks: {speed} on each node {interval}",
            **gaps,
        ).rstrip(),
        _slowed(profile),
        _full(profile, verdict, first=first),
    ]
    store = str(verdict.store)
    stopped = [
        setting.name
        for setting in profile.others
        if store in setting.stores and bound_of(setting.scenario, store) == "bounded"
    ]
    if stopped:
        parts.append(say("{settings} {stop} it", settings=names(stopped), stop=verb(stopped, "stop")))
    return say("{said}.", said=say("; ").join(part for part in parts if part))


def is_full(exhaustion: Estimate) -> bool:
    """Whether the limit may be reached already: then no time is left to tell (its interval includes none)."""
    return exhaustion.mean <= 0 or exhaustion.low <= 0


def _slowed(profile: Profile) -> str:
    """A node that gets no jobs adds nothing: the rate is then below that of a node at work."""
    kpis = profile.reference.kpis
    out = kpis["unavailable_fraction"].mean - kpis["unavailable_busy_fraction"].mean
    if not out > 0.02:
        return ""
    return say("slowed, since nodes are out {share} % of the time", share=round(out * 100))


def _full(profile: Profile, verdict: Verdict, *, first: bool) -> str:
    """When a store would be too much. That a node is full already is put down to its largest store only."""
    time, limit = verdict.exhaustion, verdict.limit
    if time is None or limit is None or not isfinite(time.mean):
        return ""
    room = {
        "threshold": "the headroom below the threshold",
        "host": "the host's memory",
        "heap": "the process's heap",
    }.get(limit, limit)
    room = say(room)
    if is_full(time):
        died = profile.reference.kpis["time_to_oom_ms"]
        if died.mean < profile.reference.scenario.horizon_ms and first:
            return say("processes have died of it and stay down")
        return say("it has filled {room}", room=room) if first else ""
    when = estimate("days", time.mean, time.low, time.high).joined
    return say("it would fill {room} in {time}", room=room, time=when)
