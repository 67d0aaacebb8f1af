"""Loading: a config file, or plain values, to scenarios.

Precedence, weakest first: what a file extends, the file, the profile, the setting, the grid, `--set`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from .. import units
from ..problems import ConfigError, Place, Problem
from .diagnose import findings_of, problem_at
from .files import compose, shown_path
from .merge import Change, changes_of, node_at, put, with_seed_stores
from .options import read_options
from .overlays import MOST_CASES, Overlay, grid_overlays, overlays_of
from .scenario import Scenario
from .tree import Branch, from_values, plain, values

Source = str | Path | Mapping[str, Any]
Options = Mapping[str, Any] | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Case:
    """One setting in one profile. `changes` are the (path, text) by which it differs from the file."""

    profile: str
    setting: str
    scenario: Scenario
    changes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole config. `scenario` is its first case, `resolved` the composed config as plain values.

    `load_experiment(experiment.resolved)` gives the same cases again, wherever the files are.
    """

    name: str
    seed: int
    replications: int
    scenario: Scenario
    cases: tuple[Case, ...]
    warnings: tuple[Problem, ...]
    path: str
    resolved: Mapping[str, Any]

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles, in config order ("" when there are none)."""
        return tuple(dict.fromkeys(case.profile for case in self.cases))

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of the settings, in config order; the first is the reference."""
        return tuple(dict.fromkeys(case.setting for case in self.cases))


@dataclass(frozen=True, slots=True)
class _Plan:
    """A composed config, before any case of it is checked."""

    tree: Branch
    shown: str
    name: str
    profiles: tuple[Overlay, ...]
    settings: tuple[Overlay, ...]
    options: tuple[Change, ...]


def load(
    path: Source, set: Options = None, setting: str | None = None, profile: str | None = None  # noqa: A002
) -> Scenario:
    """One scenario: the named setting and profile of a config, or the first of each.

    Args:
        path: a config file, or its content as plain values.
        set: changes that win over everything else, `{"nodes.count": 8}` or `["nodes.count=8"]`.
        setting: the name of a setting.
        profile: the name of a profile.

    Raises:
        ConfigError: with everything that is wrong.
    """
    plan = _plan(path, set)
    chosen = _choose(plan.profiles, profile, "profile", plan), _choose(plan.settings, setting, "setting", plan)
    scenario, problems = _scenario(plan, *chosen)
    if scenario is None:
        raise ConfigError(problems, plan.shown)
    return scenario


def load_experiment(
    paths: Source | Iterable[Source],
    set: Options = None,  # noqa: A002
    setting: str | None = None,
    profile: str | None = None,
) -> Experiment:
    """All cases of a config, or of several: each setting in each profile, in config order.

    Several configs make one experiment in which each is a setting by its name (`NAME: SETTING` when it has
    several of its own); name, seed and replications are those of the first.

    Args:
        paths: one config or several.
        set: as for `load`.
        setting: keep only this setting.
        profile: keep only this profile.

    Raises:
        ConfigError: with everything that is wrong in any case.
    """
    sources = [paths] if isinstance(paths, str | Path | Mapping) else list(paths)
    if not sources:
        raise ConfigError([Problem("E110", "no config was named")])
    experiments = [_experiment(source, set, setting, profile) for source in sources]
    return experiments[0] if len(experiments) == 1 else _joined(experiments)


def _plan(source: Source, options: Options) -> _Plan:
    changes = read_options(options)
    if isinstance(source, Mapping):
        node = from_values(source, Place())
        assert isinstance(node, Branch)
        shown, stem, tree = "", "unnamed", node
    else:
        path = Path(source)
        shown, stem, tree = shown_path(path), path.stem, compose(path)
    resolved_name = node_at(tree, ("name",))
    name = str(resolved_name) if resolved_name is not None and str(resolved_name).strip() else stem
    tree = with_seed_stores(tree)
    base = Branch(
        {key: value for key, value in tree.items.items() if key not in ("settings", "profiles", "grid")},
        tree.key_places,
        tree.place,
    )
    profiles, trouble = overlays_of(tree.items.get("profiles"), "profile", base)
    settings, more = overlays_of(tree.items.get("settings"), "setting", base)
    grid, most = grid_overlays(tree.items.get("grid"), settings, base)
    problems = [*trouble, *more, *most]
    if problems:
        raise ConfigError(problems, shown)
    named = settings or (Overlay(name, ()),)
    crossed = named if not grid else tuple(
        Overlay(cell.name if not settings else f"{first.name} · {cell.name}", (*first.changes, *cell.changes))
        for first, cell in product(named, grid)
    )
    plan = _Plan(base, shown, name, profiles or (Overlay("", ()),), crossed, changes)
    if len(plan.profiles) * len(plan.settings) > MOST_CASES:
        message = f"{len(plan.profiles) * len(plan.settings):,} cases are more than {MOST_CASES:,}"
        raise ConfigError([Problem("E121", message, Place(file=shown), ("make the grid smaller",))], shown)
    return plan


