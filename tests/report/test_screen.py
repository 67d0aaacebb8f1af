"""Whole screens, as a reader sees them. Set UPDATE_GOLDEN=1 to write them anew, then read the difference."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.report import to_html, to_markdown, to_text
from simulator.report.format import display_width

from .synthetic import NAMES, study

GOLDEN = Path(__file__).parent / "golden"
CHINESE = ("as found", "缩短清理间隔", "cap 500", "关闭缓冲区", "F6", "全部六项在移除时生效")
FIVE = (
    ("nothing matters", 0.9e6),
    ("audio alive", 115e6),
    ("hung jobs hold audio", 90e6),
    ("tight host", 400e6),
    ("code of June 2026", 2e6),
)
THREE = (("audio alive", 115e6), ("nothing matters", 0.9e6), ("tight host", 400e6))


def alone(whole):
    """The study's first setting on its own."""
    first = whole.settings[0]
    mine = {"profile": first.profile, "setting": first.name}

    def about_first(verdict):
        return all(getattr(verdict, key) == value for key, value in mine.items())

    return replace(
        whole,
        settings=(first,),
        targets=tuple(filter(about_first, whole.targets)),
        verdicts=tuple(filter(about_first, whole.verdicts)),
    )


SCREENS = {
    "one-profile.txt": lambda: to_text(study(), 80),
    "one-profile-wide.txt": lambda: to_text(study(), 130),
    "five-profiles.txt": lambda: to_text(study(profiles=FIVE, replications=3), 80),
    "chinese-names.txt": lambda: to_text(study(names=CHINESE), 80),
    "one-replication.txt": lambda: to_text(study(replications=1), 80),
    "run.txt": lambda: to_text(alone(study()), 80),
    "one-profile.md": lambda: to_markdown(study()),
    "three-profiles.md": lambda: to_markdown(study(profiles=THREE)),
    "run.md": lambda: to_markdown(alone(study())),
}


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_what_it_was(name):
    text = SCREENS[name]() + "\n"
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 72, 80, 100, 140])
@pytest.mark.parametrize("names", [NAMES, CHINESE])
def test_no_line_is_wider_than_the_terminal(width, names):
    for value in (study(profiles=FIVE, names=names, replications=3), alone(study(names=names))):
        for line in to_text(value, width).splitlines():
            assert display_width(line) <= width, line


def test_no_line_ends_in_spaces_and_every_minus_is_a_minus():
    text = to_text(study(profiles=THREE), 80)
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "[-" not in text
    assert " -1" not in text


def test_the_answer_comes_before_the_table():
    lines = to_text(study(), 80).splitlines()
    answer = next(i for i, line in enumerate(lines) if "meet all 3 targets" in line)
    table = next(i for i, line in enumerate(lines) if "stores peak" in line)
    assert answer < table


def test_the_same_study_gives_the_same_text():
    assert to_text(study(), 80) == to_text(study(), 80)


def test_html_is_well_formed_and_escapes_names():
    from html.parser import HTMLParser

    class Balance(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag != "br":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    html = to_html(study(names=("as found", "<b>", "c", "d", "e", "f")))
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    assert "&lt;b&gt;" in html
    assert "exactly the same" in html


def test_reprs_show_the_answer():
    made = study()
    assert "meet all 3 targets" in repr(made)
    assert "<table>" in made._repr_html_()
