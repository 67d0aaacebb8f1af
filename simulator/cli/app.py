"""The commands and their options. What they do is in a module each, imported when it is asked for."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .exits import WRONG, UsageError, complain, guarded, report_failure, suggestion

HELP = "Peak memory and node unavailability of a stateful service, with intervals."
app = typer.Typer(
    name="simulator",
    help=HELP,
    no_args_is_help=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: simulator init, or simulator compare configs/seed-question.yaml",
)

WELCOME = {
    "init": "a config for your own service",
    "compare {config}": "its settings, same arrivals",
    "run {config}": "one setting of it",
    "explain {config}": "what formulas say of it",
    "check {config}": "is this config right?",
    "report {config}": "one page for a review",
    "study CONFIG --cheapest PATH": "which cap, how many nodes",
    "--help": "everything else",
}


@app.callback(invoke_without_command=True)
def root(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """What typer calls before any command."""
    if version:
        from .. import __version__

        print(f"simulator {__version__}")
        raise typer.Exit


@app.command()
@guarded
def run(
    config: o.Config,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    setting: o.Setting = None,
    profile: o.Profile = None,
    replications: o.Replications = None,
    seed: o.Seed = None,
    engine: o.Engine = "auto",
    workers: o.Workers = None,
    format_: o.Format = "text",
    out: o.Out = None,
    logs: o.Logs = None,
    log_level: o.LogLevel = "info",
    log_sizes: o.LogSizes = None,
    gate: o.Gate = None,
    store: o.Store = None,
    dask: o.Dask = None,
    junit: o.Junit = None,
    parquet: o.Parquet = None,
    openmetrics: o.OverTime = None,
    openmetrics_start: o.Start = None,
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Run one setting of a config.

    The first, or the one that is named. The answer comes first, then the table. Exit code 0: targets met, 1:
    one is missed, 3: cannot tell yet.
    """
    from .beside import Beside
    from .run import LogWish, run_setting
    from .study import Wish

    beside = Beside(junit, parquet, openmetrics, openmetrics_start)
    wish = Wish(
        set_, replications, seed, engine, workers, format_, out, gate, strict, quiet, store, dask, beside
    )
    return run_setting(config, setting, profile, wish, LogWish(logs, log_level, log_sizes))


@app.command()
@guarded
def compare(
    configs: o.Configs,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    settings: o.Settings = [],  # noqa: B006  (typer copies it)
    profile: o.Profile = None,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs",
            metavar="FILE",
            help="A calibrated config: its draws go into every interval.",
            show_default=False,
        ),
    ] = None,
    replications: o.Replications = None,
    seed: o.Seed = None,
    engine: o.Engine = "auto",
    workers: o.Workers = None,
    format_: o.Format = "text",
    out: o.Out = None,
    gate: o.Gate = None,
    store: o.Store = None,
    dask: o.Dask = None,
    junit: o.Junit = None,
    parquet: o.Parquet = None,
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Compare a config's settings on the same arrivals.

    Or several configs. Each setting is compared with the first, pair by pair, in every profile. With --inputs
    each replication has inputs of its own, from the draws that `calibrate` wrote. Exit codes as for `run`.
    """
    from .beside import Beside
    from .compare import compare_settings
    from .study import Wish

    beside = Beside(junit, parquet)
    wish = Wish(
        set_, replications, seed, engine, workers, format_, out, gate, strict, quiet, store, dask, beside
    )
    return compare_settings(configs, settings, profile, inputs, wish)


@app.command()
@guarded
def study(
    config: o.Config,
    design: o.Design = "factorial",
    cheapest: o.Cheapest = None,
    low: o.From = None,
    high: o.To = None,
    at_most: o.AtMost = None,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    settings: o.Settings = [],  # noqa: B006  (typer copies it)
    profile: o.Profile = None,
    replications: o.Replications = None,
    seed: o.Seed = None,
    engine: o.Engine = "auto",
    workers: o.Workers = None,
    format_: o.Format = "text",
    out: o.Out = None,
    gate: o.Gate = None,
    store: o.Store = None,
    dask: o.Dask = None,
    junit: o.Junit = None,
    parquet: o.Parquet = None,
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Run a config's whole plan: settings crossed with the grid.

    Says which factors matter and how they interact, and ranks fixes alone and taken out of all. With -o, runs
    are kept: the same command goes on where it stopped, and asking again costs nothing. Exit codes as for
    `run`. With --cheapest, one path is varied instead: the cheapest of its values that meets all targets,
    exit code 1 when none does.
    """
    from .beside import Beside
    from .study import Wish
    from .study_command import find_cheapest, run_study

    beside = Beside(junit, parquet)
    wish = Wish(
        set_, replications, seed, engine, workers, format_, out, gate, strict, quiet, store, dask, beside
    )
    if cheapest is None:
        for option, given in (("--from", low), ("--to", high), ("--at-most", at_most)):
            if given is not None:
                raise UsageError(f"{option} goes with --cheapest PATH")
        return run_study(config, settings, profile, design, wish)
    if design != "factorial":
        raise UsageError("--design and --cheapest are two things to do · leave one out")
    return find_cheapest(config, settings, profile, cheapest, (low, high), at_most, wish)


