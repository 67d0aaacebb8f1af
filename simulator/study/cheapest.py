"""The cheapest value of one path that meets all targets, in every profile, with its confidence.

Every value meets the same arrivals. A value is judged by the targets' own intervals after the study's number
of replications, and once more after the most that are allowed where that tells nothing. Two looks at 2.5 %
each leave at most 5 % for saying of a value that it meets its targets when it does not: no more for several
targets, since all of them have to be met (Berger 1982, intersection-union tests), and next to no more for
several values, since the runs are paired: where a worse value is taken for a good one, so are those between.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..config.ranges import number_of
from ..config.recipe import recipe_of
from ..config.replications import Until
from ..config.varied import Varied, Wanted, load_varied, vary
from ..statistics.estimate import finite_or_none
from .cluster import connected
from .packing import made_by
from .provenance import now_text, record
from .search import Search
from .store import RunStore
from .trials import Trials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    import pandas as pd
    from distributed import Client

    from ..config import Experiment
    from ..config.load import Options, Source
    from ..statistics import Estimate
    from .execution import Progress
    from .provenance import Provenance
    from .search import Edge, Standing, Status
    from .targets import TargetVerdict

Outcome = Literal["found", "all meet", "none meets", "cannot tell"]
MORE = 4
"""An undecided value is tried with so many times the replications: intervals half as wide."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Tried:
    """One value that was tried: as a config writes it, its size, how it stands, its targets and results."""

    value: str
    number: float
    replications: int
    status: Status
    targets: tuple[TargetVerdict, ...]
    kpis: dict[str, Estimate]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: estimates without the values behind them."""
        results = {
            name: {
                "mean": finite_or_none(result.mean),
                "low": finite_or_none(result.low),
                "high": finite_or_none(result.high),
                "n": result.n,
            }
            for name, result in self.kpis.items()
        }
        return {
            "value": self.value,
            "replications": self.replications,
            "status": self.status,
            "targets": [verdict.to_dict() for verdict in self.targets],
            "kpis": results,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one profile.

    `value` is the cheapest that is known to meet all targets (with `CONFIDENCE`), `missed` the dearest
    cheaper one that is known to miss one: adjacent, or what lies between is `undecided` with the most
    replications. `pieces` are the tried values from the cheapest to the dearest, met or missed, with the
    first and last value of each; more than one that is met means that meeting is not monotone. `tried` is in
    the order of the numbers.
    """

    profile: str
    setting: str
    outcome: Outcome
    value: str | None
    missed: str | None
    undecided: tuple[str, ...]
    pieces: tuple[tuple[Status, str, str], ...]
    tried: tuple[Tried, ...]

    def at(self, value: str) -> Tried:
        """What was tried at a value; KeyError when it was not."""
        return next(one for one in self.tried if one.value == value)

    @property
    def in_one_piece(self) -> bool:
        """Whether all tried values that meet the targets lie side by side."""
        return sum(status == "met" for status, *_ in self.pieces) <= 1

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "profile": self.profile,
            "setting": self.setting,
            "outcome": self.outcome,
            "value": self.value,
            "missed": self.missed,
            "undecided": list(self.undecided),
            "in_one_piece": self.in_one_piece,
            "pieces": [{"status": status, "from": low, "to": high} for status, low, high in self.pieces],
            "tried": [one.to_dict() for one in self.tried],
        }


@dataclass(frozen=True, slots=True)
class Cheapest:
    """A search as a whole: the path, which end is cheap, its bounds, and what was found, by profile.

    `ran` and `stored` count runs of this time and those that a store had; they are no part of the result.
    """

    name: str
    seed: int
    replications: int
    at_most: int
    horizon_ms: int
    path: str
    order: str
    low: str
    high: str
    found: tuple[Found, ...]
    provenance: Provenance
    ran: int
    stored: int

    def exit_code(self) -> int:
        """0 a value was found in every profile, 1 there is none in one, 3 one cannot be told."""
        outcomes = {one.outcome for one in self.found}
        return 1 if "none meets" in outcomes else 3 if "cannot tell" in outcomes else 0

    def to_dict(self) -> dict[str, Any]:
        """The search as JSON has it. Everything but `provenance` is the same whenever it is run again."""
        return {
            "name": self.name,
            "seed": self.seed,
            "replications": self.replications,
            "at_most": self.at_most,
            "horizon_ms": self.horizon_ms,
            "path": self.path,
            "cheapest": self.order,
            "from": self.low,
            "to": self.high,
            "confidence": CONFIDENCE,
            "found": [one.to_dict() for one in self.found],
            "provenance": self.provenance.to_dict(),
        }

    def frame(self) -> pd.DataFrame:
        """Tidy table of what was tried: a row for each profile, value and target."""
        import pandas as pd

        return pd.DataFrame.from_records(list(self.rows()))

    def rows(self) -> list[dict[str, Any]]:
        """The same as plain rows."""
        return [
            {
                "profile": one.profile,
                "setting": one.setting,
                "path": self.path,
                "value": tried.value,
                "number": tried.number,
                "replications": tried.replications,
                "status": tried.status,
                "target": verdict.target,
                "target_status": verdict.status,
                "estimate": finite_or_none(verdict.value),
                "low": finite_or_none(verdict.low),
                "high": finite_or_none(verdict.high),
            }
            for one in self.found
            for tried in one.tried
            for verdict in tried.targets
        ]

    def __repr__(self) -> str:
        from ..report.cheapest import to_text  # as for a Study: when somebody looks at it

        return to_text(self)


