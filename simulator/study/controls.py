"""Control variates for a result: what each replication happened to be given, against what it gets on average.

The workload knows how many sessions it drew and which baselines; their means are known exactly. Nothing is
run again: the workloads are drawn once more, which takes a fraction of the runs' time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..statistics import Controlled, controlled_mean
from ..theory.known_means import known_means
from ..workload import build_workload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..config import Scenario
    from .results import Study

DEFAULT = ("sessions", "baseline_bytes_mean", "baseline_bytes_highest")


def controlled(
    study: Study,
    name: str,
    *,
    setting: str | None = None,
    profile: str | None = None,
    controls: Sequence[str] = DEFAULT,
) -> Controlled:
    """A result's mean with and without control variates, over the replications of a study.

    Args:
        study: with at least a handful of replications more than controls.
        name: a result, or `STORE.NAME`.
        setting: the setting's name, by default the first.
        profile: the profile's name, by default the first.
        controls: names of `theory.known_means` to use; those that are not known here are left out.

    Raises:
        KeyError: there is no such setting or result.
    """
    chosen = study.setting(study.settings[0].name if setting is None else setting, profile)
    estimate = chosen.estimate(name)
    if estimate is None:
        raise KeyError(f"no result {name!r}")
    known = known_means(chosen.scenario)
    used = [control for control in controls if control in known]
    given = [drawn(chosen.scenario, replication, study.seed) for replication in chosen.replications]
    rows = [[one[control] for control in used] for one in given]
    return controlled_mean(estimate.values, rows, [known[control] for control in used])


def drawn(scenario: Scenario, replication: int, seed: int) -> dict[str, float]:
    """What the workload of one replication has of each known mean."""
    workload = build_workload(scenario, replication, seed)
    hosts = workload.baseline_bytes
    # a baseline that is drawn anew may have a last stretch that is shorter than the others
    ends = [*workload.baseline_at_ms[1:].tolist(), scenario.horizon_ms]
    lasting = [end - start for start, end in zip(workload.baseline_at_ms.tolist(), ends, strict=True)]
    level = sum(float(column.mean()) * time for column, time in zip(hosts.T, lasting, strict=True))
    sessions = sum(int(((rows.turn == 0) & (rows.kind == 0)).sum()) for rows in workload.windows())
    return {
        "sessions": float(sessions),
        "baseline_bytes_mean": level / scenario.horizon_ms,
        "baseline_bytes_highest": float(hosts.max()),
    }
