"""One path varied, everything else as it is: the values among which the cheapest is searched for.

Bounds come from what was asked, from the path's place in the grid, or are a tenth of the config's value and
ten times as much. Cases are made one by one, since which values are tried shows only while they run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .. import units
from ..problems import ConfigError, Place, Problem
from .cases import Plan, build
from .designs import Axis, Cell
from .load import Case, Experiment, Options, Source, load_experiment
from .merge import Change
from .options import read_options
from .overlays import Overlay
from .paths import check_change, value_at
from .ranges import Range, amount, around, spaced, spread
from .recipe import overlay_again, plan_again
from .tree import Branch, Node, Scalar, describe, flow, resolve_kind, values, walk

ORDERS = ("smallest", "largest")
DONE_BY_THE_CLOCK = ("sweep_every", "scan_every", "heartbeat", "restart_after", "resample_every")
"""What is done less often costs less: of these the largest value is the cheapest."""
NO_LIMIT = ("never", "unlimited")
"""Words that stand where a number could."""
FIRST_VALUES = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search: a path, which end of it is cheap (None: by its name), bounds as text, first values."""

    path: str
    order: str | None = None
    low: str | None = None
    high: str | None = None
    first: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for an order that is none."""
        if self.order not in (None, *ORDERS):
            near = units.closest(str(self.order), ORDERS)
            meant = f"did you mean {near}?" if near else f"it is {' or '.join(ORDERS)}"
            raise ValueError(f"which {self.path} is cheap cannot be `{self.order}` · {meant}")

    @property
    def largest(self) -> bool:
        """Whether a larger value is cheaper."""
        by_name = "largest" if self.path.rsplit(".", 1)[-1] in DONE_BY_THE_CLOCK else "smallest"
        return (self.order or by_name) == "largest"


def wanted_of(text: str, low: str | None = None, high: str | None = None) -> Wanted:
    """What `--cheapest` names: `PATH`, `PATH:largest` or `PATH:smallest`. Raises ValueError.

    >>> wanted_of("nodes.count").largest, wanted_of("scheduler.heartbeat").largest
    (False, True)
    """
    path, colon, order = text.strip().partition(":")
    return Wanted(path, order if colon else None, low, high)


@dataclass(frozen=True)
class Varied:
    """An experiment of one case a profile, the path that is varied in them, and its values.

    `first` are the places of `values` that are tried before any other. `largest`: larger is cheaper.
    """

    experiment: Experiment
    path: str
    values: Range
    first: tuple[int, ...]
    largest: bool

    @cached_property
    def _plans(self) -> list[Plan]:
        return [plan_again(config, self.experiment.options) for config in self.experiment.configs]

    def case(self, base: Case, place: int) -> Case:
        """One of the experiment's cases with a value of the path. Errors: whatever the value breaks."""
        text = self.values.text(place)
        case, problems = _with_value(base, self._plans[base.config], self.path, text)
        if case is None:
            raise ConfigError(problems, self.experiment.path)
        return case

    def to_wanted(self) -> Wanted:
        """The same as it would have to be asked for to be searched again, whatever is default by then."""
        ends = self.values.text(0), self.values.text(self.values.last)
        first = tuple(self.values.text(place) for place in self.first)
        return Wanted(self.path, ORDERS[self.largest], *ends, first)


def load_varied(
    source: Source,
    wanted: Wanted,
    set: Options = None,  # noqa: A002  (the config language's own word)
    setting: str | None = None,
    profile: str | None = None,
) -> Varied:
    """One setting of a config (the named or the first) in every profile, with a path that is varied.

    Errors: as `load_experiment`; E127 for a path that cannot be searched, E128 without targets.
    """
    axes: list[Axis] = []

    def as_it_is(found: Sequence[Axis]) -> list[Cell]:
        axes.extend(found)
        return [(None,) * len(found)]

    experiment = load_experiment(source, set, setting, profile, design=as_it_is)
    chosen = experiment.settings[0]
    cases = tuple(case for case in experiment.cases if case.setting == chosen)
    experiment = replace(experiment, cases=cases, scenario=cases[0].scenario)
    fixed = {".".join(change.path) for change in read_options(set)}
    problems = [
        _problem(
            wanted,
            f"the grid varies `{path}` too",
            f"say which is meant: `--set {path}={flow(values(axis.values[0]))}`",
        )
        for axis in axes
        if (path := ".".join(axis.path)) not in {wanted.path, *fixed}
    ]
    ours = next((axis for axis in axes if ".".join(axis.path) == wanted.path), None)
    if ours is not None and wanted.low is None and wanted.high is None:
        try:
            wanted = _by_grid(wanted, ours)
        except ValueError as error:
            problems.append(_problem(wanted, str(error), "list numbers, or write `{from: 100, to: 1000}`"))
    if problems:
        raise ConfigError(problems, experiment.path)
    return vary(experiment, wanted)


