"""The `simulator` command. Importing this costs nothing; typer is loaded when the command starts."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit with its code: see `simulator.cli.exits`."""
    from .app import invoke
    from .exits import INTERRUPTED

    try:
        code = invoke(sys.argv[1:])
    except KeyboardInterrupt:  # a second one, while the first was being answered
        code = INTERRUPTED
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient one must not show the interpreter's own end
    sys.exit(code)
