"""How high at worst, how many more replications would tell, and which is the best with a guarantee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..statistics import COLUMNS, replications_to_tell, select_best, tolerance_bound
from .choice import telling_names
from .format import quantity
from .labels import label
from .profile import names, verb

if TYPE_CHECKING:
    from .profile import Profile

INDIFFERENT_SHARE = 0.001
"""A difference in a share that nobody would pay for: 0.1 percentage points."""
INDIFFERENT_OF_MEMORY = 0.001
"""The same for bytes: 0.1 % of a node's memory."""
MOST_MORE = 100_000


def sure_sentences(profile: Profile) -> list[str]:
    """What can be said beyond means, as far as the replications carry it."""
    found = [peak_bound(profile), would_tell_apart(profile), best_for_sure(profile)]
    return [sentence for sentence in found if sentence]


def peak_bound(profile: Profile) -> str:
    """A bound that 95 % of all runs of the reference stay under, or how many more runs would give one."""
    setting = profile.reference
    bound = tolerance_bound(setting.kpis["memory_bytes_peak"].values)
    length = quantity("ms", setting.scenario.horizon_ms)
    of = f" of {setting.name}" if profile.others else ""
    if bound.more:
        if profile.others or bound.n < 2:
            return ""
        return (
            f"{bound.more} more replications would bound the peak of 95 % of all runs of {length} with 95 % "
            f"confidence; the highest of these {bound.n} bounds it with {bound.confidence * 100:.0f} %."
        )
    which = "highest" if bound.rank == 1 else f"{_ordinal(bound.rank)} highest"
    return (
        f"With 95 % confidence the memory of a node peaks below {quantity('bytes', bound.value)} in 95 % of "
        f"all runs of {length}{of} (the {which} of {bound.n})."
    )


def _ordinal(number: int) -> str:
    words = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
    return words.get(number, f"{number}th")


def would_tell_apart(profile: Profile) -> str:
    """How many more replications would tell settings from the reference that cannot be told yet."""
    alike = {verdict.setting for verdict in profile.of_kind("no_detectable_difference")}
    name = telling_names(profile.settings, at_most=1)[0]
    found = []
    for setting in profile.others:
        if setting.name in alike and not setting.kpi_differences[name].exact_zero:
            more = replications_to_tell(setting.kpi_differences[name].values)
            if more and more <= MOST_MORE:
                found.append((more, setting.name))
    if not found:
        return ""
    more, first = min(found)
    rounded = int(float(f"{more:.2g}"))
    count = f"About {rounded:,} more replication{'s' * (rounded != 1)}"
    return f"{count} would tell {first} from {profile.reference.name} by {label(name).text}."


def best_for_sure(profile: Profile) -> str:
    """The best setting by Kim and Nelson's procedure; empty unless its guarantee holds and says something."""
    if len(profile.others) < 2:
        return ""
    targets = [verdict.name for verdict in profile.targets if verdict.name in COLUMNS]
    for name in telling_names(profile.settings, targets, at_most=3):
        unit, better = label(name).unit, COLUMNS[name].better
        if unit not in ("fraction", "bytes") or better == "neither":
            continue
        memory = profile.reference.scenario.nodes.memory_bytes
        least = INDIFFERENT_SHARE if unit == "fraction" else INDIFFERENT_OF_MEMORY * memory
        table = np.array([setting.kpis[name].values for setting in profile.settings]).T
        found = select_best(table, least, lowest=better == "low")
        # settings that are alike are one; a lead within the indifference amount is no choice
        same = [i for i in range(table.shape[1]) if (table[:, i] == table[:, found.best]).all()]
        others = [i for i in range(table.shape[1]) if i not in same]
        if not found.guaranteed or not others:
            continue
        means = table.mean(axis=0)
        if min(abs(float(means[i] - means[found.best])) for i in others) < least:
            continue
        same_names = [profile.settings[i].name for i in same]
        apart = quantity(unit, least)
        return (
            f"With at least 95 % confidence {names(same_names)} {verb(same_names, 'lead')} for "
            f"{label(name).text} among {len(profile.settings)} settings (Kim and Nelson; a lead below "
            f"{apart} does not count)."
        )
    return ""
