import math

import pytest

from simulator.report.format import display_width, estimate, listed, pad, quantity, wrap

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("kind", "mean", "low", "high", "said"),
    [
        ("bytes", 1.912e9, 1.897e9, 1.927e9, "1.91 GB [1.90, 1.93]"),
        ("bytes", 2.2034e6, 2.2031e6, 2.2037e6, "2.203 MB [2.203, 2.204]"),  # four figures at most
        ("bytes", 213.0, 212.2, 214.4, "213 B [212, 214]"),  # no tenths of a byte
        ("bytes", 64e3, 64e3, 64e3, "64 kB"),  # the same in every run
        ("fraction", 0.346, 0.316, 0.376, "35 % [32, 38]"),
        ("fraction", 0.0, 0.0, 0.0, "0 %"),
        ("fraction", 0.0, 0.0, 0.0001, "0.000 % [0.000, 0.010]"),
        ("ms", 13.5 * HOUR, 12.5 * HOUR, 14.5 * HOUR, "13.5 h [12.5, 14.5]"),
        ("days", 310, 290, 330, "310 days [290, 330]"),
        ("days", 310, 290, math.inf, "310 days [290, …]"),
        ("days", 3000, 2800, 3200, "8.2 years [7.7, 8.8]"),
        ("bytes_per_day", 2.1e6, 2.0e6, 2.2e6, "2.10 MB a day [2.00, 2.20]"),
        ("count", 7512.3, 7400, 7650, "7,510 [7,400, 7,650]"),
        ("count", 64, 64, 64, "64"),
        ("minutes_per_day", 12.3, 11.1, 13.5, "12.3 min a day [11.1, 13.5]"),
        ("fraction", math.nan, math.nan, math.nan, "unknown"),
        ("days", math.inf, math.inf, math.inf, "never"),
        ("bytes", 5e6, math.nan, math.nan, "5 MB"),  # one replication has no interval
    ],
)
def test_digits_are_those_that_the_interval_supports(kind, mean, low, high, said):
    assert estimate(kind, mean, low, high).joined == said


def test_differences_carry_their_sign():
    text = estimate("bytes", -1.89e9, -1.90e9, -1.87e9, signed=True)
    assert text.joined == "−1.89 GB [−1.90, −1.87]"
    assert estimate("fraction", 0.02, 0.01, 0.03, signed=True).value == "+2.0 %"
    assert estimate("fraction", 0.0, 0.0, 0.0, signed=True).value == "0 %"


def test_a_span_has_its_unit_inside():
    assert estimate("bytes", 5e3, -2e4, 3e4, signed=True).span == "[−20, +30 kB]"
    assert estimate("count", 1, -2, 4, signed=True).span == "[−2, +4]"


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [("ms", 86_400_000, "24 h"), ("ms", 7 * 86_400_000, "7 days"), ("ms", 30_000, "30 s"), ("bytes", 16 * 2**30, "17.2 GB"),
     ("fraction", 0.001, "0.1 %"), ("count", 1000, "1,000"), ("ms", 72 * HOUR, "72 h")],
)  # fmt: skip
def test_exact_values(kind, value, said):
    assert quantity(kind, value) == said


def test_chinese_takes_two_columns():
    assert display_width("清理") == 4
    assert pad("清理", 6) == "清理  "
    assert pad("ab", 4, right=True) == "  ab"
    assert all(display_width(line) <= 10 for line in wrap("清理音频缓冲区以及其他 foo bar", 10))


def test_wrapping_keeps_every_word():
    text = "the cap never binds here (peak 64 of 500) and nothing expires"
    lines = wrap(text, 20, "  ", "    ")
    assert " ".join(" ".join(lines).split()) == text
    assert all(len(line) <= 20 for line in lines)


def test_lists_read_as_sentences():
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
