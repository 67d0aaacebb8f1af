"""What utterances carry: texts that repeat or not, their lengths and script, cache keys, audio (W3, C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..config.distributions import Zipf
from .rows import CACHED_CHARS
from .sampling import Sampler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..config.workload import Expansion, Utterances
    from .streams import Streams

    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CHARS_PER_SPACE = 6
"""A text in a one-byte script has a space every so many characters: an English word is about five long."""

KEY_VERBATIM_CHARS = 100
KEY_PREFIX_CHARS = 6
KEY_HASHED_CHARS = 70
"""A cache key is a language pair (`zh-en-`) and the text, of which more than 100 characters become the first 30,
the last 30 and a hash with separators. Source: cache-key-generator.ts; measured on recorded keys."""


class TextSource:
    """Draws the texts of utterances in order of their sessions."""

    def __init__(self, utterances: Utterances, streams: Streams) -> None:
        texts = utterances.texts
        self._share_unique = texts.unique
        self._share_two_byte = utterances.two_byte
        self._distinct = texts.zipf_distinct
        self._script = streams.stream("two_byte")
        self._unique = streams.stream("unique")
        pool = Zipf(exponent=texts.zipf_exponent, distinct=texts.zipf_distinct)
        self._rank = Sampler(pool, streams, "rank")
        self._length = Sampler(utterances.text_length, streams, "text_length")
        # the same text has the same length whenever it is said; each script has texts of its own
        lengths = Sampler(utterances.text_length, streams, "pool_length")
        self._pool_chars = lengths.draw_whole(2 * self._distinct, least=1)
        self._said = 0

    def scripts(self, sessions: int) -> Flags:
        """Whether each of the next sessions speaks a two-byte script, bool[sessions]."""
        drawn: Flags = self._script.random(sessions) < self._share_two_byte
        return drawn

    def draw(self, two_byte: Flags) -> tuple[Ints, Ints]:
        """Text ids and lengths in characters for the next utterances, given their script."""
        n = len(two_byte)
        unique = self._unique.random(n) < self._share_unique
        listed = self._rank.draw_whole(n) - 1 + two_byte * self._distinct
        own = 2 * self._distinct + self._said + np.arange(n)
        self._said += n
        chars = np.where(unique, self._length.draw_whole(n, least=1), self._pool_chars[listed])
        return np.where(unique, own, listed), chars


def spaces(chars: Ints, two_byte: Flags) -> Ints:
    """Spaces in a text of so many characters: none in a two-byte script."""
    return np.where(two_byte, 0, chars // CHARS_PER_SPACE)


def target_length(chars: Ints, two_byte: Flags, expansion: Expansion) -> Ints:
    """Characters of the translation, at least 1."""
    ratio = np.where(two_byte, expansion.two_byte, expansion.one_byte)
    return np.maximum(np.rint(chars * ratio), 1).astype(np.int64)


def key_length(chars: Ints) -> Ints:
    """Characters of the cache key without context.

    >>> key_length(np.array([12, 100, 231])).tolist()
    [18, 106, 76]
    """
    return KEY_PREFIX_CHARS + np.where(chars <= KEY_VERBATIM_CHARS, chars, KEY_HASHED_CHARS)


def is_cacheable(chars: Ints) -> Flags:
    """Whether texts of so many characters are cached (C4)."""
    shortest, longest = CACHED_CHARS
    return (chars >= shortest) & (chars <= longest)
