"""The whole answer as text: heading, answer, targets, table, verdicts; with several profiles a summary first.

Nothing here depends on time, workers or engine, so that the same study gives the same text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import plan
from .choice import extremes
from .format import display_width, estimate, quantity, wrap
from .labels import label
from .language import say
from .method import method_sentences
from .profile import Profile, idle_settings, names, verb
from .sentences import answer, verdict_sentences
from .sureness import sure_sentences
from .tables import (
    Cell,
    Row,
    Table,
    comparison_table,
    left_out_note,
    results_table,
    stores_table,
    to_markdown,
    to_text,
)
from .targets import MARKS, target_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..study import Result, SettingResult, Study

NARROW, WIDE = 60, 140


def text(value: Study | Result, width: int = 80) -> str:
    """A Study or Result as plain text of at most `width` columns, without a newline at the end."""
    study, width = study_of(value), min(max(width, NARROW), WIDE)
    blocks = [_profile_text(Profile(study, name), study, width) for name in study.profiles]
    if len(blocks) > 1:
        blocks.insert(0, _summary(study, width))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


def markdown(value: Study | Result) -> str:
    """A Study or Result as Markdown, one section for each profile."""
    study = study_of(value)
    blocks = [_profile_markdown(Profile(study, name), study) for name in study.profiles]
    if len(blocks) > 1:
        blocks.insert(0, _summary_markdown(study))
    return "\n\n".join("\n".join(block) for block in blocks)


def heading(profile: Profile, study: Study, *, named: bool = True) -> str:
    """What is compared with what: settings, profile (when `named`), replications and horizon, seed."""
    others, reference = profile.others, profile.reference
    if not others:
        what = reference.name or study.name
    elif len(others) == 1:
        what = say("{setting} vs {reference}", setting=others[0].name, reference=reference.name)
    else:
        what = say("{count} settings vs {reference}", count=len(others), reference=reference.name)
    count = len(reference.replications)
    done = say("{count} of {planned}", count=count, planned=study.replications)
    runs = say(
        "{count} replications × {time}" if study.replications != 1 else "{count} replication × {time}",
        count=done if count != study.replications else count,
        time=_horizon(profile),
    )
    if others and all(setting.shares_workload for setting in others):
        runs = say("{runs}, same arrivals", runs=runs)
    parts = [what, profile.name if named else "", runs, say("seed {seed}", seed=study.seed)]
    return " · ".join(part for part in parts if part)


def _horizon(profile: Profile) -> str:
    return quantity("ms", profile.reference.scenario.horizon_ms)


def study_of(value: Study | Result) -> Study:
    """The study itself, or the study of one behind a Result."""
    study: Study = getattr(value, "study", value)  # type: ignore[arg-type]  # a Study has no `study`
    return study


def _profile_text(profile: Profile, study: Study, width: int) -> list[str]:
    if len(study.profiles) > 1:
        rule = "─" * max(width - display_width(profile.name) - 4, 0)
        lines = [f"── {profile.name} {rule}", *wrap(heading(profile, study, named=False), width)]
    else:
        lines = wrap(heading(profile, study), width)
    lines.append("")
    if profile.others or profile.targets:
        lines += wrap(answer(profile), width, "  ")
    for mark, said in target_lines(profile):
        indent = " " * (4 + display_width(mark) - len(mark.strip()))
        lines += wrap(said, width, f"{indent}{mark.strip()} ", f"{indent}    ")
    if lines[-1]:
        lines.append("")
    if profile.others:
        lines += _fitting(lambda columns: comparison_table(profile, columns), 5, width)
    else:
        lines += to_text(results_table(profile.reference), width)
        lines += ["", *_fitting(lambda columns: stores_table(profile.reference, columns), 4, width)]
    said_first = answer(profile)
    sentences = [sentence for sentence in verdict_sentences(profile) if sentence != said_first]
    sentences += sure_sentences(profile)
    sentences += method_sentences(study, profile.name)
    lines += plan.text_lines(profile, study, width)
    if sentences:
        lines.append("")
    for sentence in sentences:
        lines += wrap(sentence, width, "  ", "    ")
    return lines


def _fitting(make: Callable[[int], Table], most: int, width: int) -> list[str]:
    """A table with as many columns as fit."""
    for columns in range(most, 1, -1):
        lines = to_text(make(columns), width)
        if all(display_width(line) <= width for line in lines):
            return lines
    return to_text(make(1), width)


# ---- several profiles ----

SUMMARISED = ("stores_bytes_peak", "unavailable_memory_fraction")


def _summary(study: Study, width: int) -> list[str]:
    """One screen: what each setting does to memory and availability in each profile."""
    profiles = [Profile(study, name) for name in study.profiles]
    first = profiles[0]
    replications = f"{study.replications} replication{'s' * (study.replications != 1)}"
    done = sorted({len(profile.reference.replications) for profile in profiles})
    if study.interrupted:
        finished = f"{done[0]} of" if len(done) == 1 else f"{done[0]} to {done[-1]} of"
        replications = f"interrupted: {finished} {replications} of these profiles"
    what = f"{study.name} · {len(first.settings)} settings in {len(profiles)} profiles · {replications}"
    lines = [*wrap(f"{what}, seed {study.seed}", width), ""]
    for name in SUMMARISED:
        lines += wrap(f"{label(name).text}: {first.reference.name}, and what the others change", width, "  ")
        lines += [*_overview_lines(profiles, name, idle_settings(study), width), ""]
    targets = "✓ all targets met, ✗ one missed, ? cannot tell yet; " if study.targets else ""
    lines += wrap(f"{targets}= exactly the same, ≈ no detectable difference", width, "  ")
    idle = idle_settings(study)
    if idle:
        what = "nothing that can be detected" if study.replications > 1 else "nothing"
        lines += wrap(f"{names(idle, 20)} {verb(idle, 'change')} {what} in any profile.", width, "  ")
    lines.append("")
    for profile in profiles:
        lines += wrap(f"{profile.name}: {answer(profile)}", width, "  ", "    ")
    return lines


def overview(profiles: list[Profile], name: str, idle: list[str]) -> Table:
    """Settings by profiles: a mark for the targets and the change of one result; idle settings left out."""
    rows = []
    first = profiles[0]
    busy = [setting for setting in first.others if setting.name not in idle]
    shown = {setting.name for setting in (first.reference, *extremes(busy, name))}
    for place, setting in enumerate(first.settings):
        if setting.name in shown:
            cells = tuple(_overview_cell(profile, place, name) for profile in profiles)
            rows.append(Row(setting.name, cells))
    if left_out := len(busy) + 1 - len(shown):
        rows.append(Row("…", note=left_out_note(left_out, label(name).text)))
    return Table(tuple(profile.name for profile in profiles), tuple(rows))


def _overview_lines(profiles: list[Profile], name: str, idle: list[str], width: int) -> list[str]:
    """The overview, in as many tables one below the other as the width takes."""
    count = len(profiles)
    for parts in range(1, count + 1):
        size = -(-count // parts)
        lines: list[str] = []
        for start in range(0, count, size):
            lines += to_text(overview(profiles[start : start + size], name, idle), width)
        if all(display_width(line) <= width for line in lines):
            break
    return lines


def _overview_cell(profile: Profile, place: int, name: str) -> Cell:
    if place >= len(profile.settings):
        return Cell("")
    setting: SettingResult = profile.settings[place]
    mark = MARKS.get(profile.standing(setting), "")
    if place == 0:
        result = setting.kpis[name]
        return Cell(
            f"{mark} {estimate(label(name).unit, result.mean, result.low, result.high).value}".strip()
        )
    difference = setting.kpi_differences[name]
    quiet = True
    if setting.exactly_same or difference.exact_zero:
        said = "="
    elif not difference.detectable and len(setting.replications) > 1:
        said = "≈"
    else:
        quiet = False
        said = estimate(label(name).unit, difference.mean, difference.low, difference.high, signed=True).value
    return Cell(f"{mark} {said}".strip(), quiet=quiet)


# ---- Markdown ----


def _profile_markdown(profile: Profile, study: Study) -> list[str]:
    lines = [f"## {profile.name or study.name}", "", heading(profile, study), ""]
    if profile.others or profile.targets:
        lines += [f"**{answer(profile)}**", ""]
    for mark, said in target_lines(profile):
        lines.append(f"{'  ' if mark.startswith(' ') else ''}- {mark.strip()} {said}")
    if profile.targets:
        lines.append("")
    if profile.others:
        lines += to_markdown(comparison_table(profile, 5), "setting")
    else:
        lines += to_markdown(results_table(profile.reference), "result")
        lines += ["", *to_markdown(stores_table(profile.reference), "store")]
    sentences = [sentence for sentence in verdict_sentences(profile) if sentence != answer(profile)]
    sentences += sure_sentences(profile)
    sentences += method_sentences(study, profile.name)
    lines += plan.markdown_lines(profile, study)
    if sentences:
        lines += ["", *(f"- {sentence}" for sentence in sentences)]
    return lines


def _summary_markdown(study: Study) -> list[str]:
    profiles = [Profile(study, name) for name in study.profiles]
    lines = [f"# {study.name}", "", *(f"- **{profile.name}**: {answer(profile)}" for profile in profiles)]
    idle = idle_settings(study)
    for name in SUMMARISED:
        lines += ["", f"{label(name).text}:", "", *to_markdown(overview(profiles, name, idle), "setting")]
    if idle:
        lines += [
            "",
            f"{names(idle, 20)} {verb(idle, 'change')} nothing that can be detected in any profile.",
        ]
    return lines
