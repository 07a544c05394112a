"""What the documentation says is true: docstrings, README, pages and examples."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skelgait as sg
from tests.test_architecture import ROOMS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def public() -> list[tuple[str, object]]:
    """Functions and classes of the front door that are ours."""
    things = [(name, getattr(sg, name)) for name in sg.__all__]
    return [(n, t) for n, t in things if inspect.isfunction(t) or (inspect.isclass(t) and not issubclass(t, Exception))]


def documented(doc: str, section: str) -> list[str]:
    """Names documented under a numpydoc section."""
    found = re.search(rf"^{section}\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, re.S | re.M)
    names: list[str] = []
    for line in (found.group(1) if found else "").splitlines():
        if re.match(r"^[\w*][\w, *]*( :.*)?$", line) and (" : " in line or "," in line or re.fullmatch(r"[\w*]+( :.*)?", line)):
            names += [n.strip().lstrip("*") for n in line.split(" : ")[0].split(",")]
    return names


@pytest.mark.parametrize(("name", "thing"), public(), ids=[n for n, _ in public()])
def test_documented_parameters_are_the_signature(name: str, thing: object) -> None:
    doc = inspect.getdoc(thing) or ""
    assert doc, f"{name} has no docstring"
    assert "Examples\n--------" in doc, f"{name} has no example"
    wanted = [p for p in inspect.signature(thing).parameters if p != "self"]  # type: ignore[arg-type]
    assert documented(doc, "Parameters") == wanted, f"{name}: documented parameters differ from its signature"
    if inspect.isfunction(thing):
        returns = inspect.signature(thing).return_annotation
        assert returns in (None, "None") or "Returns\n-------" in doc, f"{name} does not say what it returns"


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf8"), re.S | re.M)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files the README speaks of, made by the walker."""
    folder = tmp_path_factory.mktemp("clinic")
    sagittal = sg.Walker(cadence_spm=118).film(fps=60, duration_s=5)
    frontal = sg.Walker(cadence_spm=118, knee_valgus_deg=8.0).film(sg.Camera(view="frontal"), fps=60, duration_s=4)
    sg.write_pose(sagittal.pose, folder / "child07_sagittal.csv")
    sg.write_pose(frontal.pose, folder / "child07_frontal.csv")
    (folder / "trials.csv").write_text(
        "subject,sagittal,frontal,age_years,height_m,label_gmfcs\nchild07,child07_sagittal.csv,child07_frontal.csv,8,1.28,II\n"
    )
    return folder


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: p.name)
def test_python_on_the_pages_runs(page: Path, clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clinic)
    space: dict[str, object] = {}
    for block in blocks(page):
        if "# not run:" in block:
            compile(block, page.name, "exec")  # needs a file or a tool a test machine may lack; at least it is Python
            continue
        exec(compile(block, page.name, "exec"), space)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_examples_run(example: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example prints what it found"
    if "savefig" in example.read_text(encoding="utf8"):
        assert (tmp_path / f"{example.stem}.png").stat().st_size > 5000, "and leaves its figure under its own name"


def test_the_gallery_shows_every_example() -> None:
    assert len(EXAMPLES) >= 10
    for example in EXAMPLES:
        text = example.read_text(encoding="utf8")
        assert (ast.get_docstring(ast.parse(text)) or "").splitlines()[0].endswith("."), example.name
        assert len(text.splitlines()) < 100, f"{example.name} is no short script any more"
        assert ("savefig" in text) == (ROOT / "docs" / "images" / "gallery" / f"{example.stem}.png").exists(), example.name


def test_architecture_page_has_the_table_the_tests_hold() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
    rows = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", page, re.M))
    assert {room: set(re.findall(r"\w+", may)) - {"nothing"} for room, may in rows.items()} == ROOMS


def test_every_descriptor_and_format_reaches_its_page() -> None:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from tables import TABLES  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    for name, make in TABLES.items():
        assert any(f"<!-- table: {name} -->" in p.read_text(encoding="utf8") for p in PAGES), f"no page shows the {name} table"
        assert len(make().splitlines()) > 4
    assert all(d.definition and d.source and d.unit for d in sg.DESCRIPTORS)


def test_pages_linked_exist() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf8")
    listed = re.findall(r"^ +- [^:]+: (\S+\.md)$", menu, re.M)
    assert sorted(listed) == sorted(str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md"))


def test_makefile_and_ci_agree_with_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf8")
    assert "make demo" in readme
    assert "make test" in readme
    assert (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1] == "exec make test"


def test_sources_parse_on_the_oldest_python_we_promise() -> None:
    for path in (ROOT / "skelgait").rglob("*.py"):
        ast.parse(path.read_text(encoding="utf8"), feature_version=(3, 11))
