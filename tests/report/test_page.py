"""The page: nothing from a config can be code, everything has a name for who cannot see it, the same study is the same bytes."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import simulator as sim
from simulator.report import language
from simulator.report.files import result_files
from simulator.report.labels import _STORE_TEXTS, _TEXTS
from simulator.report.language import catalogue, say, speaking
from simulator.report.page import PageInput, page, write_page
from simulator.report.page import method as page_method
from simulator.report.page import sections as page_sections
from simulator.study.agreement import compare_engines
from simulator.study.bounds import bounding_study

ROOT = Path(__file__).parents[2]
EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'; alert(3) //",
    "&lt;b&gt; {{ 7*7 }}",
    "清理音频",
)
CONFIG = {
    "name": "<script>alert(0)</script>",
    "horizon": "40min",
    "workload": {"sessions": {"arrivals": {"poisson": "0.05/s"}}},
    "nodes": {
        "memory": "16GiB",
        "stores": {
            "aggregator_states": {"kind": "session_table"},
            "audio": {"kind": "ring_buffer", "cleanup": "never"},
            "pending": {"kind": "pending_map", "timeout": "30s"},
        },
    },
    "targets": ["mean unavailable_memory_fraction <= 0.1 %"],
    "settings": {
        "as found": {},
        EVIL[0]: {"nodes.stores.aggregator_states.sweep_every": "30s"},
        EVIL[1]: {"nodes.stores.audio.cleanup": "session_removed"},
        EVIL[2]: {"nodes.stores.aggregator_states.max": 500},
        EVIL[3]: {"nodes.stores.aggregator_states.max": 3},
        EVIL[4]: {"nodes.stores.aggregator_states.ttl": "1min"},
    },
    "profiles": {"<b>quiet</b>": {}, "busy": {"workload.sessions.arrivals": {"poisson": "0.2/s"}}},
}  # fmt: skip


def made_of(study):
    references = [next(s for s in study.settings if s.profile == name) for name in study.profiles]
    return PageInput(
        study, bounding_study(study), compare_engines(references, study.seed), "simulator report <x>"
    )


@pytest.fixture(scope="module")
def given():
    return made_of(sim.compare(CONFIG, replications=3, seed=7))


@pytest.fixture(scope="module", params=["en", "zh"])
def text(request, given):
    return page(given, request.param)


class Elements(HTMLParser):
    """Every element with its attributes, and what is said between them."""

    def __init__(self, text):
        super().__init__()
        self.found, self.said = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.said.append(data)

    def all(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


def test_names_come_out_as_text_in_html_and_svg(text):
    elements = Elements(text)
    assert not elements.all("script", "img", "iframe", "object", "embed", "b1", "foreignobject")
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    said = "\n".join(elements.said)
    for name in (*EVIL, CONFIG["name"], "<b>quiet</b>"):
        assert name in said
    charts = "".join(re.findall(r"<svg.*?</svg>", text, re.S))
    assert "&lt;script&gt;alert(1)" in charts
    assert "<script" not in text
    assert "49" not in re.findall(r"b&amp;gt; (.*?)<", text)


def test_nothing_is_loaded_from_anywhere(text):
    elements = Elements(text)
    links = [attributes["href"] for _, attributes in elements.found if "href" in attributes]
    assert links
    beside = {"results.csv", "results.json", "bounds.csv", "provenance.json"}
    elsewhere = [link for link in links if not link.startswith("#") and link not in beside | {"data:,"}]
    assert elsewhere == []  # a page that is sent alone has no dead links to a checkout
    assert not [attributes for _, attributes in elements.found if "src" in attributes]
    assert "@import" not in text
    assert not re.findall(r"url\((?!#)", text)


def test_every_chart_and_table_says_what_it_is(text):
    elements = Elements(text)
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in elements.all("svg"):
        assert attributes["role"] == "img"
        assert set(attributes["aria-labelledby"].split()) <= set(ids)
    for attributes in elements.all("section"):
        assert attributes["aria-labelledby"] in ids
    assert all(attributes.get("scope") in ("col", "row") for attributes in elements.all("th"))
    assert len(elements.all("caption")) == len(elements.all("table")) > 5
    for link in (attributes["href"] for attributes in elements.all("a")):
        assert not link.startswith("#") or link[1:] in ids
    assert len(elements.all("svg")) >= 8
    assert text.count('class="how"') >= len(elements.all("svg"))


def test_sections_stand_in_order(given):
    text = page(given)
    order = [
        "answer",
        *(f"p1-{name}" for name, _ in page_sections.CONTENTS),
        "p2",
        "trust",
        "method",
        "provenance",
    ]
    places = [text.index(f'id="{name}"') for name in order]
    assert places == sorted(places)
    for bound in ("no cleanup at all", "instant cleanup"):
        assert text.count(f'class="bound"><th scope="row">{bound}') == 2
    assert "gave the same" in text
    assert "DIFFER" not in text


def test_the_same_study_is_the_same_page_by_either_engine(given):
    study = sim.compare(CONFIG, replications=3, seed=7, engine="reference", workers=1)
    assert page(made_of(study)) == page(given)
    assert "Z</dd>" not in page(given)


def test_one_setting_and_one_replication_have_a_page():
    scenario = sim.load({**CONFIG, "name": "alone", "settings": None, "profiles": None})
    alone = sim.run(scenario, replications=1).study
    text = page(PageInput(alone))
    assert "One replication has no intervals" in text
    assert "The engines were not compared." in text
    assert 'id="p1-comparison"' not in text


def test_the_files_stand_beside_it(given, tmp_path):
    names = write_page(given, tmp_path)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    assert names == ["index.html", "results.json", "results.csv", "provenance.json", "bounds.csv"]
    assert (tmp_path / "results.json").read_bytes() == b"".join(result_files(given.study)["results.json"])
    assert "no cleanup at all" in (tmp_path / "bounds.csv").read_text()
    assert "no cleanup at all" not in (tmp_path / "results.csv").read_text()


# ---- contrast ----


def luminance(colour):
    full = "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour[1:]
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_letters_can_be_read_on_both_grounds():
    """Source: WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    css = (ROOT / "simulator" / "report" / "page" / "templates" / "page.css").read_text()
    schemes = re.findall(r":root \{(.*?)\}", css, re.S)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#\w+)", scheme))
        letters = [name for name in colours if name.endswith("-text")]
        for name in (*letters, "ink", "strong", "grey", "reference", "link", "good", "bad", "unsure"):
            for ground in ("paper", "panel"):
                assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground, scheme[:40])


