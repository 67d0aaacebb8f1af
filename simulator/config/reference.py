"""`configs/reference.yaml`: every key with its default and its meaning, made from the models.

`python -m simulator.config.reference configs` writes it and `configs/schema.json`; tests compare both.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .diagnose import fields_of, part_of
from .json_schema import schema
from .part import Part
from .scenario import Scenario
from .stores import SEED_STORES, STORE_KINDS
from .tree import flow

HEAD = """\
# Every key of a config with its default and meaning. Generated: change the models, not this file.
#
# Leave out what you do not want to change. Durations have a unit (ms, s, min, h, d), sizes too (B,
# kB = 1000 B, KiB = 1024 B), shares a percent sign, rates a unit of time (0.1/s). Where a quantity can vary,
# write a plain one for a constant, or a distribution:
#   {uniform: {low: 1s, high: 5s}}         {exponential: {mean: 6s}}     {normal: {mean: 12GiB, sd: 200MiB}}
#   {lognormal: {median: 2.5s, p95: 4.2s}} or {mean: 2.6s, sd: 0.9s}     {gamma: {mean: 6s, sd: 3s}}
#   {weibull: {median: 2s, p95: 9s}}       or {mean: 3s, sd: 3s}         {empirical: [1s, 2s, 2s, 9s]}
#   {mixture: [{weight: 90 %, constant: 1s}, {weight: 10 %, exponential: {mean: 30s}}]}
#   for counts only: {geometric: {mean: 20}}, {poisson: {mean: 3}}, {zipf: {exponent: 1, distinct: 300}}
# A comment ends with where its default comes from: `seed 1` is the first section of the memory analysis that
# started this project, `measured` what the modelled system was seen to do, a file name one of its files.
"""
ARRIVALS = """\
    # Or:  {profile: {0h: 0.02/s, 8h: 0.2/s, 18h: 0.05/s}}     rates by time of day, repeated every 24 h
    #      {bursts: {quiet_rate: 0.02/s, busy_rate: 0.5/s, quiet: {exponential: {mean: 1h}}, busy: 5min}}
    #      {renewal: {gamma: {mean: 10s, sd: 5s}}}             independent intervals
    #      {trace: FILE}                                       recorded arrivals
"""
UTTERANCES_OF_SESSION = "{geometric: {mean: 20}}"
TAIL = """\
# Conditions that results have to meet, judged over the replications: a statistic (mean, median, p5, …) of
# a result, or the share of replications P(…). A share of a size is a share of nodes.memory.
targets: []
#  - mean unavailable_memory_fraction <= 0.1 %
#  - mean memory_bytes_peak <= 80 %
#  - p5 time_to_unavailable_ms >= 24h
#  - P(no_node_minutes_per_day <= 1) >= 95 %
#  - p95 aggregator_states.entries_peak <= 500

# What is compared: changes by name, dotted paths or nested maps. The first is the reference.
settings: {}
#  as found: {}
#  cap 500: {nodes.stores.aggregator_states.max: 500}

# Worlds in which every setting is run. They may change horizon, warmup and targets as well.
profiles: {}

# Full factorial, crossed with the settings: lists of values by path.
grid: {}
#  nodes.stores.aggregator_states.max: [250, 500, 1000]
"""
COMMENT_COLUMN = 58
LONGEST_LINE = 130
FIRST_KEYS = ("horizon", "warmup", "replications", "seed")


def reference_text() -> str:
    """The text of `configs/reference.yaml`: loading it gives the defaults."""
    fields = fields_of(Scenario)
    lines = [
        HEAD,
        _line(0, "name", "reference", fields["name"]),
        "# extends: baseline.yaml   a config, or a list of them, to build on; `null` removes a key",
        *(_line(0, name, flow(fields[name].default), fields[name]) for name in FIRST_KEYS),
    ]
    for name in ("workload", "nodes", "scheduler"):
        model = part_of(fields[name].annotation)
        assert model is not None
        lines += ["", f"# {_summary(model)}", f"{name}:", *_part(model, 1)]
    return "\n".join([*lines, "", TAIL])


def _part(model: type[Part], depth: int) -> Iterator[str]:
    """The lines of a map: its keys with their defaults, and maps below them."""
    for name, field in fields_of(model).items():
        inner = part_of(field.annotation)
        if name == "stores":
            yield f"{'  ' * depth}stores:"
            yield from _stores(depth + 1)
        elif inner is not None:
            yield f"{'  ' * depth}{name}:  # {_summary(inner)}"
            yield from _part(inner, depth + 1)
        elif name == "duration":
            yield f"{'  ' * depth}# duration: 2min   {field.description}"
        elif name == "utterances" and field.default is None:
            yield _line(depth, name, UTTERANCES_OF_SESSION, field)
        else:
            yield _line(depth, name, flow(field.default), field)
            if name == "arrivals":
                yield ARRIVALS.rstrip("\n")


def _stores(depth: int) -> Iterator[str]:
    """The seed's stores; the first of each kind with every key."""
    indent = "  " * depth
    yield f"{indent}# Names are free (small letters, digits, _); `NAME: null` removes an inherited store."
    yield f"{indent}# A config that gives a `kind` lists its stores itself; one without changes these."
    shown: set[str] = set()
    for name, body in SEED_STORES.items():
        model = STORE_KINDS[body["kind"]]
        if body["kind"] in shown:
            yield f"{indent}{name}: {flow(dict(body))}"
            continue
        shown.add(body["kind"])
        yield f"{indent}{name}:  # {_summary(model)}"
        for key, field in fields_of(model).items():
            yield _line(depth + 1, key, flow(body.get(key, field.default)), field)


def _line(depth: int, name: str, value: str, field: Any) -> str:
    text = f"{'  ' * depth}{name}: {value}"
    source = (field.json_schema_extra or {}).get("source")
    comment = f"# {field.description}" + (f" [{source}]" if source else "")
    if COMMENT_COLUMN + len(comment) > LONGEST_LINE:
        return f"{'  ' * depth}{comment}\n{text}"
    return f"{text:<{COMMENT_COLUMN}}{comment}"


def _summary(model: type[Part]) -> str:
    """The first sentence of what a map is."""
    return (model.__doc__ or "").strip().splitlines()[0].rstrip(".")


def schema_text() -> str:
    """The text of `configs/schema.json`."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "configs")
    (folder / "reference.yaml").write_text(reference_text(), "utf-8")
    (folder / "schema.json").write_text(schema_text(), "utf-8")
