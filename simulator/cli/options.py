"""The options that commands share, each said once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .exits import suggestion


def whole(least: int) -> Callable[[str], int]:
    """A reader of whole numbers that says what to type instead."""

    def read(text: str | int) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise typer.BadParameter(f"takes a whole number of at least {least}, not `{text}`")
        return number

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of one word of several, with did-you-mean."""

    def read(text: str) -> str:
        if text not in words:
            choices = f"{', '.join(words[:-1])} or {words[-1]}"
            raise typer.BadParameter(f"takes {choices}, not `{text}`{suggestion(text, words)}")
        return text

    return read


def words(*known: str) -> Callable[[str], list[str]]:
    """What a shell completes an option's value to."""
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def design(text: str) -> str:
    """A reader of designs that says what to type instead."""
    from ..study.designs import NAMES, design_of

    try:
        design_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"{error}{suggestion(text, NAMES)}") from None
    return text


FORMATS: Sequence[str] = ("text", "markdown", "csv", "json", "openmetrics")

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="Config file (YAML).", show_default=False)]
Configs = Annotated[
    list[Path],
    typer.Argument(metavar="CONFIG", help="Config file, or several to compare.", show_default=False),
]
Trace = Annotated[
    Path, typer.Argument(metavar="TRACE", help="Trace (CSV, optionally .gz).", show_default=False)
]
Set = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override a key; repeatable, wins over the file.",
        show_default=False,
    ),
]
Setting = Annotated[
    str | None, typer.Option("--setting", metavar="NAME", help="Only this setting.", show_default=False)
]
Settings = Annotated[
    list[str],
    typer.Option(
        "--setting",
        metavar="NAME",
        help="Only this setting, beside the first; repeatable.",
        show_default=False,
    ),
]
Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Only this profile.", show_default=False)
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed", metavar="N", parser=whole(0), help="Seed of the draws [config's].", show_default=False
    ),
]
Replications = Annotated[
    int | None,
    typer.Option(
        "--replications", metavar="N", parser=whole(1), help="How many [config's].", show_default=False
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="NAME",
        parser=one_of("auto", "reference", "compiled"),
        autocompletion=words("auto", "reference", "compiled"),
        help="auto, reference or compiled.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", parser=whole(1), help="Processes [as many as pay].", show_default=False
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        parser=one_of(*FORMATS),
        autocompletion=words(*FORMATS),
        help="text, markdown, csv, json or openmetrics.",
    ),
]
VerifyFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        parser=one_of(*FORMATS[:-1]),
        autocompletion=words(*FORMATS[:-1]),
        help="text, markdown, csv or json.",
    ),
]
ReplayFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        parser=one_of("json", "csv", "text"),
        autocompletion=words("json", "csv", "text"),
        help="json, csv or text [json; with --against text].",
        show_default=False,
    ),
]
Against = Annotated[
    Path | None,
    typer.Option("--against", metavar="FILE", help="Compare with what a real node held.", show_default=False),
]
ExplainFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="NAME",
        parser=one_of("text", "markdown", "json"),
        autocompletion=words("text", "markdown", "json"),
        help="text, markdown or json.",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="DIR", help="Also write results and charts here.", show_default=False
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Nothing on stderr but errors.")]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings are errors.")]
Gate = Annotated[
    str | None,
    typer.Option(
        "--gate", metavar="NAME", help="Judge the exit code by this setting alone.", show_default=False
    ),
]
Junit = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Also write targets as JUnit XML.", show_default=False),
]
Parquet = Annotated[
    Path | None,
    typer.Option(
        "--parquet", metavar="FILE", help="Also write every replication's values.", show_default=False
    ),
]
OverTime = Annotated[
    Path | None,
    typer.Option(
        "--openmetrics",
        metavar="FILE",
        help="Also write the prediction over time, for Prometheus.",
        show_default=False,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--openmetrics-start",
        metavar="TIME",
        help="When it begins, such as 2026-01-05T08:00:00Z [1970].",
        show_default=False,
    ),
]
Logs = Annotated[
    Path | None,
    typer.Option(
        "--logs",
        metavar="DIR",
        help="Also write the first replication's log lines, as the modelled system would.",
        show_default=False,
    ),
]
LogLevel = Annotated[
    str,
    typer.Option(
        "--log-level", metavar="LEVEL", parser=one_of("info", "debug"), help="info or debug, for --logs."
    ),
]
LogSizes = Annotated[
    str | None,
    typer.Option(
        "--log-sizes",
        metavar="EVERY",
        help="With --logs, also write the stores' sizes, such as every 1min.",
        show_default=False,
    ),
]
LogMapping = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="How another service's lines read.", show_default=False),
]
Design = Annotated[
    str,
    typer.Option(
        "--design",
        metavar="NAME",
        parser=design,
        autocompletion=words("factorial", "one-at-a-time", "latin-hypercube"),
        help="factorial, one-at-a-time or latin-hypercube[:N].",
    ),
]
Cheapest = Annotated[
    str | None,
    typer.Option(
        "--cheapest",
        metavar="PATH[:largest]",
        help="Find its cheapest value that meets all targets.",
        show_default=False,
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="VALUE", help="With --cheapest: the least to try [a tenth].", show_default=False
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to", metavar="VALUE", help="With --cheapest: the most to try [ten times].", show_default=False
    ),
]
AtMost = Annotated[
    int | None,
    typer.Option(
        "--at-most",
        metavar="N",
        parser=whole(1),
        help="With --cheapest: replications of a value that cannot be told [4 times as many].",
        show_default=False,
    ),
]
Store = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FILE",
        help="Keep runs here, do not repeat them [DIR/runs.sqlite].",
        show_default=False,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask", metavar="ADDRESS", help="Run on the Dask cluster of this scheduler.", show_default=False
    ),
]
ConfigOrStudy = Annotated[
    Path,
    typer.Argument(metavar="CONFIG|DIR", help="Config file (YAML), or a study's folder.", show_default=False),
]
Language = Annotated[
    str,
    typer.Option("--lang", metavar="NAME", parser=one_of("en", "zh"), help="Language of the page: en or zh."),
]
Bounds = Annotated[
    bool,
    typer.Option("--bounds/--no-bounds", help="Also run the bounding settings.", show_default=True),
]

Ranking = Annotated[
    bool,
    typer.Option(
        "--ranking/--no-ranking", help="Also run all fixes but one, to rank them.", show_default=True
    ),
]


def answer(flag: str, metavar: str, about: str) -> Any:
    """The option of `init` that answers one of its questions."""
    return typer.Option(flag, metavar=metavar, help=about, show_default=False)
