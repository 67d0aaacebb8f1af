/* Model R in C: what a compiler makes of the same algorithms, as a floor for the other peers.

   run_sessions  keeps its own calendar. A bucket is 64 ms, one machine word: a session has one pending utterance, its slot hangs in its
                 bucket's list; on entering a bucket the slots go into 64 places and a mask, and counting trailing zeros walks them in
                 time order, so there is neither heap nor sort. Slots at one millisecond are chained in order of their session.
   run_rows      reads the utterances in time order, as the product's engine does.

   In both, settled translations are carry planes: bit m of plane k of a bucket says whether 2^k of the number of completions at its
   millisecond m is set; a popcount below the present millisecond tells how many are over. Recency is an intrusive list in order of
   (last touch, creation), so a sweep eats its old end and the victim of an eviction is its head. All integers are exact. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RING 32768
#define PLANES 4
#define CAP 500
#define TTL_MS 300000
#define SWEEP_MS 60000
#define SESSION_BYTES 1400
#define MAP_BYTES 250
#define PENDING_BYTES 2000

typedef struct {
    int64_t at, last;
    int32_t cursor, end, session, link, previous, next, created, held;
} slot_t;

typedef struct {
    int64_t utterances, inserted, evicted, expired, table, map, pending;
    int64_t table_peak, pending_peak, bytes_peak, table_area, map_area, pending_area;
} counts_t;

typedef struct {
    slot_t *slots;
    int32_t *free;
    int32_t free_count, slot_count, oldest, newest, created;
    uint64_t (*planes)[PLANES];
    int64_t bytes, settled_here;
    counts_t c;
} run_t;

static int32_t take_slot(run_t *r) {
    if (r->free_count) return r->free[--r->free_count];
    int32_t s = r->slot_count++;
    if ((s & (s - 1)) == 0 && s >= 1024) {
        r->slots = realloc(r->slots, sizeof(slot_t) * 2 * s);
        r->free = realloc(r->free, sizeof(int32_t) * 2 * s);
    }
    return s;
}

static inline void unlink_slot(run_t *r, slot_t *e) {
    if (e->previous >= 0) r->slots[e->previous].next = e->next; else r->oldest = e->next;
    if (e->next >= 0) r->slots[e->next].previous = e->previous; else r->newest = e->previous;
}

static inline void append_slot(run_t *r, int32_t s, slot_t *e, int64_t now) {
    int32_t after = r->newest;
    while (after >= 0 && r->slots[after].last == now && r->slots[after].created > e->created) after = r->slots[after].previous;
    int32_t before = after >= 0 ? r->slots[after].next : r->oldest;
    e->last = now;
    e->previous = after;
    e->next = before;
    if (after >= 0) r->slots[after].next = s; else r->oldest = s;
    if (before >= 0) r->slots[before].previous = s; else r->newest = s;
}

static void drop_oldest(run_t *r, int64_t left) {
    int32_t s = r->oldest;
    slot_t *e = &r->slots[s];
    unlink_slot(r, e);
    e->held = 0;
    r->c.table--;
    r->bytes -= SESSION_BYTES;
    r->c.table_area -= left;
    if (e->cursor == e->end) r->free[r->free_count++] = s;
}

static void sweep(run_t *r, int64_t now, int64_t left) {
    while (r->oldest >= 0 && now - r->slots[r->oldest].last > TTL_MS) {
        drop_oldest(r, left);
        r->c.expired++;
    }
}

/* Everything an utterance does, but for moving its session on. */
static inline void utter(run_t *r, int32_t s, int first, int64_t now, int64_t latency, int64_t horizon) {
    slot_t *e = &r->slots[s];
    const int64_t left = horizon - now;
    r->c.utterances++;
    if (e->held) {
        if (r->newest != s) {
            unlink_slot(r, e);
            append_slot(r, s, e, now);
        } else {
            e->last = now;
            if (e->previous >= 0 && r->slots[e->previous].last == now && r->slots[e->previous].created > e->created) {
                unlink_slot(r, e);
                append_slot(r, s, e, now);
            }
        }
    } else {
        if (r->c.table >= CAP) {
            drop_oldest(r, left);
            r->c.evicted++;
        }
        e->held = 1;
        e->created = r->created++;
        append_slot(r, s, e, now);
        r->c.inserted++;
        r->c.table++;
        r->bytes += SESSION_BYTES;
        r->c.table_area += left;
        if (r->c.table > r->c.table_peak) r->c.table_peak = r->c.table;
    }
    if (first) {
        r->c.map++;
        r->bytes += MAP_BYTES;
        r->c.map_area += left;
    }
    const uint64_t upto = ~0ull >> (63 - (now & 63));
    uint64_t *p = r->planes[(now >> 6) & (RING - 1)];
    const int64_t over = __builtin_popcountll(p[0] & upto) + 2 * __builtin_popcountll(p[1] & upto)
        + 4 * __builtin_popcountll(p[2] & upto) + 8 * __builtin_popcountll(p[3] & upto);
    r->c.pending++;
    r->bytes += PENDING_BYTES;
    if (r->c.pending - over > r->c.pending_peak) r->c.pending_peak = r->c.pending - over;
    if (r->bytes - PENDING_BYTES * over > r->c.bytes_peak) r->c.bytes_peak = r->bytes - PENDING_BYTES * over;
    if (latency < 0) {
        r->c.pending_area += left;
    } else if (latency >= left) {
        r->c.pending_area += left;
    } else {
        r->c.pending_area += latency;
        const int64_t end = now + latency;
        uint64_t carry = 1ull << (end & 63);
        uint64_t *q = r->planes[(end >> 6) & (RING - 1)];
        for (int k = 0; carry; k++) {
            const uint64_t next = q[k] & carry;
            q[k] ^= carry;
            carry = next;
        }
    }
}

