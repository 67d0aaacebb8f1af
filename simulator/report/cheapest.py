"""What a search for the cheapest value says: one sentence first, then every value that was tried."""

from __future__ import annotations

import csv
import io
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from .format import display_width, listed, quantity, wrap
from .sentences import all_targets
from .tables import Cell, Row, Table, to_markdown
from .tables import to_text as table_text
from .targets import MARKS, target_text, target_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..study.cheapest import Cheapest, Found, Tried
    from ..study.targets import TargetVerdict

NARROW, WIDE = 60, 140


def to_text(search: Cheapest, width: int | None = None) -> str:
    """The search as plain text, `width` columns wide (default: the terminal's)."""
    width = min(max(get_terminal_size((80, 24)).columns if width is None else width, NARROW), WIDE)
    blocks = [_profile_text(search, found, width) for found in search.found]
    if len(blocks) > 1:
        answers = [f"{found.profile}: {first_sentence(search, found)}" for found in search.found]
        blocks.insert(0, [line for answer in answers for line in wrap(answer, width, "", "  ")])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


def to_markdown_page(search: Cheapest) -> str:
    """The search as Markdown, one section for each profile."""
    blocks = []
    for found in search.found:
        lines = [f"## {found.profile or search.name}", "", _heading(search, found), ""]
        lines += [f"**{first_sentence(search, found)}**", ""]
        lines += to_markdown(tried_table(search, found), search.path)
        more = more_sentences(search, found)
        blocks.append([*lines, *([""] if more else []), *(f"- {sentence}" for sentence in more)])
    return "\n\n".join("\n".join(block) for block in blocks)


def to_csv(search: Cheapest) -> str:
    """Every value that was tried, one row for each of its targets; full precision."""
    out = io.StringIO()
    rows = search.rows()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return out.getvalue()


def _profile_text(search: Cheapest, found: Found, width: int) -> list[str]:
    lines = [*wrap(_heading(search, found), width), ""]
    lines += [*wrap(first_sentence(search, found), width, "  "), ""]
    lines += _fitting(search, found, width)
    for sentence in more_sentences(search, found):
        lines += ["", *wrap(sentence, width, "  ", "    ")]
    return lines


def _fitting(search: Cheapest, found: Found, width: int) -> list[str]:
    """The table with as many targets as fit."""
    for columns in range(len(found.tried[0].targets), 0, -1):
        lines = table_text(tried_table(search, found, columns), width)
        if all(display_width(line) <= width for line in lines):
            break
    return lines


def _heading(search: Cheapest, found: Found) -> str:
    counts = sorted({tried.replications for tried in found.tried})
    replications = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    parts = [
        search.path,
        "" if found.setting == search.name else found.setting,
        found.profile,
        f"{len(found.tried)} values tried",
        f"{replications} replications × {quantity('ms', search.horizon_ms)}, same arrivals",
        f"seed {search.seed}",
    ]
    return " · ".join(part for part in parts if part)


def tried_table(search: Cheapest, found: Found, columns: int | None = None) -> Table:
    """Values in order, how each stands, its replications, and each target's statistic."""
    targets = found.tried[0].targets[:columns]
    rows = [
        Row(
            f"{MARKS[tried.status]} {tried.value}",
            (
                Cell(f"{tried.replications:,}"),
                *(_cell(search, verdict) for verdict in tried.targets[:columns]),
            ),
        )
        for tried in found.tried
    ]
    return Table(("replications", *(target_text(verdict) for verdict in targets)), tuple(rows))


def _cell(search: Cheapest, verdict: TargetVerdict) -> Cell:
    value, bracket, interval = target_value(verdict, search.horizon_ms).partition(" [")
    return Cell(value, f"[{interval}" if bracket else "")


def first_sentence(search: Cheapest, found: Found) -> str:
    """The answer for one profile."""
    path, every = search.path, all_targets(len(found.tried[0].targets))
    between = f"from {search.low} to {search.high}"
    option, cheap_end = ("--to", search.high) if search.order == "largest" else ("--from", search.low)
    if found.outcome == "all meet":
        return f"Every {path} tried {between} meets {every}; {option} tries cheaper ones than {cheap_end}."
    if found.outcome == "none meets":
        return f"No {path} {between} meets {every}: {_why_none(search, found)}."
    if found.outcome == "cannot tell":
        return (
            f"It cannot be told with {search.at_most:,} replications whether any {path} {between} meets "
            f"{every}: {_closest(search, found)}."
        )
    if found.value == cheap_end:
        return f"{path} {cheap_end} meets {every}; {option} tries cheaper values."
    cheapest = "cheapest (largest)" if search.order == "largest" else "cheapest"
    return f"The {cheapest} {path} that meets {every} is {found.value}, 95 % sure; {_cheaper(search, found)}."


