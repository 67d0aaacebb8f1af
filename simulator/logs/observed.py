"""What a real node was seen to hold, from a file: for `replay --against`.

Four ways of writing it down are understood, plain or gzipped, told apart by their contents:

- what `replay --format json` prints: `{"at_ms": [...], "stores": {NAME: {"entries": [...]}}, "live_bytes":
  [...], "rss_bytes": [...]}`; every part but `at_ms` may be left out;
- what `replay --format csv` prints: columns `at_ms`, `live_bytes`, `rss_bytes`, `STORE.entries`, ...;
- JSON lines, one observation each, as `tools/probe.js` writes them;
- a recorded run of the modelled system: a JSON object with `samples`, a column for each store by its name
  in the code, a row a minute.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from typing import TYPE_CHECKING, Any, NoReturn, TypeGuard

import numpy as np

from .. import units
from ..problems import ConfigError, Place, Problem
from ..study.fidelity import MEMORY, Observed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

    from numpy.typing import NDArray

    Columns = dict[str, dict[str, list[float]]]

RECORDED = {
    "states": ("aggregator_states", "session_table", "entries"),
    "translationCache": ("translation_cache", "lru_cache", "entries"),
    "mwTranslationCache": ("middleware_translation_cache", "", "entries"),
    "dedupLastSentText": ("dedup_last_sent_text", "", "entries"),
    "mwLastSentText": ("middleware_last_sent_text", "", "entries"),
    "audioBuffers": ("audio_ring_buffers", "ring_buffer", "entries"),
    "audioChunks": ("audio_ring_buffers", "ring_buffer", "chunks"),
    "audioBase64Chars": ("audio_ring_buffers", "ring_buffer", "base64_chars"),
    "pendingAsyncTranslations": ("pending_translations", "pending_map", "entries"),
    "inflightHungRequests": ("pending_translations", "pending_map", "in_flight"),
}
"""Columns of a recorded run: the store in the shipped configs, the kind of which the only store stands for it
where that name is not there, and what was counted."""

MINUTE_MS = 60_000


def read_observed(path: str | PathLike[str], kinds: Mapping[str, str]) -> Observed:
    """Read what was observed.

    Args:
        path: the file.
        kinds: the stores that are simulated, name -> kind. Names may be written otherwise in the file
            (`aggregatorStates`); what fits none of them is left out, with a remark.

    Raises:
        ConfigError: a file that cannot be read (E110), or that is none of the four (E123), with its line.
    """
    name = str(path)
    text = _text(name)
    head = text.lstrip()[:1]
    whole: Any = None
    if head == "{":
        try:
            whole = json.loads(text)
        except json.JSONDecodeError as error:
            if error.msg != "Extra data" and "\n" not in text.strip():
                _refuse(name, error.lineno, f"this is not JSON: {error.msg.lower()}")
    if isinstance(whole, dict) and isinstance(whole.get("samples"), dict):
        return _recorded(name, whole["samples"], kinds)
    if isinstance(whole, dict) and isinstance(whole.get("at_ms"), list):
        return _columns(name, whole, kinds)
    if head == "{":
        return _lines(name, text.splitlines(), kinds)
    if "at_ms" in text.split("\n", 1)[0]:
        return _table(name, text, kinds)
    readable = "what `simulator replay` prints, JSON lines of tools/probe.js, or a recorded run will do"
    return _refuse(name, 1, "this is not a list of observations", readable)


def _text(name: str) -> str:
    try:
        with open(name, "rb") as file:
            raw = file.read()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        return raw.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None)
        said = reason.lower() if reason else "it is not text in UTF-8, plain or gzipped"
        problem = Problem("E110", f"cannot read the observations: {said}", Place(file=name))
        raise ConfigError([problem], name) from None


# Four ways to write it down


def _columns(name: str, plain: Mapping[str, Any], kinds: Mapping[str, str]) -> Observed:
    """What `replay --format json` prints."""
    stores: Columns = {}
    listed = plain.get("stores", {})
    if not isinstance(listed, dict):
        _refuse(name, 1, "`stores` is not a map of names to columns")
    for store, columns in listed.items():
        if not isinstance(columns, dict):
            _refuse(name, 1, f"`stores.{store}` is not a map such as {{entries: [1, 2]}}")
        stores[store] = dict(columns)
    memory = {key: plain[key] for key in MEMORY if key in plain}
    return _observed(name, plain["at_ms"], stores, memory, kinds)


def _table(name: str, text: str, kinds: Mapping[str, str]) -> Observed:
    """What `replay --format csv` prints."""
    lines = csv.reader(io.StringIO(text))
    header = next(lines)
    rows: list[list[float]] = []
    for line, cells in enumerate(lines, start=2):
        if not cells:
            continue
        if len(cells) != len(header):
            _refuse(name, line, f"{len(cells)} cells under {len(header)} columns")
        try:
            rows.append([float(cell) if cell.strip() else float("nan") for cell in cells])
        except ValueError:
            wrong = next(cell for cell in cells if cell.strip() and not _is_number(cell))
            _refuse(name, line, f"`{wrong[:40]}` is not a number")
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    stores: Columns = {}
    for title, values in columns.items():
        store, dot, column = title.partition(".")
        if dot:
            stores.setdefault(store, {})[column] = values
    memory = {key: columns[key] for key in MEMORY if key in columns}
    return _observed(name, columns.get("at_ms", []), stores, memory, kinds)


def _lines(name: str, lines: Sequence[str], kinds: Mapping[str, str]) -> Observed:
    """JSON lines of the probe: `uptime_ms` (or `at_ms`, or `at`), `stores`, `memory.rss`, `live_bytes`."""
    at_ms: list[float] = []
    stores: Columns = {}
    memory: dict[str, list[float]] = {key: [] for key in MEMORY}
    process: Any = None
    start: float | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            seen = json.loads(line)
        except json.JSONDecodeError as error:
            _refuse(name, number, f"this line is not JSON: {error.msg.lower()}")
        if not isinstance(seen, dict):
            _refuse(name, number, "this line is not a JSON object")
        when = next((seen[key] for key in ("at_ms", "uptime_ms", "at") if key in seen), None)
        if not _is_number(when):
            _refuse(name, number, "this line has no time", "write `uptime_ms`, ms since the process started")
        if "at_ms" not in seen and "uptime_ms" not in seen:
            start = float(when) if start is None else start
            when = float(when) - start
        pid = seen.get("pid", process)
        if process is not None and pid != process:
            said = f"another process begins here: pid {pid} after {process}"
            _refuse(name, number, said, "cut the file there and compare one process at a time")
        process = pid
        _take(name, number, len(at_ms), seen.get("stores", {}), stores)
        rss = seen["memory"].get("rss") if isinstance(seen.get("memory"), dict) else None
        for key, value in (("live_bytes", seen.get("live_bytes")), ("rss_bytes", seen.get("rss_bytes", rss))):
            memory[key].append(float(value) if _is_number(value) else float("nan"))
        at_ms.append(float(when))
    for columns in stores.values():
        for values in columns.values():
            values += [float("nan")] * (len(at_ms) - len(values))
    noted = {key: values for key, values in memory.items() if np.isfinite(values).any()}
    return _observed(name, at_ms, stores, noted, kinds)


def _take(name: str, number: int, before: int, seen: Any, stores: Columns) -> None:
    """Add one line's stores: a number is its entries, a map its columns."""
    if not isinstance(seen, dict):
        _refuse(name, number, "`stores` is not a map of names to sizes")
    for store, levels in seen.items():
        for column, value in (levels if isinstance(levels, dict) else {"entries": levels}).items():
            if not _is_number(value):
                _refuse(name, number, f"`stores.{store}` has a size that is not a number: `{value}`")
            values = stores.setdefault(store, {}).setdefault(column, [])
            values += [float("nan")] * (before - len(values))
            values.append(float(value))


