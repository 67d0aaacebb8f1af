"""Distributions: parameters in base units, exact means, what cannot be."""

import math

import numpy as np
import pytest

from simulator.config import ConfigError, load
from simulator.config import distributions as d

Z95 = 1.6448536269514722


def gap(value):
    return load({"workload": {"sessions": {"gap": value}}}).workload.sessions.gap


def utterances(value):
    return load({"workload": {"sessions": {"utterances": value}}}).workload.sessions.utterances


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("6s", d.Constant(value=6000)),
        ({"constant": "6s"}, d.Constant(value=6000)),
        ({"uniform": {"low": "1s", "high": "5s"}}, d.Uniform(low=1000, high=5000)),
        ({"exponential": {"mean": "6s"}}, d.Exponential(mean=6000)),
        ({"exponential": "6s"}, d.Exponential(mean=6000)),
        ({"lognormal": {"median": "2.5s", "p95": "4.2s"}}, d.Lognormal(mu=math.log(2500), sigma=(math.log(4200) - math.log(2500)) / Z95)),
        ({"normal": {"mean": "6s", "sd": "1s"}}, d.Normal(mean=6000, sd=1000)),
        ({"gamma": {"shape": 4, "scale": "2s"}}, d.Gamma(shape=4, scale=2000)),
        ({"weibull": {"shape": 2, "scale": "2s"}}, d.Weibull(shape=2, scale=2000)),
        ({"empirical": ["1s", "2s", "6s"]}, d.Empirical(values=(1000, 2000, 6000))),
        ({"empirical": {"values": ["1s"]}}, d.Empirical(values=(1000,))),
        ({"mixture": [{"weight": "75 %", "constant": "1s"}, {"weight": "25 %", "exponential": {"mean": "9s"}}]},
         d.Mixture(parts=((0.75, d.Constant(value=1000)), (0.25, d.Exponential(mean=9000))))),
        ({"mixture": [{"weight": 3, "constant": "1s"}, {"weight": 1, "constant": "5s"}]},
         d.Mixture(parts=((0.75, d.Constant(value=1000)), (0.25, d.Constant(value=5000))))),
    ],
)  # fmt: skip
def test_parameters_in_base_units(written, expected):
    assert gap(written) == expected


def test_counts():
    assert utterances(20) == d.Constant(value=20)
    assert utterances({"geometric": {"mean": 20}}) == d.Geometric(mean=20)
    assert utterances({"poisson": {"mean": 3.5}}) == d.Poisson(mean=3.5)
    assert utterances({"zipf": {"exponent": 1, "distinct": 300}}) == d.Zipf(exponent=1, distinct=300)


@pytest.mark.parametrize(
    ("written", "mean", "sd"),
    [
        ({"lognormal": {"mean": "6s", "sd": "3s"}}, 6000, 3000),
        ({"gamma": {"mean": "6s", "sd": "3s"}}, 6000, 3000),
        ({"weibull": {"mean": "6s", "sd": "3s"}}, 6000, 3000),
        ({"weibull": {"mean": "6s", "sd": "20s"}}, 6000, 20000),
        ({"uniform": {"mean": "6s", "sd": "3s"}}, 6000, 3000),
        ({"normal": {"mean": "6s", "sd": "1s"}}, 6000, 1000),
    ],
)
def test_by_mean_and_sd(written, mean, sd):
    got = gap(written)
    assert got.mean == pytest.approx(mean)
    assert _sd(got) == pytest.approx(sd, rel=1e-6)


@pytest.mark.parametrize("family", ["lognormal", "normal", "weibull"])
def test_by_median_and_p95(family):
    got = gap({family: {"median": "3s", "p95": "9s"}})
    assert _quantile(got, 0.5) == pytest.approx(3000)
    assert _quantile(got, 0.95) == pytest.approx(9000)
    assert gap({"exponential": {"median": "3s"}}).mean == pytest.approx(3000 / math.log(2))


def test_means():
    assert d.Zipf(exponent=1, distinct=3).mean == pytest.approx(3 / (1 + 1 / 2 + 1 / 3))
    assert d.Zipf(exponent=0, distinct=5).mean == 3
    assert d.Empirical(values=(1, 2, 6)).mean == 3
    assert d.Mixture(parts=((0.75, d.Constant(value=1000)), (0.25, d.Exponential(mean=9000)))).mean == 3000
    assert d.Weibull(shape=1, scale=50).mean == pytest.approx(50)
    draws = np.random.default_rng(1).lognormal(math.log(2500), (math.log(4200 / 2500)) / Z95, 200_000)
    assert d.Lognormal.from_median(2500, 4200).mean == pytest.approx(draws.mean(), rel=0.005)