def _cheaper(search: Cheapest, found: Found) -> str:
    """What the values below say."""
    if found.missed is None:
        return f"whether cheaper ones do cannot be told with {search.at_most:,} replications"
    said = f"{found.missed} misses {_missed_by(search, found.at(found.missed))}"
    if _adjacent(found):
        return said
    return f"{said}, and {search.at_most:,} replications cannot tell what lies between"


def _adjacent(found: Found) -> bool:
    """Whether no undecided value lies between the cheapest that is met and what is missed."""
    assert found.value is not None
    assert found.missed is not None
    ends = sorted((found.at(found.value).number, found.at(found.missed).number))
    return not any(ends[0] < found.at(value).number < ends[1] for value in found.undecided)


def _missed_by(search: Cheapest, tried: Tried) -> str:
    """The targets that a value misses, each with what it came to."""
    missed = [verdict for verdict in tried.targets if verdict.status == "missed"]
    return listed([f"{target_text(v)} ({target_value(v, search.horizon_ms)})" for v in missed])


def _closest(search: Cheapest, found: Found) -> str:
    """The undecided value with fewest targets that are open, and what they came to."""
    open_ = {
        tried.value: [verdict for verdict in tried.targets if verdict.status != "met"]
        for tried in found.tried
        if tried.status == "cannot tell"
    }
    value = min(open_, key=lambda name: len(open_[name]))
    said = [f"{target_text(v)} comes to {target_value(v, search.horizon_ms)}" for v in open_[value]]
    return f"at {value}, {listed(said)}"


def _why_none(search: Cheapest, found: Found) -> str:
    """Targets that every value misses and by how little; or where each of them holds."""
    columns = list(zip(*(tried.targets for tried in found.tried), strict=True))
    always = [column for column in columns if all(verdict.status == "missed" for verdict in column)]
    if always:
        return "; ".join(_least(search, found, column) for column in always)
    holds = [
        f"{target_text(column[0])} is met {_where(found, column)}"
        for column in columns
        if any(verdict.status != "met" for verdict in column)
    ]
    return f"of the values tried, {listed(holds)}"


def _least(search: Cheapest, found: Found, column: Sequence[TargetVerdict]) -> str:
    """A target that is missed everywhere: the value that comes closest."""
    gaps = [abs(verdict.value - verdict.bound) for verdict in column]
    best = gaps.index(min(gaps))
    value = target_value(column[best], search.horizon_ms)
    if max(gaps) - min(gaps) <= 1e-12 * max(gaps):
        return f"{target_text(column[0])} is missed by the same {value} at every value"
    return f"every value misses {target_text(column[0])}, {found.tried[best].value} by least ({value})"


def _where(found: Found, column: Sequence[TargetVerdict]) -> str:
    """The tried values at which a target is met."""
    met = [place for place, verdict in enumerate(column) if verdict.status == "met"]
    if not met:
        return "nowhere for sure"
    low, high = found.tried[met[0]].value, found.tried[met[-1]].value
    if met[-1] - met[0] + 1 > len(met):
        return f"at {listed([found.tried[place].value for place in met])}"
    if met[-1] == len(column) - 1:
        return f"from {low} on"
    return f"up to {high}" if met[0] == 0 else f"from {low} to {high}"


def more_sentences(search: Cheapest, found: Found) -> list[str]:
    """Where meeting ends again, and that it is not in one piece."""
    if not found.in_one_piece:
        said = ", ".join(
            f"{status} at {low}" if low == high else f"{status} from {low} to {high}"
            for status, low, high in found.pieces
        )
        return [f"What meets the targets is not in one piece ({said}); there may be more between the values."]
    last = found.pieces[-1] if found.pieces else ("met", "", "")
    if found.value is None or last[0] != "missed" or found.value == last[2]:
        return []
    missed = {v.target: target_text(v) for v in found.at(last[1]).targets if v.status == "missed"}
    beyond = "less" if search.order == "largest" else "more"
    return [f"{last[1]} and {beyond} miss {listed(list(missed.values()))}."]
