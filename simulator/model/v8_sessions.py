"""Footprints of session tables and of maps of sessions on a V8 heap (rule B2).

Strings that several stores share are charged once: a session's id to the first map of sessions, which holds
it longest; its last text to a map of last sent texts, for that is the very string the session committed. A
map that normalises white space holds a text with spaces a second time.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, cast

from simulator.model.footprint import Footprint
from simulator.model.map_table import Tables
from simulator.model.v8 import PLAIN, Sizes, id_set_bytes, string_bytes

if TYPE_CHECKING:
    from collections.abc import Hashable

RECENT_TEXTS = 5
"""Texts that a session's state remembers (aggregator-state.ts)."""


class _Session:
    """What one session's state holds: bytes of its texts, and in total."""

    __slots__ = ("bytes", "last_charged", "last_text", "older", "translation")

    def __init__(self, held: int) -> None:
        self.bytes = held
        self.older: deque[int] = deque(maxlen=RECENT_TEXTS - 1)
        self.last_text = self.last_charged = self.translation = 0


class V8SessionFootprint(Footprint):
    """A session table: two Maps, and states that hold the last five texts and the last translation."""

    __slots__ = ("_held", "_id_bytes", "_owns_plain", "_owns_spaced", "_sizes", "tables")
    rewrites = True

    def __init__(
        self, sizes: Sizes = PLAIN, *, owns_id: bool = True, owns_spaced: bool = True, owns_plain: bool = True
    ) -> None:
        """Make the footprint of an empty table.

        Args:
            sizes: bytes of the things on a heap.
            owns_id: whether session ids are charged here.
            owns_spaced: whether a session's last text is charged here if it has spaces.
            owns_plain: whether it is charged here if it has none.
        """
        super().__init__()
        self._sizes = sizes
        self._id_bytes = string_bytes(sizes.session_id_chars, 0, sizes) if owns_id else 0
        self._owns_spaced, self._owns_plain = owns_spaced, owns_plain
        self._held: dict[Hashable, _Session] = {}
        self.tables = Tables(2, sizes)

    def inserted(self, key: Hashable, row: Any = None) -> None:
        """Count a new entry and weigh it."""
        sizes = self._sizes
        held = _Session(sizes.session_spoken + sizes.number + self._id_bytes)
        self._held[key] = held
        self.entries += 1
        self.bytes += held.bytes + self.tables.insert()
        self._speak(held, row)

    def rewritten(self, key: Hashable, row: Any = None) -> None:
        """Weigh an entry anew."""
        held = self._held[key]
        change = held.last_text - held.last_charged
        if not held.older:
            change += self._sizes.session_again
        elif len(held.older) == held.older.maxlen:
            change -= held.older[0]
        held.older.append(held.last_text)
        held.bytes += change
        self.bytes += change
        self._speak(held, row)

    def translated(self, key: Hashable, row: Any = None) -> None:
        """Weigh a session's last translation."""
        held = self._held.get(key)
        if held is None:
            return
        translation = self._sizes.session_translated + string_bytes(row.target_chars, 0, self._sizes)
        change = translation - held.translation
        held.translation = translation
        held.bytes += change
        self.bytes += change

    def removed(self, key: Hashable) -> None:
        """Uncount an entry and all it held."""
        self.entries -= 1
        self.bytes += self.tables.delete() - self._held.pop(key).bytes

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        super().cleared()
        self._held.clear()
        self.tables.clear()

    def _speak(self, held: _Session, row: Any) -> None:
        held.last_text = string_bytes(row.stored_chars, row.two_byte, self._sizes)
        owned = self._owns_spaced if row.stored_spaces else self._owns_plain
        held.last_charged = held.last_text if owned else 0
        held.bytes += held.last_charged
        self.bytes += held.last_charged


class V8MapFootprint(Footprint):
    """A map of sessions (to a text, a time, or a Set of job ids), or one with an entry per job.

    With `access_times` a second Map of times stands beside it.
    """

    __slots__ = (
        "_held",
        "_key_bytes",
        "_owns_plain",
        "_owns_spaced",
        "_per_job",
        "_sizes",
        "_time_bytes",
        "_value",
        "tables",
    )
    rewrites = True

    def __init__(
        self, value: str = "text", sizes: Sizes = PLAIN, *, per_job: bool = False, access_times: bool = False,
        owns_id: bool = True, owns_spaced: bool = True, owns_plain: bool = True,
    ) -> None:  # fmt: skip
        """Make the footprint of an empty map.

        Args:
            value: `text`, `timestamp` or `ids`.
            sizes: bytes of the things on a heap.
            per_job: one entry per job, under a job's id.
            access_times: a Map of times beside it.
            owns_id: whether session ids are charged here.
            owns_spaced: whether texts with spaces are charged here.
            owns_plain: whether texts without are.
        """
        super().__init__()
        self._value, self._sizes, self._per_job = value, sizes, per_job
        id_chars = sizes.job_id_chars if per_job else sizes.session_id_chars if owns_id else 0
        self._key_bytes = string_bytes(id_chars, 0, sizes)
        self._time_bytes = sizes.number * (access_times + (value == "timestamp"))
        self._owns_spaced, self._owns_plain = owns_spaced or per_job, owns_plain or per_job
        self._held: dict[Hashable, tuple[int, int]] = {}  # bytes of the group of entries, writes to it
        self.tables = Tables(2 if access_times else 1, sizes)

    def inserted(self, key: Hashable, row: Any = None) -> None:
        """Count a new entry and weigh it."""
        held, writes = self._held.get(key, (0, 0))
        added = self._key_bytes + self._time_bytes + self._value_bytes(row, 1)
        self._held[key] = (held + added, writes + 1)
        self.entries += 1
        self.bytes += added + self.tables.insert()

    def rewritten(self, key: Hashable, row: Any = None) -> None:
        """Weigh an entry anew."""
        held, writes = self._held[key]
        now = self._key_bytes + self._time_bytes + self._value_bytes(row, writes + 1)
        self._held[key] = (now, writes + 1)
        self.bytes += now - held

    def removed(self, key: Hashable) -> None:
        """Uncount one entry; the first of a job's group takes the bytes of all, for they leave together."""
        held, _ = self._held.pop(key, (0, 0))
        self.entries -= 1
        self.bytes += self.tables.delete() - held

    def cleared(self) -> None:
        """Forget everything: the process is gone."""
        super().cleared()
        self._held.clear()
        self.tables.clear()

    def _value_bytes(self, row: Any, writes: int) -> int:
        if self._value == "text":
            owned = self._owns_spaced if row.stored_spaces else self._owns_plain
            return cast("int", string_bytes(row.stored_chars, row.two_byte, self._sizes)) if owned else 0
        if self._value == "ids" and not self._per_job:
            return id_set_bytes(writes, self._sizes)
        return 0
