"""simulator explain: what theory says of a setting, without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import terminal
from .study import refuse_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def explain_setting(
    config: Path,
    changes: Sequence[str],
    setting: str | None,
    profile: str | None,
    form: str,
    strict: bool,
    quiet: bool,
) -> int:
    """Print the predictions for the named setting and profile, or the first of each."""
    from ..config import load_experiment
    from ..report.export import to_json
    from ..report.theory import explain_dict, explain_markdown, explain_text

    experiment = load_experiment(config, set=changes, setting=setting, profile=profile)
    case = experiment.cases[0]
    refuse_warnings(experiment, strict=strict, quiet=quiet)
    heading = " · ".join(part for part in (case.setting, case.profile) if part)
    if form == "json":
        plain = explain_dict(experiment.name, case.setting, case.profile, case.scenario)
        terminal.show(to_json(plain))
    elif form == "markdown":
        terminal.show(explain_markdown(heading, case.scenario))
    else:
        terminal.show(explain_text(heading, case.scenario))
    terminal.close("nothing was run", f"simulator run {config}, for the same with intervals", quiet)
    return 0
