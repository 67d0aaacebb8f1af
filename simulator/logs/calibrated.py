"""A calibration as a config: the point, and draws that are as uncertain as it is.

Draws are parametric: fitted families by the normal law of their maximum-likelihood estimate, shares and rates
by the Jeffreys posterior that their bounds come from. Source: Barton, Nelson and Xie, Quantifying input
uncertainty via simulation confidence intervals, INFORMS Journal on Computing 26(1), 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..units import format_bytes_exact, format_duration, format_rate, format_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .calibrate import Calibration
    from .fitting.arrivals import ArrivalFit, Step
    from .fitting.fit import Fit
    from .fitting.outcomes import Share
    from .fitting.texts import TextFit

    Plain = dict[str, Any]

DIGITS = 5


def point(found: Calibration) -> Plain:
    """Everything that was learnt, as config values by dotted path."""
    return _values(found, None)


def draw(found: Calibration, generator: np.random.Generator) -> Plain:
    """The same paths with values as they might be as well."""
    return _values(found, generator)


def nested(values: Mapping[str, Any]) -> Plain:
    """Dotted paths as a config has them.

    >>> nested({"workload.sessions.gap": "6s", "workload.sessions.arrivals": {"poisson": "1/s"}})
    {'workload': {'sessions': {'gap': '6s', 'arrivals': {'poisson': '1/s'}}}}
    """
    whole: Plain = {}
    for path, value in values.items():
        *above, name = path.split(".")
        part = whole
        for key in above:
            part = part.setdefault(key, {})
        part[name] = value
    return whole


def _values(found: Calibration, generator: np.random.Generator | None) -> Plain:
    values: Plain = {}
    if found.arrivals is not None:
        values["workload.sessions.arrivals"] = _arrivals(found.arrivals, generator)
    sessions, texts = found.sessions, found.texts
    fits = {
        "workload.sessions.utterances": (sessions.utterances if sessions else None, "count"),
        "workload.sessions.gap": (sessions.gap if sessions else None, "ms"),
        "workload.utterances.audio": (found.audio, "ms"),
        "workload.utterances.text_length": (found.length, "count"),
        "workload.utterances.service": (found.service, "ms"),
        "workload.translation.latency": (found.latency, "ms"),
    }
    for path, (fit, unit) in fits.items():
        if fit is not None:
            values[path] = _distribution(fit, unit, generator)
    shares = {
        "workload.utterances.two_byte": found.two_byte,
        "workload.translation.fails": found.fails,
        "workload.translation.hangs": found.hangs,
    }
    for path, share in shares.items():
        if share is not None:
            values[path] = format_share(_share(share, generator))
    if texts is not None:
        values |= _texts(texts, generator)
    if found.outages is not None:
        values["workload.translation.outages"] = _outages(found, generator)
    return values | _nodes(found, generator)


def _texts(texts: TextFit, generator: np.random.Generator | None) -> Plain:
    """The share said once and the list of the others, drawn together; nothing where a list cannot be told."""
    path = "workload.utterances.texts"
    lists = texts.lists
    if lists is None or texts.exponent is None or texts.distinct is None:
        alone = {f"{path}.unique": format_share(_share(texts.unique, generator))}
        return {} if texts.repeats else alone
    unique, exponent, distinct = texts.unique.value, texts.exponent[0], texts.distinct[0]
    if generator is not None:
        which = int(generator.integers(len(lists.exponent)))
        unique, exponent = float(lists.unique[which]), float(lists.exponent[which])
        distinct = int(lists.distinct[which])
    zipf = {"exponent": _rounded(exponent), "distinct": distinct}
    return {f"{path}.unique": format_share(_rounded(unique)), f"{path}.zipf": zipf}


def _nodes(found: Calibration, generator: np.random.Generator | None) -> Plain:
    """What the logs say of nodes: settings are known as they are, only the baseline is drawn."""
    values: Plain = {}
    table = found.table
    store = "nodes.stores.aggregator_states"
    if table is not None and table.period_ms is not None:
        values[f"{store}.sweep_every"] = format_duration(_neat(table.period_ms))
    if table is not None and table.ttl_ms is not None:
        values[f"{store}.ttl"] = format_duration(_neat(table.ttl_ms))
    if table is not None and table.cap is not None:
        values[f"{store}.max"] = table.cap
    hosts, memory = found.hosts, found.memory_bytes
    if hosts is not None and hosts.sd is not None and memory is not None:
        mean, sd = hosts.mean[0], hosts.sd[0]
        if generator is not None and hosts.n > 2:
            sd *= float(np.sqrt((hosts.n - 1) / generator.chisquare(hosts.n - 1)))
            mean += sd / hosts.n**0.5 * float(generator.standard_normal())
        level = [format_bytes_exact(round(part / 100 * memory / 2**20) * 2**20) for part in (mean, sd)]
        values["nodes.memory"] = format_bytes_exact(memory)
        values["nodes.baseline"] = {"normal": {"mean": level[0], "sd": level[1]}}
        if hosts.resample_ms is not None:
            values["nodes.baseline"]["resample_every"] = format_duration(
                max(round(hosts.resample_ms / 1000) * 1000, 1000)
            )
    return values


def _neat(bounds: tuple[float, float, float]) -> int:
    """The roundest length of time within the bounds: somebody typed it."""
    value, low, high = bounds
    for unit in (3_600_000, 60_000, 30_000, 10_000, 5_000, 1_000, 500, 100, 10):
        neat = round(value / unit) * unit
        if neat > 0 and low <= neat <= high:
            return neat
    return max(round(value), 1)


def _arrivals(fit: ArrivalFit, generator: np.random.Generator | None) -> Plain:
    def rate(step: Step) -> str:
        value = step.rate
        if generator is not None:
            value = float(generator.gamma(step.seen + 0.5)) / step.watched_s
        return (
            f"{_rounded(value):f}".rstrip("0").rstrip(".") + "/s"
            if value >= 0.01
            else format_rate(_rounded(value))
        )

    if fit.is_constant:
        return {"poisson": rate(fit.overall)}
    return {"profile": {f"{step.from_hour}h": rate(step) for step in fit.steps}}


def _distribution(fit: Fit, unit: str, generator: np.random.Generator | None) -> Plain:
    family, theta = (fit.family, fit.theta) if generator is None else fit.draw(generator)
    return {family.name: {name: _quantity(value, unit) for name, value in family.written(theta).items()}}


def _quantity(value: float, unit: str) -> Any:
    if unit == "count":
        return _rounded(value)
    return format_duration(round(value)) if value >= 100 else format_duration(max(_rounded(value), 0.001))


def _share(share: Share, generator: np.random.Generator | None) -> float:
    if generator is None:
        return _rounded(share.value)
    return _rounded(float(generator.beta(share.hits + 0.5, share.n - share.hits + 0.5)))


def _outages(found: Calibration, generator: np.random.Generator | None) -> Plain:
    outages = found.outages
    assert outages is not None
    per_day = outages.per_day.value
    if generator is not None:
        per_day = float(generator.gamma(outages.per_day.hits + 0.5)) / outages.per_day.n
    every = format_duration(max(round(86_400_000 / per_day), 1))
    lasting: Any
    if outages.lasting is not None:
        lasting = _distribution(outages.lasting, "ms", generator)
    else:
        lasting = format_duration(max(round(float(np.mean(outages.end_ms - outages.start_ms))), 1))
    outcome = "hangs" if outages.hangs else "fails"
    return {"every": {"exponential": {"mean": every}}, "lasting": lasting, "outcome": outcome}


def _rounded(value: float) -> float:
    """To `DIGITS` significant digits: more would pretend."""
    return float(f"{value:.{DIGITS}g}")
