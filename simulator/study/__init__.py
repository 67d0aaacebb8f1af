"""Study: run settings over replications on the same arrivals, compare them, judge targets, decide."""

from __future__ import annotations

from .compare import compare, run_cases
from .provenance import Provenance
from .replay import replay
from .results import Completeness, Result, SettingResult, Study
from .run import run
from .targets import TargetVerdict, exit_code
from .verdicts import Change, Verdict

__all__ = [
    "Change",
    "Completeness",
    "Provenance",
    "Result",
    "SettingResult",
    "Study",
    "TargetVerdict",
    "Verdict",
    "compare",
    "exit_code",
    "replay",
    "run",
    "run_cases",
]
