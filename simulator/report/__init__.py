"""What a study says to its reader: sentences, tables, charts and files.

Nothing here computes a result; every figure comes from a Study or a Result. matplotlib lives in
`report.charts` alone and is imported only when a chart is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..study import Result, Study

__all__ = ["to_html", "to_markdown", "to_text"]


def to_text(value: Study | Result, width: int | None = None) -> str:
    """The answer as plain text, `width` columns wide (default: the terminal's, 80 where there is none)."""
    from shutil import get_terminal_size

    from .screen import text

    return text(value, get_terminal_size((80, 24)).columns if width is None else width)


def to_markdown(value: Study | Result) -> str:
    """The answer as Markdown."""
    from .screen import markdown

    return markdown(value)


def to_html(value: Study | Result) -> str:
    """The answer as a fragment of HTML."""
    from .html import html

    return html(value)
