"""Colours with a fixed meaning: one look per setting throughout a report, one colour per cause and per store.

All are from the palette of Okabe and Ito, which readers with any colour vision can tell apart. It has fewer
colours than studies have settings, so a setting's look is a colour with dashes and a marker: what changes
nothing anywhere is grey, and a second setting of one colour is dashed with a square, a third dotted with a
triangle. Source: M. Okabe and K. Ito, Color Universal Design (2002), fig. 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE, INK = "#8C8C8C", "#DADADA", "#333333"

SETTINGS = (BLUE, ORANGE, GREEN, PURPLE, SKY)
"""Black is the reference's, vermillion is kept for memory as a cause and its limit, yellow is too pale."""
_DASHES: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1.2, 1.2))
_MARKERS = ("o", "s", "^")

STORES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW)
CAUSES = {"starting": SKY, "degraded": YELLOW, "offline": BLACK, "busy": PALE, "memory": VERMILLION}
"""Busy is pale: it is load, not trouble, and is left out of episodes and minutes."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a setting is drawn: colour, dash pattern in line widths (empty: solid), matplotlib's marker."""

    colour: str
    dashes: tuple[float, ...]
    marker: str


REFERENCE = Look(BLACK, (), "o")
IDLE = Look(GREY, (), "o")
"""A setting that changes nothing that could be detected, in no profile."""


def looks(names: Sequence[str], idle: Collection[str] = ()) -> dict[str, Look]:
    """A look for every setting, the reference first; `idle` ones are grey and use up no colour.

    >>> made = looks(["as found", "sweep", "cap", "both"], idle={"cap"})
    >>> made["cap"].colour == GREY, made["both"].colour == ORANGE
    (True, True)
    """
    made, place = {}, 0
    for index, name in enumerate(names):
        if index == 0:
            made[name] = REFERENCE
        elif name in idle:
            made[name] = IDLE
        else:
            turn, colour = divmod(place, len(SETTINGS))
            turn = min(turn, len(_DASHES) - 1)
            made[name] = Look(SETTINGS[colour], _DASHES[turn], _MARKERS[turn])
            place += 1
    return made


def store_colour(index: int) -> str:
    """Colour of the store at this place in the config."""
    return STORES[index % len(STORES)]
