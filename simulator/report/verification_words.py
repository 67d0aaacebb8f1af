"""A verification in sentences: is the model right, which component holds the memory, when is it full."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING, Final

from ..logs.holders import REST
from ..logs.verification import AMISS
from .format import estimate, listed, quantity

if TYPE_CHECKING:
    from ..logs.comparison import Change, Comparison, Quantity
    from ..logs.verification import Verification, Verified
    from ..names import Unit
    from .format import Text

_KINDS: Final[dict[str, Unit]] = {
    "percent": "fraction",
    "bytes": "bytes",
    "entries": "count",
    "per hour": "count",
}
FOR_EVER_DAYS: Final = 365_250
A_PART: Final = 0.001
"""Of a node's memory: stores that hold less together are not what fills it."""


def number(of: Quantity, value: float, low: float, high: float, *, signed: bool = False) -> Text:
    """A figure of this quantity, with its interval."""
    each = 100.0 if of.unit == "percent" else 1.0
    return estimate(_KINDS[of.unit], value / each, low / each, high / each, signed=signed)


def answer(found: Verification) -> str:
    """The whole in one or two sentences: the verdict, then what holds the memory."""
    last = found.after or found.before
    first = _change(found) if found.after is not None else _log(found.before)
    return f"{first} {_holder(last)}" if last.comparisons else first


# ---- one log ----


def _log(log: Verified) -> str:
    if log.verdict == "cannot tell":
        return f"Cannot tell: {log.hidden[0] if log.hidden else 'the logs are too short'}."
    amiss = [each for each in log.comparisons if each.verdict in AMISS]
    memory = next((each for each in log.comparisons if each.quantity.unit == "percent"), None)
    subject = "memory" if memory is not None else "everything these logs show"
    if not amiss:
        said = ""
        if memory is not None:
            text = number(memory.quantity, memory.predicted, memory.low, memory.high)
            seen = quantity("fraction", round(memory.observed, 1) / 100)
            said = f": {seen} of the host where {text.joined} was predicted"
        return f"The model is right about {subject}{said}."
    said = _largest(log, amiss)
    names = {each.quantity.name for each in amiss}
    load = next((each for each in amiss if each.quantity.name == "jobs"), None)
    # fewer jobs where nodes take none are no smaller load
    if load is not None and (load.verdict == "higher" or not names & {"excluded", "no_node"}):
        of = load.quantity
        seen = number(of, load.observed, load.observed_low, load.observed_high).joined
        said = f"the load is {load.factor:.2g} × the model's, {seen} jobs an hour; {said}"
    if memory is not None and memory.verdict == "as predicted" and _is_as_predicted(log, memory):
        return f"The model is right about memory, but {said}."
    return f"{said[0].upper()}{said[1:]}."


def _is_as_predicted(log: Verified, memory: Comparison) -> bool:
    """Whether memory's growth is as predicted too."""
    same = [each for each in log.comparisons if each.quantity.name == memory.quantity.name]
    return all(each.verdict == "as predicted" for each in same)


def _largest(log: Verified, amiss: list[Comparison]) -> str:
    """The deviation that says most: of a store the one with most bytes, else memory, else the first."""
    off = {holder.name: abs(holder.held_bytes - holder.predicted_bytes) for holder in log.holders}
    stores = [each for each in amiss if each.quantity.store]
    amiss = [each for each in amiss if each.quantity.name != "jobs"] or amiss
    worst = next((each for each in amiss if each.quantity.unit == "percent"), amiss[0])
    if stores:
        worst = max(stores, key=lambda each: off.get(each.quantity.store, 0.0))
        if worst.quantity.store not in log.scenario.nodes.enabled_stores:
            return f"the log tells of {worst.quantity.store}, which the config has switched off"
        factor = worst.factor
        if isfinite(factor) and 0.05 <= factor < 1000 and round(factor, 1) != 1.0:
            verb = "grows" if worst.quantity.sort == "growth" else "holds"
            return f"the log {verb} {factor:.2g} × the {worst.quantity.store} that the model predicts"
    of = worst.quantity
    seen = number(of, worst.observed, worst.observed_low, worst.observed_high).joined
    expected = number(of, worst.predicted, worst.low, worst.high).joined
    verb, hourly = ("grew by", " an hour") if of.sort == "growth" else ("was", "")
    return f"{_subject(of)} {verb} {seen}{hourly} where the model predicts {expected}"


def _subject(of: Quantity) -> str:
    if of.unit == "percent":
        return "the memory of a node"
    return of.store or of.label.removesuffix(" growth/h").replace("/h", " an hour")


# ---- a change ----


def _change(found: Verification) -> str:
    changes = found.changes
    if found.verdict == "cannot tell":
        return f"Cannot tell whether the change did what was predicted: {_why_not(changes)}."
    if found.verdict == "not as predicted":
        wrong = [change for change in changes if change.verdict in AMISS]
        worst = next((change for change in wrong if change.expects_change), wrong[0])
        return f"The change did not do what was predicted: {_did(worst)}."
    told = [change for change in changes if change.expects_change and change.verdict == "as predicted"]
    if not told:
        return "The change did what was predicted: nothing that these logs can show."
    memory = next((change for change in told if change.quantity.unit == "percent"), None)
    return f"The change did what was predicted: {_did(memory or told[0])}."


