"""What the entries of a store occupy on a V8 heap: bytes as functions of what a row carries (rule B2).

Every function works on plain integers and on whole int64 columns alike, without a branch, so that an engine
may weigh one row at a time or all rows of a window at once and get the same integers.

Source: byte measurements of the modelled system's own classes and of lru-cache 10.4.3 on Node 20.20.2 (V8
11.3, forced garbage collection, 1,000 to 100,000 entries, medians of 3 to 5 processes). The figures and
what is left over are listed in docs/footprint.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.model.footprint import base64_chars

FLAT_BELOW_CHARS = 13
"""Shorter concatenations are copied; from here on V8 keeps a node with two halves
(ConsString::kMinLength)."""

VERBATIM_CHARS = 100
"""A longer text enters the cache key as its first and last 30 characters and a hash."""

CONTEXT_CHARS = 50
"""A longer context enters the cache key as a slice, which keeps the whole of it."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the things that a heap is made of, for one pointer size. All are whole bytes.

    Attributes:
        word: alignment of every object.
        string_header: a sequential string's map, hash and length.
        number: a boxed double, such as a time since 1970.
        concatenation: a node of an unflattened concatenation, or a slice of another string.
        table_header, table_slot: a Map's table is header + slot * capacity: key, value, chain and half a
            bucket.
        set_slot: the same for a Set, which has no value.
        set_object: the Set itself.
        session_fresh: a session's state before it has spoken, without its id, last access and Map slots.
        session_spoken: the same once it holds one text, the text not counted.
        session_again: what it adds once it holds a second.
        session_translated: what it adds once it holds a translation, the translation not counted.
        chunk: a chunk of audio in a ring buffer, without its base64 string.
        buffer: a ring buffer, without its chunks and its Map slot.
        request: a pending translation whose request is still referenced: promise, closure, job; no strings,
            no Map slot.
        cache_fixed, cache_slot: a cache's arrays, which it allocates for `max` entries at once, are fixed +
            slot * max.
        key_prefix: the flat string of both languages that a key starts with.
        word_text: a copied word of a text within an unflattened key.
        session_id_chars, job_id_chars: length of the ids, one byte a character.
    """

    word: int
    string_header: int
    number: int
    concatenation: int
    table_header: int
    table_slot: int
    set_slot: int
    set_object: int
    session_fresh: int
    session_spoken: int
    session_again: int
    session_translated: int
    chunk: int
    buffer: int
    request: int
    cache_fixed: int
    cache_slot: int
    key_prefix: int
    word_text: int
    session_id_chars: int = 50
    job_id_chars: int = 36


PLAIN = Sizes(
    word=8, string_header=16, number=16, concatenation=32,
    table_header=40, table_slot=28, set_slot=20, set_object=32,
    session_fresh=648, session_spoken=1080, session_again=16, session_translated=16,
    chunk=150, buffer=208, request=1600, cache_fixed=1850, cache_slot=32, key_prefix=24, word_text=25,
)  # fmt: skip
"""Pointers of 8 bytes, as in Node: measured."""

COMPRESSED = Sizes(
    word=4, string_header=12, number=12, concatenation=20,
    table_header=20, table_slot=14, set_slot=10, set_object=16,
    session_fresh=350, session_spoken=598, session_again=12, session_translated=12,
    chunk=96, buffer=120, request=960, cache_fixed=1100, cache_slot=16, key_prefix=20, word_text=19,
)  # fmt: skip
"""Pointers of 4 bytes, as in Electron. Estimated: strings, tables, numbers, sessions and the empty cache
were measured on V8 12.1 in headless Chromium, which stands in for Electron 28; the rest is scaled from
`PLAIN` by 0.6."""


def sizes_of(pointer_size: int) -> Sizes:
    """Sizes for pointers of 8 bytes, or of 4 (compressed; estimated)."""
    return PLAIN if pointer_size == 8 else COMPRESSED


def string_bytes(chars: Any, two_byte: Any = 0, sizes: Sizes = PLAIN) -> Any:
    """A flat string: one byte a character, or two if any is above U+00FF; the empty string is shared.

    >>> string_bytes(100), string_bytes(100, 1), string_bytes(100, 1, COMPRESSED), string_bytes(0)
    (120, 216, 212, 0)
    """
    size = sizes.string_header + chars * (1 + two_byte)
    return -(-size // sizes.word) * sizes.word * (chars > 0)


def table_bytes(capacity: int, sizes: Sizes = PLAIN) -> int:
    """A Map's table.

    >>> table_bytes(4), table_bytes(16_384)
    (152, 458792)
    """
    return sizes.table_header + sizes.table_slot * capacity


def rope_bytes(chars: Any, spaces: Any, sizes: Sizes = PLAIN) -> Any:
    """A one-byte text whose white space has been normalised and that nothing has flattened since.

    `String.replace` with a regular expression strings it together: a node for every word and one for every
    space, and a copy of every word. What is shorter than 13 characters is copied at once, so about the
    first 12.5 characters cost no nodes. Only the number of spaces is known, not where they are; hence words
    of equal length. Without spaces it is the same flat string.

    >>> rope_bytes(80, 12), rope_bytes(80, 0), rope_bytes(8, 1)
    (1010, 96, 24)
    """
    knotted = (chars >= FLAT_BELOW_CHARS) & (spaces > 0)
    word = 2 * sizes.concatenation + sizes.word_text
    head = string_bytes(10, 0, sizes)
    nodes = word * (spaces + 1) * (2 * chars - 23) // (2 * (chars + 1)) + head
    return nodes * knotted + string_bytes(chars, 0, sizes) * (knotted == 0)


def flat_key_bytes(key_chars: Any, key_two_byte: Any, sizes: Sizes = PLAIN) -> Any:
    """A cache key that has been compared: a lookup that finds its key flattens it for good."""
    return string_bytes(key_chars, key_two_byte, sizes)


def key_bytes(
    chars: Any,
    spaces: Any,
    two_byte: Any,
    key_chars: Any,
    key_two_byte: Any,
    context_chars: Any,
    sizes: Sizes = PLAIN,
) -> Any:
    """A cache key as it is made: a rope that keeps the stored text alive, and perhaps the previous one.

    A text of up to 100 characters is part of the rope (a two-byte one has no spaces and is flat); a longer
    one is kept by two slices of it. The context is kept by the rope or by a slice.

    >>> key_bytes(40, 0, 1, 46, 1, 0), key_bytes(200, 30, 0, 76, 0, 0), key_bytes(6, 0, 1, 12, 1, 0)
    (152, 488, 40)
    """
    node = sizes.concatenation
    text = string_bytes(chars, two_byte, sizes)
    verbatim = chars <= VERBATIM_CHARS
    short = node + rope_bytes(chars, spaces, sizes) * (two_byte == 0) + text * (two_byte != 0)
    long = 7 * node + string_bytes(7, 0, sizes) + text  # five nodes, two slices, a hash of about 7 characters
    context = (
        2 * node + node * (context_chars > CONTEXT_CHARS) + string_bytes(context_chars, two_byte, sizes)
    ) * (context_chars > 0)
    rope = sizes.key_prefix + short * verbatim + long * (verbatim == 0) + context
    flat = key_chars < FLAT_BELOW_CHARS
    return flat_key_bytes(key_chars, key_two_byte, sizes) * flat + rope * (flat == 0)


def request_bytes(
    key: Any, chars: Any, spaces: Any, two_byte: Any, audio_ms: Any, sizes: Sizes = PLAIN
) -> Any:
    """A pending translation without its Map slot: promise, closure, job, and the strings they hold.

    Args:
        key: bytes of the key, from `key_bytes`.
        chars: length of the stored text; if it has spaces, the key holds a copy and the job the text.
        spaces: spaces in it.
        two_byte: whether it is a two-byte string.
        audio_ms: the job's audio; 0 when it carries none.
        sizes: bytes of the things on a heap.

    >>> request_bytes(1000, 80, 11, 0, 0), request_bytes(152, 40, 0, 1, 1000)
    (2696, 44440)
    """
    text = string_bytes(chars, two_byte, sizes) * (spaces > 0)
    return sizes.request + key + text + string_bytes(base64_chars(audio_ms), 0, sizes)


def chunk_bytes(audio_ms: Any, sizes: Sizes = PLAIN) -> Any:
    """One chunk in a ring buffer: its base64 string and the object around it."""
    return sizes.chunk + string_bytes(base64_chars(audio_ms), 0, sizes)


def id_set_bytes(ids: int, sizes: Sizes = PLAIN) -> int:
    """A Set of job ids with the ids, grown only: 208 B with one, 952 B with ten.

    >>> id_set_bytes(1), id_set_bytes(10)
    (208, 952)
    """
    capacity = max(4, 1 << (ids - 1).bit_length())
    table = sizes.table_header + sizes.set_slot * capacity
    return int(sizes.set_object + table + ids * string_bytes(sizes.job_id_chars, 0, sizes))


def cache_fixed_bytes(most: int, sizes: Sizes = PLAIN) -> int:
    """An empty cache of at most `most` entries: what it allocates beforehand, outside the heap too.

    >>> cache_fixed_bytes(200), cache_fixed_bytes(1000), cache_fixed_bytes(100_000)
    (8850, 39850, 4401850)
    """
    index_bytes = 1 if most <= 0xFF else 2 if most <= 0xFFFF else 4
    return sizes.cache_fixed + (sizes.cache_slot + 3 * index_bytes) * most
