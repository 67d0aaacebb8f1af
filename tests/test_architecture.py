"""The house rules that a machine can check: imports point left, heavy packages have one home, start-up is light.

Source: the rooms and their order in docs/architecture; the syntax tree is read, so that lazy imports count too.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "simulator"

ROOMS = (
    ("units", "problems", "names"),
    ("config",),
    ("workload",),
    ("model",),
    ("engine",),
    ("statistics",),
    ("theory",),
    ("study",),
    ("logs",),
    ("report",),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}

# Who may look right: a repr shows the answer, which is the report's to word. The package itself names everybody.
MAY_LOOK_RIGHT = {("study/results.py", "report"), ("study/cheapest.py", "report")}
FRONT_DOOR = {"__init__.py", "__main__.py"}

HOMES = {
    "simpy": ("engine/reference.py",),
    "numba": ("engine/compiled.py",),
    "matplotlib": ("report/charts.py",),
    "jinja2": ("report/page/document.py",),
    "yaml": ("config/",),
    "sqlite3": ("study/store.py",),
    "typer": ("cli/",),
    "rich": ("cli/",),
}
# Engines and rules know no clock but the simulated one, and no randomness at all.
NO_CLOCK_NO_CHANCE = ("model", "engine")
CLOCKS_AND_CHANCE = {"time", "datetime", "random", "secrets", "uuid"}

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))


def imports(module):
    """Every import in a module as (absolute dotted name, line), wherever it stands."""
    package = ["simulator", *module.split("/")[:-1]]
    for node in ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            dotted = ".".join([*base, *([node.module] if node.module else [])])
            if dotted == "simulator":
                for alias in node.names:
                    yield f"simulator.{alias.name}", node.lineno
            else:
                yield dotted, node.lineno


def room_of(module):
    return module.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("module", [module for module in MODULES if module not in FRONT_DOOR])
def test_imports_point_left(module):
    own = LEVEL[room_of(module)]
    for name, line in imports(module):
        if not name.startswith("simulator."):
            continue
        room = name.split(".")[1]
        if room not in LEVEL or (module, room) in MAY_LOOK_RIGHT:
            continue
        assert LEVEL[room] <= own, f"simulator/{module}:{line} imports {name}, which is to its right"


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_stay_at_home(module):
    for name, line in imports(module):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or module.startswith(homes), f"simulator/{module}:{line} imports {name}"


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) in NO_CLOCK_NO_CHANCE])
def test_engines_and_rules_know_no_wall_clock_and_no_chance(module):
    for name, line in imports(module):
        assert name.split(".")[0] not in CLOCKS_AND_CHANCE, f"simulator/{module}:{line} imports {name}"
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    chance = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "random"
    ]
    assert not chance, f"simulator/{module}:{chance[0]} uses numpy.random"


def test_every_room_has_its_place():
    rooms = {room_of(module) for module in MODULES if module not in FRONT_DOOR}
    assert rooms <= set(LEVEL), f"no place in the order of rooms: {rooms - set(LEVEL)}"


@pytest.mark.parametrize(
    "code",
    ["import simulator", "import simulator.cli", "from simulator.cli.app import invoke; invoke(['--help'])"],
)
def test_start_up_loads_nothing_heavy(code):
    heavy = (
        "{'numpy', 'pandas', 'pydantic', 'yaml', 'scipy', 'numba', 'simpy', 'matplotlib', 'rich', 'joblib'}"
    )
    check = f"import sys; {code}; found = {heavy} & set(sys.modules); assert not found, found"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_public_names_are_few_and_real():
    import simulator

    assert len(simulator.__all__) <= 15
    for name in simulator.__all__:
        assert getattr(simulator, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        simulator.runn  # noqa: B018  (looking is the test)
