# mypy: disable-error-code="no-any-return"
"""The compiled twin: the rules of `reference.py` on flat arrays, equal to it bit for bit.

Read it beside `reference.py`; the banners name the same rules. All memory of a run is a few arrays of
integers, and what is an object there is an address here: the place in its array where its fields begin.
Address 0 is none.

    m      parameters, state, counters, two calendar queues; nodes and, behind each node, its stores
    cells  a row per session that is held somewhere or will speak again: some fields of its own, then a cell
           per node with its place in the tables' recency lists, its entries in maps, its audio
    r      records of one size: jobs, translations, chunks of audio, waiting utterances
    said   per text that may be said again: on each node, is it in flight, where do the caches keep it
    c      the caches' entries

Recency is a ring of sessions around row 0 of `cells`, so that a sweep eats its old end and an eviction takes
its first (S3, S4). Whatever has a known instant (a translation settling, a job's end) hangs in a calendar
queue; requests that may time out and utterances that wait are first in, first out; periodic timers keep
their next tick only. Only where a node is full does anybody see when a job ends; elsewhere ends are counted
when it is convenient. When an array is nearly full the loop stops, and is called again with a longer one.

numba is slow to compile what takes many arrays, and its cache sees only this file: hence pointers into few
arrays, and one file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numba
import numpy as np
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from simulator.config import Scenario
    from simulator.engine.history import History, Samples
    from simulator.workload import Workload

    Ints = NDArray[np.int64]
    Words = Any  # a pointer to int64, see `_words`

NEVER = 1 << 62
"""A time or a limit that is not reached."""

_F = TypeVar("_F", bound="Callable[..., Any]")
_njit: Any = numba.njit
_types: Any = numba.types
# Options belong on the first definition: numba's cache does not tell functions apart by them.
_inline: Callable[[_F], _F] = _njit(forceinline=True, boundscheck=False)
_call: Callable[[_F], _F] = _njit(boundscheck=False)


def _compiled(function: _F) -> _F:
    """Compile, and keep the machine code for the next command where there is a folder for it."""
    try:
        kept: _F = _njit(cache=True, boundscheck=False, nogil=True)(function)
    except RuntimeError:  # neither beside this file nor in the user's own cache: then every command compiles
        kept = _njit(boundscheck=False, nogil=True)(function)
    return kept


_whole: Any = np.int64


def _lowest_bit(_context: Any, _word: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(_types.boolean, True))

    return _types.int64(_types.int64), generate


def _bits(_context: Any, _word: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return _types.int64(_types.int64), generate


def _first_element(_context: Any, array: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return _types.CPointer(array.dtype)(array), generate


_trailing_zeros: Any = intrinsic(_lowest_bit)
"""Index of the lowest bit that is set in an int64 other than 0."""
_ones: Any = intrinsic(_bits)
"""Number of bits that are set in an int64."""
_words: Any = intrinsic(_first_element)
"""Pointer to an array's first element: one machine word to pass on, and no references to count."""


# --- layout ---------------------------------------------------------------------------------------

OK, FAILS, HANGS = range(3)
LEAST_LOADED, ROUND_ROBIN, RANDOM, STICKY = range(4)

# m: what does not change during a run
(
    HORIZON, WARMUP, MIDDLE, NODES, STORES, TABLES, CACHES, PER_JOB, MAPS, RINGS, TIMERS,
    WIDTH, CELL, MAP_0, RING_0, HEAP_0,
    HOST, PROCESS, BASE_HEAP, HEAP_LIMIT, HEAP_ROOM, RESTART_AFTER, RESTART_WARMUP, OPERATOR_RESTART,
    SERIAL_GPU,
    THRESHOLD, OFFLINE_AFTER, SCAN_EVERY, JOBS_PER_NODE, PENDING_TIMEOUT, JOB_TIMEOUT,
    FAILURES, WINDOW, CONSECUTIVE, COUNT_FAILS, COUNT_HANGS, COUNT_TIMEOUTS, ROUTING, HANGS_HOLD_SLOT,
    PENDING, PENDING_BYTES, RETAINS_AUDIO, ON_SUCCESS, ON_FAILURE, TIMEOUT, ABORT, SETTLES,
    OUTAGE_OUTCOME, OUTAGE_UNHEALTHY, OUTAGES, LARGE_STORES, AUDIO_STORES,
    V8, RESIDENT_PAGES, STEADY, SLOPE, STEEP, SCATTERED, TABLE_HEADER, TABLE_SLOT,
    SPEAKS_AGAIN, SPEAKS_TRANSLATED,
    ID_SET, ID_SLOT, ID_BYTES, CHUNK_OBJECT, SAMPLE_EVERY, SAMPLE_ROWS, BASELINE_STEPS,
    AT_NODES, NODE_SIZE, AT_TABLES, AT_CACHES, AT_PER_JOB, AT_MAPS, AT_RINGS, AT_TIMERS, AT_DUE,
    AT_EDGES, AT_BASELINE_TIMES, AT_BASELINE, AT_OUTAGES, AT_PEAK, AT_WARMUP, AT_WEIGHTS,
    CACHE_SIZE, REPEATED, SAID_WIDTH, IDS, BINS, SAMPLE_WIDTH,
    MOST_SESSIONS, MOST_RECORDS, MOST_CACHED, MOST_SAMPLES,
    # state
    NOW, ROW, SHORT, BIN, EDGE, NEXT_MIDDLE, NEXT_BASELINE, NEXT_TIMER, NEXT_SCAN, NEXT_RESTART,
    NEXT_SAMPLE, RARE, NEXT_TIMEOUT, NEXT_WAIT_OVER, BASELINE_STEP, PART, PART_NODE,
    ELIGIBLE, FULL, TURN, DISPATCHED, CREATED, PEAK, PEAK_TIME, PEAK_NODE, FIRST_OOM, REJECTED_SINCE,
    WAITING, FIRST_WAITING, LAST_WAITING, FIRST_TIMEOUT, LAST_TIMEOUT, SAMPLED,
    GLIDE_BUCKET, GLIDE_LIMIT, WARM_SERVED, WARM_LATER, WARM_LOST, WARM_TIMEOUTS,
    FREE_SESSION, USED_SESSIONS, FREE_RECORD, USED_RECORDS, FIRST_ID,
    # counters, as in history.COUNTERS
    UTTERANCES, SERVED, LOST_PENDING_TIMEOUT, LOST_DEAD_NODE, LOST_CRASH, LOST_JOB_TIMEOUT,
    NO_NODE_ON_ARRIVAL, LATER_SERVED, CONTEXT_LOST, CONTEXT_ELSEWHERE, EVICTED_FIRST, EVICTED_LIVE,
    CACHE_HITS, CACHE_MISSES,
    NO_NODE_SPELL,
) = range(154)  # fmt: skip
COUNTERS_END = NO_NODE_SPELL
SPELL_SINCE, SPELL_ENDED, SPELL_FIRST, SPELL_COUNT, SPELL_LONGEST, SPELL_FIELDS = range(6)

# a calendar queue
SHIFT, CURRENT, NEAR, FAR, FAR_AT, FIRST, FIRST_AT, BUCKET_FIRST = range(8)
BUCKETS = 4096
BUCKET_LAST = BUCKET_FIRST + BUCKETS
WORDS = BUCKET_LAST + BUCKETS
QUEUE_FIELDS = WORDS + BUCKETS // 64
JOB_QUEUE = NO_NODE_SPELL + SPELL_FIELDS
PEND_QUEUE = JOB_QUEUE + QUEUE_FIELDS
FIXED = PEND_QUEUE + QUEUE_FIELDS

# a node
(
    INDEX, CELL_AT, UP, BASELINE, BASE, SAFE, TOTAL, TOTAL_MIN, TOTAL_MAX, MEMORY_MIN, MEMORY_MAX,
    BASE_AREA, DIRTY,
    LOAD, AT_WORK, LIFE, GPU_FREE, COUNTED, CAUSE, SEEN_OVER, UNNOTICED, SINCE,
    IS_STARTING, IS_DEGRADED, IS_OFFLINE, IS_OVER, LAST_BEAT, UNHEALTHY_RUN,
    RESTART_AT, RESTART_STAGE, OPERATOR_AT, OUTAGE, DEATHS, MEMORY_MIDDLE,
    HELD_SMALL, HELD_LARGE, RESIDENT, SLACK, DOUBLED, SPELL,
) = range(40)  # fmt: skip
NODE = 48  # where its stores begin: whole cache lines
AVAILABLE, STARTING, DEGRADED, OFFLINE, BUSY, MEMORY = range(6)
EPISODES = 1 << STARTING | 1 << DEGRADED | 1 << OFFLINE | 1 << MEMORY
TO_STARTING, TO_UP = 1, 2

# a store of a node: levels and what the present bin has seen of them; counters; extras
(
    ENTRIES, ENTRIES_MIN, ENTRIES_MAX, ENTRY_AREA, BYTES, BYTES_MIN, BYTES_MAX, BYTE_AREA,
    INSERTED, EVICTED, EXPIRED, REMOVED, LOST, HITS, CHUNKS, BASE64_CHARS, IN_FLIGHT,
    BYTES_MIDDLE, BYTES_DROPPED, TABLE_LIVE, TABLE_DELETED, TABLE_CAPACITY,
) = range(22)  # fmt: skip
STORE = 24  # whole cache lines

# configuration of the kinds of store; the first is always the store's place in config order
STORE_OF, T_MAX, T_TTL, T_BYTES, T_FIELDS = range(5)
_, C_MAX, C_TTL, C_BYTES, C_FIELDS = range(5)
_, J_BYTES, J_FIELDS = range(3)
_, KEPT_CLEANUP, KEPT_TTL, KEPT_TRACKED, M_BYTES, M_PER_JOB, M_FIELDS = range(7)
_, _, _, _, R_SPAN, R_KEEP, R_FIELDS = range(7)
CLEAN_NEVER, CLEAN_AT_END, CLEAN_AT_REMOVAL, CLEAN_BY_AGE = range(4)
TIMER_KIND, TIMER_WHICH, TIMER_PERIOD, TIMER_FIELDS = range(4)
SWEEP, CLEAN_MAP, CLEAN_RING, COLLECT, HEARTBEAT = range(5)
# what a store weighs on a V8 heap: its Maps' slots (0: constants weigh), fixed bytes, bytes of an entry
WEIGHT_SLOTS, WEIGHT_FIXED, WEIGHT_ENTRY, WEIGHT_VALUE, OWNS_PLAIN, OWNS_SPACED, WEIGHT_FIELDS = range(7)
VALUE_TEXT, VALUE_IDS = 1, 2

# cells: a session, then per node the context, each table, each map, each ring
ID, HOLDS, WILL_SPEAK, LAST_NODE, HAD_NODES, SESSION = range(6)
HAD, GONE = 1, 2
SERIAL, TOUCHED, OLDER, NEWER, TABLE_CELL = range(5)
WRITES, WRITTEN, MAP_CELL = range(3)
HELD, APPENDED, FIRST_CHUNK, LAST_CHUNK, RING_CELL = range(5)
MAP_BYTES, MAP_TIMES, MAP_HEAP = range(3)  # on a V8 heap also each table's record of texts, each map's bytes

# r: records; the first three fields belong to queues and lists
AT, SERIES, NEXT = range(3)
P_NODE, P_LIFE, P_TEXT, P_HELD, P_FLAGS, P_DEADLINE, P_FOLLOWING, P_PREVIOUS, P_MORE = range(3, 12)
LISTED, SETTLED, GOES_WELL, CACHEABLE, REQUEST, IN_QUEUE, HAS_TIMEOUT = (1 << bit for bit in range(7))
J_NODE, J_LIFE, J_FATE, J_FLAGS, J_DISPATCHED = range(3, 8)
FATE_SERVED, FATE_TIMEOUT, FATE_GONE = range(3)
JOB_LATER, JOB_LOST_CONTEXT, JOB_ELSEWHERE = 1, 2, 4
STARTS, AUDIO, _, CHARS, SIZE, SHARED_WITH = range(6)  # a request; -1 for one that never ends
W_UNTIL, W_SESSION, _, W_FLAGS, W_TEXT, W_LATENCY, W_SERVICE, W_AUDIO, W_ROUTE, W_MORE = range(10)
(
    MORE_TEXT,
    MORE_TARGET,
    _,
    MORE_KEY,
    MORE_FLAT,
    MORE_REQUEST,
    MORE_CHUNK,
    MORE_SPACED,
    MORE_ID,
    MORE_SHARED,
) = range(10)  # fmt: skip; of either; the chunk whose string a request's job has too
SAID_BYTES, SAID_LAST, _, SAID_CHARGED, SAID_TRANSLATION, SAID_COUNT, SAID_OLDER = range(
    7
)  # a session's texts
OLDER_TEXTS = 4
ROW_LAST, ROW_LATER, ROW_CACHEABLE, ROW_OUTCOME = 1, 2, 4, 3  # bits; the outcome is shifted
RECORD = 12

# c: entries of a cache; entry 0 has the ends of the list from oldest to newest, and two fields of its own
E_TEXT, E_SET, E_OLDER, E_NEWER, E_BYTES, E_FLAT, ENTRY = range(7)
CACHE_COUNT, CACHE_FREE = range(2)

# out: rows of one integer per bin. A node's, then its stores'
(
    OUT_TOTAL_MIN, OUT_TOTAL_MAX, OUT_MEMORY_MIN, OUT_MEMORY_MAX, OUT_BASE_AREA,
    OUT_CAUSE, OUT_OVER, OUT_UNNOTICED, OUT_NODE,
) = (*range(6), 11, 12, 13)  # fmt: skip
OUT_STORE = 6

IN_BASELINE, IN_SCAN, IN_END, IN_START = 1, 2, 3, 4
"""An event that goes through the nodes one by one, and is at one of them."""


ALL_ROWS, AT_HORIZON, NEEDS_ROOM, LOST_WAY = range(4)
"""Why the loop stopped."""

ROW_ADDRESSES = 1 << 31
"""`row_of` keeps addresses in `cells` in 32 bits."""

PLANES, PLANE_BUCKETS = 4, 4096
"""`glide` counts up to 15 translations that settle at one millisecond, up to 262 s ahead."""


class Rows(NamedTuple):
    """The columns of a window that the engine reads."""

    at: Ints
    kind: Any
    session: Ints
    turn: Ints
    last: Any
    text: Ints
    outcome: Any
    latency: Ints
    service: Ints
    audio: Ints
    cacheable: Any
    route: NDArray[np.float64]


class Heap(NamedTuple):
    """What the rows of a window weigh on a V8 heap, as in v8_columns.RowBytes; and whether a text has spaces.

    Where the document's constants weigh, None stands in its place, and numba leaves out what asks for it.
    """

    text: Ints
    target: Ints
    key: Ints
    flat: Ints
    request: Ints
    chunk: Ints
    spaced: Any


# --- calendar queue -------------------------------------------------------------------------------
# A bucket is 2^SHIFT ms wide and keeps its records in order of (time, series), so that adding one is mostly
# an append. What lies a whole turn ahead or more waits in a list without order.


@_inline
def _before(r: Words, one: int, other: int) -> bool:
    return r[one + AT] < r[other + AT] or (
        r[one + AT] == r[other + AT] and r[one + SERIES] < r[other + SERIES]
    )


@_inline
def _hang(m: Words, r: Words, q: int, record: int) -> None:
    """Put a record into its bucket."""
    bucket = (r[record + AT] >> m[q + SHIFT]) & (BUCKETS - 1)
    last = m[q + BUCKET_LAST + bucket]
    m[q + NEAR] += 1
    if last == 0:
        r[record + NEXT] = 0
        m[q + BUCKET_FIRST + bucket] = record
        m[q + BUCKET_LAST + bucket] = record
        m[q + WORDS + (bucket >> 6)] |= 1 << (bucket & 63)
    elif _before(r, last, record):
        r[record + NEXT] = 0
        r[last + NEXT] = record
        m[q + BUCKET_LAST + bucket] = record
    else:
        following = m[q + BUCKET_FIRST + bucket]
        ahead = 0
        while _before(r, following, record):
            ahead = following
            following = r[following + NEXT]
        r[record + NEXT] = following
        if ahead == 0:
            m[q + BUCKET_FIRST + bucket] = record
        else:
            r[ahead + NEXT] = record


@_inline
def _queue_add(m: Words, r: Words, q: int, record: int) -> None:
    at = r[record + AT]
    if at >> m[q + SHIFT] >= m[q + CURRENT] + BUCKETS:
        r[record + NEXT] = m[q + FAR]
        m[q + FAR] = record
        m[q + FAR_AT] = min(m[q + FAR_AT], at)
    else:
        _hang(m, r, q, record)
    if at < m[q + FIRST_AT] or (at == m[q + FIRST_AT] and r[record + SERIES] < r[m[q + FIRST] + SERIES]):
        m[q + FIRST_AT] = at
        m[q + FIRST] = record


@_call
def _queue_turn(m: Words, r: Words, q: int) -> None:
    """Hang up what is less than a whole turn ahead by now."""
    record = m[q + FAR]
    m[q + FAR] = 0
    m[q + FAR_AT] = NEVER
    while record:
        following = r[record + NEXT]
        if r[record + AT] >> m[q + SHIFT] < m[q + CURRENT] + BUCKETS:
            _hang(m, r, q, record)
        else:
            r[record + NEXT] = m[q + FAR]
            m[q + FAR] = record
            m[q + FAR_AT] = min(m[q + FAR_AT], r[record + AT])
        record = following


