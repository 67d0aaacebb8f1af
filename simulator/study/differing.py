"""Where two scenarios differ, and why a difference in settings can make no difference in the runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..config import Scenario
    from .results import SettingResult

Why = Literal[
    "cap never binds",
    "threshold never reached",
    "nothing expires",
    "store is off",
    "cleanup never called",
    "nothing times out",
    "no effect",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf at which two scenarios differ, by its dotted path; None where one side has no such leaf."""

    path: str
    value: Any
    reference: Any


@dataclass(frozen=True, slots=True)
class SameReason:
    """Why one changed key left every run as it was.

    For "cap never binds" and "threshold never reached", `limit` is the setting's, `reference_limit` the
    reference's (None: none) and `peak` the highest value in any replication of either, in entries or bytes.
    """

    why: Why
    path: str
    store: str | None = None
    peak: float | None = None
    limit: float | None = None
    reference_limit: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The reason as JSON has it: only what is set."""
        plain: dict[str, Any] = {"why": self.why, "path": self.path}
        for name in ("store", "peak", "limit", "reference_limit"):
            value = getattr(self, name)
            if value is not None:
                plain[name] = value
        return plain


def parts_of(value: Any) -> dict[str, Any] | None:
    """Named parts of a value that has any: a mapping, a dataclass or a pydantic model."""
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    names = getattr(type(value), "model_fields", None)
    if names is None:
        return None
    # the config's word for a key is its alias: paths read as the user wrote them
    return {field.alias or name: getattr(value, name) for name, field in names.items()}


def differences_between(value: Any, reference: Any, path: str = "") -> list[Difference]:
    """Every leaf at which two nested values differ, with dotted paths.

    A part of another type or with other names (another distribution, say) is one leaf.

    >>> differences_between({"a": {"max": 500, "ttl": 3}}, {"a": {"max": 1000, "ttl": 3}})
    [Difference(path='a.max', value=500, reference=1000)]
    """
    if value == reference:
        return []
    parts, others = parts_of(value), parts_of(reference)
    if parts is None or others is None or type(value) is not type(reference) or parts.keys() != others.keys():
        return [Difference(path, value, reference)]
    found = []
    for name, part in parts.items():
        found += differences_between(part, others[name], f"{path}.{name}" if path else name)
    return found


def reasons_for_same(setting: SettingResult, reference: SettingResult) -> tuple[SameReason, ...]:
    """Why two settings gave equal runs: one reason per key that differs between them, in config order."""
    ignored = ("name", "targets", "replications", "seed")
    return tuple(
        _reason(difference, setting, reference)
        for difference in differences_between(setting.scenario, reference.scenario)
        if difference.path.split(".")[0] not in ignored
    )


def _reason(difference: Difference, setting: SettingResult, reference: SettingResult) -> SameReason:
    path = difference.path.split(".")
    if path[:2] == ["scheduler", "threshold"]:
        return SameReason(
            "threshold never reached",
            difference.path,
            peak=max(setting.kpis["memory_bytes_peak"].values + reference.kpis["memory_bytes_peak"].values),
            limit=_number(setting.scenario.threshold_bytes),
            reference_limit=_number(reference.scenario.threshold_bytes),
        )
    if path[:2] != ["nodes", "stores"] or len(path) < 4:
        return SameReason("no effect", difference.path)
    store, key = path[2], path[3]
    if store not in setting.stores:
        return SameReason("store is off", difference.path, store)
    outputs = setting.stores[store]
    if key == "max":
        limits = [limit for limit in (difference.value, difference.reference) if limit is not None]
        peak = max(outputs["entries_peak"].values)
        if peak <= min(limits) and not any(outputs["evicted"].values):
            return SameReason(
                "cap never binds",
                difference.path,
                store,
                peak,
                _number(difference.value),
                _number(difference.reference),
            )
    if key in ("ttl", "sweep_every") and not any(outputs["expired"].values):
        return SameReason("nothing expires", difference.path, store)
    if key in ("timeout", "abort_on_timeout") and not any(outputs["expired"].values):
        return SameReason("nothing times out", difference.path, store)
    if key == "cleanup" and _is_never_called(setting.scenario, store):
        return SameReason("cleanup never called", difference.path, store)
    return SameReason("no effect", difference.path, store)


def _is_never_called(scenario: Scenario, store: str) -> bool:
    cleanup = getattr(scenario.nodes.stores[store], "cleanup", None)
    return (
        cleanup is not None
        and cleanup.kind == "session_end"
        and scenario.workload.sessions.end_signalled == 0
    )


def _number(value: int | None) -> float | None:
    return None if value is None else float(value)