@app.command()
@guarded
def report(
    source: o.ConfigOrStudy,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    profile: o.Profile = None,
    replications: o.Replications = None,
    seed: o.Seed = None,
    engine: o.Engine = "auto",
    workers: o.Workers = None,
    language: o.Language = "en",
    bounds: o.Bounds = True,
    ranking: o.Ranking = True,
    out: o.Out = None,
    store: o.Store = None,
    dask: o.Dask = None,
    gate: o.Gate = None,
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Write one HTML page that answers first, with its results beside it.

    From a config, or from a folder that compare, study or report wrote: its stored runs need not run again.
    The page is one file: no script, no network. Without -o it goes to reports/NAME/, or into the folder.
    Exit codes as for `run`.
    """
    from .report import PageWish, write_report
    from .study import Wish

    wish = Wish(set_, replications, seed, engine, workers, "text", out, gate, strict, quiet, store, dask)
    return write_report(source, profile, PageWish(language, bounds, ranking), wish)


@app.command()
@guarded
def replay(
    config: o.Config,
    trace: o.Trace,
    every: Annotated[
        str, typer.Option("--every", metavar="STEP", help="Duration between samples, or `event`.")
    ] = "1min",
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Stop here [config's horizon].", show_default=False),
    ] = None,
    against: o.Against = None,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    setting: o.Setting = None,
    profile: o.Profile = None,
    engine: o.Engine = "auto",
    format_: o.ReplayFormat = None,
    out: o.Out = None,
    quiet: o.Quiet = False,
) -> int:
    """Drive one node's stores with a recorded trace.

    Prints counts and bytes over time, at every step or after every row; or, with --against, how close they
    come to what a real node was seen to hold.
    """
    from .replay import Wish, replay_trace

    wish = Wish(every, until, against, set_, setting, profile, engine, format_, out, quiet)
    return replay_trace(config, trace, wish)


@app.command()
@guarded
def calibrate(
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOG", help="Log files or folders, rotated and gzipped ones too.", show_default=False
        ),
    ],
    mapping: o.LogMapping = None,
    memory: Annotated[
        str | None,
        typer.Option("--memory", metavar="SIZE", help="Of a host, such as 16GiB.", show_default=False),
    ] = None,
    process: Annotated[
        str,
        typer.Option("--process", metavar="SIZE", help="Of a node's process, where no probe tells it."),
    ] = "60MiB",
    cache: Annotated[
        str, typer.Option("--cache", metavar="TIME", help="TTL of the translation cache, or none.")
    ] = "10min",
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", parser=o.whole(1), help="Draws of the uncertainty.")
    ] = 200,
    seed: o.Seed = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format", metavar="NAME", parser=o.one_of("text", "yaml", "json"), help="text, yaml or json."
        ),
    ] = "text",
    out: o.Out = None,
    trace: Annotated[
        Path | None,
        typer.Option(
            "--trace",
            metavar="FILE",
            help="Also write each node's utterances for replay.",
            show_default=False,
        ),
    ] = None,
    quiet: o.Quiet = False,
) -> int:
    """Learn a workload from logs.

    Prints what the logs say, each figure with its bounds, and what they do not say. With -o writes a config
    that others can extend, draws of its uncertainty, and charts.
    """
    from .calibrate import Wish, calibrate_logs

    return calibrate_logs(
        logs, Wish(mapping, memory, process, cache, draws, seed, format_, out, trace, quiet)
    )


@app.command()
@guarded
def verify(
    config: o.Config,
    logs: Annotated[
        list[Path],
        typer.Argument(
            metavar="LOG", help="Log files or folders, rotated and gzipped ones too.", show_default=False
        ),
    ] = [],  # noqa: B006  (typer copies it)
    before: Annotated[
        list[Path],
        typer.Option("--before", metavar="LOG", help="The same, by name; repeatable.", show_default=False),
    ] = [],  # noqa: B006  (typer copies it)
    after: Annotated[
        list[Path],
        typer.Option("--after", metavar="LOG", help="Logs after a change; repeatable.", show_default=False),
    ] = [],  # noqa: B006  (typer copies it)
    change: Annotated[
        str | None,
        typer.Option(
            "--change", metavar="TIME", help="When a change was made within the logs.", show_default=False
        ),
    ] = None,
    setting: Annotated[
        str | None,
        typer.Option("--setting", metavar="NAME", help="What ran [the first].", show_default=False),
    ] = None,
    after_setting: Annotated[
        str | None,
        typer.Option(
            "--after-setting", metavar="NAME", help="What the change was [the other one].", show_default=False
        ),
    ] = None,
    profile: o.Profile = None,
    mapping: o.LogMapping = None,
    uptime: Annotated[
        str | None,
        typer.Option(
            "--uptime", metavar="TIME", help="How long nodes had run before the logs.", show_default=False
        ),
    ] = None,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    replications: Annotated[
        int, typer.Option("--replications", metavar="N", parser=o.whole(2), help="Simulated logs.")
    ] = 20,
    seed: o.Seed = None,
    workers: o.Workers = None,
    format_: o.VerifyFormat = "text",
    out: o.Out = None,
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Hold logs against a config: predicted against observed.

    Says whether the model is right, which component holds the memory, and when a node will be full. With
    --after or --change: whether the change did what was predicted. Exit code 0: it is so, 1: it is not, 3:
    the logs cannot tell.
    """
    from .verify import Wish, verify_logs

    how = (set_, setting, after_setting, profile, replications, seed, workers)
    wish = Wish(after, change, mapping, uptime, *how, format_, out, strict, quiet)
    return verify_logs(config, [*logs, *before], wish)


@app.command()
@guarded
def explain(
    config: o.Config,
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    setting: o.Setting = None,
    profile: o.Profile = None,
    format_: o.ExplainFormat = "text",
    strict: o.Strict = False,
    quiet: o.Quiet = False,
) -> int:
    """Say what theory says of a setting, without running it.

    The answer comes first, then every formula that applies, and why the others do not.
    """
    from .explain import explain_setting

    return explain_setting(config, set_, setting, profile, format_, strict, quiet)


@app.command()
@guarded
def check(
    configs: Annotated[
        list[Path], typer.Argument(metavar="CONFIG", help="Config files (YAML).", show_default=False)
    ],
    set_: o.Set = [],  # noqa: B006  (typer copies it)
    strict: o.Strict = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Say the offered load and the largest tables.")
    ] = False,
    quiet: o.Quiet = False,
) -> int:
    """Check configs without running them. Silent when all is well.

    With -v, or on a terminal, stderr says the offered load and the most sessions that a node's table can
    hold.
    """
    from .check import check_configs

    return check_configs(configs, set_, strict, verbose, quiet)


