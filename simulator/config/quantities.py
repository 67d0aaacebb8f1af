"""The leaf types of the config: durations, sizes, rates, shares, counts, words, yes and no.

Each is a Python type with a reader in front. The reader takes the text of the config, which has to carry its
unit; numbers from Python pass as they are, in the unit of the attribute's name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from .. import units
from .part import ReadingError, trouble
from .tree import Scalar, describe

NUMBER_PATTERN = r"[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of quantity: how it is read, what it is called, and what an editor should accept."""

    name: str
    parse: Callable[[str], Fraction]
    format: Callable[[float], str]
    schema: dict[str, Any]
    unit: str
    slug: str


def _text_schema(pattern: str, *examples: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$", "examples": list(examples)}


_NUMBER_SCHEMA: dict[str, Any] = {"type": "number", "minimum": 0}
DURATION = Quantity(
    "a duration",
    units.parse_duration,
    lambda ms: units.format_duration(round(ms) if abs(ms) >= 1 else ms),
    _text_schema(rf"({NUMBER_PATTERN}\s*(ms|s|min|h|d)\s*)+", "30s", "5min"),
    "ms",
    "duration",
)
BYTES = Quantity(
    "a size",
    units.parse_bytes,
    lambda size: units.format_bytes_exact(round(size)),
    _text_schema(rf"{NUMBER_PATTERN}\s*([kKMGT]?B|[KMGT]iB)", "300B", "16GiB"),
    "bytes",
    "size",
)
CHARS = Quantity(
    "a number of characters",
    units.parse_chars,
    lambda n: f"{n:g}",
    {"anyOf": [_NUMBER_SCHEMA, _text_schema(rf"{NUMBER_PATTERN}\s*char(acter)?s?", "26 chars")]},
    "",
    "characters",
)
COUNT = Quantity("a number", units.parse_number, lambda n: f"{n:g}", _NUMBER_SCHEMA, "", "count")
RATE = Quantity(
    "a rate",
    units.parse_rate,
    units.format_rate,
    _text_schema(rf"{NUMBER_PATTERN}\s*/\s*(ms|s|min|h|d)", "0.1/s", "120/min"),
    "per_s",
    "rate",
)
SHARE = Quantity(
    "a share",
    units.parse_share,
    units.format_share,
    _text_schema(rf"{NUMBER_PATTERN}\s*%", "85 %"),
    "",
    "share",
)


def text_of(value: Any, expected: str) -> str:
    """The text of a scalar. Errors: E104 for a map, a list or nothing."""
    if isinstance(value, Scalar) and value.kind != "null":
        return value.text
    if isinstance(value, str):
        return value
    raise trouble("E104", f"expected {expected}, not {describe(value)}")


def exact(quantity: Quantity, value: Any) -> Fraction:
    """A quantity in its base unit. Errors: E103 (no unit, or not this quantity), E104, E105 (negative)."""
    if isinstance(value, int | float | Fraction) and not isinstance(value, bool):
        number = Fraction(value) if value == value and abs(value) != float("inf") else Fraction(-1)
    else:
        text = text_of(value, quantity.name)
        if (
            isinstance(value, Scalar)
            and value.kind == "text"
            and quantity.unit == ""
            and quantity is not SHARE
        ):
            _refuse_quoted(value)
        try:
            number = quantity.parse(text)
        except units.UnitError as error:
            raise trouble("E105" if error.kind == "range" else "E103", error.message, error.advice) from None
    if number < 0:
        raise trouble("E105", f"{quantity.name} cannot be negative")
    if number > units.LARGEST:
        raise trouble("E105", f"{quantity.name} this large is out of reach for the clock or the counters")
    return number


def whole(quantity: Quantity, value: Any, *, least: int = 0) -> int:
    """A quantity as an integer of its base unit, rounded. Errors: as `exact`; E105 below `least`."""
    number = exact(quantity, value)
    rounded = units.round_whole(number)
    if rounded < least:
        limit = quantity.format(least)
        raise trouble("E105", f"expected at least {limit}, not `{value}`")
    if rounded == 0 and number > 0:
        raise trouble("E105", f"`{value}` is less than half of {quantity.format(1)}, the smallest step")
    return rounded


def count(value: Any, *, least: int = 1) -> int:
    """A whole number. Errors: E103 (not whole), E104, E105 (below `least`)."""
    try:
        number = exact(COUNT, value)
    except ReadingError as error:
        whole_number = [f.message.replace("a number", "a whole number") for f in error.findings]
        raise trouble(error.findings[0].code, whole_number[0], *error.findings[0].advice) from None
    if number.denominator != 1:
        raise trouble("E103", f"expected a whole number, not `{value}`")
    if number < least:
        raise trouble("E105", f"expected at least {least}, not {number}")
    return int(number)


def or_word(read: Callable[[Any], Any], word: str, value: Any) -> Any:
    """What `read` gives, or None for the word (`never`, `unlimited`)."""
    if value is None or (isinstance(value, Scalar | str) and str(value) == word):
        return None
    try:
        return read(value)
    except ValueError as error:
        for finding in getattr(error, "findings", ()):
            near = units.closest(str(value), [word]) if isinstance(value, Scalar | str) else None
            advice = f"did you mean `{word}`?" if near else f"write `{word}` to do without a limit or time"
            extra = finding.advice if finding.advice and not near else (advice,)
            raise trouble(finding.code, finding.message, *extra) from None
        raise


def word(value: Any) -> Any:
    """A word of a fixed list: its text (the list itself is checked by the model)."""
    return text_of(value, "a word") if not isinstance(value, str) else value


def yes_or_no(value: Any) -> bool:
    """`true` or `false`. Errors: E103 with the text to type; YAML 1.2 takes `no` and `on` for text."""
    if isinstance(value, bool):
        return value
    text = text_of(value, "true or false")
    if isinstance(value, Scalar) and value.kind == "bool":
        return text.lower() == "true"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false", "true": "true", "false": "false"}
    guess = meant.get(text.lower(), "")
    raise trouble("E103", f"expected true or false, not `{text}`", f"write `{guess}`" if guess else "")


def flag_or_auto(value: Any) -> bool | None:
    """`true`, `false`, or None for `auto`. Errors: E103."""
    if value is None or (isinstance(value, Scalar | str) and str(value) == "auto"):
        return None
    try:
        return yes_or_no(value)
    except ReadingError as error:
        near = units.closest(str(value), ["auto"]) if isinstance(value, Scalar | str) else None
        advice = error.findings[0].advice or (
            f"did you mean `{near}`?" if near else "write `true`, `false` or `auto`",
        )
        raise trouble("E103", f"expected true, false or auto, not `{value}`", *advice) from None


def label(value: Any) -> str:
    """A free text, whatever YAML takes it for."""
    text = text_of(value, "a text").strip()
    if not text:
        raise trouble("E105", "expected a text, not an empty one")
    return text


def _refuse_quoted(value: Scalar) -> None:
    """A number in quotes is text."""
    try:
        units.parse_number(value.text)
    except units.UnitError:
        return
    if not value.text.strip().startswith(("0", "+", "-")):
        raise trouble("E103", f"expected a number, not the text `{value.text}`", "remove the quotes")


def _schema(quantity: Quantity, *words: str) -> WithJsonSchema:
    if not words:
        return WithJsonSchema(dict(quantity.schema))
    return WithJsonSchema({"anyOf": [dict(quantity.schema), {"enum": list(words)}]})


def _optional(read: Callable[[Any], Any], name: str) -> BeforeValidator:
    return BeforeValidator(partial(or_word, read, name))


@dataclass(frozen=True, slots=True)
class OrWordSchema:
    """Adds a word to what an editor accepts for a map."""

    word: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The map's own schema, or the word."""
        return {"anyOf": [handler(core), {"enum": [self.word]}]}


DurationMs = Annotated[int, BeforeValidator(partial(whole, DURATION)), _schema(DURATION)]
PositiveMs = Annotated[int, BeforeValidator(partial(whole, DURATION, least=1)), _schema(DURATION)]
DurationMsOrNever = Annotated[
    int | None, _optional(partial(whole, DURATION), "never"), _schema(DURATION, "never")
]
PositiveMsOrNever = Annotated[
    int | None, _optional(partial(whole, DURATION, least=1), "never"), _schema(DURATION, "never")
]
Bytes = Annotated[int, BeforeValidator(partial(whole, BYTES)), _schema(BYTES)]
PositiveBytes = Annotated[int, BeforeValidator(partial(whole, BYTES, least=1)), _schema(BYTES)]
Share = Annotated[float, BeforeValidator(lambda value: float(exact(SHARE, value))), _schema(SHARE)]
Count = Annotated[int, BeforeValidator(count), WithJsonSchema({"type": "integer", "minimum": 1})]
CountFromZero = Annotated[
    int, BeforeValidator(partial(count, least=0)), WithJsonSchema({"type": "integer", "minimum": 0})
]
CountOrUnlimited = Annotated[
    int | None,
    _optional(count, "unlimited"),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["unlimited"]}]}),
]
Number = Annotated[float, BeforeValidator(lambda value: float(exact(COUNT, value))), _schema(COUNT)]
Flag = Annotated[bool, BeforeValidator(yes_or_no)]
FlagOrAuto = Annotated[
    bool | None,
    BeforeValidator(flag_or_auto),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["auto"]}]}),
]
Label = Annotated[str, BeforeValidator(label), WithJsonSchema({"type": ["string", "number"]})]
Word = BeforeValidator(word)
