"""How high at worst, how many more replications would tell, and which is the best with a guarantee."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..statistics import COLUMNS, replications_to_tell, select_best, tolerance_bound
from .choice import telling_names
from .format import quantity
from .labels import label
from .language import say
from .profile import names, verb

if TYPE_CHECKING:
    from .profile import Profile

INDIFFERENT_SHARE = 0.001
"""A difference in a share that nobody would pay for: 0.1 percentage points."""
INDIFFERENT_OF_MEMORY = 0.001
"""The same for bytes: 0.1 % of a node's memory."""
MOST_MORE = 1_000
"""More replications than this are not worth a figure."""


def sure_sentences(profile: Profile) -> list[str]:
    """What can be said beyond means, as far as the replications carry it."""
    found = [peak_bound(profile), would_tell_apart(profile), best_for_sure(profile)]
    return [sentence for sentence in found if sentence]


def peak_bound(profile: Profile) -> str:
    """A bound that 95 % of all runs of the reference stay under, or how many more runs would give one."""
    setting = profile.reference
    bound = tolerance_bound(setting.kpis["memory_bytes_peak"].values)
    length = quantity("ms", setting.scenario.horizon_ms)
    if bound.more:
        if profile.others or bound.n < 2:
            return ""
        return say(
            "{count} more replications would bound the peak of 95 % of all runs of {length} with 95 % "
            "confidence; the highest of these {n} bounds it with {share} %.",
            count=bound.more,
            length=length,
            n=bound.n,
            share=f"{100 * bound.confidence:.0f}",
        )
    which = say("the highest") if bound.rank == 1 else say(f"the {_ordinal(bound.rank)} highest")
    runs = say("{length} of {setting}", length=length, setting=setting.name) if profile.others else length
    return say(
        "With 95 % confidence the memory of a node peaks below {value} in 95 % of all runs of {runs} "
        "({which} of {n}).",
        value=quantity("bytes", bound.value),
        runs=runs,
        which=which,
        n=bound.n,
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
            if more:
                found.append((more, setting.name))
    if not found:
        return ""
    more, first = min(found)
    gaps = {"setting": first, "reference": profile.reference.name, "result": label(name).text}
    if more > MOST_MORE:
        most = f"{MOST_MORE:,}"
        return say(
            "Over {count} more replications would be needed to tell {setting} from {reference} by {result}.",
            count=most,
            **gaps,
        )
    rounded = int(float(f"{more:.2g}"))
    said = "About {count} more replications would tell {setting} from {reference} by {result}."
    one = "About {count} more replication would tell {setting} from {reference} by {result}."
    return say(one if rounded == 1 else said, count=f"{rounded:,}", **gaps)


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
        return say(
            "With at least 95 % confidence {settings} {lead} for {result} among {count} settings (Kim and "
            "Nelson; a lead below {least} does not count).",
            settings=names(same_names),
            lead=verb(same_names, "lead"),
            result=label(name).text,
            count=len(profile.settings),
            least=quantity(unit, least),
        )
    return ""