@_inline
def _queue_pop(m: Words, r: Words, q: int) -> int:
    """Take the first record away and find the next."""
    record = m[q + FIRST]
    current = m[q + FIRST_AT] >> m[q + SHIFT]
    m[q + CURRENT] = current
    if m[q + FAR_AT] >> m[q + SHIFT] < current + BUCKETS:
        _queue_turn(m, r, q)
    bucket = current & (BUCKETS - 1)
    following = r[record + NEXT]
    m[q + BUCKET_FIRST + bucket] = following
    m[q + NEAR] -= 1
    if following == 0:
        m[q + BUCKET_LAST + bucket] = 0
        m[q + WORDS + (bucket >> 6)] &= ~(1 << (bucket & 63))
        if m[q + NEAR] > 0:
            word = bucket >> 6
            bits = m[q + WORDS + word] & (-1 << (bucket & 63))
            while bits == 0:
                word = (word + 1) & (BUCKETS // 64 - 1)
                bits = m[q + WORDS + word]
            following = m[q + BUCKET_FIRST + (word << 6) + _trailing_zeros(bits)]
        else:
            following = _queue_far(m, r, q)
    m[q + FIRST] = following
    m[q + FIRST_AT] = r[following + AT] if following else NEVER
    return record


@_call
def _queue_far(m: Words, r: Words, q: int) -> int:
    """The first of what is a whole turn ahead, or 0."""
    best = record = m[q + FAR]
    while record:
        if _before(r, record, best):
            best = record
        record = r[record + NEXT]
    return best


# --- levels (B1) ---------------------------------------------------------------------------------------


@_inline
def _node(m: Words, index: int) -> int:
    return m[AT_NODES] + index * m[NODE_SIZE]


@_inline
def _change(m: Words, n: int, store: int, entries: int, size: int) -> None:
    """Change a store's level for what is left of the bin."""
    left = m[EDGE] - m[NOW]
    at = n + NODE + store * STORE
    m[at + ENTRIES] += entries
    m[at + ENTRY_AREA] += entries * left
    m[at + BYTES] += size
    m[at + BYTE_AREA] += size * left
    m[n + TOTAL] += size
    m[n + DIRTY] |= 1 << store


@_inline
def _change_once(m: Words, n: int, store: int, entries: int, size: int) -> None:
    """As `_change`, for the last change of an event; taken down at once if it is the first as well."""
    left = m[EDGE] - m[NOW]
    at = n + NODE + store * STORE
    level, held = m[at + ENTRIES] + entries, m[at + BYTES] + size
    m[at + ENTRIES], m[at + BYTES] = level, held
    m[at + ENTRY_AREA] += entries * left
    m[at + BYTE_AREA] += size * left
    m[n + TOTAL] += size
    if m[n + DIRTY] >> store & 1 == 0:
        m[at + ENTRIES_MAX] = max(m[at + ENTRIES_MAX], level)
        m[at + ENTRIES_MIN] = min(m[at + ENTRIES_MIN], level)
        m[at + BYTES_MAX] = max(m[at + BYTES_MAX], held)
        m[at + BYTES_MIN] = min(m[at + BYTES_MIN], held)


@_inline
def _count(m: Words, n: int, store: int, which: int, by: int) -> None:
    m[n + NODE + store * STORE + which] += by


# B2 the tables of JavaScript Maps


@_inline
def _table_insert(m: Words, n: int, store: int, v8: bool) -> int:
    """Add an entry to a store's Maps; returns the change in bytes."""
    return _grow_table(m, n, store) if v8 else 0


@_inline
def _table_delete(m: Words, n: int, store: int, v8: bool) -> int:
    """Take an entry away from a store's Maps; returns the change in bytes."""
    return _shrink_table(m, n, store) if v8 else 0


@_call
def _grow_table(m: Words, n: int, store: int) -> int:
    slots = m[m[AT_WEIGHTS] + store * WEIGHT_FIELDS + WEIGHT_SLOTS]
    if slots == 0:
        return 0
    at = n + NODE + store * STORE
    grown = 0
    if m[at + TABLE_LIVE] + m[at + TABLE_DELETED] >= m[at + TABLE_CAPACITY]:
        if m[at + TABLE_DELETED] < m[at + TABLE_CAPACITY] // 2:
            grown = m[at + TABLE_CAPACITY]
            m[n + DOUBLED] = max(m[n + DOUBLED], m[TABLE_HEADER] + m[TABLE_SLOT] * grown)
            m[at + TABLE_CAPACITY] = 2 * grown
        m[at + TABLE_DELETED] = 0
    m[at + TABLE_LIVE] += 1
    return slots * grown


@_call
def _shrink_table(m: Words, n: int, store: int) -> int:
    slots = m[m[AT_WEIGHTS] + store * WEIGHT_FIELDS + WEIGHT_SLOTS]
    if slots == 0:
        return 0
    at = n + NODE + store * STORE
    before = m[at + TABLE_CAPACITY]
    m[at + TABLE_LIVE] -= 1
    m[at + TABLE_DELETED] += 1
    if m[at + TABLE_LIVE] < before // 4:
        m[at + TABLE_CAPACITY] = max(4, before // 2)
        m[at + TABLE_DELETED] = 0
    return slots * (m[at + TABLE_CAPACITY] - before)


# B3, B4 what a process occupies


@_call
def _find_resident(m: Words, n: int) -> None:
    """Resident bytes, beyond the bare process, for the pages that are held."""
    held = m[n + HELD_SMALL] + m[n + HELD_LARGE]
    steady = min(held, m[STEADY])
    steep = steady * m[SLOPE] // 100 + (held - steady) * m[STEEP] // 100
    m[n + RESIDENT] = max(held * m[SLOPE] // 100, min(steep, m[HEAP_LIMIT]))


@_inline
def _audio_bytes(m: Words, n: int) -> int:
    size = 0
    for store in range(m[STORES]):
        if m[AUDIO_STORES] >> store & 1:
            size += m[n + NODE + store * STORE + BYTES]
    return size


@_call
def _hold_pages(m: Words, n: int, collects: bool) -> None:
    """Pages grow with the heap at once and shrink only when it is collected; see process.ProcessMemory."""
    large = _audio_bytes(m, n)
    small = m[n + TOTAL] - large
    if collects:
        m[n + HELD_SMALL] = min(m[n + HELD_SMALL], small * m[SCATTERED] // 100)
        m[n + HELD_LARGE] = large
        _find_resident(m, n)
    if small > m[n + HELD_SMALL] or large > m[n + HELD_LARGE]:
        m[n + HELD_SMALL] = max(m[n + HELD_SMALL], small)
        m[n + HELD_LARGE] = max(m[n + HELD_LARGE], large)
        _find_resident(m, n)
    slack = m[n + RESIDENT] - m[n + TOTAL]
    m[n + BASE_AREA] += (slack - m[n + SLACK]) * (m[EDGE] - m[NOW])
    m[n + BASE] += slack - m[n + SLACK]
    m[n + SLACK] = slack


@_inline
def _weigh(m: Words, n: int) -> None:
    """Work out anew a node's memory besides its stores, and how large these may safely grow (B3, B4)."""
    base = m[n + BASELINE]
    safe = NEVER
    if m[n + UP]:
        base += m[PROCESS]
        safe = min(m[HOST] - 1 - base, m[HEAP_ROOM])
        if m[V8] or m[RESIDENT_PAGES]:
            safe = -1  # always look closer
    m[n + SLACK] = 0
    m[n + BASE_AREA] += (base - m[n + BASE]) * (m[EDGE] - m[NOW])
    m[n + BASE] = base
    m[n + SAFE] = safe


@_inline
def _record_stores(m: Words, n: int) -> None:
    """Take down the levels of those stores that have changed."""
    dirty = m[n + DIRTY]
    while dirty:
        at = n + NODE + _trailing_zeros(dirty) * STORE
        dirty &= dirty - 1
        entries = m[at + ENTRIES]
        m[at + ENTRIES_MAX] = max(m[at + ENTRIES_MAX], entries)
        m[at + ENTRIES_MIN] = min(m[at + ENTRIES_MIN], entries)
        size = m[at + BYTES]
        m[at + BYTES_MAX] = max(m[at + BYTES_MAX], size)
        m[at + BYTES_MIN] = min(m[at + BYTES_MIN], size)
    m[n + DIRTY] = 0


@_inline
def _record(m: Words, n: int) -> None:
    """Take down the levels of a node after an event."""
    _record_stores(m, n)
    if m[RESIDENT_PAGES] and m[n + UP]:
        _hold_pages(m, n, False)
    total = m[n + TOTAL]
    m[n + TOTAL_MAX] = max(m[n + TOTAL_MAX], total)
    m[n + TOTAL_MIN] = min(m[n + TOTAL_MIN], total)
    memory = total + m[n + BASE]
    m[n + MEMORY_MIN] = min(m[n + MEMORY_MIN], memory)
    if memory > m[n + MEMORY_MAX]:
        m[n + MEMORY_MAX] = memory
        if memory > m[PEAK]:
            _peak(m, n, memory)


@_inline
def _peak(m: Words, n: int, memory: int) -> None:
    m[PEAK] = memory
    m[PEAK_TIME] = m[NOW]
    m[PEAK_NODE] = m[n + INDEX]
    for store in range(m[STORES]):
        m[m[AT_PEAK] + store] = m[n + NODE + store * STORE + BYTES]


# B4 death


@_inline
def _dies(m: Words, n: int) -> bool:
    if m[n + BASE] + m[n + TOTAL] >= m[HOST]:
        return True
    large = m[BASE_HEAP]
    churn = 0
    for store in range(m[STORES]):
        if m[LARGE_STORES] >> store & 1:
            large += m[n + NODE + store * STORE + BYTES]
        else:
            churn += m[n + NODE + store * STORE + BYTES]
    if large * 800 + churn * 990 >= m[HEAP_LIMIT] * 792:
        return True
    doubled = m[n + DOUBLED]
    m[n + DOUBLED] = 0
    return doubled > 0 and large + churn + doubled > m[HEAP_LIMIT]


# T1 bins


@_inline
def _begin_spell(m: Words, spell: int) -> None:
    """Start a spell; one that ended at this very instant goes on."""
    if m[spell + SPELL_SINCE] < 0 or m[NOW] != m[spell + SPELL_ENDED]:
        _count_spell(m, spell)
        m[spell + SPELL_SINCE] = m[NOW]
    m[spell + SPELL_ENDED] = -1


@_call
def _count_spell(m: Words, spell: int) -> None:
    """Count the spell that ended last, for it will not go on."""
    since = m[spell + SPELL_SINCE]
    if since >= 0 and m[spell + SPELL_ENDED] > since:
        if m[spell + SPELL_FIRST] < 0:
            m[spell + SPELL_FIRST] = since
        length = m[spell + SPELL_ENDED] - max(since, m[WARMUP])
        if length > 0:
            m[spell + SPELL_COUNT] += 1
            m[spell + SPELL_LONGEST] = max(m[spell + SPELL_LONGEST], length)


@_inline
def _pass_time(m: Words, out: Words, n: int) -> None:
    """Charge the time since the last change of availability to what held during it."""
    elapsed = m[NOW] - m[n + SINCE]
    if elapsed > 0:
        at = m[n + INDEX] * (OUT_NODE + m[STORES] * OUT_STORE) * m[BINS] + m[BIN]
        out[at + (OUT_CAUSE + m[n + CAUSE]) * m[BINS]] += elapsed
        if m[n + SEEN_OVER]:
            out[at + OUT_OVER * m[BINS]] += elapsed
        if m[n + UNNOTICED]:
            out[at + OUT_UNNOTICED * m[BINS]] += elapsed
        m[n + SINCE] = m[NOW]


@_inline
def _pass_no_node(m: Words, out: Words) -> None:
    at = m[NODES] * (OUT_NODE + m[STORES] * OUT_STORE) * m[BINS] + m[BIN]
    out[at] += m[NOW] - m[REJECTED_SINCE]
    m[REJECTED_SINCE] = m[NOW]


@_call
def _close_bin(m: Words, out: Words) -> None:
    """End the present bin at its edge, before anything happens there."""
    at = m[BIN]
    width = 0
    if m[NOW] < m[HORIZON]:
        width = m[m[AT_EDGES] + at + 2] - m[NOW]
    if m[ELIGIBLE] == 0:
        _pass_no_node(m, out)
    row = at
    bins = m[BINS]
    for index in range(m[NODES]):
        n = _node(m, index)
        memory = m[n + TOTAL] + m[n + BASE]
        _pass_time(m, out, n)
        for field in range(5):
            out[row + field * bins] = m[n + TOTAL_MIN + field]
        m[n + TOTAL_MIN] = m[n + TOTAL_MAX] = m[n + TOTAL]
        m[n + MEMORY_MIN] = m[n + MEMORY_MAX] = memory
        m[n + BASE_AREA] = m[n + BASE] * width
        row += OUT_NODE * bins
        for store in range(m[STORES]):
            for level in range(n + NODE + store * STORE, n + NODE + store * STORE + 8, 4):
                out[row] = m[level + 1]
                out[row + bins] = m[level + 2]
                out[row + 2 * bins] += m[level + 3]  # on top of what `glide` has charged beforehand
                row += 3 * bins
                m[level + 1] = m[level + 2] = m[level]
                m[level + 3] = m[level] * width
    if m[NOW] < m[HORIZON]:
        m[BIN] = at + 1
        m[EDGE] = m[m[AT_EDGES] + at + 2]


@_call
def _begin_statistics(m: Words) -> None:
    """Look for the peak from here on; the levels that enter the warm-up's edge count (T1, B3)."""
    m[PEAK] = -1
    at = m[AT_WARMUP]
    for counter in range(UTTERANCES, COUNTERS_END):
        m[at] = m[counter]
        at += 1
    for index in range(m[NODES]):
        n = _node(m, index)
        if m[n + TOTAL] + m[n + BASE] > m[PEAK]:
            _peak(m, n, m[n + TOTAL] + m[n + BASE])
        for store in range(m[STORES]):
            for field in range(INSERTED, LOST + 1):
                m[at] = m[n + NODE + store * STORE + field]
                at += 1


@_call
def _note_middle(m: Words) -> None:
    """Remember the levels that enter the second half."""
    for index in range(m[NODES]):
        n = _node(m, index)
        m[n + MEMORY_MIDDLE] = m[n + TOTAL] + m[n + BASE]
        for store in range(n + NODE, n + NODE + m[STORES] * STORE, STORE):
            m[store + BYTES_MIDDLE] = m[store + BYTES]


@_call
def _rare(m: Words) -> None:
    """Find when something happens next that is neither a row nor the end of what a row began."""
    soon = NEVER
    for index in range(m[NODES]):
        n = _node(m, index)
        soon = min(soon, m[n + RESTART_AT], m[n + OPERATOR_AT])
    m[NEXT_RESTART] = soon
    soon = NEVER
    for timer in range(m[AT_DUE], m[AT_DUE] + m[NODES] * m[TIMERS]):
        soon = min(soon, m[timer])
    m[NEXT_TIMER] = soon
    soon = min(soon, m[EDGE], m[NEXT_MIDDLE], m[NEXT_BASELINE])
    m[RARE] = min(soon, m[NEXT_SCAN], m[NEXT_RESTART], m[NEXT_SAMPLE])


# --- sessions -------------------------------------------------------------------------------------


@_inline
def _find_session(m: Words, row_of: Words, ident: int) -> int:
    """The row of a session, or 0."""
    place = ident - m[FIRST_ID]
    if place < 0 or place >= m[IDS]:
        return 0
    return _whole(row_of[place])


@_inline
def _take_session(m: Words, cells: Words, row_of: Words, ident: int) -> int:
    session = m[FREE_SESSION]
    if session:
        m[FREE_SESSION] = cells[session + ID]
    else:
        m[USED_SESSIONS] += 1
        if m[USED_SESSIONS] >= m[MOST_SESSIONS]:
            m[SHORT] = 1
        session = m[USED_SESSIONS] * m[WIDTH]
    cells[session + ID] = ident
    cells[session + HOLDS] = 1  # it will speak
    cells[session + LAST_NODE] = -1
    row_of[ident - m[FIRST_ID]] = session
    return session


@_inline
def _let_go(m: Words, r: Words, cells: Words, row_of: Words, session: int, holds: int) -> None:
    """Something no longer holds a session; when nothing does, its row is free."""
    cells[session + HOLDS] -= holds
    if cells[session + HOLDS] == 0:
        _free_session(m, r, cells, row_of, session)


@_call
def _free_session(m: Words, r: Words, cells: Words, row_of: Words, session: int) -> None:
    for ring in range(m[RINGS]):  # buffers that nothing will ever clean
        first = session + SESSION + m[RING_0] + ring * RING_CELL + FIRST_CHUNK
        for chunk in range(first, first + m[NODES] * m[CELL], m[CELL]):
            _free_chunks(m, r, cells[chunk])
    row_of[cells[session + ID] - m[FIRST_ID]] = 0
    for field in range(session, session + m[WIDTH]):
        cells[field] = 0
    cells[session + ID] = m[FREE_SESSION]
    m[FREE_SESSION] = session


@_inline
def _take_record(m: Words, r: Words) -> int:
    record = m[FREE_RECORD]
    if record:
        m[FREE_RECORD] = r[record + NEXT]
    else:
        m[USED_RECORDS] += 1
        if m[USED_RECORDS] >= m[MOST_RECORDS]:
            m[SHORT] = 1
        record = m[USED_RECORDS] * RECORD
    return record


@_inline
def _free_record(m: Words, r: Words, record: int) -> None:
    r[record + NEXT] = m[FREE_RECORD]
    m[FREE_RECORD] = record


@_inline
def _free_chunks(m: Words, r: Words, first: int) -> None:
    chunk = first
    while chunk:
        following = r[chunk + NEXT]
        if r[chunk + SHARED_WITH] > 0:
            r[r[r[chunk + SHARED_WITH] + P_MORE] + MORE_SHARED] = 0
        _free_record(m, r, chunk)
        chunk = following


# B2 a job's audio is the string that its session's buffer holds: charged to the buffer while that has it


@_inline
def _part(m: Words, r: Words, chunk: int) -> int:
    """A chunk goes; returns what the request that has its string too holds from now on."""
    request = r[chunk + SHARED_WITH]
    if request == 0:
        return 0
    size = r[chunk + SIZE] - m[CHUNK_OBJECT]
    if request > 0:
        r[request + P_HELD] += size
        r[r[request + P_MORE] + MORE_SHARED] = 0
    r[chunk + SHARED_WITH] = 0
    return size


@_inline
def _leave_audio(r: Words, request: int, to: int, v8: bool) -> None:
    """A request gives up the string it shares with a chunk (0), or will never do so (-1)."""
    if v8:
        more = r[request + P_MORE]
        if r[more + MORE_SHARED]:
            r[r[more + MORE_SHARED] + SHARED_WITH] = to
            r[more + MORE_SHARED] = 0


@_inline
def _base64_chars(audio: int) -> int:
    return (audio * 32 + 2) // 3 * 4


# M1 how an entry leaves a map, or a buffer


@_call
def _write_heap(
    m: Words, cells: Words, which: int, n: int, session: int, inserts: bool, text_bytes: int, spaced: int
) -> int:
    """B2: write a session's entry, or one more; returns the change in bytes."""
    store = m[m[AT_MAPS] + which * M_FIELDS]
    at = session + m[n + CELL_AT] + m[HEAP_0] + m[TABLES] + which * MAP_HEAP
    cells[at + MAP_TIMES] += 1
    if inserts:
        change = _map_entry_bytes(m, store, 1, text_bytes, spaced)
        cells[at + MAP_BYTES] += change
        return change + _table_insert(m, n, store, m[V8] != 0)
    change = _map_entry_bytes(m, store, cells[at + MAP_TIMES], text_bytes, spaced) - cells[at + MAP_BYTES]
    cells[at + MAP_BYTES] += change
    return change


@_inline
def _map_entry_bytes(m: Words, store: int, writes: int, text_bytes: int, spaced: int) -> int:
    """What a map's entry weighs after so many writes."""
    weight = m[AT_WEIGHTS] + store * WEIGHT_FIELDS
    value = 0
    if m[weight + WEIGHT_VALUE] == VALUE_TEXT:
        if m[weight + (OWNS_SPACED if spaced else OWNS_PLAIN)]:
            value = text_bytes
    elif m[weight + WEIGHT_VALUE] == VALUE_IDS:
        capacity = 4
        while capacity < writes:
            capacity *= 2
        value = m[ID_SET] + m[ID_SLOT] * capacity + writes * m[ID_BYTES]
    return m[weight + WEIGHT_ENTRY] + value


@_call
def _drop_map(
    m: Words, r: Words, cells: Words, row_of: Words, which: int, n: int, session: int, why: int
) -> None:
    at = session + m[n + CELL_AT] + m[MAP_0] + which * MAP_CELL
    gone = cells[at + WRITES]
    if gone:
        config = m[AT_MAPS] + which * M_FIELDS
        cells[at + WRITES] = 0
        size = -gone * m[config + M_BYTES]
        if m[V8]:
            heap = session + m[n + CELL_AT] + m[HEAP_0] + m[TABLES] + which * MAP_HEAP
            size = -cells[heap + MAP_BYTES]
            for _ in range(gone):
                size += _table_delete(m, n, m[config], m[V8] != 0)
            cells[heap + MAP_BYTES] = cells[heap + MAP_TIMES] = 0
        _count(m, n, m[config], why, gone)
        _change(m, n, m[config], -gone, size)
        _let_go(m, r, cells, row_of, session, m[config + KEPT_TRACKED])


@_call
def _drop_ring(
    m: Words, r: Words, cells: Words, row_of: Words, which: int, n: int, session: int, why: int
) -> None:
    at = session + m[n + CELL_AT] + m[RING_0] + which * RING_CELL
    if cells[at + HELD]:
        config = m[AT_RINGS] + which * R_FIELDS
        size = parted = 0
        chunk = cells[at + FIRST_CHUNK]
        while chunk:
            size += r[chunk + SIZE]
            parted += _part(m, r, chunk)
            _count(m, n, m[config], CHUNKS, -1)
            _count(m, n, m[config], BASE64_CHARS, -r[chunk + CHARS])
            chunk = r[chunk + NEXT]
        _free_chunks(m, r, cells[at + FIRST_CHUNK])
        cells[at + FIRST_CHUNK] = cells[at + LAST_CHUNK] = cells[at + HELD] = 0
        _count(m, n, m[config], why, 1)
        size += m[m[AT_WEIGHTS] + m[config] * WEIGHT_FIELDS + WEIGHT_FIXED]
        _change(m, n, m[config], -1, _table_delete(m, n, m[config], m[V8] != 0) - size)
        if parted:
            _change(m, n, m[PENDING], 0, parted)
        _let_go(m, r, cells, row_of, session, m[config + KEPT_TRACKED])


@_call
def _session_left(m: Words, r: Words, cells: Words, row_of: Words, n: int, session: int, ended: bool) -> None:
    """Clean what follows a signalled end, or the first table's eviction or expiry of a session (S5, M1)."""
    for which in range(m[MAPS]):
        cleanup = m[m[AT_MAPS] + which * M_FIELDS + KEPT_CLEANUP]
        if cleanup == CLEAN_AT_REMOVAL or (ended and cleanup == CLEAN_AT_END):
            _drop_map(m, r, cells, row_of, which, n, session, REMOVED)
    for which in range(m[RINGS]):
        cleanup = m[m[AT_RINGS] + which * R_FIELDS + KEPT_CLEANUP]
        if cleanup == CLEAN_AT_REMOVAL or (ended and cleanup == CLEAN_AT_END):
            _drop_ring(m, r, cells, row_of, which, n, session, REMOVED)


# S3, S4, S6 how an entry leaves a table


@_inline
def _unlink(cells: Words, session: int, at: int) -> None:
    """Take a session out of a recency list whose fields are at this place of a row."""
    older, newer = cells[session + at + OLDER], cells[session + at + NEWER]
    cells[older + at + NEWER] = newer
    cells[newer + at + OLDER] = older


@_call
def _leave_table(
    m: Words, r: Words, cells: Words, row_of: Words, table: int, n: int, session: int, why: int
) -> None:
    at = m[n + CELL_AT] + 1 + table * TABLE_CELL
    config = m[AT_TABLES] + table * T_FIELDS
    _unlink(cells, session, at)
    cells[session + at + SERIAL] = 0
    size = m[config + T_BYTES]
    if m[V8]:
        said = cells[session + m[n + CELL_AT] + m[HEAP_0] + table]
        size = r[said + SAID_BYTES] - _table_delete(m, n, m[config], m[V8] != 0)
        _free_record(m, r, said)
    _count(m, n, m[config], why, 1)
    _change(m, n, m[config], -1, -size)
    if table == 0 and why != REMOVED:
        if cells[session + WILL_SPEAK]:  # S7
            cells[session + m[n + CELL_AT]] |= GONE
        _session_left(m, r, cells, row_of, n, session, False)
    _let_go(m, r, cells, row_of, session, 1)


# B2 the texts that a session's state holds


@_call
def _speak(m: Words, r: Words, store: int, said: int, text_bytes: int, spaced: int, first: bool) -> int:
    """Remember one more text; returns the change in bytes."""
    change = 0
    if not first:
        count = r[said + SAID_COUNT]
        change = r[said + SAID_LAST] - r[said + SAID_CHARGED]
        if count == 0:
            change += m[SPEAKS_AGAIN]
        elif count == OLDER_TEXTS:
            change -= r[said + SAID_OLDER]
            for older in range(said + SAID_OLDER, said + SAID_OLDER + OLDER_TEXTS - 1):
                r[older] = r[older + 1]
            count -= 1
        r[said + SAID_OLDER + count] = r[said + SAID_LAST]
        r[said + SAID_COUNT] = count + 1
    owner = OWNS_SPACED if spaced else OWNS_PLAIN
    charged = text_bytes if m[m[AT_WEIGHTS] + store * WEIGHT_FIELDS + owner] else 0
    r[said + SAID_LAST], r[said + SAID_CHARGED] = text_bytes, charged
    r[said + SAID_BYTES] += change + charged
    return change + charged


@_call
def _translated(m: Words, r: Words, cells: Words, n: int, session: int, target_bytes: int) -> None:
    """Keep a translation with its session in every table that has it."""
    for table in range(m[TABLES]):
        at = session + m[n + CELL_AT] + 1 + table * TABLE_CELL
        if cells[at + SERIAL]:
            said = cells[session + m[n + CELL_AT] + m[HEAP_0] + table]
            change = m[SPEAKS_TRANSLATED] + target_bytes - r[said + SAID_TRANSLATION]
            r[said + SAID_TRANSLATION] += change
            r[said + SAID_BYTES] += change
            _change(m, n, m[m[AT_TABLES] + table * T_FIELDS], 0, change)


@_inline
def _touch(
    m: Words, r: Words, cells: Words, row_of: Words, table: int, n: int, session: int,
    heap: bool, text_bytes: int, spaced: int,
) -> None:  # fmt: skip
    """S1, S2, S4: put a session in its place among the newest, creating it when it is absent."""
    now = m[NOW]
    at = m[n + CELL_AT] + 1 + table * TABLE_CELL
    serial = cells[session + at + SERIAL]
    config = m[AT_TABLES] + table * T_FIELDS
    if serial:
        _unlink(cells, session, at)
        if heap:
            store = m[config]
            said = cells[session + m[n + CELL_AT] + m[HEAP_0] + table]
            _change(m, n, store, 0, _speak(m, r, store, said, text_bytes, spaced, False))
    else:
        store = m[config]
        if m[n + NODE + store * STORE + ENTRIES] >= m[config + T_MAX]:
            victim = cells[at + NEWER]
            if table == 0:
                m[EVICTED_FIRST] += 1
                m[EVICTED_LIVE] += cells[victim + WILL_SPEAK]
            _leave_table(m, r, cells, row_of, table, n, victim, EVICTED)
        m[CREATED] += 1
        serial = m[CREATED]
        cells[session + at + SERIAL] = serial
        cells[session + HOLDS] += 1
        _count(m, n, store, INSERTED, 1)
        size = m[config + T_BYTES]
        if heap:
            said = _take_record(m, r)
            cells[session + m[n + CELL_AT] + m[HEAP_0] + table] = said
            for field in range(said, said + RECORD):
                r[field] = 0
            r[said + SAID_BYTES] = m[m[AT_WEIGHTS] + store * WEIGHT_FIELDS + WEIGHT_ENTRY]
            _speak(m, r, store, said, text_bytes, spaced, True)
            size = r[said + SAID_BYTES] + _table_insert(m, n, store, heap)
        _change(m, n, store, 1, size)
    older = cells[at + OLDER]
    while older and cells[older + at + TOUCHED] == now and cells[older + at + SERIAL] > serial:
        older = cells[older + at + OLDER]
    newer = cells[older + at + NEWER]
    cells[session + at + TOUCHED] = now
    cells[session + at + OLDER] = older
    cells[session + at + NEWER] = newer
    cells[older + at + NEWER] = session
    cells[newer + at + OLDER] = session


# R1, R2 audio


@_inline
def _free_chunk(m: Words, r: Words, chunk: int) -> int:
    """Give back one chunk; returns the one behind it."""
    following = r[chunk + NEXT]
    _free_record(m, r, chunk)
    return following


@_call
def _append_audio(
    m: Words, r: Words, cells: Words, which: int, n: int, session: int, audio: int, chars: int, size: int
) -> None:
    now = m[NOW]
    at = session + m[n + CELL_AT] + m[RING_0] + which * RING_CELL
    config = m[AT_RINGS] + which * R_FIELDS
    store, span, keep = m[config], m[config + R_SPAN], m[config + R_KEEP]
    entries = kept = 0
    if cells[at + HELD] == 0:
        cells[at + HELD] = entries = 1
        kept = m[m[AT_WEIGHTS] + store * WEIGHT_FIELDS + WEIGHT_FIXED] + _table_insert(
            m, n, store, m[V8] != 0
        )
        _count(m, n, store, INSERTED, 1)
        cells[session + HOLDS] += m[config + KEPT_TRACKED]
    cells[at + APPENDED] = now
    chunk = _take_record(m, r)
    r[chunk + STARTS] = now
    r[chunk + AUDIO] = audio
    r[chunk + NEXT] = 0
    r[chunk + CHARS] = chars
    r[chunk + SIZE] = size
    r[chunk + SHARED_WITH] = parted = 0
    first, last = cells[at + FIRST_CHUNK], cells[at + LAST_CHUNK]
    if first:
        r[last + NEXT] = chunk
    else:
        first = chunk
    last = chunk
    chunks, kept, held = 1, kept + size, chars
    while first and now - r[first + STARTS] >= keep:
        parted += _part(m, r, first)
        chunks, kept, held = chunks - 1, kept - r[first + SIZE], held - r[first + CHARS]
        first = _free_chunk(m, r, first)
    if keep > span:
        ahead = 0
        chunk = first
        while chunk:
            if r[chunk + STARTS] + r[chunk + AUDIO] < now - span:
                parted += _part(m, r, chunk)
                chunks, kept, held = chunks - 1, kept - r[chunk + SIZE], held - r[chunk + CHARS]
                chunk = _free_chunk(m, r, chunk)
                if ahead:
                    r[ahead + NEXT] = chunk
                else:
                    first = chunk
            else:
                ahead = chunk
                chunk = r[chunk + NEXT]
        last = ahead
    while first and r[last + STARTS] + r[last + AUDIO] - r[first + STARTS] > span:
        parted += _part(m, r, first)
        chunks, kept, held = chunks - 1, kept - r[first + SIZE], held - r[first + CHARS]
        first = _free_chunk(m, r, first)
    cells[at + FIRST_CHUNK], cells[at + LAST_CHUNK] = first, last
    _count(m, n, store, CHUNKS, chunks)
    _count(m, n, store, BASE64_CHARS, held)
    _change_once(m, n, store, entries, kept)
    if parted:
        _change(m, n, m[PENDING], 0, parted)


# C1-C3 caches


@_inline
def _cache_unlink(c: Words, cache: int, entry: int) -> None:
    older, newer = c[cache + entry * ENTRY + E_OLDER], c[cache + entry * ENTRY + E_NEWER]
    c[cache + older * ENTRY + E_NEWER] = newer
    c[cache + newer * ENTRY + E_OLDER] = older


@_inline
def _cache_newest(c: Words, cache: int, entry: int) -> None:
    newest = c[cache + E_OLDER]
    c[cache + entry * ENTRY + E_OLDER] = newest
    c[cache + entry * ENTRY + E_NEWER] = 0
    c[cache + newest * ENTRY + E_NEWER] = entry
    c[cache + E_OLDER] = entry


@_inline
def _cache_drop(m: Words, c: Words, said: Words, index: int, cache: int, entry: int) -> None:
    """Take an entry out of the list, and out of what is known of its text."""
    _cache_unlink(c, cache, entry)
    text = c[cache + entry * ENTRY + E_TEXT]
    if text >= 0 and text < m[REPEATED]:
        said[text * m[SAID_WIDTH] + index] = 0
    c[cache + entry * ENTRY + E_NEWER] = c[cache + CACHE_FREE]
    c[cache + CACHE_FREE] = entry
    c[cache + CACHE_COUNT] -= 1


@_inline
def _cache_get(m: Words, c: Words, said: Words, which: int, n: int, text: int, v8: bool) -> bool:
    """Read a text: a hit refreshes recency, not age; a stale entry is removed (C2, C3)."""
    if text < 0 or text >= m[REPEATED]:
        return False
    index = (1 + which) * m[NODES] + m[n + INDEX]
    entry = _whole(said[text * m[SAID_WIDTH] + index])
    if entry == 0:
        return False
    config = m[AT_CACHES] + which * C_FIELDS
    cache = (index - m[NODES]) * m[CACHE_SIZE]
    if m[NOW] - c[cache + entry * ENTRY + E_SET] > m[config + C_TTL]:
        _count(m, n, m[config], EXPIRED, 1)
        _change(m, n, m[config], -1, _table_delete(m, n, m[config], v8) - c[cache + entry * ENTRY + E_BYTES])
        _cache_drop(m, c, said, index, cache, entry)
        return False
    _cache_unlink(c, cache, entry)
    _cache_newest(c, cache, entry)
    _count(m, n, m[config], HITS, 1)
    if v8:
        _flatten(m, c, n, m[config], cache + entry * ENTRY, c[cache + entry * ENTRY + E_FLAT])
    return True


@_inline
def _flatten(m: Words, c: Words, n: int, store: int, entry: int, flat: int) -> None:
    """B2: a lookup that finds its key flattens it for good."""
    _change(m, n, store, 0, flat - c[entry + E_BYTES])
    c[entry + E_BYTES] = c[entry + E_FLAT] = flat


@_inline
def _cache_set(
    m: Words, c: Words, said: Words, which: int, n: int, text: int, made_bytes: int, flat_bytes: int, v8: bool
) -> None:
    """Write a text, which refreshes recency and age (C1, C3)."""
    config = m[AT_CACHES] + which * C_FIELDS
    index = (1 + which) * m[NODES] + m[n + INDEX]
    cache = (index - m[NODES]) * m[CACHE_SIZE]
    known = text >= 0 and text < m[REPEATED]
    entry = _whole(said[text * m[SAID_WIDTH] + index]) if known else 0
    if entry:
        _cache_unlink(c, cache, entry)
        if v8:
            _flatten(m, c, n, m[config], cache + entry * ENTRY, flat_bytes)
    else:
        full = False  # then one constant takes the place of another, and nothing changes
        if c[cache + CACHE_COUNT] >= m[config + C_MAX]:  # stale or not
            victim = c[cache + E_NEWER]
            _count(m, n, m[config], EVICTED, 1)
            full = not v8
            if not full:
                _change(
                    m,
                    n,
                    m[config],
                    -1,
                    _table_delete(m, n, m[config], v8) - c[cache + victim * ENTRY + E_BYTES],
                )
            _cache_drop(m, c, said, index, cache, victim)
        entry = c[cache + CACHE_FREE]
        c[cache + CACHE_COUNT] += 1
        if entry:
            c[cache + CACHE_FREE] = c[cache + entry * ENTRY + E_NEWER]
        else:
            entry = c[cache + CACHE_COUNT]
            if entry >= m[MOST_CACHED]:
                m[SHORT] = 1
        if known:
            said[text * m[SAID_WIDTH] + index] = entry
        c[cache + entry * ENTRY + E_TEXT] = text
        _count(m, n, m[config], INSERTED, 1)
        size = m[config + C_BYTES]
        if v8:
            size = made_bytes + _table_insert(m, n, m[config], v8)
            if m[n + NODE + m[config] * STORE + BYTES] == 0:
                size += m[m[AT_WEIGHTS] + m[config] * WEIGHT_FIELDS + WEIGHT_FIXED]
        c[cache + entry * ENTRY + E_BYTES] = made_bytes if v8 else m[config + C_BYTES]
        c[cache + entry * ENTRY + E_FLAT] = flat_bytes
        if not full:
            _change_once(m, n, m[config], 1, size)
    c[cache + entry * ENTRY + E_SET] = m[NOW]
    _cache_newest(c, cache, entry)


# P2, P4 pending translations


@_inline
def _unlist(m: Words, r: Words, said: Words, request: int, v8: bool) -> int:
    """Free the text of a request for other requests; returns the change in bytes."""
    text = r[request + P_TEXT]
    if text >= 0 and text < m[REPEATED]:
        said[text * m[SAID_WIDTH] + m[r[request + P_NODE] + INDEX]] = 0
    r[request + P_FLAGS] &= ~LISTED
    return _table_delete(m, r[request + P_NODE], m[PENDING], v8)


@_inline
def _free_request(m: Words, r: Words, request: int, v8: bool) -> None:
    _leave_audio(r, request, -1, v8)  # what it still holds it holds for ever
    if v8:
        _free_record(m, r, r[request + P_MORE])
    _free_record(m, r, request)


@_inline
def _settle(
    m: Words, r: Words, cells: Words, row_of: Words, said: Words, c: Words, n: int, request: int, v8: bool
) -> None:
    """P2: a translation ends ok or fails."""
    flags = r[request + P_FLAGS]
    removes = m[ON_FAILURE]
    if flags & GOES_WELL:
        removes = m[ON_SUCCESS]
        made = flat = 0
        if v8:
            more = r[request + P_MORE]
            made, flat = (
                r[more + MORE_TARGET] + r[more + MORE_KEY],
                r[more + MORE_TARGET] + r[more + MORE_FLAT],
            )
            session = _find_session(m, row_of, r[more + MORE_ID])
            if session:
                _translated(m, r, cells, n, session, r[more + MORE_TARGET])
        if flags & CACHEABLE:
            for which in range(m[CACHES]):
                _cache_set(m, c, said, which, n, r[request + P_TEXT], made, flat, v8)
    elif m[COUNT_FAILS]:
        m[n + COUNTED] = 1
    if flags & REQUEST:
        store = m[PENDING]
        r[request + P_FLAGS] = flags | SETTLED
        _count(m, n, store, IN_FLIGHT, -1)
        if not flags & LISTED:  # timed out before
            _leave_audio(r, request, 0, v8)
            _change_once(m, n, store, 0, -r[request + P_HELD])
        elif removes:
            _leave_audio(r, request, 0, v8)
            _count(m, n, store, REMOVED, 1)
            _change_once(m, n, store, -1, _unlist(m, r, said, request, v8) - r[request + P_HELD])


@_inline
def _time_out(m: Words, r: Words, said: Words, n: int, request: int, v8: bool) -> None:
    """P4: delete a request's own entry."""
    flags = r[request + P_FLAGS]
    store = m[PENDING]
    _count(m, n, store, EXPIRED, 1)
    size = -_unlist(m, r, said, request, v8)
    if flags & SETTLED or m[ABORT]:
        _leave_audio(r, request, 0, v8)
    if flags & SETTLED:  # a failure that had not removed its entry
        size += r[request + P_HELD]
    elif m[ABORT]:
        r[request + P_FLAGS] |= SETTLED
        _count(m, n, store, IN_FLIGHT, -1)
        size += r[request + P_HELD]
    _change(m, n, store, -1, -size)
    if m[COUNT_TIMEOUTS]:
        m[n + COUNTED] = 1


@_inline
def _await_timeout(m: Words, r: Words, request: int) -> None:
    """Put a request behind those that may time out."""
    last = m[LAST_TIMEOUT]
    r[request + P_FOLLOWING] = 0
    r[request + P_PREVIOUS] = last
    m[LAST_TIMEOUT] = request
    if last:
        r[last + P_FOLLOWING] = request
    else:
        m[FIRST_TIMEOUT] = request
        m[NEXT_TIMEOUT] = r[request + P_DEADLINE]


@_inline
def _forget_timeout(m: Words, r: Words, request: int) -> None:
    """Take a request away from those that may time out."""
    previous, following = r[request + P_PREVIOUS], r[request + P_FOLLOWING]
    r[request + P_FLAGS] &= ~HAS_TIMEOUT
    if following:
        r[following + P_PREVIOUS] = previous
    else:
        m[LAST_TIMEOUT] = previous
    if previous:
        r[previous + P_FOLLOWING] = following
    else:
        m[FIRST_TIMEOUT] = following
        m[NEXT_TIMEOUT] = r[following + P_DEADLINE] if following else NEVER


# --- availability ---------------------------------------------------------------------------------


@_inline
def _in_outage(m: Words, n: int) -> bool:
    """W4: whether an outage covers this instant; asked with ascending times only."""
    at = m[n + OUTAGE]
    while m[at + 1] <= m[NOW]:
        at += 2
    m[n + OUTAGE] = at
    return m[at] <= m[NOW]


@_call
def _refresh(m: Words, out: Words, n: int) -> None:
    """A2, A10: work out the first cause anew; record a change, start or stop the operator's watch (B5)."""
    if m[n + IS_STARTING]:
        cause = STARTING
    elif m[n + IS_DEGRADED]:
        cause = DEGRADED
    elif m[n + IS_OFFLINE]:
        cause = OFFLINE
    elif m[n + LOAD] >= m[JOBS_PER_NODE]:
        cause = BUSY
    elif m[n + IS_OVER]:
        cause = MEMORY
    else:
        cause = AVAILABLE
    before = m[n + CAUSE]
    unnoticed = 1 if cause == AVAILABLE and m[n + UP] == 0 else 0
    if cause == before and unnoticed == m[n + UNNOTICED] and m[n + IS_OVER] == m[n + SEEN_OVER]:
        return
    _pass_time(m, out, n)
    m[n + CAUSE] = cause
    m[n + UNNOTICED] = unnoticed
    m[n + SEEN_OVER] = m[n + IS_OVER]
    was, held = EPISODES >> before & 1, EPISODES >> cause & 1
    if held and not was:
        _begin_spell(m, n + SPELL)
    elif was and not held:
        m[n + SPELL + SPELL_ENDED] = m[NOW]
    if before == AVAILABLE and cause != AVAILABLE:
        m[ELIGIBLE] -= 1
        if m[ELIGIBLE] == 0:
            m[REJECTED_SINCE] = m[NOW]
            _begin_spell(m, NO_NODE_SPELL)
    elif before != AVAILABLE and cause == AVAILABLE:
        if m[ELIGIBLE] == 0:
            _pass_no_node(m, out)
            m[NO_NODE_SPELL + SPELL_ENDED] = m[NOW]
        m[ELIGIBLE] += 1
    if before != cause and m[OPERATOR_RESTART] >= 0:
        m[n + OPERATOR_AT] = m[NOW] + m[OPERATOR_RESTART] if cause == MEMORY else NEVER
        _rare(m)


@_call
def _beat(m: Words, n: int) -> None:
    """A1, A4: tell the scheduler the node's memory and health."""
    unhealthy = m[n + COUNTED] != 0
    if m[OUTAGE_UNHEALTHY] and _in_outage(m, n):
        unhealthy = True
    m[n + COUNTED] = 0
    m[n + LAST_BEAT] = m[NOW]
    m[n + IS_STARTING] = m[n + IS_OFFLINE] = 0
    m[n + IS_OVER] = 1 if m[n + BASE] + m[n + TOTAL] > m[THRESHOLD] else 0
    spell = m[n + UNHEALTHY_RUN] + 1 if unhealthy else 0
    m[n + UNHEALTHY_RUN] = spell
    degraded = spell > 0 and (spell >= m[CONSECUTIVE] or min(spell, m[WINDOW]) >= m[FAILURES])
    m[n + IS_DEGRADED] = 1 if degraded else 0


@_call
def _lose(m: Words, r: Words, cells: Words, row_of: Words, said: Words, c: Words, n: int) -> None:
    """B4: empty the stores, lose the jobs at work, void what was under way; slots stay taken (A8)."""
    for store in range(m[STORES]):
        at = n + NODE + store * STORE
        if m[NOW] >= m[MIDDLE]:
            m[at + BYTES_DROPPED] += m[at + BYTES]
        m[at + LOST] += m[at + ENTRIES]
        _change(m, n, store, -m[at + ENTRIES], -m[at + BYTES])
        m[at + CHUNKS] = m[at + BASE64_CHARS] = m[at + IN_FLIGHT] = 0
        m[at + TABLE_LIVE] = m[at + TABLE_DELETED] = 0
        m[at + TABLE_CAPACITY] = 4
    m[n + DOUBLED] = m[n + HELD_SMALL] = m[n + HELD_LARGE] = m[n + RESIDENT] = 0
    for session in range(m[WIDTH], (m[USED_SESSIONS] + 1) * m[WIDTH], m[WIDTH]):
        if cells[session + HOLDS] == 0:
            continue
        cell = session + m[n + CELL_AT]
        holds = 0
        for table in range(m[TABLES]):
            at = cell + 1 + table * TABLE_CELL
            if cells[at + SERIAL]:
                holds += 1
                cells[at + SERIAL] = 0
                if m[V8]:
                    _free_record(m, r, cells[cell + m[HEAP_0] + table])
                if table == 0 and cells[session + WILL_SPEAK]:
                    cells[cell] |= GONE
        for which in range(m[MAPS]):
            at = cell + m[MAP_0] + which * MAP_CELL
            if cells[at + WRITES]:
                holds += m[m[AT_MAPS] + which * M_FIELDS + KEPT_TRACKED]
                cells[at + WRITES] = 0
                if m[V8]:
                    heap = cell + m[HEAP_0] + m[TABLES] + which * MAP_HEAP
                    cells[heap + MAP_BYTES] = cells[heap + MAP_TIMES] = 0
        for which in range(m[RINGS]):
            at = cell + m[RING_0] + which * RING_CELL
            if cells[at + HELD]:
                holds += m[m[AT_RINGS] + which * R_FIELDS + KEPT_TRACKED]
                _free_chunks(m, r, cells[at + FIRST_CHUNK])
                cells[at + FIRST_CHUNK] = cells[at + LAST_CHUNK] = cells[at + HELD] = 0
        _let_go(m, r, cells, row_of, session, holds)
    for field in range(m[n + CELL_AT], m[n + CELL_AT] + m[CELL]):
        cells[field] = 0
    for which in range(m[CACHES]):
        cache = (which * m[NODES] + m[n + INDEX]) * m[CACHE_SIZE]
        for field in range(cache, cache + ENTRY):
            c[field] = 0
    for place in range(m[n + INDEX], m[REPEATED] * m[SAID_WIDTH], m[NODES]):
        said[place] = 0
    m[LOST_CRASH] += m[n + AT_WORK]
    m[n + AT_WORK] = 0
    m[n + LIFE] += 1
    m[n + GPU_FREE] = 0
    m[n + COUNTED] = 0
    m[n + UP] = 0
    _weigh(m, n)
    _record(m, n)


# A8


@_inline
def _end_job(m: Words, r: Words) -> int:
    """Let the first job end; returns its node, or 0 when the job was lost in a crash and keeps its slot."""
    job = _queue_pop(m, r, JOB_QUEUE)
    n = r[job + J_NODE]
    fate = r[job + J_FATE]
    if fate != FATE_GONE:
        if r[job + J_LIFE] != m[n + LIFE]:
            until = r[job + J_DISPATCHED] + m[JOB_TIMEOUT]
            if r[job + AT] < until:
                r[job + AT] = until
                r[job + J_FATE] = FATE_GONE
                _queue_add(m, r, JOB_QUEUE, job)
                return 0
        else:
            m[n + AT_WORK] -= 1
            if fate == FATE_SERVED:
                flags = r[job + J_FLAGS]
                m[SERVED] += 1
                m[LATER_SERVED] += flags & 1
                m[CONTEXT_LOST] += flags >> 1 & flags & 1
                m[CONTEXT_ELSEWHERE] += flags >> 2 & flags & 1
            else:
                m[LOST_JOB_TIMEOUT] += 1
    _free_record(m, r, job)
    m[n + LOAD] -= 1
    return n


@_call
def _end_jobs(m: Words, r: Words, until: int) -> None:
    """Let all jobs end that end by then; while no node is full nobody sees when."""
    while m[JOB_QUEUE + FIRST_AT] <= until:
        _end_job(m, r)


# A5


@_call
def _route(m: Words, cells: Words, session: int, drawn: float) -> int:
    """Index of the node that gets a job; at least one is eligible."""
    nodes, size, routing = m[NODES], m[NODE_SIZE], m[ROUTING]
    n = m[AT_NODES]
    if routing == RANDOM:
        skip = int(drawn * m[ELIGIBLE])
        for node in range(nodes):
            if m[n + node * size + CAUSE] == AVAILABLE:
                if skip == 0:
                    return node
                skip -= 1
    if routing == ROUND_ROBIN:
        first = -1
        for node in range(nodes):
            if m[n + node * size + CAUSE] == AVAILABLE:
                if node >= m[TURN]:
                    m[TURN] = node + 1
                    return node
                if first < 0:
                    first = node
        m[TURN] = first + 1
        return first
    if routing == STICKY:
        last = cells[session + LAST_NODE]
        if last >= 0 and m[n + last * size + CAUSE] == AVAILABLE:
            return last
    best = -1
    least = NEVER
    for node in range(nodes):
        if m[n + node * size + CAUSE] == AVAILABLE and m[n + node * size + LOAD] < least:
            best, least = node, m[n + node * size + LOAD]
    return best


@_inline
def _next_waiting(m: Words, r: Words, v8: bool) -> None:
    """Take the first utterance from the queue."""
    first = m[FIRST_WAITING]
    m[FIRST_WAITING] = r[first + NEXT]
    m[WAITING] -= 1
    m[NEXT_WAIT_OVER] = r[m[FIRST_WAITING] + W_UNTIL] if m[FIRST_WAITING] else NEVER
    if v8:
        _free_record(m, r, r[first + W_MORE])
    _free_record(m, r, first)


@_call
def _sample(m: Words, samples: Words) -> None:
    """Look at the stores of a replay's only node."""
    n = m[AT_NODES]
    at = m[SAMPLED] * m[SAMPLE_WIDTH]
    m[SAMPLED] += 1
    if m[SAMPLED] >= m[MOST_SAMPLES]:
        m[SHORT] = 1
    samples[at] = m[NOW]
    samples[at + 1] = m[n + TOTAL] + m[n + BASE] - m[n + BASELINE]
    at += 2
    for store in range(n + NODE, n + NODE + m[STORES] * STORE, STORE):
        for field in (ENTRIES, BYTES, CHUNKS, BASE64_CHARS, IN_FLIGHT, HITS, EVICTED, EXPIRED):
            samples[at] = m[store + field]
            at += 1


# --- the loop -------------------------------------------------------------------------------------


@_compiled
def advance(
    a_m: Ints, a_r: Ints, a_routes: Any, a_cells: Words, a_row_of: Words, a_said: Any, a_c: Ints,
    a_out: Words, a_samples: Words, rows: Rows, heap: Heap | None, final: bool,
) -> int:  # fmt: skip
    """Let everything happen up to the last row of a window, or to the horizon when none follows.

    Args:
        a_m: the run, changed in place; see the top of the file.
        a_r: its records.
        a_cells: its sessions.
        a_said: its texts.
        a_c: its caches.
        a_routes: the bytes of `r` as float64.
        a_row_of: where in `cells` a session is, by its id less FIRST_ID.
        a_out: numbers per bin: of each node and its stores, at last the time in which every node is rejected.
        a_samples: a replay's samples.
        rows: a window of the workload; `m[ROW]` is the next of its rows.
        heap: what its rows weigh, or None.
        final: whether no row follows; then the run goes on to its horizon.

    Returns:
        Why it stopped: all rows happened, the horizon was reached, or an array needs more room.
    """
    m, r, routes = _words(a_m), _words(a_r), _words(a_routes)
    cells, row_of, said = _words(a_cells), _words(a_row_of), _words(a_said)
    c, out, samples = _words(a_c), _words(a_out), _words(a_samples)
    at_row = m[ROW]
    high = len(rows.at)
    session = last = later = cacheable = outcome = text = latency = service = audio = 0
    text_bytes = target_bytes = key_bytes = flat_bytes = request_bytes = chunk_bytes = spaced = 0
    drawn = 0.0
    while True:
        n = 0  # the node whose levels may have changed
        tested = True  # whether it may die of that
        look = False  # whether the filter may think differently of it
        late = False  # whether jobs that end at this instant have ended
        dispatched = row_done = False
        settling = opened = 0

        if m[SHORT] != 0 and m[PART] == 0:
            m[ROW] = at_row
            return NEEDS_ROOM

        if m[PART] != 0:
            n = _node(m, m[PART_NODE])
            m[PART_NODE] += 1
            if m[PART] == IN_BASELINE:  # B3
                m[n + BASELINE] = m[m[AT_BASELINE] + m[n + INDEX] * m[BASELINE_STEPS] + m[BASELINE_STEP]]
                _weigh(m, n)
            elif m[PART] == IN_SCAN:  # A3
                tested = False
                if m[NOW] - m[n + LAST_BEAT] > m[OFFLINE_AFTER]:
                    m[n + IS_OFFLINE] = 1
                    look = True
            elif m[PART] == IN_START:  # T2 before any event, every node sends a healthy heartbeat
                look = True
                m[n + IS_OVER] = 1 if m[n + BASE] > m[THRESHOLD] else 0
            elif m[n + UP] == 0:
                tested = False
            else:  # S6
                late = True
                session = _find_session(m, row_of, rows.session[at_row])
                if session:
                    cells[session + HOLDS] += 1
                    for table in range(m[TABLES]):
                        if cells[session + m[n + CELL_AT] + 1 + table * TABLE_CELL + SERIAL]:
                            _leave_table(m, r, cells, row_of, table, n, session, REMOVED)
                    _session_left(m, r, cells, row_of, n, session, True)
                    _let_go(m, r, cells, row_of, session, 1)
            if m[PART_NODE] == m[NODES]:
                if m[PART] == IN_BASELINE:
                    m[BASELINE_STEP] += 1
                    m[NEXT_BASELINE] = NEVER
                    if m[BASELINE_STEP] < m[BASELINE_STEPS]:
                        m[NEXT_BASELINE] = m[m[AT_BASELINE_TIMES] + m[BASELINE_STEP]]
                elif m[PART] == IN_SCAN:
                    m[NEXT_SCAN] += m[SCAN_EVERY]
                elif m[PART] == IN_END:
                    at_row += 1
                    row_done = True
                m[PART] = m[PART_NODE] = 0
                _rare(m)

        elif m[WAITING] > 0 and m[ELIGIBLE] > 0:  # A6 a node may have become eligible
            wait = m[FIRST_WAITING]
            session = r[wait + W_SESSION]
            last = r[wait + W_FLAGS] & 1
            later = r[wait + W_FLAGS] >> 1 & 1
            cacheable = r[wait + W_FLAGS] >> 2 & 1
            outcome = r[wait + W_FLAGS] >> 3
            text = r[wait + W_TEXT]
            latency = r[wait + W_LATENCY]
            service = r[wait + W_SERVICE]
            audio = r[wait + W_AUDIO]
            drawn = routes[wait + W_ROUTE]
            if heap is not None:
                more = r[wait + W_MORE]
                text_bytes, target_bytes = r[more + MORE_TEXT], r[more + MORE_TARGET]
                key_bytes, flat_bytes = r[more + MORE_KEY], r[more + MORE_FLAT]
                request_bytes, chunk_bytes = r[more + MORE_REQUEST], r[more + MORE_CHUNK]
                spaced = r[more + MORE_SPACED]
            _next_waiting(m, r, heap is not None)
            dispatched = True

        else:
            if at_row < high:
                now = rows.at[at_row]
            elif final:
                now = NEVER
            else:
                return ALL_ROWS
            soon = min(m[RARE], m[PEND_QUEUE + FIRST_AT], m[NEXT_TIMEOUT], m[NEXT_WAIT_OVER])
            if m[FULL] > 0:
                soon = min(soon, m[JOB_QUEUE + FIRST_AT])
            if now < soon:  # W1, W2, W3, W5 rows of the workload
                m[NOW] = now
                if rows.kind[at_row] != 0:
                    m[PART] = IN_END
                    continue
                session = _find_session(m, row_of, rows.session[at_row])
                if session == 0:
                    session = _take_session(m, cells, row_of, rows.session[at_row])
                last = _whole(rows.last[at_row])
                later = 1 if rows.turn[at_row] else 0
                cacheable = _whole(rows.cacheable[at_row])
                outcome = _whole(rows.outcome[at_row])
                text = rows.text[at_row]
                latency = rows.latency[at_row]
                service = rows.service[at_row]
                audio = rows.audio[at_row]
                drawn = rows.route[at_row]
                if heap is not None:
                    text_bytes, target_bytes = heap.text[at_row], heap.target[at_row]
                    key_bytes, flat_bytes = heap.key[at_row], heap.flat[at_row]
                    request_bytes, chunk_bytes = heap.request[at_row], heap.chunk[at_row]
                    spaced = _whole(heap.spaced[at_row])
                at_row += 1
                row_done = True
                m[UTTERANCES] += 1
                if m[ELIGIBLE] > 0:
                    dispatched = True
                else:
                    m[NO_NODE_ON_ARRIVAL] += 1
                    wait = _take_record(m, r)
                    r[wait + W_UNTIL] = now + m[PENDING_TIMEOUT]
                    r[wait + W_SESSION] = session
                    r[wait + W_FLAGS] = last | later << 1 | cacheable << 2 | outcome << 3
                    r[wait + W_TEXT] = text
                    r[wait + W_LATENCY] = latency
                    r[wait + W_SERVICE] = service
                    r[wait + W_AUDIO] = audio
                    routes[wait + W_ROUTE] = drawn
                    if heap is not None:
                        more = _take_record(m, r)
                        r[wait + W_MORE] = more
                        r[more + MORE_TEXT], r[more + MORE_TARGET] = text_bytes, target_bytes
                        r[more + MORE_KEY], r[more + MORE_FLAT] = key_bytes, flat_bytes
                        r[more + MORE_REQUEST], r[more + MORE_CHUNK] = request_bytes, chunk_bytes
                        r[more + MORE_SPACED] = spaced
                    r[wait + NEXT] = 0
                    if m[WAITING] == 0:
                        m[FIRST_WAITING] = wait
                        m[NEXT_WAIT_OVER] = r[wait + W_UNTIL]
                    else:
                        r[m[LAST_WAITING] + NEXT] = wait
                    m[LAST_WAITING] = wait
                    m[WAITING] += 1

            else:
                now = soon
                m[NOW] = now
                if m[EDGE] == now or m[NEXT_MIDDLE] == now:  # T1 what is recorded, and when
                    if m[EDGE] == now:
                        _close_bin(m, out)
                        if now == m[HORIZON]:
                            _end_jobs(m, r, now - 1)
                            m[EDGE] = NEVER
                            _rare(m)
                            return AT_HORIZON
                        if now == m[WARMUP]:
                            _end_jobs(m, r, now - 1)
                            _begin_statistics(m)
                    if m[NEXT_MIDDLE] == now:
                        _note_middle(m)
                        m[NEXT_MIDDLE] = NEVER
                    _rare(m)

                elif m[NEXT_BASELINE] == now:
                    m[PART] = IN_BASELINE

                elif m[PEND_QUEUE + FIRST_AT] == now:  # P2 settling
                    request = _queue_pop(m, r, PEND_QUEUE)
                    r[request + P_FLAGS] &= ~IN_QUEUE
                    n = r[request + P_NODE]
                    if r[request + P_LIFE] != m[n + LIFE] or r[request + P_FLAGS] & SETTLED:
                        n = 0
                        if not r[request + P_FLAGS] & HAS_TIMEOUT:
                            _free_request(m, r, request, heap is not None)
                    else:
                        settling = request

                elif m[NEXT_TIMEOUT] == now:  # P4 timeout
                    request = m[FIRST_TIMEOUT]
                    _forget_timeout(m, r, request)
                    if r[request + P_FLAGS] & LISTED and r[request + P_LIFE] == m[r[request + P_NODE] + LIFE]:
                        n = r[request + P_NODE]
                        _time_out(m, r, said, n, request, heap is not None)
                    if not r[request + P_FLAGS] & IN_QUEUE:
                        _free_request(m, r, request, heap is not None)

                elif m[FULL] > 0 and m[JOB_QUEUE + FIRST_AT] == now:  # A8 a job's end
                    tested = False
                    node = _end_job(m, r)
                    if node and m[node + LOAD] + 1 == m[JOBS_PER_NODE]:
                        m[FULL] -= 1
                        n = node
                        look = True

                elif m[NEXT_TIMER] == now:  # T3 periodic timers
                    late = True
                    due = m[AT_DUE]
                    while m[due] != now:
                        due += 1
                    n = _node(m, (due - m[AT_DUE]) // m[TIMERS])
                    timer = m[AT_TIMERS] + (due - m[AT_DUE]) % m[TIMERS] * TIMER_FIELDS
                    m[due] += m[timer + TIMER_PERIOD]
                    _rare(m)
                    kind, which = m[timer + TIMER_KIND], m[timer + TIMER_WHICH]
                    if m[n + UP] == 0:
                        n = 0
                    elif kind == HEARTBEAT:
                        tested = False
                        look = True
                        _end_jobs(m, r, now)
                        _beat(m, n)
                    elif kind == COLLECT:  # B3
                        _hold_pages(m, n, True)
                    elif kind == SWEEP:  # S3
                        at = m[n + CELL_AT] + 1 + which * TABLE_CELL
                        ttl = m[m[AT_TABLES] + which * T_FIELDS + T_TTL]
                        oldest = cells[at + NEWER]
                        while oldest and now - cells[oldest + at + TOUCHED] > ttl:
                            _leave_table(m, r, cells, row_of, which, n, oldest, EXPIRED)
                            oldest = cells[at + NEWER]
                    elif kind == CLEAN_MAP:  # M1
                        ttl = m[m[AT_MAPS] + which * M_FIELDS + KEPT_TTL]
                        at = m[n + CELL_AT] + m[MAP_0] + which * MAP_CELL
                        for one in range(m[WIDTH], (m[USED_SESSIONS] + 1) * m[WIDTH], m[WIDTH]):
                            if cells[one + at + WRITES] and now - cells[one + at + WRITTEN] > ttl:
                                _drop_map(m, r, cells, row_of, which, n, one, EXPIRED)
                    else:
                        ttl = m[m[AT_RINGS] + which * R_FIELDS + KEPT_TTL]
                        at = m[n + CELL_AT] + m[RING_0] + which * RING_CELL
                        for one in range(m[WIDTH], (m[USED_SESSIONS] + 1) * m[WIDTH], m[WIDTH]):
                            if cells[one + at + HELD] and now - cells[one + at + APPENDED] > ttl:
                                _drop_ring(m, r, cells, row_of, which, n, one, EXPIRED)

                elif m[NEXT_SCAN] == now:
                    m[PART] = IN_SCAN

                elif m[NEXT_RESTART] == now:  # B4, B5 return
                    n = m[AT_NODES]
                    while m[n + RESTART_AT] != now and m[n + OPERATOR_AT] != now:
                        n += m[NODE_SIZE]
                    tested = False
                    look = True
                    if m[n + RESTART_AT] != now:
                        m[n + OPERATOR_AT] = NEVER
                        _end_jobs(m, r, now)
                        _lose(m, r, cells, row_of, said, c, n)
                        m[n + RESTART_STAGE] = TO_STARTING
                    if m[n + RESTART_STAGE] == TO_STARTING:
                        m[n + IS_STARTING] = 1
                        m[n + RESTART_AT] = now + m[RESTART_WARMUP]
                        m[n + RESTART_STAGE] = TO_UP
                    else:
                        m[n + RESTART_AT] = NEVER
                        m[n + UP] = 1
                        tested = True  # the host may be full
                        _end_jobs(m, r, now)
                        _weigh(m, n)
                        _beat(m, n)
                    _rare(m)

                elif m[NEXT_SAMPLE] == now:
                    _sample(m, samples)
                    m[NEXT_SAMPLE] += m[SAMPLE_EVERY]
                    if m[NEXT_SAMPLE] > m[HORIZON]:
                        m[NEXT_SAMPLE] = NEVER
                    _rare(m)
                    if now == m[HORIZON]:
                        return AT_HORIZON

                else:  # A6 a waiting utterance's time is over
                    session = r[m[FIRST_WAITING] + W_SESSION]
                    last = r[m[FIRST_WAITING] + W_FLAGS] & 1
                    m[LOST_PENDING_TIMEOUT] += 1
                    _next_waiting(m, r, heap is not None)
                    if last:
                        cells[session + WILL_SPEAK] = 0
                        _let_go(m, r, cells, row_of, session, 1)

        if dispatched:  # A8, A9 a job's life
            now = m[NOW]
            if row_done and m[FULL] == 0:
                _end_jobs(m, r, now)
            node = 0
            if m[NODES] > 1:
                node = _route(m, cells, session, drawn)
            n = _node(m, node)
            m[DISPATCHED] += 1
            cells[session + WILL_SPEAK] = 1 - last
            cells[session + LAST_NODE] = node
            m[n + LOAD] += 1
            if m[n + LOAD] == m[JOBS_PER_NODE]:
                m[FULL] += 1
                look = True
            until = now + m[JOB_TIMEOUT]
            fate = FATE_GONE
            flags = 0
            if m[n + UP] == 0:
                m[LOST_DEAD_NODE] += 1
                tested = False
            else:
                m[n + AT_WORK] += 1
                cell = session + m[n + CELL_AT]

                # S1, S2, S4, S7 touch
                flags = later  # JOB_LATER
                if m[TABLES] > 0 and cells[cell + 1 + SERIAL] == 0:
                    context = cells[cell]
                    if context & GONE:
                        flags |= JOB_LOST_CONTEXT
                    if not context & HAD:
                        if cells[session + HAD_NODES]:
                            flags |= JOB_ELSEWHERE
                        cells[session + HAD_NODES] += 1
                    cells[cell] = HAD
                for table in range(m[TABLES]):
                    _touch(m, r, cells, row_of, table, n, session, heap is not None, text_bytes, spaced)

                if m[RINGS] > 0:
                    chars = _base64_chars(audio)
                    size = audio * 32  # R2
                    if heap is not None:
                        size = chunk_bytes
                    for which in range(m[RINGS]):
                        _append_audio(m, r, cells, which, n, session, audio, chars, size)

                # P1, P3, C4, C5, W4 translation
                hung = False
                if m[OUTAGES] and _in_outage(m, n):
                    outcome = m[OUTAGE_OUTCOME]
                done = coalesced = False
                if outcome != HANGS and cacheable and m[CACHES] > 0:
                    for which in range(m[CACHES]):  # all are read
                        if _cache_get(m, c, said, which, n, text, heap is not None):
                            done = True
                    if done:
                        m[CACHE_HITS] += 1
                        if heap is not None:
                            _translated(m, r, cells, n, session, target_bytes)
                    else:
                        m[CACHE_MISSES] += 1
                place = -1
                if m[PENDING] >= 0 and not done and text >= 0 and text < m[REPEATED]:
                    place = text * m[SAID_WIDTH] + node
                    coalesced = said[place] != 0
                    done = coalesced and outcome == HANGS
                if not done:
                    hung = outcome == HANGS
                    if hung and m[COUNT_HANGS]:
                        m[n + COUNTED] = 1
                    passes = latency == 0 and not hung and m[ON_SUCCESS if outcome == OK else ON_FAILURE] != 0
                    times_out = not coalesced and not passes and m[TIMEOUT] >= 0
                    request = 0
                    if (m[SETTLES] and not hung) or times_out:
                        request = _take_record(m, r)
                        flagged = 0
                        if cacheable:
                            flagged |= CACHEABLE
                        if outcome == OK:
                            flagged |= GOES_WELL
                        r[request + SERIES] = m[DISPATCHED]
                        r[request + P_NODE] = n
                        r[request + P_LIFE] = m[n + LIFE]
                        r[request + P_TEXT] = text
                        if heap is not None:
                            more = _take_record(m, r)
                            r[request + P_MORE] = more
                            r[more + MORE_KEY], r[more + MORE_FLAT] = key_bytes, flat_bytes
                            r[more + MORE_TARGET], r[more + MORE_ID] = target_bytes, cells[session + ID]
                            r[more + MORE_SHARED] = 0
                        if times_out:
                            flagged |= HAS_TIMEOUT
                            r[request + P_DEADLINE] = now + m[TIMEOUT]
                        if not hung and latency:
                            flagged |= IN_QUEUE
                            r[request + AT] = now + latency
                            _queue_add(m, r, PEND_QUEUE, request)
                        r[request + P_FLAGS] = flagged
                        if not hung and latency == 0:
                            settling = opened = request
                        elif times_out:
                            _await_timeout(m, r, request)
                    if not coalesced:
                        for which in range(m[PER_JOB]):
                            config = m[AT_PER_JOB] + which * J_FIELDS
                            _count(m, n, m[config], INSERTED, 1)
                            _change(m, n, m[config], 1, m[config + J_BYTES])
                        if m[PENDING] >= 0 and passes:  # it has never been in the map
                            _count(m, n, m[PENDING], INSERTED, 1)
                            _count(m, n, m[PENDING], REMOVED, 1)
                        elif m[PENDING] >= 0:
                            held = m[PENDING_BYTES]
                            if heap is not None:
                                held = request_bytes
                                ring = cell + m[RING_0]  # the first one's newest chunk, if it was kept
                                if m[CHUNK_OBJECT] and cells[ring + FIRST_CHUNK]:
                                    chunk = cells[ring + LAST_CHUNK]
                                    held -= r[chunk + SIZE] - m[CHUNK_OBJECT]
                                    r[chunk + SHARED_WITH] = request if request else -1
                                    if request:
                                        r[r[request + P_MORE] + MORE_SHARED] = chunk
                            elif m[RETAINS_AUDIO]:  # P3
                                held += _base64_chars(audio)
                            _count(m, n, m[PENDING], INSERTED, 1)
                            _count(m, n, m[PENDING], IN_FLIGHT, 1)
                            _change_once(
                                m, n, m[PENDING], 1, held + _table_insert(m, n, m[PENDING], heap is not None)
                            )
                            if place >= 0:
                                said[place] = 1
                            if request:
                                r[request + P_HELD] = held
                                r[request + P_FLAGS] |= LISTED | REQUEST

                for which in range(m[MAPS]):  # M1, M2
                    at = cell + m[MAP_0] + which * MAP_CELL
                    config = m[AT_MAPS] + which * M_FIELDS
                    writes = cells[at + WRITES]
                    inserts = writes == 0 or m[config + M_PER_JOB] != 0
                    size = m[config + M_BYTES] if inserts else 0
                    if heap is not None:
                        size = _write_heap(m, cells, which, n, session, inserts, text_bytes, spaced)
                    if inserts:
                        cells[at + WRITES] = writes + 1
                        _count(m, n, m[config], INSERTED, 1)
                        if writes == 0:
                            cells[session + HOLDS] += m[config + KEPT_TRACKED]
                    if inserts or heap is not None:
                        _change(m, n, m[config], 1 if inserts else 0, size)
                    cells[at + WRITTEN] = now

                ends = now + service
                if m[SERIAL_GPU]:  # A7
                    ends = max(now, m[n + GPU_FREE]) + service
                    m[n + GPU_FREE] = ends
                fate = FATE_TIMEOUT
                if ends <= until and not (hung and m[HANGS_HOLD_SLOT]):
                    fate = FATE_SERVED
                    until = ends
            job = _take_record(m, r)
            r[job + AT] = until
            r[job + SERIES] = m[DISPATCHED]
            r[job + J_NODE] = n
            r[job + J_LIFE] = m[n + LIFE]
            r[job + J_FATE] = fate
            r[job + J_FLAGS] = flags
            r[job + J_DISPATCHED] = now
            _queue_add(m, r, JOB_QUEUE, job)
            if last:
                _let_go(m, r, cells, row_of, session, 1)

        if settling:
            _settle(m, r, cells, row_of, said, c, n, settling, heap is not None)
            if r[settling + P_FLAGS] & LISTED and r[settling + P_FLAGS] & HAS_TIMEOUT:
                if opened:
                    _await_timeout(m, r, settling)
            else:
                if not opened and r[settling + P_FLAGS] & HAS_TIMEOUT:
                    _forget_timeout(m, r, settling)
                _free_request(m, r, settling, heap is not None)

        if n:  # T2: the levels are recorded first, then the node is tested for death
            _record(m, n)
            if tested and m[n + TOTAL] > m[n + SAFE] and _dies(m, n):
                look = True
                m[n + DEATHS] += 1
                if m[FIRST_OOM] < 0:
                    m[FIRST_OOM] = m[NOW]
                if not dispatched:  # a job that ends now has ended if this event's class comes later
                    _end_jobs(m, r, m[NOW] if late else m[NOW] - 1)
                _lose(m, r, cells, row_of, said, c, n)
                if m[RESTART_AFTER] >= 0:
                    m[n + RESTART_AT] = m[NOW] + m[RESTART_AFTER]
                    m[n + RESTART_STAGE] = TO_STARTING
                _rare(m)
            if look:
                _refresh(m, out, n)
        if row_done and m[SAMPLE_ROWS]:
            _sample(m, samples)


# --- the short cut -----------------------------------------------------------------------------------


@_inline
def _completed(planes: Words, bucket: int, upto: int) -> int:
    """Translations that settle at some of a bucket's bits: bit b of plane k stands for 2^k of them at b."""
    at = (bucket & (PLANE_BUCKETS - 1)) * PLANES
    return (
        _ones(planes[at] & upto)
        + 2 * _ones(planes[at + 1] & upto)
        + 4 * _ones(planes[at + 2] & upto)
        + 8 * _ones(planes[at + 3] & upto)
    )


@_inline
def _forget_completed(planes: Words, bucket: int, upto: int) -> None:
    at = (bucket & (PLANE_BUCKETS - 1)) * PLANES
    for plane in range(at, at + PLANES):
        planes[plane] &= ~upto


@_inline
def _bits_upto(at: int) -> int:
    """The bits of a bucket's word up to this millisecond."""
    return ~(-2 << (at & 63))


@_compiled
def glide(
    a_m: Ints, a_r: Ints, a_cells: Ints, a_row_of: Any, a_planes: Ints, a_out: Ints, rows: Rows, final: bool
) -> int:
    """What `advance` does, where one node takes every job and no store feeds back: see `_try_to_glide`.

    Then nobody sees when a job ends or a heartbeat comes, and all that a translation does when it settles is
    to leave: so translations are bits in planes, 64 ms to a word, that are counted. Their time is added up as
    they start; what of it lies in a later bin is taken from that bin's row of `out`.

    Returns:
        As `advance`, or LOST_WAY: memory comes near a limit, or something is not as foreseen. Then the run
        has to start anew with `advance`.
    """
    m, r, cells, row_of = _words(a_m), _words(a_r), _words(a_cells), _words(a_row_of)
    planes, out = _words(a_planes), _words(a_out)
    at_ms, sessions, turns, lasts = (
        _words(rows.at),
        _words(rows.session),
        _words(rows.turn),
        _words(rows.last),
    )
    outcomes, latencies, services = _words(rows.outcome), _words(rows.latency), _words(rows.service)
    n = m[AT_NODES]
    store = m[PENDING]
    level = n + NODE + store * STORE
    each = m[PENDING_BYTES]
    table = m[n + CELL_AT] + 1
    tables, warmup, horizon = m[TABLES], m[WARMUP], m[HORIZON]
    limit, first_id, job_timeout = m[GLIDE_LIMIT], m[FIRST_ID], m[JOB_TIMEOUT]
    on_success, on_failure, holds_slot = m[ON_SUCCESS], m[ON_FAILURE], m[HANGS_HOLD_SLOT]
    peak = m[PEAK] - m[n + BASE]
    held, lowest, highest, area = m[level], m[level + 1], m[level + 2], m[level + 3]
    low_total, high_total = m[n + TOTAL_MIN], m[n + TOTAL_MAX]
    others = m[n + TOTAL] - held * each
    m[n + TOTAL] = others
    bucket = m[GLIDE_BUCKET]
    served = later_served = settled = 0
    edge = m[EDGE]
    begun = at_row = m[ROW]
    high = len(rows.at)
    while True:
        soon = min(edge, m[NEXT_MIDDLE], m[NEXT_TIMER])
        while at_row < high:
            now = at_ms[at_row]
            if now >= soon:
                break
            if m[SHORT]:
                break
            m[NOW] = now
            while bucket < now >> 6:
                held -= _completed(planes, bucket, -1)
                _forget_completed(planes, bucket, -1)
                bucket += 1
            present = held - _completed(planes, bucket, _bits_upto(now))
            lowest = min(lowest, present)
            low_total = min(low_total, others + present * each)

            # S1, S2, S4, S7 touch; a session that is new writes every map (M1)
            last = _whole(lasts[at_row])
            lost = 0
            session = _whole(row_of[sessions[at_row] - first_id])
            if session == 0:
                session = _take_session(m, cells, row_of, sessions[at_row])
                for config in range(m[AT_MAPS], m[AT_MAPS] + m[MAPS] * M_FIELDS, M_FIELDS):
                    _count(m, n, m[config], INSERTED, 1)
                    _change(m, n, m[config], 1, m[config + M_BYTES])
            cells[session + WILL_SPEAK] = 1 - last
            if tables:
                if cells[session + table + SERIAL] == 0:
                    lost = cells[session + table - 1] & GONE
                    cells[session + table - 1] = HAD
                _touch(m, r, cells, row_of, 0, n, session, False, 0, 0)
            if last:
                _let_go(m, r, cells, row_of, session, 1)
            if m[n + DIRTY]:
                _record_stores(m, n)
                others = m[n + TOTAL]

            # P1, P2 translation
            outcome = outcomes[at_row]
            latency = latencies[at_row]
            ends = now + latency
            goes = on_success if outcome == OK else on_failure if outcome == FAILS else 0
            if outcome != HANGS and ends < horizon:
                settled += 1
            if latency == 0 and goes:
                held -= 1
                present -= 1
            elif goes and ends < edge:
                area += latency
            else:
                area += edge - now
            if goes and latency and ends < horizon:
                if latency >= (PLANE_BUCKETS - 1) * 64:
                    return LOST_WAY
                if ends >= edge:
                    later = m[BIN] + 1
                    while m[m[AT_EDGES] + later + 1] <= ends:
                        later += 1
                    over = m[m[AT_EDGES] + later + 1] - ends
                    place = (OUT_NODE + store * OUT_STORE + 2) * m[BINS] + later
                    out[place] -= over
                    out[place + 3 * m[BINS]] -= over * each
                carry = 1 << (ends & 63)
                plane = ((ends >> 6) & (PLANE_BUCKETS - 1)) * PLANES
                full = plane + PLANES
                while carry:
                    if plane == full:
                        return LOST_WAY
                    word = planes[plane]
                    planes[plane] = word ^ carry
                    carry &= word
                    plane += 1
            held += 1
            present += 1
            highest = max(highest, present)
            total = others + present * each
            if total > high_total:
                high_total = total
                if total > limit:
                    return LOST_WAY
            if total > peak:
                peak = total
                m[PEAK_TIME] = now
                for other in range(m[STORES]):
                    m[m[AT_PEAK] + other] = m[n + NODE + other * STORE + BYTES]
                m[m[AT_PEAK] + store] = present * each

            # A8 a job's life
            turn = turns[at_row]
            until = now + services[at_row]
            in_time = services[at_row] <= job_timeout and not (outcome == HANGS and holds_slot)
            if in_time and until < horizon:
                served += 1
                if turn:
                    later_served += 1
            if lost or not in_time or now < warmup:
                if not in_time:
                    until = now + job_timeout
                    m[LOST_JOB_TIMEOUT] += until < horizon
                    m[WARM_TIMEOUTS] += until < warmup
                elif turn:
                    m[CONTEXT_LOST] += lost and until < horizon
                    m[WARM_LOST] += lost and until < warmup
                    m[WARM_LATER] += until < warmup
                if in_time:
                    m[WARM_SERVED] += until < warmup
            at_row += 1

        # what follows is rare: take down everything as `advance` would have it
        m[UTTERANCES] += at_row - begun
        m[DISPATCHED] += at_row - begun
        m[SERVED] += served
        m[LATER_SERVED] += later_served
        m[level + INSERTED] += at_row - begun
        m[level + IN_FLIGHT] += at_row - begun - settled
        begun = at_row
        served = later_served = settled = 0
        stops = m[SHORT] != 0 or (at_row == high and not final)
        due = m[NEXT_TIMER] == soon and soon < edge and soon < m[NEXT_MIDDLE]
        if not stops:
            upto = soon if due else soon - 1
            m[NOW] = soon
            while bucket < upto >> 6:
                held -= _completed(planes, bucket, -1)
                _forget_completed(planes, bucket, -1)
                bucket += 1
            held -= _completed(planes, bucket, _bits_upto(upto))
            _forget_completed(planes, bucket, _bits_upto(upto))
            lowest = min(lowest, held)
            low_total = min(low_total, others + held * each)
        m[ROW] = at_row
        m[GLIDE_BUCKET] = bucket
        m[level + REMOVED] = m[level + INSERTED] - held
        m[level], m[level + 1], m[level + 2], m[level + 3] = held, lowest, highest, area
        for field in range(4):
            m[level + BYTES + field] = m[level + field] * each
        m[n + TOTAL] = others + held * each
        m[n + TOTAL_MIN], m[n + TOTAL_MAX] = low_total, high_total
        m[n + MEMORY_MIN], m[n + MEMORY_MAX] = low_total + m[n + BASE], high_total + m[n + BASE]
        m[n + AT_WORK] = m[UTTERANCES] - m[SERVED] - m[LOST_JOB_TIMEOUT]
        m[PEAK] = peak + m[n + BASE]
        if stops:
            return NEEDS_ROOM if m[SHORT] else ALL_ROWS
        if due:  # S3 sweep
            m[n + TOTAL] = others
            timer = m[AT_TIMERS]
            for place in range(m[AT_DUE], m[AT_DUE] + m[TIMERS]):
                if m[place] == soon:
                    m[place] += m[timer + TIMER_PERIOD]
                    ttl = m[m[AT_TABLES] + T_TTL]
                    oldest = cells[table + NEWER]
                    while oldest and soon - cells[oldest + table + TOUCHED] > ttl:
                        _leave_table(m, r, cells, row_of, 0, n, oldest, EXPIRED)
                        oldest = cells[table + NEWER]
                timer += TIMER_FIELDS
            _record_stores(m, n)
            others = m[n + TOTAL]
            low_total = min(low_total, others + held * each)
            _rare(m)
            continue
        if m[EDGE] == soon:  # T1
            _close_bin(m, out)
            if soon == horizon:
                m[EDGE] = NEVER
                return AT_HORIZON
            if soon == warmup:
                full_counts = m[SERVED], m[LATER_SERVED], m[CONTEXT_LOST], m[LOST_JOB_TIMEOUT]
                m[SERVED], m[LATER_SERVED] = m[WARM_SERVED], m[WARM_LATER]
                m[CONTEXT_LOST], m[LOST_JOB_TIMEOUT] = m[WARM_LOST], m[WARM_TIMEOUTS]
                _begin_statistics(m)
                m[SERVED], m[LATER_SERVED], m[CONTEXT_LOST], m[LOST_JOB_TIMEOUT] = full_counts
                peak = m[PEAK] - m[n + BASE]
        if m[NEXT_MIDDLE] == soon:
            _note_middle(m)
            m[NEXT_MIDDLE] = NEVER
        edge = m[EDGE]
        lowest = highest = held
        area = m[level + ENTRY_AREA]
        low_total = high_total = m[n + TOTAL]
        m[n + TOTAL] = others


# --- from a workload and a scenario, to a History -------------------------------------------------

CLEANUPS = {
    "never": CLEAN_NEVER,
    "session_end": CLEAN_AT_END,
    "session_removed": CLEAN_AT_REMOVAL,
    "ttl": CLEAN_BY_AGE,
}
MAYBE_READ = ("audio_ms", "cacheable", "route", "text")
"""Columns that are not drawn for settings that do without, see `Memory.reads`."""
ROUTINGS = {"least_loaded": LEAST_LOADED, "round_robin": ROUND_ROBIN, "random": RANDOM, "sticky": STICKY}


def unsupported(scenario: Scenario) -> str | None:
    """What of a scenario only the reference simulates, in words; None when there is nothing."""
    if len(scenario.nodes.enabled_stores) > 60:
        return "more than 60 stores"
    return None


def waits_for_compiler(scenarios: Iterable[Scenario], sample_every_ms: int | str | None = None) -> bool:
    """Whether a run of any of these scenarios would begin with compiling: some ten seconds.

    There are three pieces of machine code: the loop, the loop on a V8 heap, and the short cut.
    """
    ready = {
        "plain": _is_ready(advance, heap=False),
        "heap": _is_ready(advance, heap=True),
        "short": _is_ready(glide),
    }
    if all(ready.values()):
        return False
    from simulator.workload import build_workload

    for scenario in scenarios:
        memory = Memory(build_workload(scenario), scenario, sample_every_ms)
        piece = "heap" if memory.m[V8] else "plain" if memory.planes is None else "short"
        if not ready[piece]:
            return True
    return False


def is_kept() -> bool:
    """Whether numba has found a folder for machine code."""
    compiled: Any = advance
    return getattr(compiled._cache, "cache_path", None) is not None


def _is_ready(compiled: Any, *, heap: bool = False) -> bool:
    """Whether a function has its machine code, from this process or from numba's cache of this processor."""
    try:
        machine = compiled.targetctx.codegen().magic_tuple()
        kept = [key[0] for key in compiled._cache._cache_file._load_index() if key[1] == machine]
    except (AttributeError, OSError):  # numba keeps its cache differently, or nowhere
        kept = []
    return any(("Heap(" in str(signature)) is heap for signature in [*compiled.overloads, *kept])


def run(workload: Workload, scenario: Scenario, sample_every_ms: int | str | None = None) -> History:
    """Run one replication: what `Reference(workload, scenario, sample_every_ms).run()` returns, bit for bit.

    Raises:
        NotImplementedError: the scenario has something that only the reference simulates.
    """
    if missing := unsupported(scenario):
        raise NotImplementedError(f"the compiled engine does not know {missing}")
    memory = Memory(workload, scenario, sample_every_ms)
    _through(workload, memory)
    if memory.stopped == LOST_WAY:
        memory.start(short_cuts=False)
        _through(workload, memory)
    return memory.finish()


def _through(workload: Workload, memory: Memory) -> None:
    """Run to the horizon, or until it has lost its way."""
    reads = memory.reads()
    for window in workload.windows():
        memory.step(_columns(window, reads), _heap(window, memory.scenario))
        if memory.stopped != ALL_ROWS:
            return
    memory.step(_no_rows(), final=True)


def _no_rows() -> Rows:
    whole, small, yes = np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.bool_)
    return Rows(
        whole, small, whole, whole, yes, whole, small, whole, whole, whole, yes, np.zeros(0),
    )  # fmt: skip


def _heap(window: Any, scenario: Scenario) -> Heap | None:
    """What a window's rows weigh where a scenario asks for it."""
    if scenario.nodes.footprint != "v8":
        return None
    from simulator.model.v8 import sizes_of
    from simulator.model.v8_columns import row_bytes

    stores = scenario.nodes.enabled_stores.values()
    audio = any(store.kind == "pending_map" and store.retains_audio for store in stores)
    size = row_bytes(window, sizes_of(scenario.nodes.pointer_size), retains_audio=audio)
    columns = (size.text, size.target, size.key, size.flat_key, size.request, size.chunk)
    return Heap._make([*map(_integers, columns), np.asarray(window.stored_spaces) > 0])


def _integers(column: Any) -> Ints:
    return np.ascontiguousarray(column, dtype=np.int64)


def _columns(window: Any, reads: frozenset[str]) -> Rows:
    """The columns that the engine reads, each of one type, so that there is one compiled loop.

    Of those that not every setting needs, zeros stand for what is not among `reads`: to draw them costs time.
    """

    def column(name: str, kind: Any = np.int64) -> Any:
        if name in MAYBE_READ and name not in reads:
            return _zeros(len(window), kind)
        return np.ascontiguousarray(getattr(window, name), dtype=kind)

    return Rows(
        at=column("at_ms"), kind=column("kind", np.int8), session=column("session"), turn=column("turn"),
        last=column("last", np.bool_), text=column("text"), outcome=column("outcome", np.int8),
        latency=column("latency_ms"), service=column("service_ms"), audio=column("audio_ms"),
        cacheable=column("cacheable", np.bool_), route=column("route", np.float64)
    )  # fmt: skip


_nothing: dict[Any, Any] = {}


def _zeros(n: int, kind: Any) -> Any:
    """Zeros to read: always the same ones, since to make them would cost as much as to draw a column."""
    if len(_nothing.get(kind, ())) < n:
        _nothing[kind] = np.zeros(2 * n, dtype=kind)
    return _nothing[kind][:n]


def _plain(function: Any) -> Any:
    """The Python function that was compiled."""
    return function.py_func


def _at_node(m: Words, index: int) -> int:
    return int(m[AT_NODES] + index * m[NODE_SIZE])


def _or_never(value: int | None) -> int:
    return NEVER if value is None else value


def _or_minus_one(value: int | None) -> int:
    return -1 if value is None else value


def _longer(array: Any, length: int) -> Any:
    """The array with more room behind; amortised."""
    if len(array) >= length:
        return array
    wider = np.zeros(max(length, len(array) * 5 // 4), array.dtype)
    wider[: len(array)] = array
    return wider


def _weights(scenario: Scenario) -> list[list[int]]:
    """What each store weighs on a V8 heap; zeros where the document's constants weigh."""
    from simulator.model.v8 import sizes_of
    from simulator.model.v8_sessions import V8MapFootprint, V8SessionFootprint
    from simulator.model.v8_texts import V8AudioFootprint, V8CacheFootprint
    from simulator.model.v8_weigh import weigh

    nodes = scenario.nodes
    sizes = sizes_of(nodes.pointer_size)
    weights = []
    for kept in weigh(nodes.enabled_stores, nodes.footprint, nodes.pointer_size).values():
        row = [0] * WEIGHT_FIELDS
        tables = getattr(kept, "tables", None)
        if tables is not None:
            row[WEIGHT_SLOTS] = tables._count * sizes.table_slot
        if isinstance(kept, V8SessionFootprint):
            row[WEIGHT_ENTRY] = sizes.session_spoken + sizes.number + kept._id_bytes
        elif isinstance(kept, V8MapFootprint):
            row[WEIGHT_ENTRY] = kept._key_bytes + kept._time_bytes
            by_session = {"text": VALUE_TEXT, "timestamp": 0, "ids": 0 if kept._per_job else VALUE_IDS}
            row[WEIGHT_VALUE] = by_session[kept._value]
        elif isinstance(kept, V8CacheFootprint):
            row[WEIGHT_FIXED] = kept._fixed_bytes
        elif isinstance(kept, V8AudioFootprint):
            row[WEIGHT_FIXED] = kept._buffer_bytes
        if isinstance(kept, V8SessionFootprint | V8MapFootprint):
            row[OWNS_PLAIN], row[OWNS_SPACED] = int(kept._owns_plain), int(kept._owns_spaced)
        weights.append(row)
    return weights


class Kinds:
    """The enabled stores by kind, as rows of numbers."""

    def __init__(self, scenario: Scenario, hears_ends: bool) -> None:
        self.hears_ends = hears_ends
        self.tables: list[list[int]] = []
        self.caches: list[list[int]] = []
        self.per_job: list[list[int]] = []
        self.maps: list[list[int]] = []
        self.rings: list[list[int]] = []
        self.ticking: list[tuple[str, list[int]]] = []  # name; kind of timer, index within the kind, period
        self.pending: Any = None
        self.pending_store = -1
        self.large = 0  # bits of the stores that hold large objects (B4)
        self.audio = 0  # of those, the ones with pages of their own (B3)
        for store, (name, config) in enumerate(scenario.nodes.enabled_stores.items()):
            self.add(store, name, config)

    def _cleans(self, cleanup: str) -> bool:
        """Whether a session has to be remembered until its entry is cleaned."""
        return cleanup != "never" and (cleanup != "session_end" or self.hears_ends)

    def add(self, store: int, name: str, config: Any) -> None:
        """File a store under its kind."""
        if config.kind == "session_table":
            if config.sweep_every_ms is not None:
                self.ticking.append((name, [SWEEP, len(self.tables), config.sweep_every_ms]))
            self.tables.append([store, _or_never(config.max), _or_never(config.ttl_ms), config.entry_bytes])
        elif config.kind == "lru_cache" and config.instances == "per_job":
            self.per_job.append([store, config.instance_bytes])
        elif config.kind == "lru_cache":
            self.caches.append([store, config.max or NEVER, config.ttl_ms or NEVER, config.entry_bytes])
        elif config.kind == "pending_map":
            self.pending, self.pending_store = config, store
            self.large |= 1 << store
            self.audio |= 1 << store
        else:
            self.large |= 1 << store
            self.audio |= (config.kind == "ring_buffer") << store
            kept, timer = (self.maps, CLEAN_MAP) if config.kind == "session_map" else (self.rings, CLEAN_RING)
            cleanup = config.cleanup
            if cleanup.kind == "ttl":
                self.ticking.append((name, [timer, len(kept), cleanup.every_ms]))
            row = [store, CLEANUPS[cleanup.kind], cleanup.ttl_ms or 0, int(self._cleans(cleanup.kind))]
            if config.kind == "session_map":
                kept.append([*row, config.entry_bytes, int(config.growth == "per_job")])
            else:
                kept.append([*row, config.span_ms, config.keep_ms])


class Memory:
    """The arrays of a run."""

    def __init__(self, workload: Workload, scenario: Scenario, sample_every_ms: int | str | None) -> None:
        self.workload, self.scenario, self.sample_every_ms = workload, scenario, sample_every_ms
        self.start(short_cuts=True)

    def start(self, *, short_cuts: bool) -> None:
        """The state at 0, before the first event.

        With short cuts the run relies on what is likely: that no session's end is signalled where the
        scenario says so, and on what `glide` needs. Where it turns out otherwise, it has lost its way and has
        to start without.
        """
        workload, scenario, sample_every_ms = self.workload, self.scenario, self.sample_every_ms
        self.stopped = ALL_ROWS
        self.planes: Ints | None = None  # those of `glide`, if that is how this run goes
        self.hears_ends = not short_cuts or scenario.workload.sessions.end_signalled > 0
        self.kinds = kinds = Kinds(scenario, self.hears_ends)
        count = workload.node_count
        self.stores = len(scenario.nodes.enabled_stores)
        self.m = self._laid_out(workload, scenario, kinds)
        self._set_parameters(scenario, kinds, workload, sample_every_ms)
        self._begin(workload, scenario, sample_every_ms)
        m = self.m
        self.per_event = 8 + int(m[RINGS] + m[TABLES])  # records that one event may take, at most
        self.r = np.zeros(RECORD, np.int64)
        self.cells = np.zeros(int(m[WIDTH]), np.int64)
        self.row_of = np.zeros(0, np.int32)
        m[SAID_WIDTH] = (1 + len(kinds.caches)) * count
        self.said = np.zeros(0, np.int32)
        self._know_texts(workload.repeated_texts or 0)
        self.ids: dict[int, int] | None = {} if workload.repeated_texts is None else None
        self.caches = len(kinds.caches) * count
        self.most_cached = max((row[C_MAX] for row in kinds.caches), default=0)
        self.c = np.zeros(0, np.int64)
        if not self.caches:
            m[MOST_CACHED] = NEVER
        bins = len(self.edges) - 1
        self.out = np.zeros((count * (OUT_NODE + self.stores * OUT_STORE) + 1, bins), np.int64)
        m[BINS], m[SAMPLE_WIDTH] = bins, 2 + 8 * self.stores
        self.samples = np.zeros((0, 2 + 8 * self.stores), np.int64)
        if sample_every_ms is None:
            m[MOST_SAMPLES] = NEVER
        if short_cuts:
            self._try_to_glide()

    def reads(self) -> frozenset[str]:
        """Which of the columns MAYBE_READ this run looks at."""
        m = self.m
        asked = {
            "audio_ms": m[RINGS] > 0 or (m[PENDING] >= 0 and m[RETAINS_AUDIO] != 0),
            "cacheable": m[CACHES] > 0,
            "route": m[NODES] > 1 and m[ROUTING] == RANDOM,
            "text": self.ids is not None or (m[REPEATED] > 0 and (m[CACHES] > 0 or m[PENDING] >= 0)),
        }
        return frozenset(name for name, reads in asked.items() if reads)

    def step(self, rows: Rows, heap: Heap | None = None, *, final: bool = False) -> None:
        """Run through a window of rows, or at last to the horizon; `stopped` says how it went."""
        m = self.m
        m[ROW] = 0
        if len(rows.at):
            self._make_ids(int(rows.session.min()), int(rows.session.max()))
            if self.ids is not None:
                rows = self._with_dense_texts(rows, self.ids)
            if m[DISPATCHED] == 0:
                self._fit_buckets(rows)
            repeats = self.planes is not None and m[REPEATED] and (rows.text < m[REPEATED]).any()
            if repeats or (not self.hears_ends and rows.kind.any()):
                self.stopped = LOST_WAY
                return
        if heap is None and m[V8]:
            heap = Heap._make([*[np.zeros(0, np.int64)] * 6, np.zeros(0, np.bool_)])
        self.stopped = NEEDS_ROOM
        while self.stopped == NEEDS_ROOM:
            self._make_room()
            if self.planes is not None:
                stopped = glide(m, self.r, self.cells, self.row_of, self.planes, self.out, rows, final)
            else:
                stopped = advance(
                    m, self.r, self.r.view(np.float64), self.cells, self.row_of, self.said,
                    self.c, self.out, self.samples, rows, heap, final,
                )  # fmt: skip
            self.stopped = int(stopped)

    def finish(self) -> History:
        """The History of a run that has reached its horizon."""
        history = self.history(self.workload, self.scenario)
        if self.sample_every_ms is None:
            return history
        if self.m[NEXT_SAMPLE] == self.scenario.horizon_ms:  # the last one comes after that instant's timers
            self.step(_no_rows(), final=True)
        return replace(history, samples=self.taken())

    def _try_to_glide(self) -> None:
        """Make ready for `glide` where it may do."""
        m, scheduler = self.m, self.scenario.scheduler
        n = _at_node(m, 0)
        limit = min(m[n + SAFE], m[THRESHOLD] - m[n + BASE])
        may = (
            m[NODES] == 1
            and not self.hears_ends
            and m[V8] + m[RESIDENT_PAGES] == 0
            and m[PENDING] >= 0
            and m[TIMEOUT] < 0
            and not m[RETAINS_AUDIO]
            and m[TABLES] <= 1
            and m[CACHES] + m[PER_JOB] + m[RINGS] + m[OUTAGES] + m[SERIAL_GPU] == 0
            and m[JOBS_PER_NODE] == NEVER
            and m[BASELINE_STEPS] == 1
            and not scheduler.degraded.counts
            and scheduler.heartbeat_ms <= scheduler.offline_after_ms
            and all(kept[KEPT_CLEANUP] in (CLEAN_NEVER, CLEAN_AT_END) for kept in self.kinds.maps)
            and not any(kept[M_PER_JOB] for kept in self.kinds.maps)
            and m[MOST_SAMPLES] == NEVER
            and self.ids is None
            and limit >= 0
        )
        if may:
            m[GLIDE_LIMIT] = limit
            m[PART] = 0
            m[int(m[AT_DUE] + m[TIMERS]) - 1] = m[NEXT_SCAN] = NEVER  # nobody sees a heartbeat or a scan
            m[NEXT_TIMER] = m[m[AT_DUE] : m[AT_DUE] + m[TIMERS]].min()
            self.planes = np.zeros(PLANES * PLANE_BUCKETS, np.int64)

    def _laid_out(self, workload: Workload, scenario: Scenario, kinds: Kinds) -> Ints:
        """`m` with its regions in place and what they are configured with."""
        from simulator.engine.history import bin_edges
        from simulator.model.order import first_tick
        from simulator.model.process import RULES

        count, scheduler = workload.node_count, scenario.scheduler
        ticking = list(kinds.ticking)
        if scenario.nodes.process.model == "v8":
            ticking.append(("", [COLLECT, 0, RULES.release_every_ms]))
        ticking.append(("heartbeat", [HEARTBEAT, 0, scheduler.heartbeat_ms]))
        due = [
            first_tick(int(workload.phase_ms[name][node]) if name else 0, timer[TIMER_PERIOD])
            for node in range(count)
            for name, timer in ticking
        ]
        self.edges = np.array(bin_edges(scenario.horizon_ms, scenario.warmup_ms), dtype=np.int64)
        outages = [
            [int(time) for pair in zip(starts, ends, strict=True) for time in pair] + [NEVER, NEVER]
            for starts, ends in zip(workload.outage_start_ms, workload.outage_end_ms, strict=True)
        ]
        size = -(-(NODE + self.stores * STORE) // 8) * 8
        at = -(-FIXED // 8) * 8
        regions: list[tuple[int, Any]] = [
            (AT_NODES, np.zeros(count * size, np.int64)),
            *((place, [number for row in rows for number in row]) for place, rows in (
                (AT_TABLES, kinds.tables), (AT_CACHES, kinds.caches), (AT_PER_JOB, kinds.per_job),
                (AT_MAPS, kinds.maps), (AT_RINGS, kinds.rings), (AT_TIMERS, [timer for _, timer in ticking]),
                (AT_OUTAGES, outages), (AT_WEIGHTS, _weights(scenario)),
            )),
            (AT_DUE, due), (AT_EDGES, self.edges), (AT_BASELINE_TIMES, workload.baseline_at_ms),
            (AT_BASELINE, np.asarray(workload.baseline_bytes).ravel()), (AT_PEAK, [0] * self.stores),
            (AT_WARMUP, [0] * (COUNTERS_END - UTTERANCES + count * self.stores * 5)),
        ]  # fmt: skip
        places = {}
        for place, numbers in regions:
            places[place] = at
            at += len(numbers)
        m = np.zeros(at, np.int64)
        for place, numbers in regions:
            m[place] = places[place]
            m[places[place] : places[place] + len(numbers)] = numbers
        m[NODE_SIZE], m[TIMERS] = size, len(ticking)
        outage = int(m[AT_OUTAGES])
        for node in range(count):
            n = int(m[AT_NODES]) + node * size
            m[n + INDEX], m[n + OUTAGE] = node, outage
            outage += len(outages[node])
        m[OUTAGES] = any(len(each) > 2 for each in outages)
        m[NEXT_SCAN] = first_tick(int(workload.phase_ms["scan"][0]), scheduler.scan_every_ms)
        return m

    def _set_parameters(
        self, scenario: Scenario, kinds: Kinds, workload: Workload, sample_every_ms: int | str | None
    ) -> None:
        from simulator.model.process import RULES, bare_bytes
        from simulator.model.v8 import sizes_of, string_bytes

        m, nodes, scheduler, process = self.m, scenario.nodes, scenario.scheduler, scenario.nodes.process
        sizes = sizes_of(nodes.pointer_size)
        map_0 = 1 + TABLE_CELL * len(kinds.tables)
        ring_0 = map_0 + MAP_CELL * len(kinds.maps)
        heap_0 = ring_0 + RING_CELL * len(kinds.rings)
        cell = heap_0 + (len(kinds.tables) + MAP_HEAP * len(kinds.maps)) * (nodes.footprint == "v8")
        counts, pending = scheduler.degraded.counts, kinds.pending
        parameters: dict[int, Any] = {
            HORIZON: scenario.horizon_ms, WARMUP: scenario.warmup_ms, MIDDLE: scenario.horizon_ms // 2,
            NODES: workload.node_count, STORES: self.stores,
            TABLES: len(kinds.tables), CACHES: len(kinds.caches), PER_JOB: len(kinds.per_job),
            MAPS: len(kinds.maps), RINGS: len(kinds.rings),
            CELL: cell, WIDTH: SESSION + workload.node_count * cell,
            MAP_0: map_0, RING_0: ring_0, HEAP_0: heap_0,
            HOST: nodes.memory_bytes, PROCESS: bare_bytes(process.base_bytes, process.model),
            BASE_HEAP: process.base_heap_bytes,
            HEAP_LIMIT: process.heap_limit_bytes,
            HEAP_ROOM: (process.heap_limit_bytes * 792 - 1) // 990 - process.base_heap_bytes,
            RESTART_AFTER: _or_minus_one(process.restart_after_ms), RESTART_WARMUP: process.restart_warmup_ms,
            OPERATOR_RESTART: _or_minus_one(process.operator_restart_ms), SERIAL_GPU: nodes.gpu == "serial",
            THRESHOLD: _or_never(scenario.threshold_bytes), OFFLINE_AFTER: scheduler.offline_after_ms,
            SCAN_EVERY: scheduler.scan_every_ms, JOBS_PER_NODE: _or_never(scheduler.jobs_per_node),
            PENDING_TIMEOUT: scheduler.pending_timeout_ms, JOB_TIMEOUT: scheduler.job_timeout_ms,
            FAILURES: scheduler.degraded.failures, WINDOW: scheduler.degraded.window,
            CONSECUTIVE: scheduler.degraded.consecutive, COUNT_FAILS: "fails" in counts,
            COUNT_HANGS: "hangs" in counts, COUNT_TIMEOUTS: "timeouts" in counts,
            ROUTING: ROUTINGS[scheduler.routing], HANGS_HOLD_SLOT: scheduler.hangs_hold_slot,
            PENDING: kinds.pending_store, TIMEOUT: -1,
            SETTLES: pending is not None or kinds.caches or "fails" in counts or nodes.footprint == "v8",
            OUTAGE_OUTCOME: workload.outage_outcome,
            OUTAGE_UNHEALTHY: workload.outage_unhealthy and m[OUTAGES],
            LARGE_STORES: kinds.large, AUDIO_STORES: kinds.audio,
            V8: nodes.footprint == "v8", RESIDENT_PAGES: process.model == "v8", STEADY: RULES.steady_bytes,
            SLOPE: RULES.slope_percent, STEEP: RULES.steep_percent, SCATTERED: RULES.scattered_percent,
            TABLE_HEADER: sizes.table_header, TABLE_SLOT: sizes.table_slot,
            SPEAKS_AGAIN: sizes.session_again, SPEAKS_TRANSLATED: sizes.session_translated,
            ID_SET: sizes.set_object + sizes.table_header, ID_SLOT: sizes.set_slot,
            ID_BYTES: string_bytes(sizes.job_id_chars, 0, sizes),
            BASELINE_STEPS: len(workload.baseline_at_ms),
            SAMPLE_EVERY: sample_every_ms if isinstance(sample_every_ms, int) else 0,
            SAMPLE_ROWS: sample_every_ms == "event",
        }  # fmt: skip
        if pending is not None:
            parameters |= {
                CHUNK_OBJECT: sizes.chunk if parameters[V8] and pending.retains_audio and kinds.rings else 0,
                PENDING_BYTES: pending.entry_bytes, RETAINS_AUDIO: pending.retains_audio,
                ON_SUCCESS: "success" in pending.removed_on, ON_FAILURE: "failure" in pending.removed_on,
                TIMEOUT: _or_minus_one(pending.timeout_ms), ABORT: pending.abort_on_timeout,
            }  # fmt: skip
        for place, value in parameters.items():
            m[place] = int(value) if not isinstance(value, list) else bool(value)

    def _begin(self, workload: Workload, scenario: Scenario, sample_every_ms: int | str | None) -> None:
        from simulator.model.map_table import LEAST_CAPACITY

        m, count = self.m, workload.node_count
        m[EDGE] = self.edges[1]
        m[NEXT_MIDDLE] = scenario.horizon_ms // 2 or NEVER
        m[NEXT_BASELINE] = workload.baseline_at_ms[1] if len(workload.baseline_at_ms) > 1 else NEVER
        m[BASELINE_STEP] = 1
        m[NEXT_SAMPLE] = 0 if isinstance(sample_every_ms, int) else NEVER
        m[NEXT_RESTART] = m[NEXT_TIMEOUT] = m[NEXT_WAIT_OVER] = NEVER
        m[ELIGIBLE], m[FIRST_OOM], m[PART] = count, -1, IN_START
        for queue in (JOB_QUEUE, PEND_QUEUE):
            m[queue + FAR_AT] = m[queue + FIRST_AT] = NEVER
        spell = [-1, -1, -1, 0, 0]
        m[NO_NODE_SPELL : NO_NODE_SPELL + SPELL_FIELDS] = spell
        for node in range(count):
            n = _at_node(m, node)
            m[n + CELL_AT] = SESSION + node * m[CELL]
            m[n + UP] = 1
            m[n + BASELINE] = workload.baseline_bytes[node][0]
            base = m[n + BASELINE] + m[PROCESS]
            m[n + BASE] = m[n + MEMORY_MIN] = m[n + MEMORY_MAX] = m[n + MEMORY_MIDDLE] = base
            m[n + BASE_AREA] = base * m[EDGE]
            m[n + SAFE] = -1 if m[V8] or m[RESIDENT_PAGES] else min(m[HOST] - 1 - base, m[HEAP_ROOM])
            for store in range(self.stores):
                m[n + NODE + store * STORE + TABLE_CAPACITY] = LEAST_CAPACITY
            m[n + RESTART_AT] = m[n + OPERATOR_AT] = NEVER
            m[n + SPELL : n + SPELL + SPELL_FIELDS] = spell
        m[PEAK], m[PEAK_TIME], m[PEAK_NODE] = NEVER, -1, -1
        if scenario.warmup_ms == 0:
            bases = [int(m[_at_node(m, node) + BASE]) for node in range(count)]
            m[PEAK], m[PEAK_TIME], m[PEAK_NODE] = max(bases), 0, bases.index(max(bases))

    def _fit_buckets(self, rows: Rows) -> None:
        """Make buckets about as wide as the time between two utterances, while the calendars are empty."""
        spacing = (int(rows.at[-1]) - int(rows.at[0])) // len(rows.at)
        for queue in (JOB_QUEUE, PEND_QUEUE):
            if self.m[queue + FIRST_AT] == NEVER:
                self.m[queue + SHIFT] = max(0, spacing.bit_length() - 1)

    def _make_room(self) -> None:
        """Have room in every array for what the next events may add; the loop asks again when it is short."""
        m = self.m
        m[SHORT] = 0
        if m[USED_RECORDS] >= m[MOST_RECORDS]:
            self.r = _longer(self.r, (2 * int(m[USED_RECORDS]) + 256) * RECORD)
            m[MOST_RECORDS] = len(self.r) // RECORD - self.per_event
        if m[USED_SESSIONS] >= m[MOST_SESSIONS]:
            room = min((2 * int(m[USED_SESSIONS]) + 64) * int(m[WIDTH]), ROW_ADDRESSES)
            self.cells = _longer(self.cells, room)
            m[MOST_SESSIONS] = len(self.cells) // m[WIDTH] - 2
            if m[USED_SESSIONS] >= m[MOST_SESSIONS]:
                raise MemoryError(f"more than {m[USED_SESSIONS]} sessions are held at once")
        if self.caches and self._cached() >= m[MOST_CACHED]:
            self._make_caches(min(max(1024, 2 * self._cached()), self.most_cached))
        if m[SAMPLED] >= m[MOST_SAMPLES]:
            # In place and by a quarter: a sample after each row makes this the largest thing there is.
            self.samples.resize((len(self.samples) * 5 // 4 + 64, self.samples.shape[1]), refcheck=False)
            m[MOST_SAMPLES] = len(self.samples) - 2

    def _cached(self) -> int:
        """Entries in the fullest cache."""
        return int(self.c[:: int(self.m[CACHE_SIZE])].max()) if len(self.c) else 0

    def _make_caches(self, room: int) -> None:
        """Give every cache room for so many entries."""
        m = self.m
        size = (room + 1) * ENTRY
        c = np.zeros((self.caches, size), np.int64)
        if len(self.c):
            c[:, : int(m[CACHE_SIZE])] = self.c.reshape(self.caches, -1)
        self.c = c.ravel()
        m[CACHE_SIZE] = size
        m[MOST_CACHED] = NEVER if room >= self.most_cached else room - 2

    def _know_texts(self, most: int) -> None:
        """Have room for what is known of the texts below `most`."""
        self.said = _longer(self.said, most * int(self.m[SAID_WIDTH]))
        self.m[REPEATED] = most

    def _with_dense_texts(self, rows: Rows, ids: dict[int, int]) -> Rows:
        """Texts numbered as they appear; negative ones are said once."""
        named, where = np.unique(rows.text, return_inverse=True)
        dense = [ids.setdefault(text, len(ids)) if text >= 0 else -1 for text in named.tolist()]
        self._know_texts(len(ids))
        return rows._replace(text=np.array(dense, dtype=np.int64)[where])

    def _make_ids(self, oldest: int, newest: int) -> None:
        """Have room for these ids and all in use; ids below them are forgotten."""
        first = int(self.m[FIRST_ID])
        if first <= oldest and newest - first < len(self.row_of):
            return
        used = np.flatnonzero(self.row_of)
        if len(used):
            oldest, newest = min(oldest, first + int(used[0])), max(newest, first + int(used[-1]))
        wider = np.zeros((newest - oldest + 1) * 5 // 4 + 1024, np.int32)
        wider[used + first - oldest] = self.row_of[used]
        self.row_of = wider
        self.m[FIRST_ID], self.m[IDS] = oldest, len(wider)

    def history(self, workload: Workload, scenario: Scenario) -> History:
        """Make the History of a run that has reached its horizon."""
        from simulator.engine.history import History

        m, count, stores = self.m, workload.node_count, self.stores
        bins = self.out.shape[1]
        of_node = self.out[:-1].reshape(count, OUT_NODE + stores * OUT_STORE, bins)
        of_store = of_node[:, OUT_NODE:].reshape(count, stores, OUT_STORE, bins)
        nodes = m[m[AT_NODES] : m[AT_NODES] + count * m[NODE_SIZE]].reshape(count, -1)
        now = nodes[:, NODE : NODE + stores * STORE].reshape(count, stores, STORE)
        warm = m[m[AT_WARMUP] : m[AT_WARMUP] + COUNTERS_END - UTTERANCES + count * stores * 5]
        for spell in (NO_NODE_SPELL, *(_at_node(m, node) + SPELL for node in range(count))):
            if m[spell + SPELL_SINCE] >= 0 and m[spell + SPELL_ENDED] < 0:
                m[spell + SPELL_ENDED] = scenario.horizon_ms
            _plain(_count_spell)(m, spell)
        firsts = nodes[:, SPELL + SPELL_FIRST]
        stores_area = of_store[:, :, 5].sum(axis=1)
        levels: dict[str, Any] = {
            name: of_store[:, :, place].copy()
            for place, name in enumerate(
                ("entries_min", "entries_max", "entry_ms", "bytes_min", "bytes_max", "byte_ms")
            )
        }
        return History(
            node_count=count,
            store_names=tuple(scenario.nodes.enabled_stores),
            horizon_ms=scenario.horizon_ms,
            warmup_ms=scenario.warmup_ms,
            edges_ms=self.edges,
            memory_bytes_min=of_node[:, OUT_MEMORY_MIN].copy(),
            memory_bytes_max=of_node[:, OUT_MEMORY_MAX].copy(),
            memory_byte_ms=of_node[:, OUT_BASE_AREA] + stores_area,
            stores_bytes_min=of_node[:, OUT_TOTAL_MIN].copy(),
            stores_bytes_max=of_node[:, OUT_TOTAL_MAX].copy(),
            stores_byte_ms=stores_area,
            **levels,
            cause_ms=of_node[:, OUT_CAUSE : OUT_CAUSE + 6].copy(),
            memory_any_ms=of_node[:, OUT_OVER].copy(),
            down_unnoticed_ms=of_node[:, OUT_UNNOTICED].copy(),
            no_node_ms=self.out[-1].copy(),
            memory_peak_bytes=int(m[PEAK]),
            memory_peak_at_ms=int(m[PEAK_TIME]),
            memory_peak_node=int(m[PEAK_NODE]),
            store_bytes_at_peak=m[m[AT_PEAK] : m[AT_PEAK] + stores].copy(),
            first_unavailable_ms=int(firsts[firsts >= 0].min()) if (firsts >= 0).any() else -1,
            first_oom_ms=int(m[FIRST_OOM]),
            deaths=nodes[:, DEATHS].copy(),
            episodes=nodes[:, SPELL + SPELL_COUNT].copy(),
            no_node_episodes=int(m[NO_NODE_SPELL + SPELL_COUNT]),
            no_node_longest_ms=int(m[NO_NODE_SPELL + SPELL_LONGEST]),
            counters=m[UTTERANCES:COUNTERS_END].copy(),
            counters_at_warmup=warm[: COUNTERS_END - UTTERANCES].copy(),
            in_flight_jobs=int(nodes[:, AT_WORK].sum()),
            waiting=int(m[WAITING]),
            store_counters=now[:, :, INSERTED : LOST + 1].copy(),
            store_counters_at_warmup=warm[COUNTERS_END - UTTERANCES :].reshape(count, stores, 5).copy(),
            entries_final=now[:, :, ENTRIES].copy(),
            bytes_final=now[:, :, BYTES].copy(),
            bytes_mid=now[:, :, BYTES_MIDDLE].copy(),
            crash_dropped_bytes=now[:, :, BYTES_DROPPED].copy(),
            memory_mid=nodes[:, MEMORY_MIDDLE].copy(),
            memory_final=nodes[:, TOTAL] + nodes[:, BASE],
            baseline_final=nodes[:, BASELINE].copy(),
            chunks_final=now[:, :, CHUNKS].copy(),
            base64_chars_final=now[:, :, BASE64_CHARS].copy(),
            in_flight_final=now[:, :, IN_FLIGHT].copy(),
        )

    def taken(self) -> Samples:
        """The samples of a replay: views into one table, since a sample after each row makes it large."""
        from simulator.engine.history import Samples

        taken = self.samples[: int(self.m[SAMPLED])]
        levels = taken[:, 2:].reshape(len(taken), self.stores, 8)
        names = ("entries", "bytes", "chunks", "base64_chars", "in_flight", "hits", "evicted", "expired")
        columns = {name: levels[:, :, place].T for place, name in enumerate(names)}
        return Samples(at_ms=taken[:, 0], rss_bytes=taken[:, 1], **columns)
