"""How often the product's own intervals hold the truth: `python benchmarks/coverage.py [--write PAGE]`.

Each row repeats a whole small study many times on outputs whose truth is known in closed form, with the
very functions that the product uses, and counts. Seeds were fixed before the first run.
`--write docs/statistics.md` puts the table into the page, between its `coverage` marks. Takes two
minutes; exit code 1 when a row misses what is demanded of it.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from simulator.statistics import estimate_mean, estimate_share, paired_difference
from simulator.statistics.control import controlled_mean
from simulator.statistics.intervals import clopper_pearson_interval, fieller_interval, holm, quantile_interval
from simulator.statistics.selection import select_best
from simulator.statistics.steady import overlapping_batch_means
from simulator.statistics.stopping import Goal, look, next_size
from simulator.statistics.survival import kaplan_meier
from simulator.statistics.tolerance import tolerance_bound
from simulator.study.search import Search, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

SEED = 20_260
REPETITIONS = 10_000
EULER = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Output:
    """A made-up result of a replication: how it is drawn, its mean, and its 95 % quantile."""

    name: str
    draw: Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]
    mean: float
    p95: float


OUTPUTS = (
    Output("normal", lambda g, size: g.normal(10, 2, size), 10.0, 10 + 2 * float(special.ndtri(0.95))),
    # the highest of many: what a peak over a day looks like
    Output(
        "peak", lambda g, size: g.gumbel(100, 5, size), 100 + 5 * EULER, 100 - 5 * math.log(-math.log(0.95))
    ),
    Output("skew", lambda g, size: g.gamma(4, 1, size), 4.0, float(special.gammaincinv(4, 0.95))),
    Output("count", lambda g, size: g.poisson(64, size).astype(np.float64), 64.0, 77.0),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `least` and `most` are what is demanded of the share; None: nothing is."""

    what: str
    study: str
    share: float
    least: float | None
    most: float | None
    width: str
    repetitions: int

    @property
    def error(self) -> float:
        """Standard error of the share."""
        return math.sqrt(self.share * (1 - self.share) / self.repetitions)

    @property
    def held(self) -> bool:
        """Whether the share is where it is demanded to be."""
        return (self.least is None or self.share >= self.least) and (
            self.most is None or self.share <= self.most
        )


def generator(name: str) -> np.random.Generator:
    """A stream of its own for each row, so that rows can be added without changing others."""
    return np.random.default_rng([SEED, *name.encode()])


def covered(
    what: str,
    study: str,
    found: Iterator[tuple[bool, float]],
    least: float | None,
    most: float | None,
    repetitions: int,
) -> Row:
    """Count the intervals that hold the truth and average their widths."""
    hits, widths = zip(*found, strict=True)
    finite = [width for width in widths if math.isfinite(width)]
    width = (
        f"{np.mean(finite):.3g}" if len(finite) == len(widths) else f"{len(finite) / len(widths):.0%} bounded"
    )
    return Row(what, study, float(np.mean(hits)), least, most, width, repetitions)


def means(repetitions: int) -> Iterator[Row]:
    for output, n in [
        (OUTPUTS[0], 5),
        (OUTPUTS[0], 30),
        (OUTPUTS[1], 30),
        (OUTPUTS[2], 30),
        (OUTPUTS[3], 10),
    ]:
        draws = output.draw(generator(f"mean {output.name} {n}"), (repetitions, n)).tolist()

        def found(
            draws: list[list[float]] = draws, truth: float = output.mean
        ) -> Iterator[tuple[bool, float]]:
            for values in draws:
                got = estimate_mean(values)
                yield got.low <= truth <= got.high, got.high - got.low

        yield covered("mean", f"{output.name}, {n} replications", found(), 0.94, 0.96, repetitions)


