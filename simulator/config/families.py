"""The families of distributions: how each is written, what its parameters must satisfy, its schema."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .distributions import (
    Z95,
    Constant,
    Distribution,
    Exponential,
    Gamma,
    Geometric,
    Lognormal,
    Normal,
    Poisson,
    Uniform,
    Weibull,
    Zipf,
)
from .part import trouble
from .quantities import Quantity

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


def check_parameters(name: str, numbers: Mapping[str, float]) -> None:
    """Refuse parameters from which the family cannot be made. Errors: E108, at the parameter."""
    for parameter, holds, message in _conditions(name, numbers):
        if not holds:
            raise trouble("E108", message, path=(parameter,))


def _conditions(name: str, numbers: Mapping[str, float]) -> Iterator[tuple[str, bool, str]]:
    """What has to hold: the parameter to blame, whether it does, and what to say otherwise."""
    for parameter in ("median", "scale", "shape"):
        if parameter in numbers:
            yield parameter, numbers[parameter] > 0, f"the {parameter} has to be more than 0"
    if "p95" in numbers:
        spread = numbers["p95"] - numbers["median"]
        yield "p95", spread > 0 or (spread == 0 and name != "weibull"), "the p95 has to lie above the median"
    if "low" in numbers:
        yield "low", numbers["low"] <= numbers["high"], "low has to be at most high"
    if name in ("lognormal", "gamma", "weibull") and "mean" in numbers:
        yield "mean", numbers["mean"] > 0, "the mean has to be more than 0"
        constant = "the sd has to be more than 0; write a plain quantity for a constant"
        yield "sd", numbers["sd"] > 0 or name == "lognormal", constant
    if name == "uniform" and "sd" in numbers:
        fits = numbers["sd"] * 3**0.5 <= numbers["mean"]
        yield "sd", fits, "with this sd the range would start below 0"
    if name == "geometric":
        yield "mean", numbers["mean"] >= 1, "geometric counts from 1: its mean is at least 1"
    if "distinct" in numbers:
        yield "distinct", numbers["distinct"] <= LARGEST_ZIPF, f"at most {LARGEST_ZIPF:,} distinct ranks"
    if "exponent" in numbers:
        yield "exponent", numbers["exponent"] <= 50, "an exponent above 50 leaves only the first rank"


def forms_text(name: str) -> str:
    """How a family is written.

    >>> forms_text("gamma")
    '`gamma: {mean: …, sd: …}` or `gamma: {shape: …, scale: …}`'
    """
    return " or ".join(f"`{name}: {{{', '.join(f'{p}: …' for p in form)}}}`" for form in FAMILIES[name].forms)


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
