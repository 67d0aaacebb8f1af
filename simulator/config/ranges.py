"""A range of quantities: `{from: 100, to: 1000}` in the grid, and what is searched for the cheapest value.

The unit says what is meant: `30s` is a duration, `16GiB` a size, `5 %` a share, `0.1/s` a rate. Values lie on
a lattice that starts at the low end: whole numbers, or about a thousandth of the range, so that a value in
the middle reads like one that somebody might have typed.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from .. import units
from ..problems import ConfigError, Place, Problem
from .quantities import BYTES, COUNT, DURATION, RATE, SHARE, Quantity
from .tree import Branch, Node, Scalar, describe

STEPS = 1000
"""A range of quantities that are no whole numbers has about so many values."""
KEYS = ("from", "to", "steps")
_READERS: tuple[Quantity, ...] = (COUNT, DURATION, BYTES, RATE, SHARE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity that says itself what it is; `binary` when its unit is KiB, MiB or larger."""

    quantity: Quantity
    number: Fraction
    binary: bool

    @property
    def whole(self) -> bool:
        """Whether it is a count."""
        return self.quantity is COUNT and self.number.denominator == 1


def amount(text: str) -> Amount | None:
    """What a text says, None when it is no quantity.

    >>> found = amount("5min")
    >>> found.quantity.name, found.number, amount("least_loaded")
    ('a duration', Fraction(300000, 1), None)
    """
    for quantity in _READERS:
        try:
            return Amount(quantity, quantity.parse(text), text.strip().endswith("iB"))
        except units.UnitError:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Range:
    """All values from `low` to `high` in steps of `step`, in the base unit of `quantity`."""

    quantity: Quantity
    low: Fraction
    high: Fraction
    step: Fraction

    @property
    def last(self) -> int:
        """The number of steps from the low end to the last value."""
        return int((self.high - self.low) / self.step)

    def value(self, place: int) -> Fraction:
        """The value so many steps above the low end."""
        return min(self.low + place * self.step, self.high)

    def text(self, place: int) -> str:
        """The same as a config writes it."""
        return written(self.quantity, self.value(place))

    def at(self, share: float) -> str:
        """The value nearest to a share of the way up, as a config writes it.

        >>> spread("100", "1000").at(0.5), spread("10s", "2min").at(0.25), spread("8GiB", "16GiB").at(0.3)
        ('550', '37.5s', '10648MiB')
        """
        return self.text(min(round(share * self.last), self.last))


def written(quantity: Quantity, number: Fraction) -> str:
    """A quantity as a config writes it.

    >>> written(COUNT, Fraction(2_000_000)), written(DURATION, Fraction(90_000))
    ('2000000', '90s')
    """
    if quantity is COUNT:
        return str(number.numerator) if number.denominator == 1 else f"{float(number):.6g}"
    if quantity in (DURATION, BYTES):
        return quantity.format(units.round_whole(number))
    return quantity.format(float(number))


def spread(low: str, high: str) -> Range:
    """The range between two texts. Raises ValueError that says what is wrong with them."""
    first, last = amount(low), amount(high)
    for text, found in ((low, first), (high, last)):
        if found is None:
            raise ValueError(f"expected a quantity such as 100, 30s or 16GiB, not `{text}`")
    assert first is not None
    assert last is not None
    if first.quantity is not last.quantity:
        raise ValueError(f"`{low}` is {first.quantity.name} and `{high}` is {last.quantity.name}")
    if not first.number < last.number:
        raise ValueError(f"nothing lies between {low} and {high}: write the smaller one first")
    step = _step(first, last)
    return Range(first.quantity, first.number, last.number, step)


