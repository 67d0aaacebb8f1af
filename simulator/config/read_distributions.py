"""Reading a distribution: `{lognormal: {median: 2.5s, p95: 4.2s}}`, or a plain quantity for a constant."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from .. import units
from .choices import one_of
from .distributions import AnyDistribution, Constant, Distribution, Mixture
from .families import FAMILIES, check_parameters, distribution_schema, forms_text
from .part import Finding, ReadingError, trouble
from .quantities import BYTES, CHARS, COUNT, DURATION, SHARE, Quantity, count, exact
from .samples import read_empirical
from .syntax import space_after_colon
from .tree import describe


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


def _constant(quantity: Quantity, value: Any) -> Constant:
    number = float(exact(quantity, value))
    return Constant(value=number)


def _read_family(quantity: Quantity, name: str, value: Any) -> Distribution:
    family = FAMILIES[name]
    if name == "empirical":
        return read_empirical(quantity, value)
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
            "E104", f"expected the parameters of {name}, not {describe(value)}", f"write {forms_text(name)}"
        )
    return _make(quantity, name, value)


def _make(quantity: Quantity, name: str, value: Mapping[str, Any]) -> Distribution:
    """Check the names of the parameters against the family's forms, read them, and build it."""
    family = FAMILIES[name]
    known = tuple(dict.fromkeys(parameter for form in family.forms for parameter in form))
    for given in value:
        if given not in known:
            near = units.closest(given, known)
            advice = space_after_colon(given) or (
                f"did you mean `{near}`?" if near else f"write {forms_text(name)}"
            )
            raise trouble("E108", f"{name} has no parameter `{given}`", advice, path=(given,), on_key=True)
    form = next((form for form in family.forms if set(form) == set(value)), None)
    if form is None:
        given_names = ", ".join(f"`{key}`" for key in value) or "nothing"
        raise trouble("E108", f"{name} cannot be made from {given_names}", f"write {forms_text(name)}")
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
    check_parameters(name, numbers)
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


def _sample(quantity: Quantity) -> str:
    return {"ms": "6s", "bytes": "300B"}.get(quantity.unit, "20")


def _typed(quantity: Quantity) -> Any:
    return BeforeValidator(partial(read_distribution, quantity))


DurationDistribution = Annotated[
    AnyDistribution, _typed(DURATION), WithJsonSchema(distribution_schema(DURATION))
]
BytesDistribution = Annotated[AnyDistribution, _typed(BYTES), WithJsonSchema(distribution_schema(BYTES))]
CharsDistribution = Annotated[AnyDistribution, _typed(CHARS), WithJsonSchema(distribution_schema(CHARS))]
CountDistribution = Annotated[AnyDistribution, _typed(COUNT), WithJsonSchema(distribution_schema(COUNT))]
