"""Model R as one loop over `heapq`, events packed into integers."""

from __future__ import annotations

from collections import OrderedDict
from heapq import heappop, heappush, heapreplace

from benchmarks.peers.drawn import (
    CAP,
    HANGS,
    MAP_BYTES,
    PENDING_BYTES,
    SESSION_BYTES,
    SWEEP_MS,
    TTL_MS,
    Counts,
    Draws,
)

SETTLE, SWEEP, ROW = 0, 1, 2
"""Order within one millisecond."""
SHIFT = 34


def run(draws: Draws) -> Counts:
    """Run model R; an event is `((at_ms << 2 | order) << SHIFT) | session`."""
    horizon_ms = draws.horizon_ms
    gaps, latencies = draws.gap_ms.tolist(), draws.latency_ms.tolist()
    offset, starts = draws.offset.tolist(), draws.start_ms.tolist()
    cursor = list(offset)
    table: OrderedDict[int, int] = OrderedDict()
    utterances = inserted = evicted = expired = seen = pending = 0
    table_peak = pending_peak = size = size_peak = table_area = map_area = pending_area = 0
    mask = (1 << SHIFT) - 1
    queue = [(SWEEP_MS << 2 | SWEEP) << SHIFT, ((starts[0] if starts else horizon_ms) << 2 | ROW) << SHIFT]
    queue.sort()
    while True:
        event = queue[0]
        session = event & mask
        stamp = event >> SHIFT
        now = stamp >> 2
        if now >= horizon_ms:
            break
        order = stamp & 3
        if order == SETTLE:
            heappop(queue)
            pending -= 1
            size -= PENDING_BYTES
        elif order == ROW:
            left = horizon_ms - now
            index = cursor[session]
            utterances += 1
            if session in table:
                table.move_to_end(session)
            else:
                if len(table) >= CAP:
                    table.popitem(last=False)
                    evicted += 1
                    size -= SESSION_BYTES
                    table_area -= left
                inserted += 1
                size += SESSION_BYTES
                table_area += left
            table[session] = now
            pending += 1
            size += PENDING_BYTES
            first = index == offset[session]
            if first:
                seen += 1
                size += MAP_BYTES
                map_area += left
            if size > size_peak:
                size_peak = size
            if pending > pending_peak:
                pending_peak = pending
            if len(table) > table_peak:
                table_peak = len(table)
            latency_ms = latencies[index]
            cursor[session] = index + 1
            if index + 1 < offset[session + 1]:
                heapreplace(queue, ((now + gaps[index]) << 2 | ROW) << SHIFT | session)
            else:
                heappop(queue)
            if latency_ms == HANGS:
                pending_area += left
            else:
                pending_area += min(latency_ms, left)
                heappush(queue, ((now + latency_ms) << 2 | SETTLE) << SHIFT | session)
            if first and session + 1 < len(starts):
                heappush(queue, (starts[session + 1] << 2 | ROW) << SHIFT | session + 1)
        else:
            while table:
                oldest = next(iter(table))
                if now - table[oldest] <= TTL_MS:
                    break
                del table[oldest]
                expired += 1
                size -= SESSION_BYTES
                table_area -= horizon_ms - now
            heapreplace(queue, ((now + SWEEP_MS) << 2 | SWEEP) << SHIFT)
    return Counts(
        utterances, inserted, evicted, expired, len(table), seen, pending,
        table_peak, pending_peak, size_peak, table_area, map_area, pending_area,
    )  # fmt: skip
