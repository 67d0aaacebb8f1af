"""The page in headless Chromium, at desktop and phone widths, dark, without scripts, and in print."""

import pytest

from simulator.cli.app import invoke

from .browser import Browser, installed

pytestmark = pytest.mark.skipif(
    installed() is None, reason="NO BROWSER: pages are not looked at; apt-get install chromium"
)
MOST_BYTES = 600_000


@pytest.fixture(scope="module", params=["en", "zh"])
def shown(request, tmp_path_factory):
    """The seed question's page, all five profiles: the largest there is."""
    folder = tmp_path_factory.mktemp(request.param)
    words = ["report", "configs/seed-question.yaml", "--replications", "2", "-q", "-o", str(folder)]
    assert invoke([*words, "--lang", request.param]) == 1
    return folder / "index.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
)
def test_it_fits_says_nothing_and_asks_for_nothing(browser, shown, width, scheme):
    browser.open(shown, width, scheme=scheme)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.complaints == []
    assert browser.requests == [shown.resolve().as_uri()]
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(22, 24, 26)")


def test_everything_is_drawn(browser, shown):
    browser.open(shown)
    flat = "[...document.querySelectorAll('svg, table')].filter(e => e.getBoundingClientRect().height < 20).length"
    assert browser.evaluate(flat) == 0
    assert browser.evaluate("document.querySelectorAll('svg').length") >= 25
    outside = """[...document.querySelectorAll('svg')].filter(svg => {
      const box = svg.getBoundingClientRect();
      return [...svg.querySelectorAll('text')].some(text => {
        const own = text.getBoundingClientRect();
        return own.left < box.left - 3 || own.right > box.right + 3; }); })
      .map(svg => svg.querySelector('title').textContent)"""
    assert browser.evaluate(outside) == []
    assert len(browser.screenshot()) > 100_000


def test_it_is_the_same_without_scripts(browser, shown):
    browser.open(shown, script=False)
    assert browser.complaints == []
    assert len(browser.screenshot()) > 100_000


def test_it_prints(browser, shown):
    browser.open(shown)
    printed = browser.pdf()
    assert printed.startswith(b"%PDF")
    assert 10 < printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") < 60


def test_it_is_small_enough_to_be_sent(shown):
    assert shown.stat().st_size <= MOST_BYTES
