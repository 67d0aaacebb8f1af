"""Results for machines: tidy CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..names import unit_of
from .screen import study_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..statistics import Estimate, PairedDifference
    from ..study import Result, SettingResult, Study

CSV_COLUMNS = (
    "profile",
    "setting",
    "store",
    "name",
    "unit",
    "mean",
    "low",
    "high",
    "n",
    "difference_mean",
    "difference_low",
    "difference_high",
    "detectable",
    "exactly_zero",
)
"""One row per profile, setting, store (empty for the setting's own) and name. Differences are paired, against
the first setting of the profile, and empty for that setting itself."""


def to_csv(value: Study | Result) -> str:
    """Estimates and paired differences as tidy CSV, full precision, undefined values empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    study = study_of(value)
    for setting in study.settings:
        writer.writerows(_rows(setting))
    return out.getvalue()


def _rows(setting: SettingResult) -> Iterator[list[str]]:
    groups: list[tuple[str, Mapping[str, Estimate], Mapping[str, PairedDifference]]] = [
        ("", setting.kpis, setting.kpi_differences)
    ]
    for store, outputs in setting.stores.items():
        groups.append((store, outputs, setting.store_differences.get(store, {})))
    for store, results, differences in groups:
        for name, result in results.items():
            head = [setting.profile, setting.name, store, name, str(unit_of(name, store=bool(store)) or "")]
            numbers = [_plain(result.mean), _plain(result.low), _plain(result.high), str(result.n)]
            yield [*head, *numbers, *_difference(differences.get(name))]


def _difference(difference: PairedDifference | None) -> list[str]:
    if difference is None:
        return [""] * 5
    bounds = [_plain(bound) for bound in (difference.mean, difference.low, difference.high)]
    return [*bounds, str(difference.detectable).lower(), str(difference.exact_zero).lower()]


def _plain(value: float) -> str:
    return repr(float(value)) if isfinite(value) else ""


def to_json(plain: Mapping[str, Any]) -> str:
    """Indented JSON with lists of plain values on one line. Every number finite; keys in the order given."""
    text = json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False)
    one_line = re.compile(r'\[\n\s+([^\[\]{}"]*?)\n\s+\]')
    return one_line.sub(lambda found: f"[{re.sub(chr(10) + ' *', ' ', found.group(1))}]", text) + "\n"
