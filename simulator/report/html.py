"""The answer as a fragment of HTML, for notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .profile import Profile
from .screen import heading, study_of
from .sentences import answer, verdict_sentences
from .tables import Row, Table, comparison_table, results_table, stores_table
from .targets import target_lines

if TYPE_CHECKING:
    from ..study import Result, Study


def html(value: Study | Result) -> str:
    """A Study or Result as HTML: what `text` says, with real tables."""
    study = study_of(value)
    return "\n".join(_section(Profile(study, name), study) for name in study.profiles)


def _section(profile: Profile, study: Study) -> str:
    parts = [f"<p><small>{escape(heading(profile, study))}</small></p>"]
    if profile.others or profile.targets:
        parts.append(f"<p><strong>{escape(answer(profile))}</strong></p>")
    targets = [
        f"{'&emsp;' * mark.startswith(' ')}{mark.strip()} {escape(said)}"
        for mark, said in target_lines(profile)
    ]
    if targets:
        parts.append(f"<p>{'<br>'.join(targets)}</p>")
    if profile.others:
        parts.append(_table(comparison_table(profile, 6)))
    else:
        parts += [_table(results_table(profile.reference)), _table(stores_table(profile.reference))]
    parts += [f"<p>{escape(said)}</p>" for said in verdict_sentences(profile) if said != answer(profile)]
    return "\n".join(parts)


def _table(table: Table) -> str:
    heads = "".join(f'<th style="text-align:right">{escape(head)}</th>' for head in table.heads)
    rows = "".join(f"<tr>{_row(row, len(table.heads))}</tr>" for row in table.rows)
    return f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _row(row: Row, columns: int) -> str:
    name = f'<td style="text-align:left">{escape(row.name)}</td>'
    if row.note:
        return f'{name}<td colspan="{columns}" style="text-align:left">{escape(row.note)}</td>'
    cells = (
        f'<td style="text-align:right">{escape(cell.value)} <small>{escape(cell.interval)}</small></td>'
        for cell in row.cells
    )
    return name + "".join(cells)
