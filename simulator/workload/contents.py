"""What utterances carry: all that does not depend on when they come, drawn in time order (W3, W4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .rows import ROW_TYPES, Rows
from .sampling import Sampler, Sequel
from .texts import TextSource, is_cacheable, key_length, spaces, target_length
from .translations import draw_outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..config.distributions import Distribution
    from ..config.workload import WorkloadSettings
    from .streams import Streams
    from .turns import Turns

    Column = NDArray[Any]

_OF_SESSIONS = ("session", "turn", "last")


class ContentSource:
    """Gives rows in time order the columns that are read.

    Each column has a stream of its own, and an utterance takes the next draw of each: signalled ends in
    between, or another idle limit, shift nothing; nor does it matter which columns are read, and when.
    """

    def __init__(self, workload: WorkloadSettings, streams: Streams) -> None:
        utterances, translation = workload.utterances, workload.translation
        self._expansion = translation.expansion
        self._texts = TextSource(utterances, streams)
        self._sequels: dict[str, Sequel[Any]] = {
            "audio_ms": _whole(utterances.audio, streams, "audio"),
            "service_ms": _whole(utterances.service, streams, "service", least=1),
            "latency_ms": _whole(translation.latency, streams, "latency"),
            "outcome": Sequel(lambda: draw_outcomes(translation, streams)),
            "route": Sequel(lambda: streams.stream("route").random),
        }
        self._said = 0

    def fill(self, due: Turns) -> Rows:
        """Rows, drawn column by column as they are read. Session ends carry nothing: zeros, no text (-1)."""
        if due.has_ends:
            is_end = due.is_end
            says = np.flatnonzero(~is_end)
            spoken = _Utterances(self, self._said, len(says), lambda: due.two_byte[says])
        else:
            spoken = _Utterances(self, self._said, len(due.who), lambda: due.two_byte)
        self._said += spoken.count

        def draw(name: str) -> Column:
            if name in _OF_SESSIONS:
                return np.asarray(getattr(due, name))
            if name == "kind":
                return due.is_end.view(np.int8)
            if not due.has_ends:
                return spoken.column(name)
            column = np.full(len(is_end), -1 if name == "text" else 0, dtype=ROW_TYPES[name])
            column[says] = spoken.column(name)
            return column

        return Rows.drawn_when_read(due.at_ms, draw)

    def draw(self, name: str, said: _Utterances) -> Column:
        """One column of these utterances."""
        if name in self._sequels:
            return self._sequels[name].draw(said.first, said.count)
        match name:
            case "text":
                return self._texts.draw_ids(said.first, said.column("two_byte"))
            case "source_chars":
                return self._texts.draw_chars(said.first, said.column("text"))
            case "key_two_byte":
                return said.column("two_byte")
            case "context_chars":  # the modelled system passes its cache no context
                return np.zeros(said.count, dtype=np.int64)
        chars, two_byte = said.column("source_chars"), said.column("two_byte")
        match name:
            case "stored_chars":
                return chars
            case "stored_spaces":
                return spaces(chars, two_byte)
            case "target_chars":
                return target_length(chars, two_byte, self._expansion)
            case "key_chars":
                return key_length(chars)
            case "cacheable":
                return is_cacheable(chars)
        raise ValueError(f"no column `{name}`")


class _Utterances:
    """The utterances of a window: the number of the first, how many, and their columns as far as drawn."""

    __slots__ = ("_columns", "_source", "_two_byte", "count", "first")

    def __init__(self, source: ContentSource, first: int, count: int, two_byte: Callable[[], Column]) -> None:
        self._source, self.first, self.count, self._two_byte = source, first, count, two_byte
        self._columns: dict[str, Column] = {}

    def column(self, name: str) -> Column:
        """A column; drawn once."""
        if name not in self._columns:
            own = name == "two_byte"
            self._columns[name] = self._two_byte() if own else self._source.draw(name, self)
        return self._columns[name]


def _whole(distribution: Distribution, streams: Streams, name: str, least: int = 0) -> Sequel[np.int64]:
    def begin() -> Callable[[int], NDArray[np.int64]]:
        sampler = Sampler(distribution, streams, name)
        return lambda n: sampler.draw_whole(n, least)

    return Sequel(begin)