static inline void leave_bucket(run_t *r, int64_t bucket) {
    uint64_t *p = r->planes[bucket & (RING - 1)];
    const int64_t over = __builtin_popcountll(p[0]) + 2 * __builtin_popcountll(p[1])
        + 4 * __builtin_popcountll(p[2]) + 8 * __builtin_popcountll(p[3]);
    r->c.pending -= over;
    r->bytes -= PENDING_BYTES * over;
    p[0] = p[1] = p[2] = p[3] = 0;
}

static void begin(run_t *r) {
    memset(r, 0, sizeof *r);
    r->slots = malloc(sizeof(slot_t) * 1024);
    r->free = malloc(sizeof(int32_t) * 1024);
    r->planes = calloc(RING, sizeof *r->planes);
    r->oldest = r->newest = -1;
}

static void finish(run_t *r, int64_t *out) {
    memcpy(out, &r->c, sizeof r->c);
    free(r->slots);
    free(r->free);
    free(r->planes);
}

void run_rows(int64_t horizon, int64_t rows, const int64_t *at, const int64_t *session, const int64_t *turn,
              const uint8_t *last, const int64_t *latency, int64_t sessions, int64_t *out) {
    run_t r;
    begin(&r);
    int32_t *slot_of = malloc(sizeof(int32_t) * (sessions + 1));
    int64_t bucket = 0, due = SWEEP_MS;
    for (int64_t i = 0; i <= rows; i++) {
        const int64_t now = i < rows ? at[i] : horizon - 1;
        while (due <= now) {
            for (; bucket < due >> 6; bucket++) leave_bucket(&r, bucket);
            sweep(&r, due, horizon - due);
            due += SWEEP_MS;
        }
        for (; bucket < now >> 6; bucket++) leave_bucket(&r, bucket);
        if (i == rows) break;
        const int first = turn[i] == 0;
        if (first) {
            const int32_t fresh = take_slot(&r);
            slot_of[session[i]] = fresh;
            r.slots[fresh].held = 0;
            r.slots[fresh].cursor = 0;
            r.slots[fresh].end = 1;
        }
        const int32_t s = slot_of[session[i]];
        r.slots[s].cursor = last[i];
        utter(&r, s, first, now, latency[i], horizon);
    }
    leave_bucket(&r, bucket);
    free(slot_of);
    finish(&r, out);
}

static inline void place(run_t *r, int32_t *at_ms, uint64_t *mask, int32_t s) {
    slot_t *e = &r->slots[s];
    const int m = e->at & 63;
    e->link = -1;
    if (!(*mask >> m & 1)) {
        *mask |= 1ull << m;
        at_ms[m] = s;
        return;
    }
    int32_t *hook = &at_ms[m];
    while (*hook >= 0 && r->slots[*hook].session < e->session) hook = &r->slots[*hook].link;
    e->link = *hook;
    *hook = s;
}

void run_sessions(int64_t horizon, int64_t sessions, const int64_t *start, const int64_t *offset, const int32_t *gap,
                  const int32_t *latency, int64_t *out) {
    run_t r;
    begin(&r);
    int32_t *head = malloc(sizeof(int32_t) * RING), places[64];
    memset(head, -1, sizeof(int32_t) * RING);
    int64_t arrived = 0, due = SWEEP_MS;
    const int64_t buckets = (horizon + 63) >> 6;
    for (int64_t bucket = 0; bucket < buckets; bucket++) {
        uint64_t mask = 0;
        const int64_t base = bucket << 6;
        int32_t s = head[bucket & (RING - 1)];
        head[bucket & (RING - 1)] = -1;
        while (s >= 0) {
            const int32_t after = r.slots[s].link;
            if (r.slots[s].at >> 6 == bucket) {
                place(&r, places, &mask, s);
            } else { /* a whole turn of the ring away */
                r.slots[s].link = head[bucket & (RING - 1)];
                head[bucket & (RING - 1)] = s;
            }
            s = after;
        }
        while (arrived < sessions && start[arrived] < base + 64) {
            s = take_slot(&r);
            slot_t *e = &r.slots[s];
            e->at = start[arrived];
            e->session = (int32_t)arrived;
            e->cursor = (int32_t)offset[arrived];
            e->end = (int32_t)offset[arrived + 1];
            e->held = 0;
            place(&r, places, &mask, s);
            arrived++;
        }
        while (mask) {
            const int m = __builtin_ctzll(mask);
            const int64_t now = base + m;
            if (now >= horizon) break;
            if (due <= now) {
                sweep(&r, due, horizon - due);
                due += SWEEP_MS;
            }
            s = places[m];
            places[m] = r.slots[s].link;
            if (places[m] < 0) mask &= mask - 1;
            for (;;) {
                slot_t *e = &r.slots[s];
                const int32_t i = e->cursor++;
                utter(&r, s, i == offset[e->session], now, latency[i], horizon);
                if (e->cursor == e->end) break;
                e->at = now + gap[i];
                if (e->at == now) continue;
                if (e->at >> 6 == bucket) {
                    place(&r, places, &mask, s);
                } else {
                    int32_t *hook = &head[(e->at >> 6) & (RING - 1)];
                    e->link = *hook;
                    *hook = s;
                }
                break;
            }
        }
        if (due < base + 64 && due < horizon) {
            sweep(&r, due, horizon - due);
            due += SWEEP_MS;
        }
        if (base + 64 >= horizon) {
            const int64_t kept = (horizon - 1) & 63;
            for (int k = 0; k < PLANES; k++) r.planes[bucket & (RING - 1)][k] &= ~0ull >> (63 - kept);
        }
        leave_bucket(&r, bucket);
    }
    free(head);
    finish(&r, out);
}
