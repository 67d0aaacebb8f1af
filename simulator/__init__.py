"""Capacity simulator for stateful services: peak memory and node unavailability, with intervals.

The public names below are the whole Python face; each is imported the first time it is used, so that
``import simulator`` and ``simulator --help`` cost next to nothing.

>>> import simulator
>>> len(simulator.__all__) <= 15
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Scenario
    from .config.load import load, load_experiment
    from .engine import History, simulate
    from .problems import ConfigError
    from .report import charts as plot
    from .statistics import Estimate
    from .study import Result, Study
    from .study.compare import compare
    from .study.run import run
    from .workload import Workload, build_workload, read_trace

    __version__: str

__all__ = [
    "ConfigError",
    "Estimate",
    "History",
    "Result",
    "Scenario",
    "Study",
    "Workload",
    "build_workload",
    "compare",
    "load",
    "load_experiment",
    "plot",
    "read_trace",
    "run",
    "simulate",
]

_HOMES = {
    "ConfigError": "problems",
    "Estimate": "statistics",
    "History": "engine",
    "Result": "study",
    "Scenario": "config",
    "Study": "study",
    "Workload": "workload",
    "build_workload": "workload",
    "compare": "study",
    "load": "config",
    "load_experiment": "config",
    "read_trace": "workload",
    "run": "study",
    "simulate": "engine",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            value: Any = version("simulator")
        except PackageNotFoundError:  # running from a source tree that was never installed
            value = "0+unknown"
    elif name == "plot":
        value = import_module(".report.charts", __name__)
    elif name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(set(globals()) | set(__all__) | {"__version__"})
