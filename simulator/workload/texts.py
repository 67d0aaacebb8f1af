"""What utterances carry: texts that repeat or not, their lengths and script, cache keys, audio (W3, C4)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..config.distributions import Zipf
from .rows import CACHED_CHARS
from .sampling import Sampler, Sequel

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
    """Draws the texts of utterances, which are numbered in time order.

    A text is said once (`unique`) or comes from a list by Zipf's law. Each script has a list of its own, and
    a listed text has the same length whenever it is said: its id is its cache key.
    """

    def __init__(self, utterances: Utterances, streams: Streams) -> None:
        texts = utterances.texts
        self._share_unique = texts.unique
        self._distinct = texts.zipf_distinct
        listed = Zipf(exponent=texts.zipf_exponent, distinct=texts.zipf_distinct)
        lengths = utterances.text_length
        self._unique = Sequel(lambda: streams.stream("unique").random)
        self._rank = Sequel(lambda: Sampler(listed, streams, "rank").draw_whole)
        self._length = Sequel(lambda: partial(Sampler(lengths, streams, "text_length").draw_whole, least=1))
        # the one-byte texts by rank, then the two-byte ones
        each = [Sampler(lengths, streams, "listed_length", script) for script in (0, 1)]
        self._listed_chars = np.concatenate([one.draw_whole(self._distinct, least=1) for one in each])

    def draw_ids(self, first: int, two_byte: Flags) -> Ints:
        """Text ids of the utterances from number `first` on, given their script."""
        n = len(two_byte)
        text = 2 * self._distinct + first + np.arange(n)
        if self._share_unique < 1:
            repeats = np.flatnonzero(self._unique.draw(first, n) >= self._share_unique)
            # a rank is drawn for every utterance, so that another share shifts none
            rank = self._rank.draw(first, n)[repeats] - 1
            text[repeats] = rank + two_byte[repeats] * self._distinct
        return text

    def draw_chars(self, first: int, text: Ints) -> Ints:
        """Lengths in characters of these texts, of the utterances from number `first` on."""
        chars = self._length.draw(first, len(text))
        if self._share_unique < 1:
            repeats = np.flatnonzero(text < len(self._listed_chars))
            chars[repeats] = self._listed_chars[text[repeats]]
        return chars


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
