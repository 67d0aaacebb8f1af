"""Reading a distribution: `{lognormal: {median: 2.5s, p95: 4.2s}}`, or a plain quantity for a constant."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from .. import units
from .distributions import (
    Z95,
    AnyDistribution,
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Geometric,
    Lognormal,
    Mixture,
    Normal,
    Poisson,
    Uniform,
    Weibull,
    Zipf,
)
from .part import Finding, ReadingError, trouble
from .quantities import BYTES, CHARS, COUNT, DURATION, SHARE, Quantity, count, exact
from .tree import Scalar, describe

Parameters = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """How one family is written: its forms (parameters and what they make), and parameters without a unit."""

    forms: Mapping[Parameters, Callable[..., Distribution]]
    numbers: frozenset[str] = frozenset()
    counts_only: bool = False
    single: str = ""


def _spread(mean: float, sd: float) -> Uniform:
    return Uniform(low=mean - sd * 3**0.5, high=mean + sd * 3**0.5)


FAMILIES: Mapping[str, Family] = {
    "constant": Family({("value",): lambda value: Constant(value=value)}, single="value"),
    "uniform": Family(
        {("low", "high"): lambda low, high: Uniform(low=low, high=high), ("mean", "sd"): _spread}
    ),
    "exponential": Family(
        {
            ("mean",): lambda mean: Exponential(mean=mean),
            ("median",): lambda median: Exponential(mean=median / 0.6931471805599453),
        },
        single="mean",
    ),
    "lognormal": Family({("median", "p95"): Lognormal.from_median, ("mean", "sd"): Lognormal.from_mean}),
    "normal": Family(
        {
            ("mean", "sd"): lambda mean, sd: Normal(mean=mean, sd=sd),
            ("median", "p95"): lambda median, p95: Normal(mean=median, sd=(p95 - median) / Z95),
        }
    ),
    "gamma": Family(
        {
            ("mean", "sd"): lambda mean, sd: Gamma(shape=(mean / sd) ** 2, scale=sd * sd / mean),
            ("shape", "scale"): lambda shape, scale: Gamma(shape=shape, scale=scale),
        },
        frozenset({"shape"}),
    ),
    "weibull": Family(
        {
            ("mean", "sd"): Weibull.from_mean,
            ("median", "p95"): Weibull.from_median,
            ("shape", "scale"): lambda shape, scale: Weibull(shape=shape, scale=scale),
        },
        frozenset({"shape"}),
    ),
    "geometric": Family({("mean",): lambda mean: Geometric(mean=mean)}, counts_only=True, single="mean"),
    "poisson": Family({("mean",): lambda mean: Poisson(mean=mean)}, counts_only=True, single="mean"),
    "zipf": Family(
        {
            ("exponent", "distinct"): lambda exponent, distinct: Zipf(
                exponent=exponent, distinct=int(distinct)
            )
        },
        frozenset({"exponent", "distinct"}),
        counts_only=True,
    ),
    "empirical": Family({}),
    "mixture": Family({}),
}
LARGEST_ZIPF = 1_000_000
LARGEST_SAMPLE = 100_000


def read_distribution(quantity: Quantity, value: Any) -> Distribution:
    """A distribution of a quantity. Errors: E103-E108, relative to the value."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, list | tuple):
        raise trouble("E107", "expected a distribution, not a list", "write `{empirical: [ … ]}`")
    if not isinstance(value, dict):
        return _constant(quantity, value)
    name = one_of(value, tuple(FAMILIES), "a distribution", f"such as `{{constant: {_sample(quantity)}}}`")
    try:
        return _read_family(quantity, name, value[name])
    except ReadingError as found:
        raise ReadingError(*(finding.under(name) for finding in found.findings)) from None


def one_of(value: Mapping[str, Any], known: Parameters, what: str, example: str = "") -> str:
    """The single key of a one-of map. Errors: E107 for none or several, E106 for an unknown one."""
    for name in value:
        if name not in known:
            near = units.closest(name, known)
            advice = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
            raise trouble(
                "E106", f"`{name}` is not {what}", space_advice(name) or advice, path=(name,), on_key=True
            )
    if not value:
        raise trouble("E107", f"{what} is missing here", example)
    if len(value) > 1:
        names = " and ".join(f"`{name}`" for name in value)
        raise trouble("E107", f"{what} is one thing, here are {names}", "keep one of them")
    return next(iter(value))


def space_advice(name: str) -> str:
    """What to type when a key swallowed its value because the colon lacks a space."""
    from .syntax import space_after_colon

    return space_after_colon(name)


def _constant(quantity: Quantity, value: Any) -> Constant:
    number = float(exact(quantity, value))
    return Constant(value=number)


