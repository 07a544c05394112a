"""Cohorts: one row a walk, nothing done twice, nothing lost, nobody named."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import skelgait as sg
from skelgait.cli import app
from skelgait.cohort.keys import FileHashes, code_key, trial_key
from skelgait.cohort.names import Redactor
from skelgait.cohort.plan import Settings, list_walks, make_plan
from skelgait.cohort.run import Cohort, run_cohort
from skelgait.cohort.store import Store
from skelgait.core.errors import NotInstalled, SkelgaitError

TABLES = ("walks", "descriptors", "visits", "evgs", "patterns", "knees", "failures", "dictionary")
PEOPLE = ("Miller", "Okafor", "Tanaka", "Lindqvist")
HEADER = "subject,visit,sagittal,age_years,leg_length_m,label_gmfcs,aid"


def film(folder: Path, number: int, *, frames: int = 180) -> str:
    """A walk under the name of a child; the file's name."""
    child = sg.Walker(cadence_spm=108.0 + 4 * (number % 9), crouch_deg=5.0 * (number % 4))
    name = f"{PEOPLE[number % 4]}_{number}.npz"
    sg.write_pose(child.film(fps=60, duration_s=frames / 60, noise_px=1, random_state=number).pose, folder / name)
    return name


def write_table(folder: Path, lines: list[str], header: str = HEADER) -> Path:
    path = folder / "trials.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf8")
    return path


def contents(folder: Path, endings: tuple[str, ...] = (".csv",)) -> dict[str, bytes]:
    """The bytes of the tables of a cohort."""
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.suffix in endings and p.stem in TABLES}


def whole(out: Path) -> list[Path]:
    """The results that are there under their names."""
    return [p for p in (out / "results").glob("*.json") if not p.name.startswith(".")] if out.exists() else []


def run(table: object, to: Path, **how: object) -> Cohort:
    return run_cohort(table, to, **{"pages": False, "progress": False, **how})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight filmed walks of four children, two visits each."""
    folder = tmp_path_factory.mktemp("walks")
    for number in range(8):
        film(folder, number)
    return folder


@pytest.fixture
def lab(walks: Path, tmp_path: Path) -> Path:
    """A laboratory's folder: eight walks and three rows with which something is wrong."""
    folder = tmp_path / "lab"
    shutil.copytree(walks, folder)
    lines = [f"{PEOPLE[i % 4]} Ann,v{i},{PEOPLE[i % 4]}_{i}.npz,{6 + i},0.6,{'I' if i % 2 else 'II'},frame{i}" for i in range(8)]
    (folder / "Broken_Miller.npz").write_bytes((folder / "Miller_0.npz").read_bytes()[:2000])
    lines.insert(3, "Gone Eve,v1,Gone_Eve.npz,8,0.6,I,none")
    lines.insert(5, "Broken Bo,v1,Broken_Miller.npz,9,0.6,I,none")
    lines.append("Eight Al,v1,Miller_0.npz,eight,0.6,I,none")
    write_table(folder, lines)
    return folder


@pytest.fixture(scope="module")
def done(walks: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Cohort]:
    """Eight walks, run once: the table, the folder, the result. Tests copy the folder before they touch it."""
    folder = tmp_path_factory.mktemp("lab")
    lines = [f"{PEOPLE[i % 4]} Ann,v{i},{walks / f'{PEOPLE[i % 4]}_{i}.npz'},{6 + i},0.6,I,none" for i in range(8)]
    table = write_table(folder, lines)
    return table, folder / "out", run(table, folder / "out")


@pytest.fixture
def again(done: tuple[Path, Path, Cohort], tmp_path: Path) -> tuple[Path, Path]:
    """A copy of the finished cohort to change: its table (walks by absolute paths) and its folder."""
    table, out, _ = done
    shutil.copytree(out, tmp_path / "out")
    return Path(shutil.copy(table, tmp_path / "trials.csv")), tmp_path / "out"


