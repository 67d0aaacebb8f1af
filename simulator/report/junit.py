"""Targets as a JUnit file, which CI servers show as tests: one test case per target, setting and profile.

Valid both by the strict schema of Ant's reports and by what Jenkins, GitLab and GitHub's actions read: a
suite for each profile. A missed target is a failure, with the sentence that the terminal prints. One that
cannot be told yet is skipped: it has neither passed nor failed, and the exit code (3) says so too.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from .profile import Profile
from .targets import target_text, verdict_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..study import Study, TargetVerdict

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document can hold, escaped or not (XML 1.0, production 2)."""


def to_junit(study: Study, gate: str | None = None) -> bytes:
    """The document; with `gate` only of the setting that is judged."""
    root = ET.Element("testsuites")
    for place, name in enumerate(study.profiles):
        profile = Profile(study, name)
        judged = [one for one in profile.targets if gate in (None, one.setting)]
        root.append(_suite(place, profile, study, judged))
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _suite(place: int, profile: Profile, study: Study, judged: Sequence[TargetVerdict]) -> ET.Element:
    statuses = [one.status for one in judged]
    suite = _element(
        "testsuite",
        name=" · ".join(part for part in (study.name, profile.name) if part) or "simulator",
        package=study.name,
        id=str(place),
        hostname="localhost",  # what the schema asks for where no host matters
        timestamp=study.provenance.started_at.removesuffix("Z"),
        time="0",
        tests=str(len(judged)),
        failures=str(statuses.count("missed")),
        errors="0",
        skipped=str(statuses.count("cannot tell")),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (("seed", study.seed), ("replications", study.replications)):
        properties.append(_element("property", name=name, value=str(value)))
    horizons = {setting.name: setting.scenario.horizon_ms for setting in profile.settings}
    suite.extend(_case(one, profile, horizons[one.setting]) for one in judged)
    for name in ("system-out", "system-err"):
        ET.SubElement(suite, name)
    return suite


def _case(verdict: TargetVerdict, profile: Profile, horizon_ms: int) -> ET.Element:
    setting = " · ".join(part for part in (profile.name, verdict.setting) if part)
    # a dot would make a package of what stands before it
    case = _element("testcase", name=target_text(verdict), classname=setting.replace(".", "․"), time="0")
    sentence = verdict_sentence(verdict, horizon_ms)
    if verdict.status == "missed":
        failure = _element("failure", message=sentence, type="missed")
        failure.text = _clean(f"{verdict.target}\n{sentence}")
        case.append(failure)
    elif verdict.status == "cannot tell":
        case.append(_element("skipped", message=sentence))
    return case


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: _clean(value) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """Text that XML can hold.

    >>> _clean("a" + chr(0) + "b<c>") == "a" + chr(0xFFFD) + "b<c>"
    True
    """
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
