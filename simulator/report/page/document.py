"""The page: one HTML file that answers first and says how sure it is. The only home of jinja2.

Everything is in the file: style, charts as SVG, no script, nothing from a network. Names come from configs
and are escaped. The bytes depend on the results, the language and the versions of packages, and not on when,
where or by how many workers it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..files import result_files, write_pieces
from ..format import quantity
from ..labels import label
from ..language import TAGS, say, speaking
from ..profile import Profile, idle_settings, names
from ..screen import SUMMARISED, overview
from .method import method_part, provenance_part
from .sections import CONTENTS, profile_part
from .trust import trust_part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ...study import Study
    from ...study.agreement import Agreement


@dataclass(frozen=True, slots=True)
class PageInput:
    """What a page is made of: a study, its bounding settings, and whether the engines agreed, per profile."""

    study: Study
    bounds: Study | None = None
    agreements: tuple[Agreement, ...] = ()
    command: str = ""


def write_page(
    given: PageInput, folder: Path, language: str = "en", progress: Callable[[int, int], None] | None = None
) -> list[str]:
    """Write index.html with results.csv, results.json and provenance.json beside it; names of the files.

    Raises:
        OSError: the folder cannot be written.
    """
    contents = {
        "index.html": iter([page(given, language, progress).encode()]),
        **result_files(given.study),
    }
    if given.bounds is not None:
        from ..export import to_csv

        contents["bounds.csv"] = iter([to_csv(given.bounds).encode()])
    for name, pieces in contents.items():
        write_pieces(folder / name, pieces)
    return list(contents)


def page(given: PageInput, language: str = "en", progress: Callable[[int, int], None] | None = None) -> str:
    """The whole page as HTML; ValueError for a language that there is not."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    folder = files("simulator.report.page") / "templates"
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
    )
    css = (folder / "page.css").read_text(encoding="utf-8")
    with speaking(language):
        parts = _parts(given, progress)
        text = environment.get_template("page.html.j2").render(
            say=say,
            language=TAGS[language],
            css=Markup(css),
            safe=Markup,
            **parts,
        )
    return text.rstrip() + "\n"


def _parts(given: PageInput, progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    study = given.study
    profiles = [Profile(study, name) for name in study.profiles]
    bounds = {name: Profile(given.bounds, name) for name in given.bounds.profiles} if given.bounds else {}
    made = []
    for place, profile in enumerate(profiles):
        made.append(profile_part(profile, study, bounds.get(profile.name), f"p{place + 1}"))
        if progress is not None:
            progress(place + 1, len(profiles))
    several = len(profiles) > 1
    idle = idle_settings(study) if several else []
    return {
        "title": study.name,
        "heading": _heading(study),
        "contents": [(name, say(words)) for name, words in CONTENTS],
        "overview": _overview(profiles, idle) if several else [],
        "idle": say(
            "{settings} change nothing that can be detected in any profile."
            if len(idle) > 1
            else "{settings} changes nothing that can be detected in any profile.",
            settings=names(idle, 20),
        )
        if idle
        else "",
        "profiles": made,
        "trust": trust_part(profiles, study, given.agreements),
        "method": method_part(profiles, study, given.command),
        "provenance": provenance_part(study),
        "bounded": given.bounds is not None,
    }


def _heading(study: Study) -> str:
    first = study.settings[0]
    count = len({setting.name for setting in study.settings})
    said = [
        say("{count} settings", count=count) if count > 1 else say("one setting"),
        say("{count} profiles", count=len(study.profiles)) if len(study.profiles) > 1 else "",
        say("{count} replications", count=study.replications)
        if study.replications > 1
        else say("one replication"),
        quantity("ms", first.scenario.horizon_ms) if len(study.profiles) == 1 else "",
        say("seed {seed}", seed=study.seed),
    ]
    return " · ".join(part for part in said if part)


def _overview(profiles: Sequence[Profile], idle: list[str]) -> list[tuple[Any, str]]:
    from .tables import shown

    made = []
    for name in SUMMARISED:
        caption = say(
            "{result}: {reference}, and what the others change",
            result=label(name).text,
            reference=profiles[0].reference.name,
        )
        made.append((shown(overview(list(profiles), name, idle)), caption))
    return made
