"""The picture of docs/architecture.md, kept true: who may import whom, and what loads when."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skelgait

PACKAGE = Path(skelgait.__file__).parent

# room: the rooms it may import. The table of docs/architecture.md says the same (test_docs.py compares).
ROOMS: dict[str, set[str]] = {
    "core": set(),
    "io": {"core"},
    "walker": {"core", "io", "tasks"},
    "signals": {"core"},
    "estimation": {"core", "io"},
    "tasks": {"core"},
    "gait": {"core", "signals", "tasks"},
    "report": {"core", "io", "signals", "tasks", "gait"},
    "cohort": {"core", "io", "signals", "estimation", "tasks", "gait", "report"},
    "encoders": {"core", "signals", "gait"},
    "heads": {"core"},
    "training": {"core", "encoders", "heads"},
    "estimator": {"core", "tasks", "encoders", "heads", "training"},
    "evaluate": {"core"},
    "explain": {"core", "encoders", "training", "estimator"},
    "remote": {"core", "io", "tasks", "report"},
    "recipes": {"core", "tasks", "gait", "estimator", "evaluate", "explain"},
    "cli": {
        *("core", "io", "walker", "signals", "estimation", "tasks", "gait", "report", "cohort"),
        *("estimator", "evaluate", "explain", "recipes"),
    },
}
ELSEWHERE = {"mmpose_worker.py"}  # run by another interpreter, never imported by the package
DOORS = {"__init__", "__main__"}  # the front door opens every room, lazily

# heavy or optional packages: only in these files, and there never at import time unless the file is loaded by nobody but its users
ONLY_IN: dict[str, set[str]] = {
    "torch": {"encoders", "heads", "training", "estimator", "explain"},
    "torch_geometric": {"encoders", "explain"},
    "lightning": {"training"},
    "safetensors": {"encoders", "estimator"},
    "captum": {"explain"},
    "shap": {"explain"},
    "mmpose": {"estimation"},
    "mmengine": {"estimation"},
    "rtmlib": {"estimation"},
    "mediapipe": {"estimation"},
    "cv2": {"estimation", "io", "report"},
    "av": {"io"},
    "ezc3d": {"io"},
    "h5py": {"io"},
    "matplotlib": {"report", "evaluate", "explain"},
    "jinja2": {"report"},
    "typer": {"cli"},
    "xarray": {"core"},
}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, whether it is imported when the file is loaded) of every import statement in a file."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)}
    typing_only = {
        id(n)
        for i in ast.walk(tree)
        if isinstance(i, ast.If) and isinstance(i.test, ast.Name) and i.test.id == "TYPE_CHECKING"
        for n in ast.walk(i)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.append((node.module or "", id(node) not in inside))
    return found


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_below(path: Path) -> None:
    room = room_of(path)
    if room in DOORS:
        return
    assert room in ROOMS, f"{room} is not a room of the house"
    for module, _ in imports(path):
        if module == "skelgait":
            continue  # the front door itself: only __version__ may be taken from it
        if module.startswith("skelgait."):
            other = module.split(".")[1]
            assert other == room or other in ROOMS[room], f"{path.name}: {room} may not import {other}"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_packages_stay_in_their_rooms(path: Path) -> None:
    for module, _ in imports(path):
        package = module.split(".")[0]
        if package in ONLY_IN and path.name not in ELSEWHERE:
            assert room_of(path) in ONLY_IN[package], f"{path.name} may not import {package}"
    if room_of(path) == "core":
        allowed = {"numpy", "pandas", "xarray", "skelgait", *sys.stdlib_module_names}
        assert {m.split(".")[0] for m, _ in imports(path)} <= allowed
        late = ("pandas", "xarray")
        assert not [m for m, at_load in imports(path) if m.startswith(late) and at_load], "only inside to_frame and to_xarray"


def test_only_one_room_opens_a_connection() -> None:
    connecting = re.compile(r"^ *(?:import|from) (?:urllib\.request|http|socket|ssl|ftplib|requests|httpx|aiohttp)\b", re.M)
    assert {room_of(p) for p in files() if connecting.search(p.read_text(encoding="utf8"))} == {"remote"}


def test_what_runs_elsewhere_is_imported_nowhere() -> None:
    workers = {f"skelgait.estimation.{name.removesuffix('.py')}" for name in ELSEWHERE}
    assert not [p for p in files() for module, _ in imports(p) if module in workers]


def test_no_room_without_a_noun() -> None:
    bad = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [p for p in files() if bad & {part.removesuffix(".py") for part in p.relative_to(PACKAGE).parts}]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_skelgait_loads_nothing_and_is_fast() -> None:
    out = run(
        "import sys, time; t = time.perf_counter(); import skelgait; t = time.perf_counter() - t\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'torch', 'matplotlib'} & set(sys.modules)), t < 0.5)"
    )
    assert out == "[] True"  # the 50 ms promise itself is in benchmarks/speed.py: a busy machine must not fail the suite


def test_every_door_opens() -> None:
    for name in skelgait.__all__:
        assert getattr(skelgait, name) is not None
    assert set(dir(skelgait)) >= set(skelgait.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = skelgait.nonsense


def test_measuring_works_with_torch_unimportable() -> None:
    out = run(
        "import sys\n"
        "class Wall:\n"
        "    banned = set('torch torch_geometric lightning shap mediapipe cv2 av matplotlib'.split())\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in self.banned: raise ModuleNotFoundError(f'no {name} here', name=name)\n"
        "sys.meta_path.insert(0, Wall())\n"
        "import skelgait as sg\n"
        "row = sg.describe([sg.Trial('child', sg.Walker(cadence_spm=112).film().pose)]).iloc[0]\n"
        "print(round(row.cadence_spm), sorted(Wall.banned & set(sys.modules)))"
    )
    assert out == "112 []"


def test_a_misspelt_name_is_answered_with_the_right_one() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import skelgait as sg; sg.joint_angels"], capture_output=True, text=True, check=False
    )
    assert "Did you mean: 'joint_angles'?" in shown.stderr
