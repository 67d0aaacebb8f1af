"""The `simulator` command. Importing this costs nothing; typer is loaded when the command starts."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit with its code: see `simulator.cli.exits`."""
    from .app import invoke

    sys.exit(invoke(sys.argv[1:]))
