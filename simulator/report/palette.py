"""Colours with a fixed meaning: one per setting throughout a report, one per cause, one per store.

All are from the palette of Okabe and Ito, which readers with any colour vision can tell apart.
Source: M. Okabe and K. Ito, Color Universal Design (2002), fig. 16.
"""

from __future__ import annotations

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE, INK = "#8C8C8C", "#DADADA", "#333333"

SETTINGS = (BLACK, BLUE, ORANGE, GREEN, PURPLE, SKY)
"""Vermillion is kept for memory as a cause and for its threshold, yellow is too pale for a line."""

STORES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW)
CAUSES = {"starting": SKY, "degraded": YELLOW, "offline": BLACK, "busy": PALE, "memory": VERMILLION}
"""Busy is pale: it is load, not trouble, and is left out of episodes and minutes."""


def setting_colour(index: int) -> str:
    """Colour of the setting at this place in the config; the first (the reference) is black."""
    return SETTINGS[0] if index == 0 else SETTINGS[1 + (index - 1) % (len(SETTINGS) - 1)]


def setting_dashes(index: int) -> tuple[float, ...]:
    """Dash pattern that tells the second and third use of a colour from the first (empty: a solid line)."""
    return ((), (4, 1.5), (1.2, 1.2))[min(max(index - 1, 0) // (len(SETTINGS) - 1), 2)]


def store_colour(index: int) -> str:
    """Colour of the store at this place in the config."""
    return STORES[index % len(STORES)]