def _read_family(quantity: Quantity, name: str, value: Any) -> Distribution:
    family = FAMILIES[name]
    if name == "empirical":
        return _read_empirical(quantity, value)
    if name == "mixture":
        return _read_mixture(quantity, value)
    if family.counts_only and quantity.unit:
        raise trouble("E108", f"{name} draws whole numbers; it cannot describe {quantity.name}", on_key=True)
    if family.single and not isinstance(value, dict):
        value = {family.single: value}
        try:
            return _make(quantity, name, value)
        except ReadingError as found:
            raise ReadingError(*(Finding(f.code, f.message, f.advice) for f in found.findings)) from None
    if not isinstance(value, dict):
        raise trouble(
            "E104", f"expected the parameters of {name}, not {describe(value)}", f"write {_forms(name)}"
        )
    return _make(quantity, name, value)


def _make(quantity: Quantity, name: str, value: Mapping[str, Any]) -> Distribution:
    """Check the names of the parameters against the family's forms, read them, and build it."""
    family = FAMILIES[name]
    known = tuple(dict.fromkeys(parameter for form in family.forms for parameter in form))
    for given in value:
        if given not in known:
            near = units.closest(given, known)
            advice = space_advice(given) or (f"did you mean `{near}`?" if near else f"write {_forms(name)}")
            raise trouble("E108", f"{name} has no parameter `{given}`", advice, path=(given,), on_key=True)
    form = next((form for form in family.forms if set(form) == set(value)), None)
    if form is None:
        given_names = ", ".join(f"`{key}`" for key in value) or "nothing"
        raise trouble("E108", f"{name} cannot be made from {given_names}", f"write {_forms(name)}")
    numbers, findings = {}, []
    for parameter in form:
        try:
            if parameter == "distinct":
                numbers[parameter] = float(count(value[parameter]))
            else:
                kind = COUNT if parameter in family.numbers else quantity
                numbers[parameter] = float(exact(kind, value[parameter]))
        except ReadingError as found:
            findings += [finding.under(parameter) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    _check(name, numbers)
    try:
        made = family.forms[form](**numbers)
        finite = math.isfinite(made.mean) and all(
            math.isfinite(value) for value in made.model_dump().values() if isinstance(value, float)
        )
    except (ArithmeticError, ValueError):
        finite = False
    if not finite:
        raise trouble("E108", "these parameters are too far apart to compute with")
    return made


def _check(name: str, numbers: Mapping[str, float]) -> None:
    """What the parameters of a family have to satisfy. Errors: E108."""

    def need(condition: bool, message: str, parameter: str) -> None:
        if not condition:
            raise trouble("E108", message, path=(parameter,))

    for parameter in ("median", "scale", "shape", "exponent"):
        if parameter in numbers and parameter != "exponent":
            need(numbers[parameter] > 0, f"the {parameter} has to be more than 0", parameter)
    if "p95" in numbers:
        above = numbers["p95"] > numbers["median"] or (
            name != "weibull" and numbers["p95"] == numbers["median"]
        )
        need(above, "the p95 has to lie above the median", "p95")
    if "low" in numbers:
        need(numbers["low"] <= numbers["high"], "low has to be at most high", "low")
    if name in ("lognormal", "gamma", "weibull") and "mean" in numbers:
        need(numbers["mean"] > 0, "the mean has to be more than 0", "mean")
        if name != "lognormal":
            need(
                numbers["sd"] > 0, "the sd has to be more than 0; write a plain quantity for a constant", "sd"
            )
    if name == "uniform" and "sd" in numbers:
        need(numbers["sd"] * 3**0.5 <= numbers["mean"], "with this sd the range would start below 0", "sd")
    if name == "geometric":
        need(numbers["mean"] >= 1, "geometric counts from 1: its mean is at least 1", "mean")
    if "distinct" in numbers:
        need(numbers["distinct"] <= LARGEST_ZIPF, f"at most {LARGEST_ZIPF:,} distinct ranks", "distinct")
    if "exponent" in numbers:
        need(numbers["exponent"] <= 50, "an exponent above 50 leaves only the first rank", "exponent")


def _read_empirical(quantity: Quantity, value: Any) -> Empirical:
    """`[1s, 2s]`, `{values: [...]}`, or a file with one quantity per line (`file.txt` or `{file: …}`)."""
    prefix: tuple[str | int, ...] = ()
    if isinstance(value, dict):
        name = one_of(value, ("values", "file"), "a source of values")
        value, prefix = value[name], (name,)
    if isinstance(value, list | tuple):
        texts: list[Any] = list(value)
    else:
        texts = _lines_of(value, prefix)
    if not texts:
        raise trouble("E108", "empirical needs at least one value", path=prefix)
    if len(texts) > LARGEST_SAMPLE:
        raise trouble("E108", f"at most {LARGEST_SAMPLE:,} values", path=prefix)
    numbers, findings = [], []
    for index, text in enumerate(texts):
        try:
            numbers.append(float(exact(quantity, text)))
        except ReadingError as found:
            at = (*prefix, index) if isinstance(value, list | tuple) else prefix
            where = "" if isinstance(value, list | tuple) else f"line {index + 1} of {value}: "
            findings += [Finding(f.code, where + f.message, f.advice, at) for f in found.findings]
    if findings:
        raise ReadingError(*findings[:5])
    return Empirical(values=tuple(numbers))


def _lines_of(value: Any, prefix: tuple[str | int, ...]) -> list[str]:
    path = file_of(value, prefix)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        raise trouble("E110", f"the file `{value}` cannot be read", path=prefix) from None
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def file_of(value: Any, prefix: tuple[str | int, ...] = ()) -> Path:
    """A file that a config names, relative to that config. Errors: E104, E110 when it is not there."""
    if not isinstance(value, Scalar | str) or not str(value).strip():
        raise trouble("E104", f"expected the name of a file, not {describe(value)}", path=prefix)
    folder = Path(value.place.file).parent if isinstance(value, Scalar) and value.place.file else Path()
    path = folder / str(value)
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise trouble(
            "E110", f"there is no file `{path}`", "the name is relative to this config", path=prefix
        )
    return path


def _read_mixture(quantity: Quantity, value: Any) -> Mixture:
    """A list of distributions, each with a `weight` (a share or a number) beside it."""
    advice = "write `[{weight: 70 %, constant: 1}, {weight: 30 %, constant: 2}]`"
    if not isinstance(value, list | tuple) or not value:
        raise trouble("E104", "expected a list of weighted distributions", advice)
    parts, findings = [], []
    for index, item in enumerate(value):
        try:
            if not isinstance(item, dict) or "weight" not in item:
                raise trouble("E102", "`weight` is missing", advice)
            rest = {name: part for name, part in item.items() if name != "weight"}
            parts.append((_weight(item["weight"]), read_distribution(quantity, rest)))
        except ReadingError as found:
            findings += [finding.under(index) for finding in found.findings]
    if findings:
        raise ReadingError(*findings)
    total = sum(weight for weight, _ in parts)
    if total <= 0:
        raise trouble("E108", "the weights of a mixture sum to 0")
    return Mixture(parts=tuple((weight / total, part) for weight, part in parts))


def _weight(value: Any) -> float:
    try:
        return float(exact(SHARE if str(value).strip().endswith("%") else COUNT, value))
    except ReadingError as found:
        raise ReadingError(*(finding.under("weight") for finding in found.findings)) from None


def _forms(name: str) -> str:
    return " or ".join(f"`{name}: {{{', '.join(f'{p}: …' for p in form)}}}`" for form in FAMILIES[name].forms)


def _sample(quantity: Quantity) -> str:
    return {"ms": "6s", "bytes": "300B"}.get(quantity.unit, "20")


def distribution_schema(quantity: Quantity) -> dict[str, Any]:
    """What an editor accepts: a quantity, or one family with one form of its parameters."""
    leaf = dict(quantity.schema)
    options: list[dict[str, Any]] = [leaf]
    for name, family in FAMILIES.items():
        if family.counts_only and quantity.unit:
            continue
        options.append(
            {"type": "object", "additionalProperties": False, "required": [name],
             "properties": {name: _family_schema(name, family, leaf)}}
        )  # fmt: skip
    return {"x-name": f"{quantity.slug}_distribution", "anyOf": options}


def _family_schema(name: str, family: Family, leaf: dict[str, Any]) -> dict[str, Any]:
    if name == "empirical":
        listed = {"type": "array", "items": leaf, "minItems": 1}
        named = {"type": "object", "additionalProperties": False, "minProperties": 1, "maxProperties": 1,
                 "properties": {"values": listed, "file": {"type": "string"}}}  # fmt: skip
        return {"anyOf": [listed, named, {"type": "string"}]}
    if name == "mixture":
        return {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["weight"]}}
    number = {"type": "number", "minimum": 0}
    forms = [
        {"type": "object", "additionalProperties": False, "required": list(form),
         "properties": {p: number if p in family.numbers else leaf for p in form}}
        for form in family.forms
    ]  # fmt: skip
    return {"anyOf": [*([leaf] if family.single else []), *forms]}


def _typed(quantity: Quantity) -> Any:
    return BeforeValidator(partial(read_distribution, quantity))


DurationDistribution = Annotated[
    AnyDistribution, _typed(DURATION), WithJsonSchema(distribution_schema(DURATION))
]
BytesDistribution = Annotated[AnyDistribution, _typed(BYTES), WithJsonSchema(distribution_schema(BYTES))]
CharsDistribution = Annotated[AnyDistribution, _typed(CHARS), WithJsonSchema(distribution_schema(CHARS))]
CountDistribution = Annotated[AnyDistribution, _typed(COUNT), WithJsonSchema(distribution_schema(COUNT))]
