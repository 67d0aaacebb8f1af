"""Plain values written as YAML are read back."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.config import load, load_experiment, yaml_text
from simulator.config.read import read_tree
from simulator.config.tree import values

from .conftest import ROOT

TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=8)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, PLAIN, min_size=1, max_size=4), st.integers(1, 60))
def test_any_values(plain, width):
    assert values(read_tree(yaml_text(plain, width=width), "t.yaml")) == plain


def test_a_resolved_config_is_a_config(write):
    for name in ("seed-question.yaml", "examples/web-session-store.yaml", "eras/code-2026-06.yaml"):
        experiment = load_experiment(ROOT / "configs" / name)
        assert load_experiment(write(yaml_text(experiment.resolved))).cases == experiment.cases


def test_comments_stand_above_their_keys():
    text = yaml_text({"a": {"b": {"c": 1}}, "d": [1, 2]}, comments={"a.b.c": "why\nand how", "d": "list"})
    assert text == "a:\n  b:\n    # why\n    # and how\n    c: 1\n# list\nd: [1, 2]\n"


def test_long_lists_are_opened_up(write):
    plain = {"workload": {"sessions": {"gap": {"empirical": [f"{n}ms" for n in range(100)]}}}}
    text = yaml_text(plain, width=80)
    assert max(map(len, text.splitlines())) <= 80
    assert len(load(write(text)).workload.sessions.gap.values) == 100