def _recorded(name: str, samples: Mapping[str, Any], kinds: Mapping[str, str]) -> Observed:
    """A recorded run of the modelled system: a column for each store, a row a minute."""
    if not isinstance(samples.get("minute"), list):
        _refuse(name, 1, "`samples` has no column `minute`")
    stores: Columns = {}
    for column, (store, kind, level) in RECORDED.items():
        if column not in samples:
            continue
        alike = [other for other, its_kind in kinds.items() if its_kind == kind]
        standing = store if store in kinds or len(alike) != 1 else alike[0]
        stores.setdefault(standing, {})[level] = samples[column]
    memory = {"live_bytes": samples["live_bytes_median"]} if "live_bytes_median" in samples else {}
    observed = _observed(name, [MINUTE_MS * minute for minute in samples["minute"]], stores, memory, kinds)
    if "rss" not in samples:
        return observed
    remark = "`rss` of a recorded run is left out: runs faster than real time need more"
    return Observed(observed.at_ms, observed.stores, observed.memory, (*observed.remarks, remark))


# Checks


def _observed(
    name: str,
    at_ms: Any,
    stores: Mapping[str, Mapping[str, Any]],
    memory: Mapping[str, Any],
    kinds: Mapping[str, str],
) -> Observed:
    """Columns of one length, in time order, by the names of the stores that are simulated."""
    times = _numbers(name, "at_ms", at_ms, len(at_ms))
    if len(times) == 0 or not np.isfinite(times).all():
        _refuse(name, 1, "there is no observation" if len(times) == 0 else "an observation has no time")
    back = np.flatnonzero(np.diff(times) < 0)
    if len(back):
        said = f"{times[back[0]]:.0f} is followed by {times[back[0] + 1]:.0f}"
        _refuse(name, 1, f"time goes back: {said}", "observations of one process stand in order of time")
    known: dict[str, Mapping[str, NDArray[np.float64]]] = {}
    remarks = []
    for store, columns in stores.items():
        read = {
            column: _numbers(name, f"{store}.{column}", values, len(times))
            for column, values in columns.items()
        }
        ours = _name_of(store, kinds)
        if ours is not None:
            known[ours] = read
        elif any(np.nan_to_num(values).any() for values in read.values()):
            near = units.closest(store, list(kinds))
            meant = f"; is it `{near}`?" if near else ""
            remarks.append(f"`{store}` is left out: the config has no enabled store of that name{meant}")
    noted = {key: _numbers(name, key, values, len(times)) for key, values in memory.items()}
    if not known and not noted:
        said = f"no store of the config is in it: {', '.join(kinds)}" if stores else "it names no store"
        _refuse(name, 1, f"nothing to compare: {said}")
    return Observed(np.round(times).astype(np.int64), known, noted, tuple(remarks))


def _numbers(name: str, column: str, values: Any, length: int) -> NDArray[np.float64]:
    if not isinstance(values, list) or not all(value is None or _is_number(value) for value in values):
        _refuse(name, 1, f"`{column}` is not a list of numbers")
    if len(values) != length:
        _refuse(name, 1, f"`{column}` has {len(values):,} values for {length:,} times")
    return np.array([float("nan") if value is None else float(value) for value in values], dtype=np.float64)


def _is_number(value: Any) -> TypeGuard[float]:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*", value)) and value.count(".") < 2
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name_of(store: str, kinds: Iterable[str]) -> str | None:
    """The store of the config that this name means: capitals, dashes and underscores do not matter."""
    plain = {re.sub(r"[\W_]", "", name).lower(): name for name in kinds}
    return plain.get(re.sub(r"[\W_]", "", store).lower())


def _refuse(name: str, line: int, message: str, advice: str = "") -> NoReturn:
    place = Place(file=name, line=line, column=1)
    raise ConfigError([Problem("E123", message, place, (advice,) if advice else ())], name)
