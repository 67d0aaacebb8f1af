"""Maps of which exactly one key is chosen: arrivals, distributions, thresholds."""

from collections.abc import Mapping
from typing import Any

from .. import units
from .part import trouble
from .syntax import space_after_colon


def one_of(value: Mapping[str, Any], known: tuple[str, ...], what: str, example: str = "") -> str:
    """The single key of a one-of map. Errors: E107 for none or several, E106 for an unknown one."""
    for name in value:
        if name not in known:
            near = units.closest(name, known)
            meant = f"did you mean `{near}`?" if near else f"known: {', '.join(known)}"
            advice = space_after_colon(name) or meant
            raise trouble("E106", f"`{name}` is not {what}", advice, path=(name,), on_key=True)
    if not value:
        raise trouble("E107", f"{what} is missing here", example)
    if len(value) > 1:
        names = " and ".join(f"`{name}`" for name in value)
        raise trouble("E107", f"{what} is one thing, here are {names}", "keep one of them")
    return next(iter(value))