def vary(experiment: Experiment, wanted: Wanted) -> Varied:
    """The cases of an experiment with a path that is varied. Errors: E127, E128, and E1xx at the bounds."""
    place = Place(option=f"--cheapest {wanted.path}", path=wanted.path)
    plans = [plan_again(config, experiment.options) for config in experiment.configs]
    problems: list[Problem] = []
    for case in experiment.cases:
        problems += _obstacles(case, plans[case.config], wanted, place)
    if not any(case.scenario.targets for case in experiment.cases):
        advice = "such as `targets: [mean unavailable_memory_fraction <= 0.1 %]`"
        where = Place(file=experiment.path)
        problems.append(
            Problem("E128", "there is nothing to meet: the config has no targets", where, (advice,))
        )
    if problems:
        raise ConfigError(problems, experiment.path)
    case = experiment.cases[0]
    values = _values(_written_at(case, plans[case.config], wanted.path), wanted)
    values, problems = _possible(values, case, plans[case.config], wanted)
    if problems:
        raise ConfigError(problems, experiment.path)
    return Varied(experiment, wanted.path, values, _first(values, wanted), wanted.largest)


def _obstacles(case: Case, plan: Plan, wanted: Wanted, place: Place) -> list[Problem]:
    """Why a path cannot be varied in a case (E101, E114, E127)."""
    path = tuple(wanted.path.split("."))
    _, tree, _ = build(plan, *_overlays(case))
    wrong = check_change(Change(path, Scalar("1", "int", place), place), "setting", tree)
    if wrong is not None:
        return [wrong]
    own = len(case.changes) - len(case.own)
    who = [(p, f"profile `{case.profile}`") for p, _ in case.changes[:own]]
    who += [(p, f"setting `{case.setting}`") for p, _ in case.own]
    who += [(".".join(change.path), "--set") for change in plan.options]
    for changed, by in who:
        if _overlap(changed, wanted.path):
            return [_problem(wanted, f"{_it(changed, wanted)} is given by {by}", "leave it out there")]
    found = value_at(tree, path)
    if isinstance(found, Branch):
        inside = [".".join((wanted.path, *map(str, way))) for way, leaf in walk(found) if amount(leaf.text)]
        advice = f"name a number in it: {', '.join(inside[:4])}" if inside else "name a number"
        return [_problem(wanted, "it is a map, no number", advice)]
    bounded = wanted.low is not None and wanted.high is not None
    if not bounded and not (isinstance(found, Scalar) and amount(found.text)):
        said = "it is no number" if found is None else f"it is no number but {describe(found)}"
        limitless = isinstance(found, Scalar) and found.text in NO_LIMIT
        advice = "say between which values: --from and --to" if limitless else "name a number"
        return [_problem(wanted, said, advice)]
    return []


def _values(now: str, wanted: Wanted) -> Range:
    """The range that is asked for. Errors: E127."""
    asked = {"--from": wanted.low, "--to": wanted.high}
    given = {option: text for option, text in asked.items() if text is not None}
    try:
        if not given:
            return around(now)
        if len(given) == 1:
            return _with_one_bound(now, wanted)
        return spread(str(wanted.low), str(wanted.high))
    except ValueError as error:
        option = " ".join([f"--cheapest {wanted.path}", *(f"{name} {text}" for name, text in given.items())])
        advice = "" if given else "say between which values: --from and --to"
        problem = Problem("E127", str(error), Place(option=option, path=wanted.path), (advice,))
        raise ConfigError([problem], option) from None