@app.command()
@guarded
def rerun(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder that -o has written.", show_default=False)
    ],
    engine: o.Engine = "auto",
    workers: o.Workers = None,
    dask: o.Dask = None,
    out: o.Out = None,
    quiet: o.Quiet = False,
) -> int:
    """Run a folder's study again, from its provenance.

    Says whether results.json comes out the same in every byte: exit code 0, or 1 and what differs. The
    config is not needed any more. Nothing is overwritten; -o writes the new files elsewhere.
    """
    from .rerun import rerun_folder
    from .study import Wish

    wish = Wish([], None, None, engine, workers, "text", out, None, False, quiet, None, dask)
    return rerun_folder(folder, wish)


@app.command()
@guarded
def schema(
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it here.", show_default=False)
    ] = None,
    quiet: o.Quiet = False,
) -> int:
    """Print the JSON Schema of configs, for editors."""
    from .schema import print_schema

    return print_schema(out, quiet)


@app.command()
@guarded
def init(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("service.yaml"),
    name: Annotated[str | None, o.answer("--name", "TEXT", "What the service is called.")] = None,
    sessions_per_second: Annotated[
        str | None, o.answer("--sessions-per-second", "RATE", "Sessions that start, all nodes together.")
    ] = None,
    session_length: Annotated[
        str | None, o.answer("--session-length", "TIME", "How long a session goes on, on average.")
    ] = None,
    gap: Annotated[
        str | None, o.answer("--gap", "TIME", "Between two requests of a session, on average.")
    ] = None,
    bytes_per_session: Annotated[
        str | None, o.answer("--bytes-per-session", "SIZE", "Memory that a session takes.")
    ] = None,
    ttl: Annotated[
        str | None, o.answer("--ttl", "TIME", "Idle time after which it is dropped, or never.")
    ] = None,
    sweep_every: Annotated[
        str | None, o.answer("--sweep-every", "TIME", "How often idle sessions are looked for.")
    ] = None,
    max_sessions: Annotated[
        str | None, o.answer("--max-sessions", "N", "Sessions a node keeps at most, or unlimited.")
    ] = None,
    ends_told: Annotated[
        str | None, o.answer("--ends-told", "SHARE", "Sessions whose end the service is told.")
    ] = None,
    left_behind: Annotated[
        str | None, o.answer("--left-behind", "SIZE", "What a session leaves behind for ever.")
    ] = None,
    nodes: Annotated[str | None, o.answer("--nodes", "N", "How many.")] = None,
    memory: Annotated[str | None, o.answer("--memory", "SIZE", "Of a node's host.")] = None,
    baseline: Annotated[
        str | None, o.answer("--baseline", "SIZE", "Of it, what everything else takes.")
    ] = None,
    threshold: Annotated[
        str | None, o.answer("--threshold", "SHARE", "Of it; above, no requests. Or never.")
    ] = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Ask nothing: defaults for the rest.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    quiet: o.Quiet = False,
) -> int:
    """Write a config for a service of your own.

    On a terminal it asks a few questions; options answer them beforehand. Elsewhere, and with --yes, what is
    not given is a guess, and the file says at each figure what to change.
    """
    given = dict(locals())
    path, force, quiet, yes = (given.pop(name) for name in ("path", "force", "quiet", "yes"))
    from .init import write_starter

    return write_starter(path, given, force, yes, quiet)