def cheapest(
    experiment: Source | Varied,
    wanted: Wanted | None = None,
    replications: int | None = None,
    seed: int | None = None,
    engine: str = "auto",
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    set: Options = None,  # noqa: A002  (the config language's own word)
    setting: str | None = None,
    profile: str | None = None,
    at_most: int | None = None,
    store: str | PathLike[str] | None = None,
    client: str | Client | None = None,
) -> Cheapest:
    """Find the cheapest value of a path that meets all targets of a config, in each profile.

    Args:
        experiment: a config's path or values, or what `config.varied` made of one.
        wanted: the path, which end of it is cheap, and its bounds.
        replications: of every value, instead of the config's.
        at_most: of a value that cannot be told; four times as many unless the config's `until` says.
        setting: the setting in which the path is varied (the first).
        profile: only this profile.
        seed: as in `compare`, and so are the others.
        engine: auto, reference or compiled.
        workers: number of processes.
        progress: called with runs done and planned, of the values that are tried together.
        set: overrides keys by dotted path.
        store: a file in which runs are kept; those that it has already are not run again.
        client: runs on this Dask cluster.

    Raises:
        ConfigError: E127, E128 and what `load_experiment` and values at the bounds raise.
        StudyError: as `compare`.
        KeyboardInterrupt: Ctrl-C; runs that had ended are in the store.
    """
    if not isinstance(experiment, Varied):
        if wanted is None:
            raise ValueError("say which path: wanted=Wanted('nodes.count')")
        experiment = load_varied(experiment, wanted, set, setting, profile)
    varied, base = experiment, experiment.experiment
    count, most = _replications(base.replications, replications, at_most)
    seed = base.seed if seed is None else seed
    started_at, started = now_text(), time.perf_counter()
    with (
        RunStore(store) if store is not None else nullcontext() as runs,
        connected(client) as cluster,
    ):
        trials = Trials(varied, seed, engine, workers, progress, runs, cluster)
        found = tuple(_in_profile(trials, place, count, most) for place in range(len(base.cases)))
    asked = varied.to_wanted()
    arguments = {
        **base.asked,
        "replications": count,
        "at_most": most,
        "cheapest": {name: getattr(asked, name) for name in ("path", "order", "low", "high", "first")},
    }
    return Cheapest(
        name=base.name,
        seed=seed,
        replications=count,
        at_most=most,
        horizon_ms=base.scenario.horizon_ms,
        path=varied.path,
        order="largest" if varied.largest else "smallest",
        low=varied.values.text(0),
        high=varied.values.text(varied.values.last),
        found=found,
        provenance=record(
            [case.scenario for case in base.cases],
            config=base.path,
            seed=seed,
            replications=count,
            engine=engine,
            workers=trials.workers,
            deaths=trials.deaths,
            arguments=arguments,
            recipe=recipe_of(base),
            code=made_by(),
            started_at=started_at,
            elapsed_s=time.perf_counter() - started,
        ),
        ran=trials.ran,
        stored=trials.stored,
    )


def again(experiment: Experiment, asked: Mapping[str, Any]) -> Varied:
    """What was searched, from an experiment that was read again and its provenance's `arguments`."""
    wanted = dict(asked["cheapest"])
    return vary(experiment, Wanted(**{**wanted, "first": tuple(wanted["first"])}))


def _replications(given: int | Until, asked: int | None, at_most: int | None) -> tuple[int, int]:
    """How many at first, and the most."""
    until = given if isinstance(given, Until) else None
    count = asked or (until.at_least if until else given)
    assert isinstance(count, int)
    most = at_most or (until.at_most if until else MORE * count)
    return count, max(count, most)


def _in_profile(trials: Trials, profile: int, count: int, most: int) -> Found:
    """Search one profile."""
    varied = trials.varied
    last = varied.values.last

    def place_of(rank: int) -> int:
        return last - rank if varied.largest else rank

    def quick(ranks: Any) -> list[Standing]:
        trials.run(profile, [place_of(rank) for rank in ranks], count)
        return [trials.standing(profile, place_of(rank)) for rank in ranks]

    def thorough(rank: int) -> Standing:
        trials.run(profile, [place_of(rank)], most)
        return trials.standing(profile, place_of(rank))

    search = Search(quick, thorough)
    edge = search.edge(sorted(place_of(place) for place in varied.first))
    return _found(trials, profile, search, edge, place_of)


def _found(trials: Trials, profile: int, search: Search, edge: Edge, place_of: Any) -> Found:
    case = trials.varied.experiment.cases[profile]

    def text(rank: int) -> str:
        return trials.varied.values.text(place_of(rank))

    statuses = {standing.status for standing in search.standings.values()}
    outcome: Outcome = "found"
    if statuses == {"met"}:
        outcome = "all meet"
    elif edge.met is None:
        outcome = "cannot tell" if "cannot tell" in statuses else "none meets"
    undecided = sorted(
        rank
        for rank, standing in search.standings.items()
        if standing.status == "cannot tell" and (edge.met is None or rank < edge.met)
    )
    tried = []
    for rank in sorted(search.standings, key=place_of):
        verdicts, kpis, ran = trials.results(profile, place_of(rank))
        size = number_of(text(rank))
        assert size is not None
        tried.append(Tried(text(rank), size, ran, search.standings[rank].status, verdicts, kpis))
    return Found(
        profile=case.profile,
        setting=case.setting,
        outcome=outcome,
        value=None if edge.met is None else text(edge.met),
        missed=None if edge.missed is None else text(edge.missed),
        undecided=tuple(text(rank) for rank in undecided),
        pieces=tuple((status, text(low), text(high)) for status, low, high in search.pieces()),
        tried=tuple(tried),
    )
