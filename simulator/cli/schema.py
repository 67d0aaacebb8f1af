"""simulator schema: the JSON Schema of configs, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import terminal
from .exits import DONE

if TYPE_CHECKING:
    from pathlib import Path


def print_schema(out: Path | None, quiet: bool) -> int:
    """Print the schema, or write it to a file."""
    from ..config.json_schema import schema
    from ..report.export import to_json

    text = to_json(schema())
    advice = "put `# yaml-language-server: $schema=schema.json` at the top of a config"
    if out is None:
        terminal.show(text)
        terminal.close("the JSON Schema of configs", f"simulator schema -o schema.json, and {advice}", quiet)
        return DONE
    from ..report.files import write_whole

    write_whole(out, text.encode())
    terminal.close(f"wrote {out}", advice, quiet)
    return DONE
