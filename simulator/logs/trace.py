"""One node's utterances as a trace that `replay` can drive its stores with.

Everything is as the log says it, but for the text of an utterance that asked nothing of the translation
service: the log does not name it. A cache answered, or a request under way was waited for. It is given the
text that was asked for most often of those that the cache could hold, or that were under way, which makes the
same hit and leaves sizes as they were.

Time 0 is the last instant before the log begins at which the node's table was swept, so that the timers of a
replay, all of phase 0, sweep when the node did. Sweeps say when; without them it is the log's beginning.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from .observations import ANSWERED, FAILED

if TYPE_CHECKING:
    from .calibrate import Calibration
    from .observations import Observations

COLUMNS = (
    "at_ms", "event", "session", "text", "outcome", "latency_ms", "source_chars", "two_byte", "audio_ms",
)  # fmt: skip


def trace_of(found: Calibration, node: str, cache_ms: float) -> str:
    """The trace of a node as CSV, rows in time order.

    Args:
        found: what calibration found; its sweeps give time 0.
        node: the node's name, one of `found.seen.nodes`.
        cache_ms: how long a cache may answer for a text.
    """
    seen = found.seen
    rows = np.flatnonzero(seen.node == seen.nodes.index(node))
    texts = _Texts(cache_ms)
    begin_ms = beginning_ms(found, node)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows.tolist():
        text, outcome, latency, chars, two_byte = texts.of(seen, row)
        at = int(seen.at_ms[row] - begin_ms)
        said = [at, "utterance", f"s{seen.session[row]}", text, outcome, latency, chars, two_byte]
        writer.writerow([*said, _whole(seen.audio_ms[row])])
    return out.getvalue()


def beginning_ms(found: Calibration, node: str) -> int:
    """Time 0 of a node's trace, since 1970."""
    seen, table = found.seen, found.table
    if table is None or table.period_ms is None or node not in table.phases_ms:
        return int(seen.from_ms)
    period = round(table.period_ms[0])
    phase = round(table.phases_ms[node])
    return int(seen.from_ms - (seen.from_ms - phase) % period)


class _Texts:
    """What a node may hold of texts, utterance by utterance."""

    def __init__(self, cache_ms: float) -> None:
        self.cache_ms = cache_ms
        self.fresh: dict[
            int, tuple[float, float, int]
        ] = {}  # text: held from, held until, a row that said it
        self.open: dict[int, tuple[float, int]] = {}  # text: settles at, its row
        self.asked: dict[int, int] = {}

    def of(self, seen: Observations, row: int) -> tuple[str, str, str, str, str]:
        """Text, outcome, latency, characters and script of an utterance, as the trace has them."""
        now = float(seen.at_ms[row])
        text = int(seen.text[row])
        if text < 0:
            return self._silent(seen, now, row)
        answer, latency = seen.answer[row], seen.latency_ms[row]
        settles = now + latency if np.isfinite(latency) else float("inf")
        self.asked[text] = self.asked.get(text, 0) + 1
        if answer == ANSWERED:
            self.fresh[text] = (settles, settles + self.cache_ms, row)
        if answer != FAILED:
            self.open[text] = (settles, row)
        outcome = "ok" if answer == ANSWERED else "fails" if answer == FAILED else "hangs"
        return f"t{text}", outcome, _whole(latency) if outcome != "hangs" else "", *_size(seen, row)

    def _silent(self, seen: Observations, now: float, row: int) -> tuple[str, str, str, str, str]:
        """An utterance that asked for nothing: a cache's hit, or one that waited for a request under way."""
        held = [text for text, (since, until, _) in self.fresh.items() if since <= now <= until]
        for text in [text for text, (_, until, _) in self.fresh.items() if until < now]:
            del self.fresh[text]
        waits = [text for text, (settles, _) in self.open.items() if settles > now]
        for text in [text for text, (settles, _) in self.open.items() if settles <= now]:
            del self.open[text]
        if held and (seen.cache_hit[row] or seen.hides_debug or not waits):
            text = max(held, key=lambda each: (self.asked[each], -each))
            return f"t{text}", "ok", "0", *_size(seen, self.fresh[text][2])
        if waits:
            text = max(waits, key=lambda each: (self.asked[each], -each))
            return f"t{text}", "hangs", "", *_size(seen, self.open[text][1])
        return f"row {row}", "fails", "0", *_size(seen, row)


def _size(seen: Observations, row: int) -> tuple[str, str]:
    chars, two_byte = int(seen.chars[row]), int(seen.two_byte[row])
    return (str(chars) if chars > 0 else "", str(two_byte) if two_byte >= 0 else "")


def _whole(value: float) -> str:
    return str(round(float(value))) if np.isfinite(value) else ""
