"""A chart as the page has it: SVG with what a screen reader says, and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def chart(name: str, draw: Callable[[], Any], title: str, description: str, how: str) -> dict[str, Any]:
    """A chart as the template takes it: SVG with what a screen reader says, and how to read it."""
    from markupsafe import Markup

    from ..charts import render
    from .svg import slim

    svg = slim(render(draw(), "svg").decode(), f"{name}-chart", title, description)
    return {"title": title, "how": how, "svg": Markup(svg)}
