"""A verification on a terminal, as Markdown, as CSV and as JSON: the answer first, in each."""

from __future__ import annotations

import csv
import io
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Final

from ..logs.holders import REST
from ..logs.records import TROUBLE_WORDS
from ..logs.verification import AMISS
from . import tables
from .format import quantity, wrap
from .tables import Cell, Row, Table
from .verification_words import answer, number, percent, until_full

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..logs import Troubles
    from ..logs.comparison import Change, Comparison
    from ..logs.verification import Verification, Verified

MARKS: Final = {"as predicted": "✓", "cannot tell": "?"}


def verification_text(found: Verification, troubles: Troubles, width: int = 80) -> str:
    """The whole answer, at most so many columns wide."""
    lines = [*wrap(title(found), width, "", "  "), "", *wrap(answer(found), width, "  "), ""]
    for heading, body in _parts(found, troubles):
        lines += [f"  {heading}", ""] if heading and isinstance(body, Table) else []
        if isinstance(body, Table):
            lines += [*tables.to_text(body, width), ""]
        else:
            lines += [
                f"  {heading}",
                *(line for each in body for line in wrap(each, width, "    ", "      ")),
            ]
            lines.append("")
    return "\n".join(lines).rstrip()


def verification_markdown(found: Verification, troubles: Troubles) -> str:
    """The same as Markdown."""
    lines = [f"# {title(found)}", "", answer(found), ""]
    for heading, body in _parts(found, troubles):
        lines += [f"## {heading[0].upper()}{heading[1:]}", ""]
        lines += tables.to_markdown(body) if isinstance(body, Table) else [f"- {each}" for each in body]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def verification_dict(found: Verification, troubles: Troubles) -> dict[str, Any]:
    """The same for machines; what is unknown or never is null."""
    read = {
        "files": len(troubles.files),
        "lines": troubles.lines,
        "records": dict(sorted(troubles.records.items())),
        "troubles": {
            each.kind: {"count": each.count, "first": each.where, "example": each.example}
            for each in troubles.found.values()
        },
    }
    return {"answer": answer(found), **found.to_dict(), "read": read}


def verification_csv(found: Verification) -> str:
    """A row for each figure: of the logs, then of the change."""
    columns = ("observed", "observed_low", "observed_high", "predicted", "low", "high", "verdict")
    names = ("log", "setting", "name", "sort", "unit", *columns)
    out = io.StringIO()
    lines = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    lines.writeheader()
    logs = {"log" if found.after is None else "before": found.before, "after": found.after}
    for which, log in logs.items():
        for each in log.comparisons if log is not None else ():
            assert log is not None
            lines.writerow({"log": which, "setting": log.setting, **each.to_dict()})
    for change in found.changes:
        assert found.after is not None
        lines.writerow({"log": "change", "setting": found.after.setting, **change.to_dict()})
    return out.getvalue()


# ---- its parts ----


def title(found: Verification) -> str:
    """What was held against what."""
    logs = [log for log in (found.before, found.after) if log is not None]
    spans = [quantity("ms", log.to_ms - log.from_ms) for log in logs]
    said = " → ".join(f"{log.setting}, {span} of logs" for log, span in zip(logs, spans, strict=True))
    return f"{found.name} · {said} · {found.replications} replications · seed {found.seed}"


def _parts(found: Verification, troubles: Troubles) -> list[tuple[str, Table | list[str]]]:
    """Heading and body of each part that has something to say."""
    last = found.after or found.before
    parts: list[tuple[str, Table | list[str]]] = []
    if found.after is None:
        parts.append((f"against {last.setting}", _comparisons(last.comparisons)))
    else:
        parts.append(("what changed", _changes(found.changes)))
        for when, log in (("before", found.before), ("after", found.after)):
            parts.append((f"the log {when}, against {log.setting}", _amiss(log)))
    parts.append(("what holds a node's memory at the end", _holders(last)))
    parts.append(("until a node is full", until_full(last)))
    parts.append(("what these logs hide", list(dict.fromkeys([*found.before.hidden, *last.hidden]))))
    parts.append(("notes", list(dict.fromkeys([*found.before.remarks, *last.remarks]))))
    parts.append(("troubles while reading", trouble_lines(troubles)))
    return [(heading, body) for heading, body in parts if (body if isinstance(body, list) else body.rows)]


def _comparisons(comparisons: Sequence[Comparison]) -> Table:
    """A row for each; what neither happened nor was to happen shares the last one."""
    rows, nothing = [], []
    for each in comparisons:
        if each.quantity.sort == "rate" and each.observed == 0 and each.verdict == "as predicted":
            nothing.append(each.quantity.label.removesuffix("/h"))
            continue
        observed = number(each.quantity, each.observed, each.observed_low, each.observed_high)
        expected = number(each.quantity, each.predicted, each.low, each.high)
        cells = [Cell(text.value, text.interval) for text in (observed, expected)]
        rows.append(Row(f"{_mark(each.verdict)} {each.quantity.label}", (*cells, Cell(_factor(each)))))
    if nothing:
        rows.append(Row("✓ none", note=", ".join(nothing)))
    return Table(("observed", "predicted", ""), tuple(rows))


def _amiss(log: Verified) -> Table | list[str]:
    """Of one of two logs only what is not as predicted."""
    wrong = [each for each in log.comparisons if each.verdict in AMISS]
    return _comparisons(wrong) if wrong else [f"as predicted in all {len(log.comparisons)} figures"]


def _factor(each: Comparison) -> str:
    """How many times the prediction, where that says more than its sign."""
    factor = each.factor
    if each.verdict not in AMISS:
        return ""
    if not isfinite(factor) or not 0.05 <= factor < 1000 or round(factor, 1) == 1:
        return each.verdict
    return f"{factor:.2g} ×" if factor < 10 else f"{factor:.0f} ×"


def _changes(changes: Sequence[Change]) -> Table:
    rows = []
    for change in changes:
        of = change.quantity
        seen = number(of, change.observed, change.observed_low, change.observed_high, signed=True)
        expected = number(of, change.predicted, change.low, change.high, signed=True)
        ends = [number(of, value, nan, nan).value for value in (change.was, change.became)]
        cells = (
            Cell(ends[0]), Cell(ends[1]),
            Cell(seen.value, seen.interval), Cell(expected.value, expected.interval),
        )  # fmt: skip
        rows.append(Row(f"{_mark(change.verdict)} {of.label}", cells))
    return Table(("before", "after", "difference", "predicted"), tuple(rows))


def _mark(verdict: str) -> str:
    return MARKS.get(verdict, "✗")


def _holders(log: Verified) -> Table:
    rows = []
    for holder in log.holders:
        share = holder.held_bytes / log.memory_bytes if log.memory_bytes > 0 else nan
        sizes = [
            quantity("bytes", size) if isfinite(size) else "unknown"
            for size in (holder.held_bytes, holder.predicted_bytes)
        ]
        entries = f"{holder.entries:,.0f}" if isfinite(holder.entries) else "not told"
        cells = (entries, sizes[0], percent(share) if isfinite(share) else "", sizes[1])
        rows.append(Row(holder.name, tuple(map(Cell, cells if holder.name != REST else ("", *cells[1:])))))
    return Table(("entries", "bytes", "of the node", "predicted"), tuple(rows))


def trouble_lines(troubles: Troubles) -> list[str]:
    """Each kind of trouble: how often, what it is, and where first."""
    found = sorted(troubles.found.values(), key=lambda each: -each.count)
    return [f"{TROUBLE_WORDS[each.kind]}: {each.count:,}, first at {each.where}" for each in found]