def differences(repetitions: int) -> Iterator[Row]:
    """Two settings on the same arrivals: a large shared part, an own part each, and an effect of 0.5."""
    for n in (10, 30):
        g = generator(f"paired {n}")
        shared = g.gumbel(100, 5, (repetitions, n))
        one = shared + g.normal(0, 1, (repetitions, n))
        other = shared + 0.5 + g.normal(0, 1, (repetitions, n))

        pairs = list(zip(other.tolist(), one.tolist(), strict=True))

        def found(pairs: list[tuple[list[float], list[float]]] = pairs) -> Iterator[tuple[bool, float]]:
            for a, b in pairs:
                got = paired_difference(a, b)
                yield got.low <= 0.5 <= got.high, got.high - got.low

        yield covered("paired difference", f"peak, {n} replications", found(), 0.94, 0.96, repetitions)


def quantiles(repetitions: int) -> Iterator[Row]:
    for output, n in [(OUTPUTS[1], 100), (OUTPUTS[1], 200), (OUTPUTS[3], 100)]:
        draws = output.draw(generator(f"p95 {output.name} {n}"), (repetitions, n)).tolist()

        def found(
            draws: list[list[float]] = draws, truth: float = output.p95
        ) -> Iterator[tuple[bool, float]]:
            for values in draws:
                got = quantile_interval(values, 0.95)
                yield got.low <= truth <= got.high, got.high - got.low

        yield covered("p95", f"{output.name}, {n} replications", found(), 0.94, None, repetitions)


def fractions(repetitions: int) -> Iterator[Row]:
    for truth, n in [(0.02, 100), (0.1, 50), (0.5, 30)]:
        hits = generator(f"fraction {truth} {n}").binomial(n, truth, repetitions).tolist()

        def exact(hits: list[int] = hits, truth: float = truth, n: int = n) -> Iterator[tuple[bool, float]]:
            for count in hits:
                low, high = clopper_pearson_interval(count, n)
                yield low <= truth <= high, high - low

        study = f"{truth:.0%} of {n} replications"
        yield covered("fraction, to judge", study, exact(), 0.94, None, repetitions)

        def score(hits: list[int] = hits, truth: float = truth, n: int = n) -> Iterator[tuple[bool, float]]:
            for count in hits:
                got = estimate_share([1.0] * count + [0.0] * (n - count))
                yield got.low <= truth <= got.high, got.high - got.low

        yield covered("fraction, to show", study, score(), None, None, repetitions)
    g = generator("fraction any")
    truths = g.random(repetitions)
    hits = g.binomial(50, truths).tolist()

    def spread() -> Iterator[tuple[bool, float]]:
        for truth, count in zip(truths.tolist(), hits, strict=True):
            got = estimate_share([1.0] * count + [0.0] * (50 - count))
            yield got.low <= truth <= got.high, got.high - got.low

    yield covered("fraction, to show", "any share, 50 replications", spread(), 0.94, None, repetitions)


def tolerance(repetitions: int) -> Iterator[Row]:
    for output in (OUTPUTS[1], OUTPUTS[3]):
        draws = output.draw(generator(f"wilks {output.name}"), (repetitions, 59)).tolist()

        def found(draws: list[list[float]] = draws, output: Output = output) -> Iterator[tuple[bool, float]]:
            for values in draws:
                bound = tolerance_bound(values).value
                yield bound >= output.p95, bound - output.mean

        yield covered(
            "Wilks bound on 95 %", f"{output.name}, 59 replications", found(), 0.945, None, repetitions
        )


