"""What theory says, in words: the answer of `explain`, its tables, and theory beside simulation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..theory.applicable import applicable
from ..theory.beside import Beside, beside
from ..theory.for_nodes import FIND_NO_SLOT, FIRST_DEAD, FIRST_OUT, OFFERED
from ..theory.for_tables import CAP_REACHED, ENTRIES, MOST_ENTRIES, MOST_TOUCHED
from .format import MINUS, listed, pad, quantity, wrap
from .language import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..config import Scenario
    from ..study import SettingResult, Study
    from ..theory.prediction import Prediction

SIGNS = {"equals": "=", "about": "≈", "at most": "≤", "at least": "≥"}
LEGEND = "= equals, up to chance · ≈ an approximation · ≤ a bound · the last column: what it stands beside"
_NAME, _VALUE = 36, 12
NEVER = 0.999
"""A mean time this close to the horizon, as a share of it, is said as `not within the run`."""


# ---- explain ----


def explain_text(heading: str, scenario: Scenario, width: int = 80) -> str:
    """Everything that theory says of a scenario, the answer first; no newline at the end."""
    predictions = applicable(scenario)
    lines = [*wrap(f"{heading} · theory only, nothing was run", width), ""]
    for sentence in answer(scenario, predictions):
        lines += wrap(sentence, width, "  ", "    ")
    given = [p for p in predictions if p.applies]
    for subject in _subjects(given):
        lines += ["", subject]
        for p in given:
            if p.subject == subject:
                lines.append(_line(p))
    lines += ["", *wrap(LEGEND, width)]
    refused = _refusals(predictions)
    if refused:
        lines += ["", "does not apply"]
        for reason, names in refused:
            lines += wrap(f"{reason}:", width, "  ", "    ")
            lines += wrap(listed(names), width, "    ", "    ")
    assumed = list(dict.fromkeys(text for p in given for text in p.assumptions))
    if assumed:
        lines += ["", "assumed"]
        for text in assumed:
            lines += wrap(text, width, "  ", "    ")
    return "\n".join(line.rstrip() for line in lines)


def explain_markdown(heading: str, scenario: Scenario) -> str:
    """The same as Markdown, with the source of every formula."""
    predictions = applicable(scenario)
    lines = [f"## {heading}", "", "Theory only; nothing was run.", ""]
    lines += [f"- {sentence}" for sentence in answer(scenario, predictions)]
    lines += ["", "| | what | | value | beside | source |", "|---|---|---|---:|---|---|"]
    for p in predictions:
        if p.applies:
            beside_name = f"`{p.beside}`" if p.beside else ""
            value = value_text(p)
            lines.append(
                f"| {p.subject} | {p.name} | {SIGNS[p.sense]} | {value} | {beside_name} | {p.source} |"
            )
    refused = _refusals(predictions)
    if refused:
        lines += ["", "Does not apply:", ""]
        lines += [f"- {reason}: {listed(names)}" for reason, names in refused]
    assumed = list(dict.fromkeys(text for p in predictions if p.applies for text in p.assumptions))
    if assumed:
        lines += ["", f"Assumed: {'; '.join(assumed)}."]
    return "\n".join(lines)


def explain_dict(name: str, setting: str, profile: str, scenario: Scenario) -> dict[str, Any]:
    """The same as plain values for JSON."""
    predictions = applicable(scenario)
    return {
        "name": name,
        "setting": setting,
        "profile": profile,
        "answer": answer(scenario, predictions),
        "predictions": [p.to_dict() for p in predictions],
    }


def answer(scenario: Scenario, predictions: Sequence[Prediction]) -> list[str]:
    """The few sentences that come first."""
    said = _load_sentences(predictions)
    for name, store in scenario.nodes.enabled_stores.items():
        if store.kind == "session_table":
            said.append(_table_sentence(name, store.max, predictions))
    growing = [p for p in predictions if p.applies and p.unit == "bytes_per_day" and p.value > 0]
    growing.sort(key=lambda p: -p.value)
    if growing:
        grows = [f"{p.subject} grows by {value_text(p)}" for p in growing]
        said.append(f"On each node {listed(grows)}.")
    said += _first_sentences(scenario, predictions)
    return said


def _load_sentences(predictions: Sequence[Prediction]) -> list[str]:
    load = _find(predictions, OFFERED)
    if load is None:
        return []
    said = f"Jobs keep {value_text(load)} of the slots busy"
    if load.value >= 1:
        return [f"The offered load is {value_text(load)} of the slots: busy hides everything else."]
    taken = _find(predictions, FIND_NO_SLOT)
    if taken is not None:
        bound = "at most " if taken.sense == "at most" else ""
        said += f"; {bound}{value_text(taken)} of utterances find none free"
    return [f"{said}."]


def _table_sentence(name: str, cap: int | None, predictions: Sequence[Prediction]) -> str:
    own = [p for p in predictions if p.subject == name]
    mean, peak = _find(own, ENTRIES), _find(own, MOST_ENTRIES)
    touched = _find(own, MOST_TOUCHED)
    if mean is None:
        why = next((p.reason for p in own if p.name == ENTRIES), "")
        most = "" if touched is None else f" at most {value_text(touched)} entries;"
        return f"{name}:{most} {why}." if why else f"{name}:{most} no more is known."
    said = f"{name} holds {value_text(mean)} entries on a node"
    if peak is not None:
        said += f", {value_text(peak)} at its highest in a run"
    chance = next((p for p in own if p.applies and p.name.startswith(CAP_REACHED)), None)
    if cap is None or chance is None:
        return f"{said}."
    if touched is not None and touched.value < cap:
        return f"{said}: a cap of {cap:,} cannot bind, as the slots touch at most {value_text(touched)}."
    if chance.value < 0.001:
        return f"{said}: the cap of {cap:,} is out of reach."
    return f"{said}: the cap of {cap:,} is reached in {value_text(chance)} of runs."


def _first_sentences(scenario: Scenario, predictions: Sequence[Prediction]) -> list[str]:
    said = []
    horizon = quantity("ms", scenario.horizon_ms)
    for words, never, event in (
        (FIRST_OUT, "No node is out for memory", "The first node is out for memory"),
        (FIRST_DEAD, "No process dies of memory", "The first process dies of memory"),
    ):
        found = _find(predictions, words)
        if found is None:
            continue
        if found.value >= NEVER * scenario.horizon_ms:
            said.append(f"{never} within {horizon}.")
        else:
            about = "at most" if found.sense == "at most" else "about"
            said.append(f"{event} after {about} {value_text(found)} on average.")
            said.append("What is said of stores and slots holds until then: it assumes that no node is out.")
    return said


def _find(predictions: Iterable[Prediction], name: str) -> Prediction | None:
    return next((p for p in predictions if p.name == name and p.applies), None)


def value_text(prediction: Prediction) -> str:
    """The value in words, three figures; what is next to nothing says so."""
    return theory_value(prediction.unit, prediction.value)


def theory_value(unit: Any, value: float) -> str:
    """A value in words, whether predicted or simulated."""
    if math.isnan(value):
        return "–"
    if unit == "fraction" and 0 < value < 5e-6:
        return say("next to 0 %")
    if math.isinf(value):
        return say("never")
    return quantity(unit, value)


def _line(p: Prediction) -> str:
    name = pad(f"  {p.name}", _NAME + 2)
    value = pad(value_text(p).removesuffix(" a day"), _VALUE, right=True)
    result = (p.beside or "").removeprefix(f"{p.subject}.")
    return f"{name}{SIGNS[p.sense]}{value}  {result}"


def _subjects(predictions: Sequence[Prediction]) -> list[str]:
    return list(dict.fromkeys(p.subject for p in predictions))


def _refusals(predictions: Sequence[Prediction]) -> list[tuple[str, list[str]]]:
    """Reasons with what each rules out, by subject, in order of appearance."""
    found: dict[str, dict[str, list[str]]] = {}
    for p in predictions:
        if not p.applies:
            found.setdefault(p.reason, {}).setdefault(p.subject, []).append(p.name)
    return [
        (reason, [f"{subject} ({', '.join(names)})" for subject, names in by_subject.items()])
        for reason, by_subject in found.items()
    ]


# ---- theory beside simulation ----


def set_beside(setting: SettingResult) -> tuple[Beside, ...]:
    """Every prediction that stands beside a result of this setting, with its z score."""
    return beside(applicable(setting.scenario), setting.estimate)


def beside_markdown(study: Study) -> str:
    """Theory beside simulation for every setting: a table of what applies, and why the rest does not."""
    lines = ["# Theory beside simulation", "", HOW_TO_READ]
    for setting in study.proposed:
        title = " · ".join(part for part in (setting.profile, setting.name) if part)
        found = set_beside(setting)
        lines += ["", f"## {title or study.name}", ""]
        lines += ["| result | formula | | theory | simulated | z | |", "|---|---|---|---:|---:|---:|---|"]
        lines += [_row(each) for each in found if each.verdict != "does not apply"]
        refused: dict[str, list[str]] = {}
        for each in found:
            if each.verdict == "does not apply":
                refused.setdefault(each.reason, []).append(f"`{each.prediction.beside}`")
        if refused:
            lines += ["", "Does not apply:", ""]
            lines += [f"- {reason}: {', '.join(dict.fromkeys(names))}" for reason, names in refused.items()]
    return "\n".join(lines) + "\n"


HOW_TO_READ = (
    "z is how many standard errors the simulated mean lies from the formula. Chance alone gives |z| below 3 "
    "in 369 of 370 cases. An approximation (≈) may be further off however many replications there are: "
    "`close` means within 5 %. A bound (≤) holds when the result is not significantly above it."
)


def _row(each: Beside) -> str:
    p = each.prediction
    simulated = theory_value(p.unit, each.simulated)
    return (
        f"| `{p.beside}` | {p.name} | {SIGNS[p.sense]} | {value_text(p)} | {simulated} | {z_text(each)} "
        f"| {verdict_text(each)} |"
    )


def z_text(each: Beside) -> str:
    """The z score; empty where theory gives a bound or none can be had."""
    if math.isnan(each.z) or each.prediction.sense in ("at most", "at least"):
        return ""
    return f"{each.z:+.1f}".replace("-", MINUS) if math.isfinite(each.z) else "∞"


def verdict_text(each: Beside) -> str:
    """The verdict in words, with its reason or the distance of an approximation."""
    verdict = say(", ").join(say(part) for part in (each.verdict, each.reason) if part)
    if each.verdict in ("close", "differs") and math.isfinite(each.distance):
        verdict += f" ({each.distance * 100:+.1f} %)".replace("-", MINUS)
    return verdict
