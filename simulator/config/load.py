"""Loading: a config file, or plain values, to scenarios.

Precedence, weakest first: what a file extends, the file, the profile, the setting, the grid, `--set`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..problems import ConfigError, Place, Problem
from .cases import Plan, build, choose, plan_of
from .designs import Design, full_factorial
from .files import compose, compose_values, shown_path
from .merge import Change
from .notes import Asked, notes_on
from .options import read_options
from .replications import Until
from .scenario import Scenario
from .tree import Branch, flow, from_values, values

if TYPE_CHECKING:
    from .inputs import Inputs

Source = str | PathLike[str] | Mapping[str, Any]
Options = Mapping[str, Any] | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Case:
    """One setting in one profile. `changes` are the (path, text) by which it differs from the file.

    `own` are those of the setting and its cell of the grid, without the profile's; `config` says which of
    several configs it is from. `made`: nobody wrote it, it is run to rank the others.
    """

    profile: str
    setting: str
    scenario: Scenario
    changes: tuple[tuple[str, str], ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    config: int = 0
    made: bool = False


@dataclass(frozen=True, slots=True)
class Experiment:
    """A whole config. `scenario` is that of its first case, `path` the file as the user would type it.

    `warnings` are the notes on the first setting of each profile (W2xx). `configs` are the composed configs
    as plain values, `options` what `--set` changed; both together give the same cases without the files.
    `asked` is what `load_experiment` was asked beside the config: `set`, `setting`, `profile`. `inputs` are
    draws of what is not known exactly (`config.inputs`).
    """

    name: str
    seed: int
    replications: int | Until
    scenario: Scenario
    cases: tuple[Case, ...]
    warnings: tuple[Problem, ...]
    path: str
    configs: tuple[Mapping[str, Any], ...]
    options: tuple[str, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)
    inputs: "Inputs | None" = None

    @property
    def resolved(self) -> Mapping[str, Any]:
        """The composed config as plain values (of several, the first)."""
        return self.configs[0]

    @property
    def profiles(self) -> tuple[str, ...]:
        """The names of the profiles, in config order ("" when there are none)."""
        return tuple(dict.fromkeys(case.profile for case in self.cases))

    @property
    def settings(self) -> tuple[str, ...]:
        """The names of the settings, in config order; the first is the reference."""
        return tuple(dict.fromkeys(case.setting for case in self.cases))


def load(
    path: Source,
    set: Options = None,  # noqa: A002  (the config language's own word)
    setting: str | None = None,
    profile: str | None = None,
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
    world, chosen = (
        choose(plan.profiles, profile, "profile", plan),
        choose(plan.settings, setting, "setting", plan),
    )
    scenario, _, problems = build(plan, world, chosen)
    if scenario is None:
        raise ConfigError(problems, plan.shown)
    return scenario


def load_experiment(
    paths: Source | Iterable[Source],
    set: Options = None,  # noqa: A002  (the config language's own word)
    setting: str | None = None,
    profile: str | None = None,
    *,
    design: Design = full_factorial,
    ranked: bool = False,
) -> Experiment:
    """All cases of a config, or of several: each setting in each profile, in config order.

    Several configs make one experiment in which each is a setting by its name (`NAME: SETTING` when it has
    several of its own); name, seed and replications are those of the first.

    Args:
        paths: one config or several.
        set: as for `load`.
        setting: keep only this setting.
        profile: keep only this profile.
        design: which cells of the grid are run.
        ranked: add every setting that is made of others without each of them (when there is no grid).

    Raises:
        ConfigError: with everything that is wrong in any case.
    """
    sources: list[Source]
    sources = [paths] if isinstance(paths, str | PathLike | Mapping) else list(paths)
    if not sources:
        raise ConfigError(
            [Problem("E110", "no config was named", Place(), ("such as configs/baseline.yaml",))]
        )
    experiments: list[Experiment] = []
    problems: list[Problem] = []
    subjects: list[str] = []
    for source in sources:
        try:
            experiments.append(_experiment(source, set, setting, profile, design, ranked=ranked))
        except ConfigError as error:
            problems += error.problems
            subjects.append(error.subject)
    if problems:
        raise ConfigError(problems, ", ".join(dict.fromkeys(filter(None, subjects))))
    joined = experiments[0] if len(experiments) == 1 else _joined(experiments)
    changes = [f"{path}={text}" for path, text in _written(read_options(set))]
    asked = {"set": changes, "setting": setting, "profile": profile}
    return replace(joined, asked={name: value for name, value in asked.items() if value})


def _plan(source: Source, options: Options, design: Design = full_factorial, *, ranked: bool = False) -> Plan:
    """Compose a config. Errors: as `files.compose` and `cases.plan_of`."""
    changes = read_options(options)
    if isinstance(source, Mapping):
        node = from_values(source, Place())
        assert isinstance(node, Branch)
        return plan_of(compose_values(node), "", "unnamed", changes, design, ranked=ranked)
    path = Path(source)
    return plan_of(compose(path), shown_path(path), path.stem, changes, design, ranked=ranked)


def _experiment(
    source: Source,
    options: Options,
    setting: str | None,
    profile: str | None,
    design: Design,
    *,
    ranked: bool,
) -> Experiment:
    plan = _plan(source, options, design, ranked=ranked)
    profiles = plan.profiles if profile is None else (choose(plan.profiles, profile, "profile", plan),)
    settings = plan.settings if setting is None else (choose(plan.settings, setting, "setting", plan),)
    cases: list[Case] = []
    warnings: list[Problem] = []
    problems: list[Problem] = []
    asked = Asked.about(plan.options, [overlay.changes for overlay in settings])
    for world, chosen in product(profiles, settings):
        scenario, tree, wrong = build(plan, world, chosen)
        problems += wrong
        if scenario is None:
            continue
        own = _written(chosen.changes)
        changes = (*_written(world.changes), *own)
        cases.append(Case(world.name, chosen.name, scenario, changes, own, made=chosen.made))
        if chosen is settings[0]:
            note = f"in profile `{world.name}`" if len(plan.profiles) > 1 else ""
            warnings += notes_on(scenario, tree, plan.shown, asked, note)
    if problems:
        raise ConfigError(problems, plan.shown)
    warnings += asked.pointless([case.scenario for case in cases], plan)
    first = cases[0].scenario
    return Experiment(
        name=first.name,
        seed=first.seed,
        replications=first.replications,
        scenario=first,
        cases=tuple(cases),
        warnings=tuple(dict.fromkeys(warnings)),
        path=plan.shown,
        configs=({"name": plan.name, **plan.resolved},),
        options=tuple(f"{path}={text}" for path, text in _written(plan.options)),
    )


def _written(changes: Sequence[Change]) -> tuple[tuple[str, str], ...]:
    return tuple((".".join(change.path), flow(values(change.value))) for change in changes)


def _joined(experiments: Sequence[Experiment]) -> Experiment:
    """Several configs as the settings of one experiment."""
    names = [experiment.name for experiment in experiments]
    cases: list[Case] = []
    for index, experiment in enumerate(experiments):
        name = experiment.name
        if names.count(name) > 1:
            repeated = experiment.path in [other.path for other in experiments[:index]]
            name = f"{name} {index + 1}" if repeated or not experiment.path else experiment.path
        own = experiment.settings
        cases += [
            replace(case, setting=name if len(own) == 1 else f"{name}: {case.setting}", config=index)
            for case in experiment.cases
        ]
    warnings = tuple(dict.fromkeys(note for experiment in experiments for note in experiment.warnings))
    path = " ".join(experiment.path for experiment in experiments)
    configs = tuple(config for experiment in experiments for config in experiment.configs)
    return replace(experiments[0], cases=tuple(cases), warnings=warnings, path=path, configs=configs)
