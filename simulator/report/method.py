"""How a study came about, as far as it decided that itself: its replications and its warm-up."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ..names import unit_of
from .format import quantity

if TYPE_CHECKING:
    from ..study import Study
    from ..study.precision import Attained
    from ..study.warmup import WarmUp


def method_sentences(study: Study, profile: str) -> list[str]:
    """What was decided while running, for one profile; nothing when the config decided everything."""
    said = [_precision(one) for one in study.precision if one.profile == profile]
    return said + [_warm_up(one) for one in study.warm_ups if one.profile == profile]


def _precision(one: Attained) -> str:
    store, _, output = one.name.rpartition(".")
    unit = "fraction" if one.statistic == "P" else unit_of(output or one.name, store=bool(store))
    assert unit is not None
    half = quantity(unit, one.half_width) if isfinite(one.half_width) else "unknown"
    widths = f"{quantity(unit, one.estimate)} ± {half}, wanted ± {quantity(unit, one.wanted)}"
    if one.reached:
        return f"{one.goal} is precise enough after {one.n} replications: {widths}."
    said = (
        f"{one.goal} is not precise enough after {one.n} replications, the most that were allowed: {widths}"
    )
    return f"{said}; about {one.needed:,} would do." if one.needed is not None else f"{said}."


def _warm_up(one: WarmUp) -> str:
    if not one.store:
        return "No warm-up is left out: every store is at its level from the start."
    longest = f"{one.store} takes longest to fill, in {one.setting}"
    said = f"A warm-up of {quantity('ms', one.warmup_ms)} is left out, found by MSER-5: {longest}"
    if one.reliable:
        return f"{said}."
    return f"{said}; do not rely on it: {one.reason}. A longer horizon would tell."
