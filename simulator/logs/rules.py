"""Messages, ready to be applied: found by the bytes they begin with, each with what takes its fields out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .values import READERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .messages import Message, Unit
    from .records import Kind, Source

    Reading = tuple[str, tuple[str, ...], Callable[[Any], float | str]]

NEEDS_SESSION: Final = frozenset({
    "session_created", "session_removed", "session_expired", "session_evicted", "session_stored",
    "session_forgotten", "session_opened", "session_idle", "session_closed", "job_assigned",
})  # fmt: skip
"""Without its session such a record would be a wrong one."""

REMEMBERED: Final = 10_000


class Rule:
    """A message, ready to be applied."""

    __slots__ = ("kind", "level", "readings", "source")

    def __init__(self, message: Message) -> None:
        self.kind: Kind = message.kind
        self.level = message.level
        self.source: Source = message.source
        self.readings = readings(message.fields)


def readings(fields: Any) -> list[Reading]:
    """`{ours: (their path, unit)}` as what takes a field out of a line."""

    def reading(ours: str, path: str, unit: Unit) -> Reading:
        return ours, tuple(path.split(".")), READERS[unit]

    return [reading(ours, path, unit) for ours, (path, unit) in fields.items()]


class Rules:
    """Messages by the bytes they begin with. An exact one is found at once, and each ending only once."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._by_text: dict[bytes, Rule | None] = {m.text.encode(): Rule(m) for m in messages}
        self._beginnings = sorted(((m.text.encode(), Rule(m)) for m in messages), key=lambda m: -len(m[0]))

    def find(self, message: bytes) -> Rule | None:
        """The rule for a message, or None."""
        try:
            return self._by_text[message]
        except KeyError:
            pass
        rule = next((rule for text, rule in self._beginnings if message.startswith(text)), None)
        if len(self._by_text) < REMEMBERED:
            self._by_text[message] = rule
        return rule
