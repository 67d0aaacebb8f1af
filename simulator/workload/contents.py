"""What utterances carry: all that does not depend on when they come, drawn in time order (W3, W4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .rows import ROW_NAMES, ROW_TYPES, Rows
from .sampling import Sampler
from .texts import TextSource, is_cacheable, key_length, spaces, target_length
from .translations import TranslationSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.workload import WorkloadSettings
    from .streams import Streams
    from .waiting import Due

    Columns = dict[str, NDArray[Any]]


class ContentSource:
    """Fills the columns of rows in time order.

    Each column has a stream of its own, and an utterance takes the next draw of each: signalled ends in
    between, or another idle limit, shift nothing.
    """

    def __init__(self, workload: WorkloadSettings, streams: Streams) -> None:
        utterances = workload.utterances
        self._expansion = workload.translation.expansion
        self._texts = TextSource(utterances, streams)
        self._translations = TranslationSource(workload.translation, streams)
        self._audio = Sampler(utterances.audio, streams, "audio")
        self._service = Sampler(utterances.service, streams, "service")
        self._route = streams.stream("route")

    def fill(self, due: Due) -> Rows:
        """All columns. Session ends carry nothing: zeros, and no text (-1)."""
        is_end = due.is_end
        if is_end.any():
            says = np.flatnonzero(~is_end)
            columns = {}
            for name, drawn in self._draw(due.two_byte[says]).items():
                columns[name] = np.full(len(is_end), -1 if name == "text" else 0, dtype=ROW_TYPES[name])
                columns[name][says] = drawn
        else:
            columns = self._draw(due.two_byte)
        columns |= {
            "at_ms": due.at_ms,
            "kind": is_end.view(np.int8),
            "session": due.session,
            "turn": due.turn,
            "last": due.last,
        }
        return Rows(*(columns[name] for name in ROW_NAMES))

    def _draw(self, two_byte: NDArray[np.bool_]) -> Columns:
        """The next utterances, given their sessions' script."""
        n = len(two_byte)
        text, chars = self._texts.draw(two_byte)
        outcome, latency_ms = self._translations.draw(n)
        return {
            "text": text,
            "outcome": outcome,
            "latency_ms": latency_ms,
            "service_ms": self._service.draw_whole(n, least=1),
            "audio_ms": self._audio.draw_whole(n),
            "source_chars": chars,
            "stored_chars": chars,
            "stored_spaces": spaces(chars, two_byte),
            "target_chars": target_length(chars, two_byte, self._expansion),
            "key_chars": key_length(chars),
            "context_chars": np.zeros(n, dtype=np.int64),  # the modelled system passes its cache no context
            "two_byte": two_byte,
            "key_two_byte": two_byte,
            "cacheable": is_cacheable(chars),
            "route": self._route.random(n),
        }