def test_the_numbers_are_those_of_describe_and_score_evgs(done: tuple[Path, Path, Cohort]) -> None:
    table, _, cohort = done
    trials = sg.read_trials(table)
    expected = sg.describe(trials)
    names = [d.name for d in sg.DESCRIPTORS]
    np.testing.assert_allclose(cohort.walks[names].to_numpy(), expected[names].to_numpy(), rtol=1e-12)
    assert cohort.walks.n_strides.tolist() == expected.n_strides.tolist()
    long = sg.validity(trials)
    assert cohort.descriptors.descriptor.tolist() == long.descriptor.tolist()
    assert cohort.descriptors.reason.tolist() == long.reason.tolist()
    assert (cohort.walks.row.tolist(), cohort.walks.subject.tolist()[:5]) == (
        list(range(2, 10)),
        ["s0001", "s0002", "s0003", "s0004", "s0001"],
    )
    from skelgait.gait.evgs import score_evgs

    scores = score_evgs(trials[3])
    own = cohort.evgs[cohort.evgs.rows == "5"]
    np.testing.assert_allclose(own.value.to_numpy(float), scores.value.to_numpy(float), rtol=1e-12)
    assert own.score.sum() == cohort.visits.evgs[3]


def test_walks_of_one_visit_are_scored_together(walks: Path, tmp_path: Path) -> None:
    lines = [f"Ann,before,{walks / 'Miller_0.npz'}", f"Ann,before,{walks / 'Miller_4.npz'}", f"Ann,after,{walks / 'Okafor_1.npz'}"]
    table = write_table(tmp_path, lines, "subject,visit,sagittal")
    cohort = run(table, tmp_path / "out")
    assert cohort.visits.rows.tolist() == ["2 3", "4"]
    assert cohort.walks[["subject", "visit"]].to_numpy().tolist() == [["s0001", 1], ["s0001", 1], ["s0001", 2]]
    from skelgait.gait.evgs import score_evgs

    both = score_evgs([t.with_(subject="x") for t in sg.read_trials(table)[:2]])
    own = cohort.evgs[cohort.evgs.rows == "2 3"]
    np.testing.assert_allclose(own.value.to_numpy(float), both.value.to_numpy(float), rtol=1e-12)
    assert run(table, tmp_path / "out").made == 0


def test_a_bad_file_is_a_row_of_failures_and_not_the_end(lab: Path, tmp_path: Path) -> None:
    cohort = run(lab / "trials.csv", tmp_path / "out")
    assert cohort.walks.measured.tolist() == [True] * 3 + [False] + [True] + [False] + [True] * 4 + [False]
    assert cohort.failures[["row", "stage"]].to_numpy().tolist() == [[5, "table"], [7, "read"], [12, "read"]]
    gone, broken, age = cohort.failures.problem
    assert gone.startswith("there is no file or folder <sagittal file>. What to do: check the path")
    assert "a zip archive without its end" in broken
    assert "age_years 'eight' is not a number" in age
    written = pd.read_csv(tmp_path / "out" / "failures.csv")
    assert written.row.tolist() == [5, 7, 12]


