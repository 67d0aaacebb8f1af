"""What keeps a store from growing for ever, by its rules alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .scenario import Scenario
    from .stores import PendingMap

Bound = Literal["bounded", "leaks", "unbounded"]


def bound_of(scenario: Scenario, store_name: str) -> Bound:
    """What limits a store: `bounded`, `leaks` (its cleanup misses some entries) or `unbounded` (nothing).

    `unbounded` is a store without cap, TTL and cleanup, and one whose cleanup can never run in this scenario
    (hooked to a session end that nobody signals). A pending map in which nothing is ever left behind is
    bounded; a timeout bounds one only when the request is aborted too: otherwise the entry goes and its bytes
    stay, so it leaks.

    Source: rules S2, S3, S6, C1, C5, M1, R1, P2, P4 and the statistics conventions ("grows without bound").
    """
    store = scenario.nodes.stores[store_name]
    if store.kind == "session_table":
        if store.max is not None or (store.ttl_ms is not None and store.sweep_every_ms is not None):
            return "bounded"
        return _bound_by_session_end(scenario)
    if store.kind == "lru_cache":
        return "unbounded" if store.instances == "per_job" else "bounded"
    if store.kind == "pending_map":
        return _bound_of_pending(scenario, store)
    cleanup = store.cleanup
    if cleanup.kind == "ttl":
        return "bounded"
    if cleanup.kind == "never":
        return "unbounded"
    if cleanup.kind == "session_removed":
        stores = scenario.nodes.enabled_stores
        tables = [name for name, other in stores.items() if other.kind == "session_table"]
        if tables and bound_of(scenario, tables[0]) == "bounded":
            return "bounded"
    return _bound_by_session_end(scenario)


def growing_stores(scenario: Scenario) -> tuple[str, ...]:
    """Names of the enabled stores that nothing, or not everything, keeps from growing for ever."""
    return tuple(name for name in scenario.nodes.enabled_stores if bound_of(scenario, name) != "bounded")


def _bound_by_session_end(scenario: Scenario) -> Bound:
    signalled = scenario.workload.sessions.end_signalled
    if signalled <= 0:
        return "unbounded"
    return "bounded" if signalled >= 1 else "leaks"


def _bound_of_pending(scenario: Scenario, store: PendingMap) -> Bound:
    translation = scenario.workload.translation
    stays = translation.hangs > 0 or translation.outages is not None
    stays = stays or ("failure" not in store.removed_on and translation.fails > 0)
    if not stays:
        return "bounded"
    if store.timeout_ms is None:
        return "unbounded"
    return "bounded" if store.abort_on_timeout else "leaks"
