"""The page: one HTML file that answers first and says how sure it is. The only home of jinja2.

Everything is in the file: style, charts as SVG, no script, nothing from a network. Names come from configs
and are escaped. The bytes depend on the results, the language and the versions of packages, and not on when,
where or by how many workers it was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ...study.omissions import proposals
from ..files import result_files, write_pieces
from ..format import quantity
from ..labels import label
from ..language import TAGS, say, speaking
from ..profile import Profile, idle_settings, names
from ..screen import SUMMARISED, overview
from .matters import Matters, matters_of
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
    """What a page is made of: a study, its bounding settings, and whether the engines agreed, per profile.

    `omitted`: its bundles of fixes less one each, for the ranking (a full plan has them among its settings).
    """

    study: Study
    bounds: Study | None = None
    agreements: tuple[Agreement, ...] = ()
    command: str = ""
    omitted: Study | None = None


def write_page(
    given: PageInput, folder: Path, language: str = "en", progress: Callable[[int, int], None] | None = None
) -> list[str]:
    """Write index.html with its results beside it (see `files_beside`); names of the files.

    Raises:
        OSError: the folder cannot be written.
    """
    found = matters_of(given.study, given.omitted)
    contents = {
        "index.html": iter([page(given, language, progress, found).encode()]),
        **result_files(given.study),
        **{name: iter([data]) for name, data in files_beside(given, found).items()},
    }
    for name, pieces in contents.items():
        write_pieces(folder / name, pieces)
    return list(contents)


def files_beside(given: PageInput, found: Matters) -> dict[str, bytes]:
    """The figures of the page that results.csv does not have: bounds, effects, fixes ranked."""
    from ..export import effects_csv, ranking_csv, to_csv

    texts = {
        "bounds.csv": to_csv(_bounds_alone(given.bounds)) if given.bounds is not None else "",
        "effects.csv": effects_csv(found.effects) if found.effects else "",
        "ranking.csv": ranking_csv(found.ranking) if found.ranking else "",
    }
    return {name: text.encode() for name, text in texts.items() if text}


def _bounds_alone(bounds: Study) -> Study:
    """Without the first setting of each profile, which results.csv has."""
    first = {id(next(s for s in bounds.settings if s.profile == name)) for name in bounds.profiles}
    return replace(bounds, settings=tuple(s for s in bounds.settings if id(s) not in first))


def page(
    given: PageInput,
    language: str = "en",
    progress: Callable[[int, int], None] | None = None,
    found: Matters | None = None,
) -> str:
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
        parts = _parts(given, found or matters_of(given.study, given.omitted), progress)
        text = environment.get_template("page.html.j2").render(
            say=say,
            language=TAGS[language],
            css=Markup(css),
            safe=Markup,
            **parts,
        )
    return text.rstrip() + "\n"


def _parts(given: PageInput, found: Matters, progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    study = proposals(given.study)
    profiles = [Profile(study, name) for name in study.profiles]
    bounds = {name: Profile(given.bounds, name) for name in given.bounds.profiles} if given.bounds else {}
    made = []
    for place, profile in enumerate(profiles):
        theirs = found.within(profile.name)
        made.append(profile_part(profile, study, bounds.get(profile.name), theirs, f"p{place + 1}"))
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
        "files": ["results.csv", "results.json", *files_beside(given, found)],
    }


def _heading(study: Study) -> str:
    first = study.settings[0]
    count = len({setting.name for setting in study.proposed})
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