def test_nobody_is_named(lab: Path, tmp_path: Path) -> None:
    cohort = run(lab / "trials.csv", tmp_path / "out")
    words = re.compile(rb"(?i)miller|okafor|tanaka|lindqvist|gone_eve|broken_|/lab/")
    files = [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert len(files) > 20
    for path in files:
        assert not words.search(path.name.encode()), path
        assert not words.search(path.read_bytes()), f"{path} names somebody"
    assert not set(cohort.walks.columns) & {"aid", "name"}, "a text that differs from subject to subject may tell who it is"
    run(lab / "trials.csv", tmp_path / "out", names=True)
    who = pd.read_csv(tmp_path / "out" / "subjects.csv")
    assert who.subject_name.tolist()[:2] == ["Miller Ann", "Okafor Ann"]
    assert who.walk.tolist()[:2] == cohort.walks.walk.tolist()[:2]
    run(lab / "trials.csv", tmp_path / "out")
    assert not (tmp_path / "out" / "subjects.csv").exists(), "an old list of names would contradict new numbers"


def test_a_page_and_its_link_and_no_name_on_it(walks: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path, [f"Miller Ann,v1,{walks / 'Miller_0.npz'}"], "subject,visit,sagittal")
    cohort = run(table, tmp_path / "out", pages=True)
    (page,) = (tmp_path / "out" / "pages").iterdir()
    assert page.name == f"{cohort.walks.walk[0]}.html"
    assert f'href="pages/{page.name}"' in cohort.index.read_text(encoding="utf8")
    assert "Miller" not in page.read_text(encoding="utf8")
    before = page.read_bytes()
    page.write_bytes(before[:5000])  # as a full disk leaves it
    assert run(table, tmp_path / "out", pages=True).made == 1
    assert len(page.read_bytes()) == len(before)
    assert run(table, tmp_path / "out", pages=True).made == 0
    assert "pages/" not in run(table, tmp_path / "out", pages=False).index.read_text(encoding="utf8")


def test_visits_are_numbered_in_time_and_keep_their_labels(walks: Path, tmp_path: Path) -> None:
    """Whatever the order of the rows; dates order and stay out, other columns come along."""
    lines = [
        f"Ann,after,2024-05-01,{walks / 'Miller_0.npz'},8,walker,Dr Who,66.5",
        f"Ann,before,2023-05-01,{walks / 'Okafor_1.npz'},7,none,Dr Who,60",
        f"Bo,with Aunt May,2024-05-01,{walks / 'Tanaka_2.npz'},8,walker,Dr Who,55",
        f"Bo,baseline,2023-05-01,{walks / 'Miller_4.npz'},7,none,Dr Who,50",
    ]
    table = write_table(tmp_path, lines, "subject,visit,date,sagittal,age_years,aid,therapist,GMFM")
    cohort = run(table, tmp_path / "out")
    assert cohort.walks.visit.tolist() == [2, 1, 2, 1]
    assert cohort.walks.visit_label.tolist() == cohort.visits.visit_label.tolist() == ["after", "before", "", "baseline"]
    assert cohort.walks.aid.tolist() == ["walker", "none"] * 2
    assert cohort.walks.GMFM.tolist() == [66.5, 60, 55, 50]
    assert not {"date", "therapist"} & set(cohort.walks.columns)
    assert [line.split(":")[0] for line in cohort.remarks] == [
        "Columns left out of walks.csv, for they may tell who somebody is",
        "1 label of visits is not in the tables, for dates and names may tell who somebody is; keep=visit brings them in.",
    ]
    page = cohort.index.read_text(encoding="utf8")
    assert "1 (baseline)" in page
    assert "Aunt May" not in page
    kept = run(table, tmp_path / "out", keep=["visit", "therapist"])
    assert (kept.made, kept.walks.visit_label[2], kept.walks.therapist[0]) == (0, "with Aunt May", "Dr Who")
    write_table(tmp_path, lines, "subject,Visit,date,sagittal,age_years,aid,therapist,GMFM")
    assert run(table, tmp_path / "out", keep=["visit"]).walks.visit_label[2] == "with Aunt May"


def test_columns_called_like_ours_do_not_take_their_place(walks: Path, tmp_path: Path) -> None:
    table = write_table(tmp_path, [f"Ann,{walks / 'Miller_0.npz'},7,99"], "subject,sagittal,walk,cadence_spm")
    row = run(table, tmp_path / "out").walks.iloc[0]
    assert (len(row.walk), row.given_walk, row.given_cadence_spm) == (12, 7, 99)
    assert row.cadence_spm == pytest.approx(108, abs=2)


def test_a_walk_in_which_nothing_is_seen_is_not_measured(walks: Path, tmp_path: Path) -> None:
    pose = sg.read_pose(walks / "Miller_0.npz")
    sg.write_pose(pose.with_(xy=np.full_like(pose.xy, np.nan), confidence=np.zeros_like(pose.confidence)), tmp_path / "empty.npz")
    lines = [f"Ann,{walks / 'Miller_0.npz'}", "Bo,empty.npz"]
    cohort = run(write_table(tmp_path, lines, "subject,sagittal"), tmp_path / "out")
    assert cohort.walks.measured.tolist() == [True, False]
    assert cohort.failures[["row", "stage"]].to_numpy().tolist() == [[3, "measure"]]
    assert cohort.failures.problem[0].startswith("nothing could be measured: the left hip")
    assert json.loads((tmp_path / "out" / "run.json").read_text())["measured"] == 1


def test_a_second_run_does_nothing_again(again: tuple[Path, Path], done: tuple[Path, Path, Cohort]) -> None:
    table, out = again
    before = {p: p.stat().st_mtime_ns for p in (out / "results").iterdir()}
    cohort = run(table, out)
    assert (cohort.made, cohort.kept) == (0, 8)
    assert {p: p.stat().st_mtime_ns for p in (out / "results").iterdir()} == before
    assert contents(out) == contents(done[1])


def test_only_what_changed_is_done(again: tuple[Path, Path], tmp_path: Path) -> None:
    table, out = again
    lines = table.read_text(encoding="utf8").splitlines()

    def rewrite(change: dict[int, tuple[str, str]]) -> Path:
        new = [line.replace(*change[i]) if i in change else line for i, line in enumerate(lines)]
        table.write_text("\n".join(new) + "\n", encoding="utf8")
        return table

    assert run(rewrite({1: ("Miller Ann", "Maler Ann")}), out).made == 0, "a name is not in the result"
    assert run(rewrite({2: (",7,0.6", ",8,0.6")}), out).made == 1, "the age is"
    assert run(rewrite({}), out).made == 0, "and the old result is still there"
    own = Path(shutil.copy(lines[3].split(",")[2], tmp_path / "copy.npz"))
    assert run(rewrite({3: (lines[3].split(",")[2], str(own))}), out).made == 0, "the same file elsewhere"
    os.utime(own, (1, 1))
    assert run(table, out).made == 0, "only its time changed"
    film(tmp_path, 17)
    own.write_bytes((tmp_path / "Okafor_17.npz").read_bytes())
    os.utime(own, (1, 1))
    assert run(table, out).made == 1, "only its content changed"
    table.write_text("\n".join([lines[0], lines[8].replace(",v7,", ",v8,"), *lines[1:]]) + "\n", encoding="utf8")
    cohort = run(table, out)
    assert (cohort.made, cohort.remarks) == (0, ["Rows 2, 10 are the same recording, read the same way."])


@pytest.mark.parametrize("harm", ["cut", "emptied", "altered", "exchanged", "garbled"])
def test_a_spoiled_result_is_done_again(harm: str, again: tuple[Path, Path], done: tuple[Path, Path, Cohort]) -> None:
    table, out = again
    first, second = sorted((out / "results").glob("*.json"))[:2]
    whole = first.read_bytes()
    digits = re.search(rb'"value": \[(\d)', whole)
    assert digits
    spoiled = {
        "cut": whole[: len(whole) // 2],
        "emptied": b"",
        "altered": whole[: digits.start(1)] + b"9" + whole[digits.end(1) :],
        "exchanged": second.read_bytes(),
        "garbled": b"\xff" * 100,
    }[harm]
    first.write_bytes(spoiled)
    assert run(table, out).made == 1
    assert contents(out) == contents(done[1])
    assert len(first.read_bytes()) > 1000


def test_what_a_killed_run_left_is_cleared_away(again: tuple[Path, Path]) -> None:
    table, out = again
    key = next((out / "results").glob("*.json")).stem
    half = out / "results" / f".{key}-abcd1234.json"
    half.write_text("half a")
    (out / "pages" / ".0123456789ab-zzzz_999.html").write_text("half a page")
    (out / "results" / ".notes-of-mine.txt").write_text("not ours")
    run(table, out)
    assert not half.exists()
    assert [p.name for p in (out / "pages").iterdir()] == []
    assert (out / "results" / ".notes-of-mine.txt").exists()


def test_what_lasts_is_kept_and_what_does_not_is_tried_again(walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_table(tmp_path, [f"Ann,v1,{walks / 'Miller_0.npz'}"], "subject,visit,sagittal")
    real = sg.measure
    for error, lasting in (
        (OSError(28, "No space left on device"), False),
        (NotInstalled("no ezc3d"), False),
        (SkelgaitError("no"), True),
    ):

        def fail(trial: sg.Trial, error: Exception = error) -> None:
            raise error

        out = tmp_path / type(error).__name__
        monkeypatch.setattr("skelgait.cohort.work.measure", fail)
        cohort = run(table, out)
        assert (cohort.failures.stage.tolist(), bool(cohort.walks.measured[0])) == (["measure"], False)
        monkeypatch.setattr("skelgait.cohort.work.measure", real)
        assert run(table, out).walks.measured[0] == (not lasting)


def test_a_product_that_fails_leaves_the_others(walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skelgait.cohort import products

    def fail(*_: object) -> None:
        raise SkelgaitError("no score for Miller_0.npz today")

    monkeypatch.setattr("skelgait.cohort.work.OF_VISIT", {**products.OF_VISIT, "evgs": fail})
    cohort = run(write_table(tmp_path, [f"Ann,v1,{walks / 'Miller_0.npz'}"], "subject,visit,sagittal"), tmp_path / "out")
    assert cohort.walks.cadence_spm[0] == pytest.approx(108, abs=2)
    assert cohort.failures[["stage", "problem"]].to_numpy().tolist() == [["evgs", "no score for <sagittal file> today."]]
    assert cohort.visits.evgs.isna().all()


def test_two_processes_give_the_same_tables(again: tuple[Path, Path], done: tuple[Path, Path, Cohort], tmp_path: Path) -> None:
    table, _ = again
    cohort = run(table, tmp_path / "parallel", n_jobs=2)
    assert cohort.made == 8
    ends = (".csv", ".parquet")
    assert contents(tmp_path / "parallel", ends) == contents(done[1], ends)


def test_trials_in_memory(done: tuple[Path, Path, Cohort], tmp_path: Path) -> None:
    table, _, cohort = done
    trials = sg.read_trials(table)
    own = run(trials, tmp_path / "out")
    names = [d.name for d in sg.DESCRIPTORS]
    pd.testing.assert_frame_equal(own.walks[names], cohort.walks[names])
    assert own.walks.row.tolist() == list(range(1, 9))
    assert run(trials, tmp_path / "out").made == 0
    pose = trials[0].pose["sagittal"]
    assert trial_key(trials[0]) == trial_key(trials[0].with_(subject="other", pose={"sagittal": pose.with_(source="other.npz")}))
    moved = pose.xy.copy()
    moved[50, 3] += 1e-9
    assert trial_key(trials[0]) != trial_key(trials[0].with_(pose={"sagittal": pose.with_(xy=moved)}))
    with pytest.raises(SkelgaitError, match=r"a cohort is made of trials. Found: PoseSequence"):
        run([pose], tmp_path / "none")
    with pytest.raises(SkelgaitError, match="a cohort without walks"):
        run([], tmp_path / "none")


def deadly(trial: sg.Trial) -> sg.Trial:
    """A trial that kills any process but this one that measures it, as a file that crashes a C library does."""
    space: dict[str, object] = {"Trial": sg.Trial, "dataclass": dataclass, "__name__": "__main__"}
    code = (
        "import os\n"
        "@dataclass(frozen=True, eq=False)\n"
        "class Deadly(Trial):\n"
        "    def __post_init__(self):\n"
        f"        if os.getpid() != {os.getpid()}: os.kill(os.getpid(), 9)\n"
        "        super().__post_init__()\n"
    )
    exec(code, space)
    fields = ("subject", "pose", "name", "age_years")
    return space["Deadly"](**{name: getattr(trial, name) for name in fields})  # type: ignore[operator]


def test_a_walk_that_kills_its_process_is_found(done: tuple[Path, Path, Cohort], tmp_path: Path) -> None:
    trials = sg.read_trials(done[0])[:6]
    trials[2] = deadly(trials[2])
    cohort = run(trials, tmp_path / "out", n_jobs=2)
    assert cohort.walks.measured.tolist() == [True, True, False, True, True, True]
    assert cohort.failures[["row", "stage"]].to_numpy().tolist() == [[3, "process"]]
    assert "two processes died on it" in cohort.failures.problem[0]
    # one process alone would die with it: what a dead run had begun is therefore tried in another one first
    walks = list_walks(trials)
    plan = make_plan(walks, Settings(pages=False), FileHashes(tmp_path / "hashes.json"))
    Store(tmp_path / "out").begin(plan.of_walk[3])
    cohort = run(trials, tmp_path / "out", n_jobs=1)
    assert cohort.failures[["row", "stage"]].to_numpy().tolist() == [[3, "process"]]
    assert not list((tmp_path / "out" / "results").glob("*.begun"))


def test_two_runs_into_one_folder_are_refused(again: tuple[Path, Path]) -> None:
    pytest.importorskip("fcntl")
    table, out = again
    with Store(out).locked(), pytest.raises(SkelgaitError, match=r"another run is writing into .*out. What to do: wait"):
        run(table, out)
    run(table, out)
    with pytest.raises(SkelgaitError, match=r"is a file. Expected: a folder to write into"):
        run(table, table)


def test_kill_dash_nine_loses_at_most_the_walks_in_flight(walks: Path, tmp_path: Path, frozen: Path) -> None:
    ages = range(5, 35)
    table = write_table(
        tmp_path, [f"Ann,v{a},{walks / f'{PEOPLE[a % 4]}_{a % 8}.npz'},{a}" for a in ages], "subject,visit,sagittal,age_years"
    )
    out = tmp_path / "out"
    call = [sys.executable, "-m", "skelgait", "cohort", str(table), "--out", str(out), "--no-pages", "--jobs", "2", "--quiet"]
    process = subprocess.Popen(call, start_new_session=True, stderr=subprocess.DEVNULL, cwd=frozen)  # where -m looks first
    until = time.monotonic() + 300
    while len(whole(out)) < 6 and time.monotonic() < until:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = len(whole(out))
    assert 6 <= there < len(ages)
    assert all(Store(out).load(p.stem) for p in whole(out)), "what is there is whole"
    assert not (out / "index.html").exists()
    cohort = run(table, out)
    assert cohort.made == len(ages) - there
    run(table, tmp_path / "serial")
    assert contents(out) == contents(tmp_path / "serial")


def test_prune_keeps_what_is_in_the_table(again: tuple[Path, Path]) -> None:
    table, out = again
    lines = table.read_text(encoding="utf8").splitlines()
    table.write_text("\n".join(lines[:4]) + "\n", encoding="utf8")
    (out / "results" / "mine.json").write_text("{}")
    run(table, out)
    assert len(list((out / "results").glob("*.json"))) == 9
    run(table, out, prune=True)
    assert len(list((out / "results").glob("*.json"))) == 4
    assert (out / "results" / "mine.json").exists()


def test_labels_are_carried_over_and_columns_that_were_asked_for(lab: Path, tmp_path: Path) -> None:
    cohort = run(lab / "trials.csv", tmp_path / "out")
    assert "aid" not in cohort.walks
    assert any("aid (texts of single subjects); keep=aid brings one in" in line for line in cohort.remarks)
    cohort = run(lab / "trials.csv", tmp_path / "out", keep=["aid"])
    assert cohort.walks.label_gmfcs.tolist()[:2] == ["II", "I"]
    assert cohort.walks.aid.tolist()[:2] == ["frame0", "frame1"]
    with pytest.raises(SkelgaitError, match=r"there is no column shoes to keep. Expected: age_years, aid"):
        run(lab / "trials.csv", tmp_path / "out", keep=["shoes"])


def test_every_column_is_in_the_dictionary(done: tuple[Path, Path, Cohort]) -> None:
    _, out, cohort = done
    defined = cohort.dictionary.set_index(["table", "column"])
    for name in TABLES:
        with (out / f"{name}.csv").open(encoding="utf8") as file:
            header = next(csv.reader(file))
        for column in header:
            assert (name, column) in defined.index
            if not column.startswith("label_") and column != "aid":
                assert defined.loc[(name, column), "definition"] != "as given in the table of walks", f"{name}.{column}"
    assert defined.loc[("walks", "cadence_spm"), "unit"] == "spm"
    assert defined.loc[("walks", "left_step_length_ll"), "source"] != ""


def test_parquet_says_the_unit_of_a_column(done: tuple[Path, Path, Cohort]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    _, out, cohort = done
    schema = parquet.read_schema(out / "walks.parquet")
    assert schema.field("left_knee_flexion_max_swing_deg").metadata == {b"unit": b"deg"}
    back = pd.read_parquet(out / "walks.parquet")
    np.testing.assert_array_equal(back.cadence_spm, cohort.walks.cadence_spm)


def test_without_pyarrow_there_is_no_parquet_that_contradicts(again: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    table, out = again
    (out / "walks.parquet").write_bytes(b"of an earlier run")
    monkeypatch.setattr("skelgait.cohort.tables.find_spec", lambda name: None)
    run(table, out)
    assert not list(out.glob("*.parquet"))
    assert len(list(out.glob("*.csv"))) == len(TABLES)


def test_hashes_notice_a_change_within_the_tick_of_a_clock(tmp_path: Path) -> None:
    file = tmp_path / "walk.csv"
    file.write_text("aaaa")
    hashes = FileHashes(tmp_path / "hashes.json")
    first, state = hashes.of(file), file.stat()
    hashes.keep()
    file.write_text("bbbb")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))  # same size, same time
    assert FileHashes(tmp_path / "hashes.json").of(file) != first
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "1.json").write_text("{}")
    one = hashes.of(folder)
    (folder / "2.json").write_text("{}")
    assert hashes.of(folder) != one
    (tmp_path / "hashes.json").write_text("not json")
    assert FileHashes(tmp_path / "hashes.json").of(folder) == hashes.of(folder)
    assert code_key(("core",)) != code_key(("io",))


def test_messages_lose_the_names_of_the_table(lab: Path) -> None:
    redact = Redactor(list_walks(lab / "trials.csv"))
    said = redact(f"{lab}/Miller_0.npz looks like OKAFOR_1.npz; Miller Ann and Gone_Eve walked 0.6 m, left and right")
    assert said == "<sagittal file> looks like <sagittal file>; <subject> and <sagittal file> walked 0.6 m, left and right"


def test_video_alone_is_extracted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pose of a video outlives a change in how walks are measured; a pose cut short is estimated again."""
    calls = []

    def estimate(video: str, estimator: object, **how: object) -> sg.PoseSequence:
        calls.append((Path(video).name, estimator, how["fps"], how["view"], how["subject"]))
        return sg.Walker(cadence_spm=118).film(fps=60, duration_s=3).pose.with_(source=str(video), view=None)

    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", estimate)
    (tmp_path / "Miller.mp4").write_bytes(b"a film")
    table = write_table(tmp_path, ["Miller Ann,v1,Miller.mp4,240,sagittal_right"], "subject,visit,sagittal_video,fps,view")
    cohort = run(table, tmp_path / "out")
    assert calls == [("Miller.mp4", "mediapipe", 240.0, "sagittal_right", "walking")]
    assert cohort.walks.cadence_spm[0] == pytest.approx(118, abs=2)
    (pose,) = (tmp_path / "out" / "poses").iterdir()
    assert sg.read_pose(pose).source == "", "not the name of the video"
    monkeypatch.setattr("skelgait.cohort.plan.code_key", lambda rooms=None: "new" if rooms is None else code_key(rooms))
    assert (run(table, tmp_path / "out").made, len(calls)) == (1, 1)
    pose.write_bytes(pose.read_bytes()[:1000])
    for path in (tmp_path / "out" / "results").glob("*.json"):
        path.unlink()
    assert (run(table, tmp_path / "out").made, len(calls)) == (1, 2)
    assert run(table, tmp_path / "out", who="largest").made == 1
    assert calls[-1][-1] == "largest"


def test_a_row_names_whom_to_follow_in_its_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def estimate(video: str, estimator: object, **how: object) -> sg.PoseSequence:
        calls.append(how["subject"])
        return sg.Walker(cadence_spm=118).film(fps=60, duration_s=3).pose

    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", estimate)
    (tmp_path / "ward.mp4").write_bytes(b"a film")
    rows = ["Miller Ann,ward.mp4,", "Okafor Ann,ward.mp4,1", 'Gone Eve,ward.mp4,"420,180,160,420"', "Ek Bo,ward.mp4,longest"]
    cohort = run(write_table(tmp_path, rows, "subject,sagittal_video,sagittal_person"), tmp_path / "out", who="largest")
    assert calls == ["largest", 1, (420.0, 180.0, 160.0, 420.0)]
    assert cohort.walks.measured.tolist() == [True, True, True, False]
    assert cohort.failures.problem.tolist()[0].startswith("'longest' is no way to choose a person of a video")
    again = write_table(tmp_path, ["Okafor Ann,ward.mp4,0"], "subject,sagittal_video,person")
    run(again, tmp_path / "out")
    assert calls[3:] == [0], "another person is another pose"


@pytest.mark.slow
def test_a_real_video(tmp_path: Path, data: Path) -> None:
    video = data / "videos" / "sports2d_demo.mp4"
    if not video.exists():
        pytest.skip(f"no {video}")
    shutil.copy(video, tmp_path / "Miller.mp4")
    table = write_table(tmp_path, ["Miller Ann,v1,Miller.mp4"], "subject,visit,sagittal_video")
    cohort = run(table, tmp_path / "out")
    assert cohort.failures.empty, cohort.failures.to_string()
    expected = sg.describe([sg.Trial("x", sg.estimate_pose(video, progress=False))]).cadence_spm.iloc[0]
    assert cohort.walks.cadence_spm[0] == pytest.approx(expected, rel=1e-9)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "poses").iterdir()}
    cohort = run(table, tmp_path / "out", pages=True, pictures=True)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "poses").iterdir()} == before, "extracted once"
    (page,) = (tmp_path / "out" / "pages").iterdir()
    text = page.read_text(encoding="utf8")
    assert "data:image/jpeg" in text
    assert "Miller" not in text
    assert cohort.failures.empty


def test_the_command(lab: Path, tmp_path: Path) -> None:
    call = ["cohort", str(lab / "trials.csv"), "--out", str(tmp_path / "out"), "--no-pages", "--quiet", "--keep", "aid"]
    done = CliRunner().invoke(app, call, prog_name="skelgait")
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"index: {tmp_path / 'out' / 'index.html'}\n"
    assert f"3 failures: {tmp_path / 'out' / 'failures.csv'}" in done.stderr
    about = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (about["walks"], about["measured"], about["failures"], about["worked_on"]) == (11, 8, 3, 10)
    write_table(tmp_path, ["Gone Eve,v1,Gone_Eve.npz"], "subject,visit,sagittal")
    done = CliRunner().invoke(app, ["cohort", str(tmp_path / "trials.csv"), "--out", str(tmp_path / "none")], prog_name="skelgait")
    assert done.exit_code == 2, "nothing was measured"
    done = CliRunner().invoke(app, ["cohort", str(tmp_path / "no.csv"), "--out", str(tmp_path / "none")], prog_name="skelgait")
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