def around(text: str) -> Range:
    """From a tenth of a quantity to ten times as much; a share ends at 100 %, a whole number starts at 1.

    >>> found = around("16GiB")
    >>> found.text(0), found.text(found.last), around("4").text(0), str(around("85 %").high)
    ('1664MiB', '160GiB', '1', '1')

    Raises ValueError that says why there is no such range.
    """
    middle = amount(text)
    if middle is None:
        raise ValueError(f"`{text}` is no number")
    if middle.number <= 0:
        raise ValueError(f"there is nothing between a tenth of {text} and ten times as much")
    low, high = middle.number / 10, middle.number * 10
    if middle.quantity is SHARE:
        high = min(high, Fraction(1))
    if text.strip().isdecimal():
        return Range(COUNT, Fraction(max(math.ceil(low), 1)), high, Fraction(1))
    step = _step(replace(middle, number=low), replace(middle, number=high))
    return Range(middle.quantity, max(math.ceil(low / step), 1) * step, high, step)


def spaced(values: Range, count: int) -> tuple[int, ...]:
    """So many places over a range, its ends among them: by equal ratios, or evenly where it is narrow.

    >>> spaced(spread("10", "1000"), 3), spaced(spread("10", "20"), 3)
    ((0, 90, 990), (0, 5, 10))
    """
    ratio = float(values.high / values.low) if values.low > 0 else 0.0
    shares = [place / (count - 1) for place in range(count)]
    if ratio >= 4:
        low, width = float(values.low), float(values.high - values.low)
        shares = [low * (ratio**share - 1) / width for share in shares]
    return tuple(dict.fromkeys(min(round(share * values.last), values.last) for share in shares))


def _step(low: Amount, high: Amount) -> Fraction:
    if low.whole and high.whole:
        return Fraction(1)
    base = 2 if low.binary and high.binary else 10
    rough = (high.number - low.number) / STEPS
    step = Fraction(base) ** math.floor(math.log(rough, base) + 1e-9)
    return max(step, Fraction(1)) if low.quantity in (DURATION, BYTES) else step


def read_range(node: Branch, place: Place) -> tuple[Range, int]:
    """A range of the grid and its number of values in a factorial (2: its ends).

    Errors: E101 (unknown key), E104 (an end is missing), E105 (no values between them, fewer than 2 steps).
    """
    problems = [
        Problem("E101", f"unknown key `{key}`", node.key_places[key], _advice(key))
        for key in node.items
        if key not in KEYS
    ]
    missing = [key for key in ("from", "to") if not isinstance(node.items.get(key), Scalar)]
    if missing and not problems:
        given = node.items.get(missing[0])
        said = f", not {describe(given)}" if given is not None else ""
        message = f"expected a range with `from` and `to`: `{missing[0]}` needs a quantity{said}"
        problems.append(Problem("E104", message, place, ("write `{from: 100, to: 1000}`",)))
    steps = node.items.get("steps")
    count = _count(steps) if steps is not None else 2
    if count is None or count < 2:
        shown = describe(steps)
        problems.append(
            Problem("E105", f"expected at least 2 steps, not {shown}", node.key_places["steps"], ())
        )
    if problems:
        raise ConfigError(problems)
    try:
        found = spread(str(node.items["from"]), str(node.items["to"]))
    except ValueError as error:
        raise ConfigError([Problem("E105", str(error), node.place, ())]) from None
    assert count is not None
    return found, count


def _count(node: Node) -> int | None:
    return int(node.text) if isinstance(node, Scalar) and node.kind == "int" else None


def _advice(key: str) -> tuple[str, ...]:
    near = units.closest(key, KEYS)
    return (
        (f"did you mean `{near}`?",) if near else ("a range has `from`, `to` and, for a factorial, `steps`",)
    )


def evenly(values: Range, count: int) -> Iterable[str]:
    """So many values of a range, its ends and what lies evenly between them, without repeats."""
    return dict.fromkeys(values.at(place / (count - 1)) for place in range(count))


def number_of(value: Any) -> float | None:
    """The size of a value in its base unit, None when it is no quantity.

    >>> number_of("1min"), number_of("never")
    (60000.0, None)
    """
    found = amount(str(value))
    return None if found is None else float(found.number)