def _scenario(plan: _Plan, profile: Overlay, setting: Overlay) -> tuple[Scenario | None, list[Problem]]:
    """One case, or what is wrong with it."""
    tree, below = plan.tree, plan.tree
    for change in (*profile.changes, *setting.changes, *plan.options):
        below = tree
        changed = put(tree, change.path, change.value, change.place)
        assert isinstance(changed, Branch)
        tree = changed
    data = plain(tree)
    data.setdefault("name", plan.name)
    try:
        return Scenario.model_validate(data, by_alias=True, by_name=False), []
    except ValueError as error:
        problems = [problem_at(finding, tree, plan.shown) for finding in findings_of(error, Scenario)]
        return None, [_with_overridden(problem, plan.tree) for problem in problems]


def _with_overridden(problem: Problem, file_tree: Branch) -> Problem:
    """Say what a value from a setting or an option stands in for."""
    place = problem.place
    if not (place.option or place.notes):
        return problem
    old = node_at(file_tree, tuple(place.path.split(".")))
    if old is None or not old.place.line or old.place == place:
        return problem
    note = f"overrides {old.place.file}:{old.place.line}:{old.place.column}"
    if old.place.line == place.line and old.place.file == place.file:
        return problem
    return replace(problem, place=replace(place, notes=(*place.notes, note)))


def _choose(overlays: Sequence[Overlay], name: str | None, what: str, plan: _Plan) -> Overlay:
    if name is None:
        return overlays[0]
    for overlay in overlays:
        if overlay.name == name:
            return overlay
    known = [overlay.name for overlay in overlays if overlay.name]
    near = units.closest(name, known)
    advice = f"did you mean `{near}`?" if near else (f"known: {', '.join(known)}" if known else "")
    problem = Problem("E116", f"there is no {what} `{name}`", Place(file=plan.shown), (advice,) if advice else ())
    raise ConfigError([problem], plan.shown)


def _experiment(source: Source, options: Options, setting: str | None, profile: str | None) -> Experiment:
    from .notes import check_notes

    plan = _plan(source, options)
    profiles = plan.profiles if profile is None else (_choose(plan.profiles, profile, "profile", plan),)
    settings = plan.settings if setting is None else (_choose(plan.settings, setting, "setting", plan),)
    cases: list[Case] = []
    problems: list[Problem] = []
    for world, chosen in product(profiles, settings):
        scenario, wrong = _scenario(plan, world, chosen)
        problems += wrong
        if scenario is not None:
            changes = tuple((".".join(c.path), text_of_change(c)) for c in (*world.changes, *chosen.changes))
            cases.append(Case(world.name, chosen.name, scenario, changes))
    if problems:
        raise ConfigError(problems, plan.shown)
    first = cases[0].scenario
    return Experiment(
        name=first.name,
        seed=first.seed,
        replications=first.replications,
        scenario=first,
        cases=tuple(cases),
        warnings=tuple(check_notes(first)),
        path=plan.shown,
        resolved={},
    )


def text_of_change(change: Change) -> str:
    """The value of a change on one line, as it could be typed."""
    return flow(values(change.value))


def flow(value: Any) -> str:
    """A value in YAML's flow style.

    >>> flow({"lognormal": {"median": "2s", "p95": "4s"}}), flow([True, None, 3])
    ('{lognormal: {median: 2s, p95: 4s}}', '[true, null, 3]')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {flow(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(experiments: Sequence[Experiment]) -> Experiment:
    """Several configs as the settings of one experiment."""
    names = [experiment.name for experiment in experiments]
    cases: list[Case] = []
    for index, experiment in enumerate(experiments):
        name = experiment.name
        if names.count(name) > 1:
            name = experiment.path or f"{name} {index + 1}"
        own = experiment.settings
        for case in experiment.cases:
            label = name if len(own) == 1 else f"{name}: {case.setting}"
            cases.append(replace(case, setting=label))
    warnings = tuple(dict.fromkeys(note for experiment in experiments for note in experiment.warnings))
    return replace(experiments[0], cases=tuple(cases), warnings=warnings)