def _with_one_bound(now: str, wanted: Wanted) -> Range:
    """The other end is a tenth of the value or ten times as much, or of the bound where that is beyond."""
    text = wanted.low or wanted.high or ""
    bound, default = amount(text), around(now)
    if bound is None or bound.quantity is not default.quantity:
        said = f"`{text}` is no quantity" if bound is None else f"`{text}` is {bound.quantity.name}"
        raise ValueError(f"{said}, and `{now}` is {default.quantity.name}")
    if wanted.low is not None:
        highest = default if bound.number < default.high else around(text)
        return spread(text, highest.text(highest.last))
    lowest = default if bound.number > default.low else around(text)
    return spread(lowest.text(0), text)


def _possible(values: Range, case: Case, plan: Plan, wanted: Wanted) -> tuple[Range, list[Problem]]:
    """The range, less ends that the config cannot be; bounds that were asked for have to be possible.

    The end that nobody asked for comes closer, value by value of those that are tried first.
    """
    places = list(spaced(values, FIRST_VALUES))
    ends = {}
    for at, asked in ((0, wanted.low), (-1, wanted.high)):
        while True:
            made, problems = _with_value(case, plan, wanted.path, values.text(places[at]))
            if made is not None:
                break
            if asked is not None or len(places) == 2:
                return values, problems
            places.pop(at)
        ends[at] = values.value(places[at])
    return replace(values, low=ends[0], high=ends[-1]), []


def _first(values: Range, wanted: Wanted) -> tuple[int, ...]:
    """The places that are tried first: those that were listed, or a few over the whole range."""
    listed = [found.number for found in map(amount, wanted.first) if found is not None]
    if not listed:
        return spaced(values, FIRST_VALUES)
    places = (round((number - values.low) / values.step) for number in listed)
    return tuple(sorted({0, values.last, *(min(max(place, 0), values.last) for place in places)}))


def _by_grid(wanted: Wanted, axis: Axis) -> Wanted:
    """The bounds and first values that the grid gives. Raises ValueError when they are no numbers."""
    texts = [node.text if isinstance(node, Scalar) else "" for node in axis.values]
    numbers = [amount(text) for text in texts]
    for text, number in zip(texts, numbers, strict=True):
        if number is None:
            raise ValueError(f"the grid lists `{text}`, which is no number")
    if axis.range is not None:
        low, high = axis.range.text(0), axis.range.text(axis.range.last)
        listed = tuple(texts) if len(texts) > 2 else ()
        return replace(wanted, low=low, high=high, first=listed)
    sizes = [number.number for number in numbers if number is not None]
    in_order = [text for _, text in sorted(zip(sizes, texts, strict=True))]
    return replace(wanted, low=in_order[0], high=in_order[-1], first=tuple(in_order))


def _with_value(base: Case, plan: Plan, path: str, text: str) -> tuple[Case | None, list[Problem]]:
    place = Place(option=f"--cheapest {path}, trying {text}", path=path)
    value = Scalar(text, resolve_kind(text, plain=True), place)
    world, chosen = _overlays(base)
    name = f"{path.rsplit('.', 1)[-1]}={text}"
    change = Change(tuple(path.split(".")), value, place)
    scenario, _, problems = build(plan, world, Overlay(name, (*chosen.changes, change)))
    if scenario is None:
        return None, problems
    own = (*base.own, (path, text))
    return replace(base, setting=name, scenario=scenario, changes=(*base.changes, (path, text)), own=own), []


def _overlays(case: Case) -> tuple[Overlay, Overlay]:
    of_profile = case.changes[: len(case.changes) - len(case.own)]
    return overlay_again(case.profile, of_profile), overlay_again(case.setting, case.own)


def _written_at(case: Case, plan: Plan, path: str) -> str:
    """The value of a path in a case, as it is written."""
    _, tree, _ = build(plan, *_overlays(case))
    found: Node | None = value_at(tree, tuple(path.split(".")))
    return found.text if isinstance(found, Scalar) else ""


def _it(changed: str, wanted: Wanted) -> str:
    return "it" if changed == wanted.path else f"`{changed}`"


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _problem(wanted: Wanted, message: str, advice: str) -> Problem:
    place = Place(option=f"--cheapest {wanted.path}", path=wanted.path)
    return Problem("E127", f"`{wanted.path}` cannot be searched: {message}", place, (advice,))
