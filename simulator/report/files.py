"""Results in a folder: JSON, CSV, Markdown, provenance, charts. Each file appears whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .export import csv_pieces, json_pieces, to_json
from .screen import markdown, study_of
from .theory import beside_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..study import Result, Study
    from ..study.cheapest import Cheapest


def write_study(
    value: Study | Result, folder: Path, *, progress: Callable[[int, int], None] | None = None
) -> list[str]:
    """Write everything a Study or Result has to say into a folder and return the names of the files.

    `results.json` is what `--format json` prints without its provenance, which has a file of its own: run
    again, the results are the same bytes. Charts are named by kind and, when there are several, by profile.

    Raises:
        OSError: the folder cannot be written.
    """
    study = study_of(value)
    contents = {
        **result_files(study),
        "answer.md": iter([(markdown(study) + "\n").encode()]),
        "theory.md": iter([beside_markdown(study).encode()]),
    }
    for name, pieces in contents.items():
        write_pieces(folder / name, pieces)
    from .charts import render

    written = list(contents)
    charts = list(_charts(study))
    for place, (name, draw) in enumerate(charts):
        figure = draw()
        for suffix in ("svg", "png"):
            write_whole(folder / f"{name}.{suffix}", render(figure, suffix))
            written.append(f"{name}.{suffix}")
        if progress is not None:
            progress(place + 1, len(charts))
    return written


def write_search(search: Cheapest, folder: Path) -> list[str]:
    """Write a search for the cheapest value into a folder, as `write_study` does; names of the files."""
    from . import cheapest
    from .charts import render
    from .cheapest_chart import cheapest_chart

    plain = search.to_dict()
    provenance = plain.pop("provenance")
    texts = {
        "results.json": to_json(plain),
        "results.csv": cheapest.to_csv(search),
        "provenance.json": to_json(provenance),
        "answer.md": cheapest.to_markdown_page(search) + "\n",
    }
    figure = cheapest_chart(search)
    contents = {name: text.encode() for name, text in texts.items()}
    contents |= {f"cheapest.{kind}": render(figure, kind) for kind in ("svg", "png")}
    for name, data in contents.items():
        write_whole(folder / name, data)
    return list(contents)


def result_files(study: Study) -> dict[str, Iterator[bytes]]:
    """results.json, results.csv and, with what is no result, provenance.json, each in pieces."""
    plain = study.to_lazy_dict()
    provenance = plain.pop("provenance")
    texts = {
        "results.json": json_pieces(plain),
        "results.csv": csv_pieces(study),
        "provenance.json": json_pieces(provenance),
    }
    return {name: (piece.encode() for piece in pieces) for name, pieces in texts.items()}


def _charts(study: Study) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Names of the charts that a study can fill, and what draws each as a figure."""
    from . import charts

    several = len(study.profiles) > 1
    slugs: list[str] = []
    for profile in study.profiles:
        slug = re.sub(r"\W+", "-", profile).strip("-") or "profile"
        slug = f"{slug}-{len(slugs) + 1}" if slug in slugs else slug
        slugs.append(slug)
        settings = [setting for setting in study.proposed if setting.profile == profile]
        kinds: dict[str, Callable[..., Any]] = {}
        if settings[0].timelines:
            kinds |= {"memory": charts.memory, "availability": charts.availability}
        if len(settings) > 1:
            kinds["comparison"] = charts.comparison
        for kind, draw in kinds.items():
            yield f"{kind}-{slug}" if several else kind, partial(draw, study, profile=profile)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it."""
    write_pieces(path, [data])


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """The same for what need not be in memory all at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)  # mkstemp's 0600 would keep a shared results folder from its readers
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