def sequential(repetitions: int) -> Iterator[Row]:
    """Run until narrow enough, at most 2,000: does the interval at which it stopped hold the truth?"""
    goals = [
        ("mean ± 0.5", OUTPUTS[0], Goal(0.5), OUTPUTS[0].mean),
        ("mean ± 1 %", OUTPUTS[1], Goal(0.01, relative=True), OUTPUTS[1].mean),
        ("mean ± 10 %", OUTPUTS[2], Goal(0.1, relative=True), OUTPUTS[2].mean),
        ("p95 ± 5 %", OUTPUTS[1], Goal(0.05, relative=True, statistic=0.95), OUTPUTS[1].p95),
    ]
    for name, output, goal, truth in goals:
        yield _stopped(name, output.name, output.draw, goal, truth, repetitions)

    def rare(g: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
        return (g.random(size) < 0.1).astype(np.float64)

    yield _stopped("share ± 5 points", "10 %", rare, Goal(0.05, statistic="share"), 0.1, repetitions)


def _stopped(name: str, output: str, draw: Callable, goal: Goal, truth: float, repetitions: int) -> Row:
    g = generator(f"until {name} {output}")
    sizes, hits = [], []
    for _ in range(repetitions):
        values: list[float] = []
        size = next_size([], 0, at_most=2_000)
        while size is not None:
            values += draw(g, (size - len(values),)).tolist()
            seen = look(values, goal)
            size = next_size([seen], len(values), at_most=2_000)
        low, high = _interval(values, goal)
        hits.append(low <= truth <= high)
        sizes.append(len(values))
    width = f"{np.mean(sizes):.0f} replications"
    return Row("run until", f"{name}, {output}", float(np.mean(hits)), 0.93, None, width, repetitions)


def _interval(values: list[float], goal: Goal) -> tuple[float, float]:
    if goal.statistic == "mean":
        got = estimate_mean(values)
    elif goal.statistic == "share":
        got = estimate_share(values)
    else:
        found = quantile_interval(values, float(goal.statistic))
        return found.low, found.high
    return got.low, got.high


def family(repetitions: int) -> Iterator[Row]:
    """Eleven settings that change nothing on average, all compared with one reference."""
    g = generator("holm")
    wrong = 0
    for _ in range(repetitions):
        shared, own = g.normal(0, 3, 10), g.normal(0, 1, (12, 10))
        runs = (shared + own).tolist()
        wrong += any(holm([paired_difference(run, runs[0]).p_value for run in runs[1:]]))
    yield Row(
        "Holm: any false alarm",
        "11 settings, 10 replications",
        wrong / repetitions,
        None,
        0.057,
        "",
        repetitions,
    )


def others(repetitions: int) -> Iterator[Row]:
    """Not demanded, but used: what they really do."""
    g = generator("fieller")

    def ratio() -> Iterator[tuple[bool, float]]:
        for _ in range(repetitions):
            room, growth = g.normal(100, 5, 10), g.normal(10, 3, 10)
            _, low, high = fieller_interval(room.tolist(), growth.tolist())
            yield low <= 10 <= high, high - low

    yield covered("ratio (Fieller)", "room / growth, 10 replications", ratio(), 0.94, None, repetitions)
    h = generator("kaplan")

    def passage() -> Iterator[tuple[bool, float]]:
        for times in h.exponential(30, (repetitions, 40)):
            seen = kaplan_meier(np.minimum(times, 24).tolist(), (times < 24).tolist())
            _, low, high = seen.at(12.0)
            yield low <= math.exp(-0.4) <= high, high - low

    yield covered(
        "cut first passage", "alive at half the horizon, 40 replications", passage(), 0.94, None, repetitions
    )
    c = generator("control")

    def control() -> Iterator[tuple[bool, float]]:
        for _ in range(repetitions):
            known = c.normal(0, 1, 20)
            got = controlled_mean((2 * known + c.normal(0, 1, 20)).tolist(), known, [0.0]).controlled
            yield got.low <= 0 <= got.high, got.high - got.low

    yield covered("mean with a control", "20 replications", control(), 0.94, 0.96, repetitions)
    yield _batch_means(repetitions)
    yield _selection(repetitions)


def _batch_means(repetitions: int) -> Row:
    """AR(1) with 0.8, started in equilibrium, 2,000 values: 200 times the memory of the process."""
    g, held, widths = generator("batches"), 0, []
    for block in range(0, repetitions, 500):
        rows = min(500, repetitions - block)
        values = np.empty((rows, 2_000))
        values[:, 0] = g.normal(0, 1 / 0.6, rows)
        noise = g.normal(size=(rows, 2_000))
        for step in range(1, 2_000):
            values[:, step] = 0.8 * values[:, step - 1] + noise[:, step]
        for run in values:
            got = overlapping_batch_means(run)
            held += got.low <= 0 <= got.high
            widths.append(got.high - got.low)
    study = "one dependent run of 2,000 values"
    return Row(
        "overlapping batch means",
        study,
        held / repetitions,
        0.93,
        None,
        f"{np.mean(widths):.3g}",
        repetitions,
    )


def _selection(repetitions: int) -> Row:
    """Five settings, the best one just the indifference amount ahead; a tenth of the repetitions."""
    g, right, used = generator("selection"), 0, []
    some = max(repetitions // 10, 1)
    for _ in range(some):
        values = g.normal(0, 2, (400, 1)) + g.normal(0, 2, (400, 5)) + np.array([0, 1, 1, 1, 1])
        found = select_best(values, 1.0)
        right += found.best == 0
        used.append(found.used)
    study = f"5 settings, {np.mean(used):.0f} replications used"
    return Row("selection picks the best", study, right / some, 0.95, None, "", some)


def searches(repetitions: int) -> Iterator[Row]:
    """The cheapest of a thousand values: how often it truly meets the target.

    The mean falls from 10 to 5 over the values, and meets its limit from rank 500 on, exactly. Replications
    share their noise, as paired runs do, and have some of their own; 20 of them at first, 80 at most.
    """
    for what, own in (("paired", 0.05), ("hardly paired", 0.5)):
        g = generator(f"cheapest {what}")
        found = [_searched(g, own) for _ in range(repetitions)]
        share = sum(rank is None or rank >= 500 for rank, _ in found) / repetitions
        tried = f"{np.mean([count for _, count in found]):.0f} values tried"
        yield Row("cheapest value meets its target", what, share, 0.95, None, tried, repetitions)


def _searched(g: np.random.Generator, own: float) -> tuple[int | None, int]:
    """One search: the rank that it finds, and how many it tried."""
    shared, seed = g.normal(0, 0.5, 80), int(g.integers(2**62))

    def standing(rank: int, n: int) -> Standing:
        noise = own * np.random.default_rng([seed, rank]).normal(size=80)
        found = estimate_mean((10 - 5 * rank / 1000 + shared + noise)[:n].tolist())
        return Standing("met" if found.high <= 7.5 else "missed" if found.low > 7.5 else "cannot tell")

    search = Search(lambda ranks: [standing(rank, 20) for rank in ranks], lambda rank: standing(rank, 80))
    return search.edge(range(0, 1001, 125)).met, len(search.standings)


PARTS = (means, differences, quantiles, fractions, tolerance, sequential, family, others, searches)


def measure(repetitions: int = REPETITIONS) -> list[Row]:
    """All rows of the table."""
    return [row for part in PARTS for row in part(repetitions)]


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| interval or rule | on | holds | demanded | mean width |", "|---|---|---|---|---|"]
    for row in rows:
        if row.least is not None and row.most is not None:
            demanded = f"{row.least * 100:g}–{row.most * 100:g} %"
        elif row.least is not None:
            demanded = f"≥ {row.least * 100:g} %"
        else:
            demanded = f"≤ {row.most * 100:g} %" if row.most is not None else ""
        mark = "" if row.held else " **missed**"
        share = f"{row.share * 100:.1f} % ± {row.error * 196:.1f}"
        lines.append(f"| {row.what} | {row.study} | {share} | {demanded}{mark} | {row.width} |")
    return "\n".join(lines)


def write(page: Path, text: str) -> None:
    """Put the table between the page's `coverage` marks."""
    before = page.read_text(encoding="utf-8")
    part = re.compile(r"(<!-- coverage -->\n).*?(<!-- /coverage -->)", re.DOTALL)
    if not part.search(before):
        raise SystemExit(f"{page} has no `<!-- coverage -->` and `<!-- /coverage -->` marks")
    page.write_text(part.sub(lambda found: f"{found[1]}{text}\n{found[2]}", before), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how often intervals hold the truth.")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help=f"default {REPETITIONS:,}")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    options = parser.parse_args()
    started = time.perf_counter()
    rows = measure(options.repetitions)
    text = table(rows)
    print(text)
    if options.write is not None:
        write(options.write, text)
    missed = [row for row in rows if not row.held]
    print(f"{len(rows)} rows, {len(missed)} missed, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
