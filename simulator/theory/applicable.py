"""Everything that theory says of a scenario, and why it says no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.stores import SessionTable
from .for_nodes import predict_memory, predict_slots
from .for_stores import predict_hits, predict_store
from .for_tables import predict_context, predict_table
from .leaks import courses
from .view import view

if TYPE_CHECKING:
    from ..config import Scenario
    from .prediction import Prediction


def applicable(scenario: Scenario) -> tuple[Prediction, ...]:
    """All predictions for a scenario: load first, then store by store, then sessions, memory and nodes.

    Those that do not apply are there too, with the reason.
    """
    seen = view(scenario)
    found: list[Prediction] = list(predict_slots(seen))
    known = courses(seen)
    stores = scenario.nodes.enabled_stores
    for course, store in zip(known, stores.values(), strict=True):
        if isinstance(store, SessionTable):
            found += predict_table(seen, course.name, store)
        else:
            found += predict_store(seen, store, course)
    found.append(predict_hits(seen))
    found += predict_context(seen, {n: s for n, s in stores.items() if isinstance(s, SessionTable)})
    found += predict_memory(seen, known)
    return tuple(found)