def _why_not(changes: tuple[Change, ...]) -> str:
    if not changes:
        return "the two logs have nothing in common"
    expected = [change for change in changes if change.expects_change]
    if not expected:
        return "the logs are too short"
    change = expected[0]
    text = number(change.quantity, change.predicted, change.low, change.high, signed=True)
    return f"{change.quantity.label}: {text.joined} predicted, and two logs differ by as much by chance"


def _did(change: Change) -> str:
    of = change.quantity
    low, high = change.observed_low, change.observed_high
    if change.observed < 0:
        low, high = -high, -low
    by = number(of, abs(change.observed), low, high).joined
    what, hourly = _subject(of), ""
    if of.sort == "growth":
        what, hourly = f"the growth of {what}", " an hour"
    verb = "rose" if change.observed > 0 else "fell"
    expected = number(of, change.predicted, change.low, change.high, signed=True).joined
    points = " of the host" if of.unit == "percent" else ""
    return f"{what} {verb} by {by}{points}{hourly}, {expected} predicted"


# ---- what holds the memory ----


def _holder(log: Verified) -> str:
    """Which component holds the memory, as far as anybody knows."""
    stores = [holder for holder in log.holders if holder.name != REST]
    held = sum(holder.held_bytes for holder in stores)
    if not stores or not held:
        return "The stores hold nothing."
    top = stores[0]
    memory = log.memory_bytes  # NaN where the log is too short for a heartbeat
    more, unknown = _rest(log), [holder for holder in stores if not isfinite(holder.entries)]
    if more > 0 and unknown:
        return (
            f"Which store holds it the log does not say: {quantity('bytes', more)} a node are in none as the "
            "model has them. The config's other settings may explain them, or a probe would tell."
        )
    if held / memory < A_PART:
        whole = f"{quantity('bytes', held)} of {quantity('bytes', memory)}"
        return f"No store holds the memory: all together have {whole} a node{_beside(more)}."
    verb = "hold" if top.name.endswith("s") else "holds"
    by_whom = "" if isfinite(top.entries) else ", by the model, since the log does not say"
    parts = f"{percent(top.held_bytes / held)} of theirs"
    if isfinite(memory):
        parts += f" and {percent(top.held_bytes / memory)} of its memory"
    return (
        f"Of the stores {top.name} {verb} most: {quantity('bytes', top.held_bytes)} a node, {parts}"
        f"{by_whom}{_beside(more)}."
    )


def _rest(log: Verified) -> float:
    """Bytes that are in no store and that the config does not have there; 0 unless memory is far off."""
    level = next((each for each in log.comparisons if each.quantity.unit == "percent"), None)
    if level is None or level.verdict not in AMISS:
        return 0.0
    more = log.holders[-1].held_bytes - log.holders[-1].predicted_bytes
    off = sum(abs(holder.held_bytes - holder.predicted_bytes) for holder in log.holders[:-1])
    return more if abs(more) > off else 0.0


def _beside(more: float) -> str:
    if not more:
        return ""
    word = "more" if more > 0 else "less"
    return f"; what is not in a store has {quantity('bytes', abs(more))} {word} than predicted"


def percent(share: float) -> str:
    """A share to two figures: `12 %`, `0.0016 %`."""
    return quantity("fraction", float(f"{share:.2g}"))


# ---- when it is full ----


def until_full(log: Verified) -> list[str]:
    """When a node is full from the end of the log on: as it grew, and as the config says."""
    full = log.exhaustion
    if not isfinite(full.room_bytes):
        return []
    limit = "the threshold" if full.limit == "threshold" else "the host's memory"
    if full.room_bytes <= 0:
        return [f"the fullest node is over {limit} by {quantity('bytes', -full.room_bytes)} already"]
    lines = [f"the fullest node is {quantity('bytes', full.room_bytes)} below {limit}"]
    if not log.memory_observed:
        lines[0] += ", by the model"
    if isfinite(full.observed_per_day):
        speed = estimate(
            "bytes_per_day", full.observed_per_day, full.observed_low, full.observed_high, signed=True
        )
        days, soonest, latest = full.observed_days
        when = _days(days, soonest, latest)
        lines.append(f"as it grew in this log, {speed.joined}: {when}")
    if full.growing:
        predicted = full.predicted
        when = _days(predicted.mean, predicted.low, predicted.high)
        lines.append(f"as the model has it, {listed(list(full.growing))} growing on: {when}")
    else:
        lines.append("as the model has it, nothing grows for ever: never")
    return lines


def _days(days: float, soonest: float, latest: float) -> str:
    """A time from now, with bounds that may be never.

    >>> _days(3.0, 2.5, inf), _days(inf, 40.0, inf)
    ('3 days [2.5 days, never]', 'never at this rate, 40 days at the soonest')
    """
    days, soonest, latest = (each if each < FOR_EVER_DAYS else inf for each in (days, soonest, latest))
    first = quantity("days", soonest) if isfinite(soonest) else ""
    if not isfinite(days):
        return f"never at this rate, {first} at the soonest" if first else "never at this rate"
    if not isfinite(latest):
        return f"{quantity('days', days)} [{first}, never]" if first else quantity("days", days)
    return estimate("days", days, soonest, latest).joined
