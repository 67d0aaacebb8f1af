"""The renderer: places, carets, notes, order and counts."""

from simulator.problems import ConfigError, Place, Problem, count_problems, render, render_problem


def test_a_value_from_the_command_line_shows_what_it_overrides():
    place = Place(option="--set a.b=30", path="a.b", notes=("overrides base.yaml:41:32",))
    problem = Problem(
        "E103",
        "expected a duration with a unit, such as 30s or 5min",
        place,
        ("write `30s` if you mean seconds",),
    )
    assert render_problem(problem).splitlines() == [
        "error[E103]: expected a duration with a unit, such as 30s or 5min",
        " --> --set a.b=30  (overrides base.yaml:41:32)",
        "  = help: write `30s` if you mean seconds",
    ]


def test_line_numbers_keep_the_gutter_straight():
    text = render_problem(
        Problem("E101", "unknown key `x`", Place("a.yaml", 120, 3, "x", "  x: 1", 1), ("gone",))
    )
    assert text.splitlines() == [
        "error[E101]: unknown key `x`",
        "   --> a.yaml:120:3  (x)",
        "    |",
        "120 |   x: 1",
        "    |   ^",
        "    = help: gone",
    ]


def test_a_caret_under_wide_characters_tabs_and_past_the_end():
    assert (
        render_problem(Problem("E1", "m", Place("a", 1, 4, "", "上限: 4", 1))).splitlines()[-1]
        == "  |      ^"
    )
    assert render_problem(Problem("E1", "m", Place("a", 1, 2, "", "\tx", 1))).splitlines()[-2:] == [
        "1 | →x",
        "  |  ^",
    ]
    assert (
        render_problem(Problem("E1", "m", Place("a", 1, 9, "", "short", 99))).splitlines()[-1] == "  |      ^"
    )


def test_a_long_line_is_cut_around_the_caret():
    line = "x" * 300 + "BAD" + "y" * 300
    source, caret = render_problem(Problem("E1", "m", Place("a", 1, 301, "", line, 3))).splitlines()[-2:]
    assert len(source) < 120
    start = caret.index("^")
    assert source[start : start + 3] == "BAD"
    assert caret.count("^") == 3


def test_problems_are_sorted_counted_and_told_once():
    first, second = Problem("E1", "a", Place("a.yaml", 2, 1)), Problem("E1", "b", Place("a.yaml", 10, 1))
    option, warning = Problem("E2", "c", Place(option="--set x=1")), Problem("W1", "d", Place("a.yaml", 3, 1))
    error = ConfigError([option, second, warning, first, first], "a.yaml")
    assert error.problems == (first, warning, second, option)
    assert str(error).endswith("3 errors and 1 warning in a.yaml")
    assert count_problems([]) == "no problems"
    assert count_problems([first]) == "1 error"
    assert render([warning]).startswith("warning[W1]: d\n")
