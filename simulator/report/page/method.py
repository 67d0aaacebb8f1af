"""How the page came about: what was compared, what is assumed, how to make it again, from what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..choice import in_sight
from ..labels import label
from ..language import say
from ..tables import Row, Table, left_out_note
from .tables import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...study import SettingResult, Study
    from ..profile import Profile
    from .tables import ShownTable

_METHOD = (
    "Every replication draws one workload; all settings of a profile meet it, event by event. A "
    "difference is the "
    "mean of the differences of pairs, with its 95 % t interval (docs/statistics.md).",
    "A verdict of better or worse stands up to all settings being compared at once (Holm's rule); "
    "intervals are "
    "for one comparison each.",
    "“no cleanup at all” takes away caps, times to live, clean-ups and timeouts. “instant cleanup” "
    "tells nodes of "
    "every session's end, clears what belongs to it at once, expires within a second, lets no cap evict, and "
    "aborts a translation that takes longer than 99.9 % of those that answer. Neither counts for the "
    "verdicts.",
)
_ASSUMED = (
    "A lost utterance is not sent again: what arrives does not depend on the nodes.",
    "The load is the config's: a real day may be another one. Only what the config makes random varies here.",
    "Simultaneous events happen in one documented order; every rule is in docs/model.md, with its source.",
    "Memory of everything else on the host is as the config draws it, and does not react to the service.",
)


def method_part(profiles: Sequence[Profile], study: Study, command: str) -> dict[str, Any]:
    """Sentences, assumptions, what each setting changes, and the command."""
    return {
        "sentences": [say(sentence) for sentence in _METHOD],
        "assumptions": [say(sentence) for sentence in _ASSUMED],
        "settings": _settings_table(profiles, study),
        "command": command,
    }


def _settings_table(profiles: Sequence[Profile], study: Study) -> ShownTable:
    configs: Sequence[Mapping[str, Any]] = study.provenance.recipe.get("configs", ())
    rows = []
    for kind in ("settings", "profiles"):
        written: Mapping[str, Any] = configs[0].get(kind) or {} if configs else {}
        for name, changes in written.items():
            said = ", ".join(f"{path}: {_flow(value)}" for path, value in (changes or {}).items())
            named = name if kind == "settings" else say("profile {name}", name=name)
            rows.append(Row(str(named), note=said or say("nothing")))
    if not rows:
        settings = profiles[0].settings
        seen = in_sight(settings)
        rows = [Row(s.name or study.name, note=_against(s, profiles[0])) for s in seen]
        if left_out := len(settings) - len(seen):
            rows.append(Row("…", note=left_out_note(left_out, label("stores_bytes_peak").text)))
    kinds = ["words" for _ in rows]
    return shown(Table((say("changes"),), tuple(rows)), kinds)


def _against(setting: SettingResult, profile: Profile) -> str:
    from ...study.differing import differences_between

    if setting is profile.reference:
        return say("nothing")
    found = differences_between(setting.scenario, profile.reference.scenario)
    return ", ".join(f"{one.path}: {one.value}" for one in found) or say("nothing")


def _flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(part)}' for key, part in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_flow, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def provenance_part(study: Study) -> list[tuple[str, str]]:
    """What the results depend on; times, machine and commit are in provenance.json alone."""
    made = study.provenance
    return [
        (say("config"), made.config or "–"),
        (say("fingerprint of the resolved settings"), made.config_digest),
        (say("seed"), str(study.seed)),
        (say("replications"), str(study.replications)),
        (say("versions"), ", ".join(f"{name} {version}" for name, version in made.versions.items())),
    ]
