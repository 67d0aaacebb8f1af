"""A calibration in words: the answer first, then every fit with its bounds, then what the logs do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .format import estimate, quantity, wrap

if TYPE_CHECKING:
    from ..logs import Troubles
    from ..logs.calibrate import Calibration
    from ..logs.fitting.fit import Fit
    from ..logs.fitting.outcomes import Share

Bounds = tuple[float, float, float]

_LABELS = {
    "workload.sessions.utterances": "utterances a session",
    "workload.sessions.gap": "pause between them",
    "workload.utterances.audio": "audio",
    "workload.utterances.text_length": "characters of a text",
    "workload.utterances.service": "a job's slot",
    "workload.translation.latency": "translation latency",
}
_TIMES = ("gap", "audio", "service", "latency")


def fits(found: Calibration) -> dict[str, Fit]:
    """The fitted families by the config key that each fills."""
    sessions = found.sessions
    every = {
        "workload.sessions.utterances": sessions.utterances if sessions else None,
        "workload.sessions.gap": sessions.gap if sessions else None,
        "workload.utterances.audio": found.audio,
        "workload.utterances.text_length": found.length,
        "workload.utterances.service": found.service,
        "workload.translation.latency": found.latency,
    }
    return {key: fit for key, fit in every.items() if fit is not None}


def answer(found: Calibration) -> str:
    """The one sentence: how many sessions, how regular, how long."""
    parts = []
    arrivals = found.arrivals
    if arrivals is not None:
        step = arrivals.overall
        text = estimate("count", step.rate, step.low, step.high)
        said = f"about {text.value} sessions/s {text.interval}"
        if not arrivals.is_constant:
            busiest = max(arrivals.steps, key=lambda each: each.rate)
            said += f" on average, {busiest.rate:.3g}/s from {busiest.from_hour} to {busiest.to_hour} h UTC"
        parts.append(f"{said}, Poisson {'not rejected' if arrivals.is_poisson else 'rejected'}")
    if found.sessions is not None:
        text = estimate("count", *found.sessions.utterances.mean())
        gap = estimate("ms", *found.sessions.gap.mean()).joined
        parts.append(f"{text.value} utterances a session {text.interval}, {gap} apart")
    return "; ".join(parts)


def calibration_text(found: Calibration, troubles: Troubles | None, width: int = 100) -> str:
    """The whole answer."""
    seen = found.seen
    length = quantity("ms", seen.to_ms - seen.from_ms)
    level = "no debug lines" if seen.hides_debug else "debug lines too"
    sessions = max(seen.sessions, len(seen.opened_ms))
    lines = wrap(answer(found), width, "", "  ")
    lines += ["", f"  from {length} of logs: {sessions:,} sessions, {len(seen):,} utterances, {level}", ""]
    lines += _arrivals(found, width)
    for key, fit in fits(found).items():
        lines += wrap(f"{_LABELS[key]}: {_fit(key, fit)}", width, "  ", "    ")
    for label, share in _shares(found):
        said = estimate("fraction", share.value, share.low, share.high).joined
        lines.append(f"  {label}: {said} ({share.hits:,.0f} of {share.n:,.0f})")
    lines += _texts(found, width) + _outages(found) + _nodes(found, width)
    if found.missing:
        lines += ["", "  not identifiable from these logs:"]
        for key, why in found.missing.items():
            lines += wrap(f"{key.removeprefix('workload.')}: {why}", width, "    ", "      ")
    if troubles is not None and troubles.found:
        total = sum(trouble.count for trouble in troubles.found.values())
        kinds = ", ".join(f"{each.count:,} {kind}" for kind, each in troubles.found.items())
        lines += ["", *wrap(f"{total:,} troubles while reading: {kinds}", width, "  ", "    ")]
    return "\n".join(lines)


def _number(value: float, low: float, high: float) -> str:
    text = estimate("count", value, low, high)
    return text.joined


def _fit(key: str, fit: Fit) -> str:
    unit: Any = "ms" if key.rsplit(".", 1)[-1] in _TIMES else "count"
    parameters = [f"{name} {estimate(unit, *bounds).joined}" for name, bounds in fit.parameters().items()]
    said = f"{fit.family.name}, {', '.join(parameters)}, from {fit.n:,}"
    if fit.cut:
        said += f" ({fit.cut:,} may have gone on)"
    if fit.misfit is not None:
        said += f"; Anderson-Darling {fit.misfit[0]:.2g} (p {fit.misfit[1]:.2g})"
    others = sorted((aic, name) for name, aic in fit.rivals.items() if name != fit.family.name)
    if others:
        aic, name = others[0]
        said += f"; next {name}, AIC {aic:+,.0f}"
    return said


def _arrivals(found: Calibration, width: int) -> list[str]:
    fit = found.arrivals
    if fit is None:
        return []
    lines = []
    if fit.is_constant:
        lines += wrap(
            f"one rate for the whole day: no step between hours is worth it (equal rates: p "
            f"{fit.p_constant:.2g})",
            width,
            "  ",
            "    ",
        )
    else:
        steps = ", ".join(
            f"from {step.from_hour} h {_number(step.rate, step.low, step.high)}" for step in fit.steps
        )
        lines += wrap(f"sessions/s by the hour (UTC): {steps}", width, "  ", "    ")
    tests = (
        f"is it Poisson: starts within hours uniform p {fit.p_uniform:.2g} (Kolmogorov-Smirnov), "
        f"{fit.p_anderson:.2g} (Anderson-Darling); variance over mean {fit.dispersion:.2f}, "
        f"p {fit.p_dispersion:.2g}"
    )
    return lines + wrap(tests, width, "  ", "    ")


def _shares(found: Calibration) -> list[tuple[str, Any]]:
    every = [
        ("sessions in a two-byte script", found.two_byte),
        ("texts said once", _unique(found)),
        ("translations that fail", found.fails),
        ("translations that hang", found.hangs),
    ]
    return [(label, share) for label, share in every if share is not None]


def _unique(found: Calibration) -> Share | None:
    known = found.texts is not None and "workload.utterances.texts.unique" not in found.missing
    return found.texts.unique if known and found.texts is not None else None


def _texts(found: Calibration, width: int) -> list[str]:
    texts = found.texts
    if texts is None or texts.exponent is None or texts.distinct is None:
        return []
    value, low, high = texts.distinct
    said = f"repeated texts: Zipf exponent {_number(*texts.exponent)} over {value} a script [{low}, {high}]"
    return wrap(said, width, "  ", "    ")


def _outages(found: Calibration) -> list[str]:
    outages = found.outages
    if outages is None:
        return ["  no outage of translations was seen"] if found.hangs is not None else []
    per_day = outages.per_day
    said = _number(per_day.value, per_day.low, per_day.high)
    longest = quantity("ms", float((outages.end_ms - outages.start_ms).max()))
    what = "hang" if outages.hangs else "fail"
    return [f"  outages in which translations {what}: {len(outages)}, {said} a day, the longest {longest}"]


def _nodes(found: Calibration, width: int) -> list[str]:
    lines: list[str] = []
    table, hosts = found.table, found.hosts
    if table is not None:
        known = []
        if table.period_ms is not None:
            phases = ", ".join(f"{node} {quantity('ms', ms)}" for node, ms in sorted(table.phases_ms.items()))
            known.append(f"swept every {estimate('ms', *table.period_ms).joined} (phases: {phases})")
        if table.ttl_ms is not None:
            known.append(f"TTL {estimate('ms', *table.ttl_ms).joined}")
        if table.cap is not None:
            known.append(f"cap {table.cap:,}, seen at evictions")
        if known:
            lines += wrap(f"session table: {'; '.join(known)}", width, "  ", "    ")
    if hosts is not None:
        mean = estimate("fraction", *(part / 100 for part in hosts.mean)).joined
        said = f"host memory: {mean} of the host"
        if found.memory_bytes is None:
            said += ", the process itself in it"
        elif found.process_bytes is None:
            said += ", less what probes say of the process"
        else:
            said += f", less {quantity('bytes', found.process_bytes)} taken for the process (--process)"
        if hosts.sd is not None:
            said += (
                f"; sd {estimate('fraction', *(part / 100 for part in hosts.sd)).joined} of {hosts.n} levels"
            )
        if hosts.resample_ms is not None:
            said += f"; another level every {quantity('ms', hosts.resample_ms)}"
        lines += wrap(said, width, "  ", "    ")
    thresholds = found.seen.thresholds_percent
    if thresholds:
        count = len(found.seen.excluded_percent)
        limits = ", ".join(f"{limit:g} %" for limit in thresholds)
        lines.append(f"  threshold: {limits}, {count:,} times exceeded")
    elif found.seen.excluded_percent:
        lines.append(
            f"  threshold: at most {min(found.seen.excluded_percent):g} %, where a node was excluded"
        )
    return lines


def bounds(found: Calibration) -> dict[str, list[float]]:
    """Value, low and high of every parameter, in base units (ms, characters, per second, shares)."""
    every: dict[str, Bounds] = {}
    if found.arrivals is not None:
        step = found.arrivals.overall
        every["workload.sessions.arrivals.rate_per_s"] = step.rate, step.low, step.high
        if not found.arrivals.is_constant:
            every |= {
                f"workload.sessions.arrivals.profile.{step.from_hour}h": (step.rate, step.low, step.high)
                for step in found.arrivals.steps
            }
    for key, fit in fits(found).items():
        every |= {f"{key}.{name}": of for name, of in fit.parameters().items()}
    shares = (
        ("workload.utterances.two_byte", found.two_byte),
        ("workload.utterances.texts.unique", _unique(found)),
        ("workload.translation.fails", found.fails),
        ("workload.translation.hangs", found.hangs),
    )
    every |= {key: (share.value, share.low, share.high) for key, share in shares if share is not None}
    outages = found.outages
    if outages is not None:
        per_day = outages.per_day
        every["workload.translation.outages.per_day"] = per_day.value, per_day.low, per_day.high
        if outages.lasting is not None:
            lasting = outages.lasting.parameters()
            every |= {f"workload.translation.outages.lasting.{name}": of for name, of in lasting.items()}
    if found.texts is not None and found.texts.exponent is not None:
        every["workload.utterances.texts.zipf.exponent"] = found.texts.exponent
    if found.texts is not None and found.texts.distinct is not None:
        every["workload.utterances.texts.zipf.distinct"] = found.texts.distinct
    return {key: [float(part) for part in of] for key, of in (every | _baseline(found)).items()}


def _baseline(found: Calibration) -> dict[str, Bounds]:
    """Of the hosts' memory, in bytes; nothing while a host's memory is not known."""
    hosts, memory = found.hosts, found.memory_bytes
    if hosts is None or hosts.sd is None or memory is None:
        return {}
    parts = {"mean": hosts.mean, "sd": hosts.sd}
    low_to_high = {name: [part / 100 * memory for part in of] for name, of in parts.items()}
    return {f"nodes.baseline.{name}": (of[0], of[1], of[2]) for name, of in low_to_high.items()}