def test_values_from_a_file(write):
    write("# measured\n1s\n\n2s\n6s\n", "data/gaps.txt")
    for value in ("data/gaps.txt", "{file: data/gaps.txt}"):
        got = load(write(f"workload: {{sessions: {{gap: {{empirical: {value}}}}}}}"))
        assert got.workload.sessions.gap.values == (1000, 2000, 6000)
    write("1s\n2\n", "data/bad.txt")
    with pytest.raises(ConfigError, match=r"line 2 of data/bad.txt: expected a duration"):
        load(write("workload: {sessions: {gap: {empirical: data/bad.txt}}}"))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"constant": {"value": 6}}, "E103"),
        ({"exponential": {"mean": "6s", "median": "4s"}}, "E108"),
        ({"exponential": {}}, "E108"),
        ({"lognormal": {"median": "0s", "p95": "4s"}}, "E108"),
        ({"weibull": {"median": "2s", "p95": "2s"}}, "E108"),
        ({"gamma": {"mean": "2s", "sd": "0s"}}, "E108"),
        ({"uniform": {"mean": "1s", "sd": "1s"}}, "E108"),
        ({"zipf": {"exponent": 1, "distinct": 3}}, "E108"),
        ({"mixture": []}, "E104"),
        ({"mixture": [{"weight": 0, "constant": "1s"}]}, "E108"),
        ({"mixture": [{"weight": "x", "constant": "1s"}]}, "E103"),
        ({"empirical": "nowhere.txt"}, "E110"),
        ({"empirical": {"vals": ["1s"]}}, "E106"),
        ({}, "E107"),
        (["1s"], "E107"),
        (True, "E103"),
    ],
)
def test_what_cannot_be(written, code):
    with pytest.raises(ConfigError) as caught:
        gap(written)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_arrivals():
    def arrivals(value):
        return load({"workload": {"sessions": {"arrivals": value}}}).workload.sessions.arrivals

    assert arrivals({"poisson": "120/min"}).rate_per_s == 2
    assert arrivals({"profile": {"8h": "0.2/s", "0h": "0.02/s"}}).steps == ((0, 0.02), (28_800_000, 0.2))
    assert arrivals({"profile": {"8h": "2/s", "18h": "1/s"}}).steps == (
        (0, 1.0),
        (28_800_000, 2.0),
        (64_800_000, 1.0),
    )
    bursts = arrivals(
        {
            "bursts": {
                "quiet_rate": "0.1/s",
                "busy_rate": "1/s",
                "quiet": {"exponential": {"mean": "1h"}},
                "busy": "5min",
            }
        }
    )
    assert (bursts.quiet_per_s, bursts.busy_per_s, bursts.quiet.mean, bursts.busy.mean) == (
        0.1,
        1,
        3_600_000,
        300_000,
    )
    assert arrivals({"renewal": {"gamma": {"mean": "10s", "sd": "5s"}}}).interval.mean == pytest.approx(
        10_000
    )
    for bad in (
        {"bursts": {"quiet_rate": "1/s"}},
        {"renewal": "0s"},
        {"profile": {}},
        {"profile": {"0h": "1/s", "0min": "2/s"}},
    ):
        with pytest.raises(ConfigError):
            arrivals(bad)


def test_recorded_arrivals_are_found_beside_the_config(write):
    write("at_ms,event,session\n", "sub/arrivals.csv")
    got = load(write("workload: {sessions: {arrivals: {trace: arrivals.csv}}}", "sub/config.yaml"))
    assert got.workload.sessions.arrivals.file == "sub/arrivals.csv"


def _sd(got):
    if isinstance(got, d.Lognormal):
        return got.mean * math.sqrt(math.expm1(got.sigma**2))
    if isinstance(got, d.Gamma):
        return got.scale * math.sqrt(got.shape)
    if isinstance(got, d.Weibull):
        return got.scale * math.sqrt(math.gamma(1 + 2 / got.shape) - math.gamma(1 + 1 / got.shape) ** 2)
    if isinstance(got, d.Uniform):
        return (got.high - got.low) / math.sqrt(12)
    return got.sd


def _quantile(got, p):
    z = 0 if p == 0.5 else Z95
    if isinstance(got, d.Lognormal):
        return math.exp(got.mu + z * got.sigma)
    if isinstance(got, d.Normal):
        return got.mean + z * got.sd
    return got.scale * (-math.log(1 - p)) ** (1 / got.shape)