# ---- languages ----


def sentences():
    """Every sentence that `say` is given as it stands, in the code and in the template."""
    found = set()
    for path in (ROOT / "simulator" / "report").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                shown = node.args[0]
                parts = [shown.body, shown.orelse] if isinstance(shown, ast.IfExp) else [shown]
                found |= {part.value for part in parts if isinstance(part, ast.Constant)}
    template = (ROOT / "simulator" / "report" / "page" / "templates" / "page.html.j2").read_text()
    found |= {match[1] for match in re.findall(r"say\(([\"'])(.*?)\1", template)}
    found |= {text for texts in (*_TEXTS.values(), *_STORE_TEXTS.values()) for text in texts}
    return found | set(page_method._METHOD) | set(page_method._ASSUMED)


def test_the_catalogue_has_every_sentence_with_its_gaps():
    chinese = catalogue("zh")
    assert sorted(sentences() - chinese.keys()) == []
    for english, text in chinese.items():
        assert set(re.findall(r"\{(\w+)\}", text)) <= set(re.findall(r"\{(\w+)\}", english)), english


def test_a_whole_page_leaves_nothing_untranslated(given, monkeypatch):
    unknown = set()

    class Watched(dict):
        def get(self, sentence, default=None):
            if sentence not in self:
                unknown.add(sentence)
            return super().get(sentence, default)

    monkeypatch.setattr(language, "catalogue", lambda _: Watched(catalogue("zh")))
    page(given, "zh")
    # units and runs of digits are the same in both languages
    assert sorted(word for word in unknown if re.search(r"[a-z]{3}", word)) == []


def test_a_language_that_there_is_not(given):
    with pytest.raises(ValueError, match="no language 'fr'"):
        page(given, "fr")
    with speaking("zh"):
        assert say("Answer") == "结论"
    assert say("Answer") == "Answer"
