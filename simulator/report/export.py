"""Results for machines: tidy CSV, Parquet and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from ..names import unit_of
from .screen import study_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..statistics import Estimate, PairedDifference
    from ..study import Result, SettingResult, Study
    from ..study.effects import Effect
    from ..study.ranking import Ranked

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


INPUT_COLUMNS = ("from_inputs", "difference_from_inputs")
"""After these, in a study whose inputs were drawn: the inputs' share of each interval's squared width."""


def to_csv(value: Study | Result) -> str:
    """Estimates and paired differences as tidy CSV, full precision, undefined values empty."""
    return "".join(csv_pieces(value))


def csv_pieces(value: Study | Result) -> Iterator[str]:
    """The same, setting by setting."""
    study = study_of(value)
    drawn = study.inputs is not None
    yield _csv([[*CSV_COLUMNS, *INPUT_COLUMNS] if drawn else list(CSV_COLUMNS)])
    for setting in study.settings:
        yield _csv(_rows(setting, drawn=drawn))


def _csv(rows: Iterable[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _rows(setting: SettingResult, *, drawn: bool) -> Iterator[list[str]]:
    groups: list[tuple[str, Mapping[str, Estimate], Mapping[str, PairedDifference]]] = [
        ("", setting.kpis, setting.kpi_differences)
    ]
    for store, outputs in setting.stores.items():
        groups.append((store, outputs, setting.store_differences.get(store, {})))
    for store, results, differences in groups:
        for name, result in results.items():
            head = [setting.profile, setting.name, store, name, str(unit_of(name, store=bool(store)) or "")]
            numbers = [_plain(result.mean), _plain(result.low), _plain(result.high), str(result.n)]
            shares = [_share(result), _share(differences.get(name))] if drawn else []
            yield [*head, *numbers, *_difference(differences.get(name)), *shares]


def _share(of: Estimate | PairedDifference | None) -> str:
    return "" if of is None or of.from_inputs is None else _plain(of.from_inputs)


def _difference(difference: PairedDifference | None) -> list[str]:
    if difference is None:
        return [""] * 5
    bounds = [_plain(bound) for bound in (difference.mean, difference.low, difference.high)]
    return [*bounds, _truth(difference.detectable), _truth(difference.exact_zero)]


def _truth(value: bool) -> str:
    return str(value).lower()


def _plain(value: float) -> str:
    return repr(float(value)) if isfinite(value) else ""


EFFECTS_COLUMNS = (
    "profile", "name", "unit", "kind", "factors", "levels",
    "mean", "low", "high", "detectable", "exactly_zero", "holds",
)  # fmt: skip
RANKING_COLUMNS = (
    "profile", "together", "fix", "name", "unit",
    "alone_mean", "alone_low", "alone_high", "alone_detectable", "alone_exactly_zero", "alone_holds",
    "lost_mean", "lost_low", "lost_high", "lost_detectable", "lost_exactly_zero", "lost_holds",
)  # fmt: skip


def effects_csv(effects: Sequence[Effect]) -> str:
    """Effects of factors as CSV: factors and levels joined by ` × `, from and to by ` → `."""
    rows = [
        [
            one.profile, one.name, str(unit_of(one.name) or ""), one.kind, " × ".join(one.factors),
            " × ".join(" → ".join(pair) for pair in one.levels),
            *_difference(one.difference), _truth(one.holds),
        ]
        for one in effects
    ]  # fmt: skip
    return _csv([list(EFFECTS_COLUMNS), *rows])


def ranking_csv(ranking: Sequence[Ranked]) -> str:
    """Fixes ranked as CSV: what each does alone, and what is lost when it is taken out of all."""
    rows = [
        [
            one.profile, one.together, one.fix, one.name, str(unit_of(one.name) or ""),
            *_difference(one.alone), _truth(one.alone_holds), *_difference(one.lost), _truth(one.lost_holds),
        ]
        for one in ranking
    ]  # fmt: skip
    return _csv([list(RANKING_COLUMNS), *rows])


def to_parquet(value: Study | Result) -> bytes:
    """The values of every replication as `frame()` has them, as Parquet; texts are kept once each.

    Raises ImportError without pyarrow (`pip install 'simulator[parquet]'`).
    """
    frame = study_of(value).frame()
    texts = ["profile", "setting", "name", "store"]
    out = io.BytesIO()
    frame.astype(dict.fromkeys(texts, "category")).to_parquet(out, engine="pyarrow", index=False)
    return out.getvalue()


def to_json(plain: Mapping[str, Any]) -> str:
    """Indented JSON, estimates and lists of numbers on one line. Numbers finite; keys in the order given."""
    return "".join(json_pieces(plain))


def json_pieces(plain: Mapping[str, Any]) -> Iterator[str]:
    """The same piece by piece, so that a thousand settings need not be in memory as text.

    A value may be an iterator of what would be a list.

    >>> print("".join(json_pieces({"a": [1, None], "b": iter([{"c": "x", "e": {"mean": 0.5}}])})), end="")
    {
     "a": [1, null],
     "b": [
      {
       "c": "x",
       "e": {"mean": 0.5}
      }
     ]
    }
    """
    for place, (key, value) in enumerate(plain.items()):
        yield f"{',' if place else '{'}\n {json.dumps(key, ensure_ascii=False)}: "
        if isinstance(value, Iterator):
            empty = True
            for part in value:
                yield f"{'[' if empty else ','}\n  {_text(part, 2)}"
                empty = False
            yield "[]" if empty else "\n ]"
        else:
            yield _text(value, 1)
    yield "\n}\n" if plain else "{}\n"


def _text(value: Any, depth: int) -> str:
    newline = "\n" + depth * " "
    if isinstance(value, Mapping) and not _flat(value):
        parts = [
            f"{newline} {json.dumps(str(key), ensure_ascii=False)}: {_text(part, depth + 1)}"
            for key, part in value.items()
        ]
        return f"{{{','.join(parts)}{newline}}}" if parts else "{}"
    if isinstance(value, (list, tuple)) and not _flat(value):
        parts = [f"{newline} {_text(part, depth + 1)}" for part in value]
        return f"[{','.join(parts)}{newline}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _flat(value: Any) -> bool:
    """What stands on one line: a list of numbers; an estimate, which is numbers by name and its values."""
    if isinstance(value, Mapping):
        return bool(value) and all(
            not isinstance(part, (str, Mapping)) and _flat(part) for part in value.values()
        )
    if isinstance(value, (list, tuple)):
        return not any(isinstance(part, (str, list, tuple, Mapping)) for part in value)
    return True
