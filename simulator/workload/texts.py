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
"""A cache key is a language pair (`zh-en-`) and the text, of which more than 100 characters become the first
30, the last 30 and a hash with separators. Source: cache-key-generator.ts; measured on recorded keys."""


class TextSource:
    """Draws the texts of utterances in time order.

    A text is said once (`unique`) or comes from a list by Zipf's law. Each script has a list of its own, and
    a listed text has the same length whenever it is said: its id is its cache key.
    """

    def __init__(self, utterances: Utterances, streams: Streams) -> None:
        texts = utterances.texts
        self._share_unique = texts.unique
        self._distinct = texts.zipf_distinct
        self._unique = streams.stream("unique")
        listed = Zipf(exponent=texts.zipf_exponent, distinct=texts.zipf_distinct)
        self._rank = Sampler(listed, streams, "rank")
        self._length = Sampler(utterances.text_length, streams, "text_length")
        # the one-byte texts by rank, then the two-byte ones
        lengths = [Sampler(utterances.text_length, streams, "listed_length", script) for script in (0, 1)]
        self._listed_chars = np.concatenate([each.draw_whole(self._distinct, least=1) for each in lengths])
        self._said = 0

    def draw(self, two_byte: Flags) -> tuple[Ints, Ints]:
        """Text ids and lengths in characters for the next utterances, given their script."""
        n = len(two_byte)
        # both kinds are drawn for every utterance, so that another share shifts neither
        text = 2 * self._distinct + self._said + np.arange(n)
        chars = self._length.draw_whole(n, least=1)
        self._said += n
        repeats = np.flatnonzero(self._unique.random(n) >= self._share_unique)
        rank = self._rank.draw_whole(n) - 1
        listed = (rank + two_byte * self._distinct)[repeats]
        text[repeats] = listed
        chars[repeats] = self._listed_chars[listed]
        return text, chars


def spaces(chars: Ints, two_byte: Flags) -> Ints:
    """Spaces in a text of so many characters: none in a two-byte script."""
    return (chars // CHARS_PER_SPACE) * ~two_byte


def target_length(chars: Ints, two_byte: Flags, expansion: Expansion) -> Ints:
    """Characters of the translation, at least 1."""
    ratio = np.array([expansion.one_byte, expansion.two_byte])[two_byte.view(np.int8)]
    whole: Ints = (chars * ratio + 0.5).astype(np.int64)
    return np.maximum(whole, 1, out=whole)


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
