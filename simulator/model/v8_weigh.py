"""Footprints for a node's stores: the document's constants, or V8 formulas (B2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.model.footprint import AudioFootprint, Footprint, RequestFootprint
from simulator.model.v8 import Sizes, sizes_of
from simulator.model.v8_sessions import V8MapFootprint, V8SessionFootprint
from simulator.model.v8_texts import V8AudioFootprint, V8CacheFootprint, V8RequestFootprint

if TYPE_CHECKING:
    from collections.abc import Mapping


def weigh(
    stores: Mapping[str, Any], footprint: str = "document", pointer_size: int = 8
) -> dict[str, Footprint]:
    """Footprints of a node's enabled stores, by name, in order; `footprint` is `document` or `v8`."""
    if footprint == "document":
        return {name: _constant(store) for name, store in stores.items()}
    return _measured(stores, sizes_of(pointer_size))


def _constant(store: Any) -> Footprint:
    if store.kind == "pending_map":
        return RequestFootprint(store.entry_bytes, retains_audio=store.retains_audio)
    if store.kind == "ring_buffer":
        return AudioFootprint()
    return Footprint(store.instance_bytes if _per_job_cache(store) else store.entry_bytes)


def _measured(stores: Mapping[str, Any], sizes: Sizes) -> dict[str, Footprint]:
    """V8 footprints; decides who is charged for what several stores hold.

    A map of texts holds the very string that the session committed, unless access times stand beside it:
    that is the real middleware's handler, which normalises white space. In the modelled system it is not
    the first of the two such maps.
    """
    by_session = [
        name
        for name, store in stores.items()
        if store.kind == "session_map" and store.growth == "per_session"
    ]
    of_texts = [name for name in by_session if stores[name].value == "text"]
    times_apart = any(stores[name].value == "timestamp" for name in by_session)
    timed = {
        name
        for name in by_session
        if _has_access_times(stores[name], name in of_texts[1:] and not times_apart)
    }
    same_string = [name for name in of_texts if name not in timed]
    tables = [name for name, store in stores.items() if store.kind == "session_table"]
    id_owner = next(iter(by_session + tables), None)
    spaced_owner = next(iter(same_string + tables), None)
    plain_owner = next(iter(of_texts + tables), None)

    def one(name: str, store: Any) -> Footprint:
        if store.kind == "session_table":
            return V8SessionFootprint(
                sizes,
                owns_id=name == id_owner,
                owns_spaced=name == spaced_owner,
                owns_plain=name == plain_owner,
            )
        if store.kind == "session_map":
            return V8MapFootprint(
                store.value,
                sizes,
                per_job=store.growth == "per_job",
                access_times=name in timed,
                owns_id=name == id_owner,
                owns_spaced=name == spaced_owner or name in timed,
                owns_plain=name == plain_owner,
            )
        if store.kind == "ring_buffer":
            return V8AudioFootprint(sizes, owns_id=id_owner is None)
        if store.kind == "pending_map":
            return V8RequestFootprint(sizes, retains_audio=store.retains_audio)
        if _per_job_cache(store):
            return Footprint(store.instance_bytes)
        return V8CacheFootprint(store.max, sizes)

    return {name: one(name, store) for name, store in stores.items()}


def _has_access_times(store: Any, by_default: bool) -> bool:
    """What the config says; if it leaves that open, job ids have them, and so do texts where `by_default`."""
    if store.access_times is not None:
        return bool(store.access_times)
    return store.value == "ids" or by_default


def _per_job_cache(store: Any) -> bool:
    return bool(store.kind == "lru_cache" and store.instances == "per_job")