COMMANDS = (
    "run",
    "compare",
    "study",
    "report",
    "rerun",
    "replay",
    "calibrate",
    "verify",
    "explain",
    "check",
    "schema",
    "init",
)


def invoke(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8")
    if not arguments and "_SIMULATOR_COMPLETE" not in os.environ:
        complain(welcome())
        return WRONG
    word = arguments[0] if arguments else "--"
    if not word.startswith("-") and word not in COMMANDS:
        complain(f"error: unknown command {word}{suggestion(word, COMMANDS) or ' · see simulator --help'}")
        return WRONG
    try:
        code = app(list(arguments), prog_name="simulator", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except Exception as error:
        message = getattr(error, "format_message", None)
        if message is None:
            return report_failure(error)
        complain(f"error: {_reworded(error, message())}")
        complain(f"see: simulator {word + ' ' if word in COMMANDS else ''}--help")
        return WRONG


def welcome() -> str:
    """What to type first: with the question that is here, or with the file that `init` writes."""
    question = Path("configs/seed-question.yaml")
    config = str(question) if question.is_file() else "service.yaml"
    lines = {f"simulator {words.format(config=config)}": told for words, told in WELCOME.items()}
    width = max(map(len, lines)) + 3
    return "\n".join([f"{HELP}\n", *(f"  {typed:<{width}}{told}" for typed, told in lines.items())])


def _reworded(error: Exception, message: str) -> str:
    """A usage error in the reader's words, whichever version of typer found it."""
    option = getattr(error, "option_name", None)
    parameter = getattr(error, "param", None)
    if option is not None and hasattr(error, "possibilities"):
        return f"unknown option {option}{suggestion(option, list(error.possibilities or ()))}"
    if parameter is not None and type(error).__name__ == "MissingParameter":
        return f"missing {parameter.metavar or parameter.name}"
    if parameter is not None:
        return f"{parameter.opts[-1]} {getattr(error, 'message', message)}"
    return message[0].lower() + message[1:].rstrip(".")
