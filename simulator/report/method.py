"""How a study came about, as far as it decided that itself: its replications and its warm-up."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ..names import unit_of
from .format import quantity
from .labels import label
from .language import say

if TYPE_CHECKING:
    from ..study import Study
    from ..study.inputs import InputsUsed
    from ..study.precision import Attained
    from ..study.warmup import WarmUp


def method_sentences(study: Study, profile: str) -> list[str]:
    """What was decided while running, for one profile; nothing when the config decided everything."""
    said = [_precision(one) for one in study.precision if one.profile == profile]
    if study.inputs is not None:
        said += _inputs(study, study.inputs, profile)
    return said + [_warm_up(one) for one in study.warm_ups if one.profile == profile]


DRAWN = ("unavailable_memory_fraction", "memory_bytes_peak")
"""Results of which it is said where their uncertainty comes from."""


def _inputs(study: Study, used: InputsUsed, profile: str) -> list[str]:
    """With what draws it was run, and how much of an interval comes from them."""
    said = [
        say(
            "Inputs are {draws} draws of {file}, {count} replications each; every interval holds what they "
            "leave open.",
            draws=used.draws,
            file=used.file,
            count=used.each,
        )
    ]
    reference = next(setting for setting in study.settings if setting.profile == profile)
    for name in DRAWN:
        estimate = reference.kpis[name]
        share = estimate.from_inputs
        if share is None or not isfinite(share) or not estimate.half_width > 0:
            continue
        end = (
            "more replications hardly narrow it, more logs do."
            if share > 0.5
            else "more replications narrow it."
        )
        said.append(
            say(
                "Of the interval's squared width for {what} ({setting}), {share} comes from what the logs "
                "could not tell: {end}",
                share=quantity("fraction", round(share, 2)),
                what=label(name).text,
                setting=reference.name,
                end=say(end),
            )
        )
    return said


def _precision(one: Attained) -> str:
    store, _, output = one.name.rpartition(".")
    unit = "fraction" if one.statistic == "P" else unit_of(output or one.name, store=bool(store))
    assert unit is not None
    half = quantity(unit, one.half_width) if isfinite(one.half_width) else say("unknown")
    estimate, wanted = quantity(unit, one.estimate), quantity(unit, one.wanted)
    gaps = {"goal": one.goal, "count": one.n}
    gaps["widths"] = say(
        "{estimate} ± {half}, wanted ± {wanted}", estimate=estimate, half=half, wanted=wanted
    )
    if one.reached:
        return say("{goal} is precise enough after {count} replications: {widths}.", **gaps)
    said = say(
        "{goal} is not precise enough after {count} replications, the most that were allowed: {widths}",
        **gaps,
    )
    if one.needed is not None:
        return say("{said}; about {count} would do.", said=said, count=f"{one.needed:,}")
    return say("{said}.", said=said)


def _warm_up(one: WarmUp) -> str:
    if not one.store:
        return say("No warm-up is left out: every store is at its level from the start.")
    said = say(
        "A warm-up of {time} is left out, found by MSER-5: {store} takes longest to fill, in {setting}",
        time=quantity("ms", one.warmup_ms),
        store=one.store,
        setting=one.setting,
    )
    if one.reliable:
        return say("{said}.", said=said)
    return say("{said}; do not rely on it: {why}. A longer horizon would tell.", said=said, why=one.reason)
