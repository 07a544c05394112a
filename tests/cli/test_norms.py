"""Norms: those of the package, and a laboratory's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import skelgait as sg
from skelgait.gait.norms import cited_norms

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "lab.csv"
    path.write_text("name,mean,sd,age_from,age_to,n,source\ncadence_spm,150,2,6,10,31,Castle Hill 2024\n")
    return path


def test_norms_of_any_form_become_a_csv(run: Run, tmp_path: Path) -> None:
    gcd = tmp_path / "ours.gcd"
    gcd.write_text("#!DST-0.GCD\n!KneeFlexExt\n" + "20.0 5.0\n" * 51 + "!Cadence\n118 6\n")
    code, out, err = run("norms", "import", gcd, "--to", tmp_path / "n.csv", "--source", "Castle Hill 2024", "--ages", "6-12")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"norms: {tmp_path / 'n.csv'}"
    assert re.search(r"cadence_spm +steps/min +6-12 years +1 group +Castle Hill 2024", out)
    assert re.search(r"knee_flexion_deg +° +6-12 years", out)
    norms = sg.read_norms(tmp_path / "n.csv")
    assert norms.number("cadence_spm", 12.5).mean == 118
    assert norms.number("cadence_spm", 13) is None
    assert norms.curve("knee_flexion_deg", 7).typical_deg == 5


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [("6-12", (6, 12, 12.99), (5.99, 13)), ("8", (8, 8.9), (9,)), ("18+", (18, 90), (17.9,)), ("6.5-12.5", (6.5, 12.4), (12.5,))],
)
def test_ages_are_in_completed_years(run: Run, tmp_path: Path, said: str, inside: tuple, outside: tuple) -> None:
    (tmp_path / "n.gcd").write_text("#!DST-0.GCD\n!Cadence\n118 6\n")
    assert run("norms", "import", tmp_path / "n.gcd", "--to", tmp_path / "n.csv", "--ages", said, "--quiet")[0] == 0
    norms = sg.read_norms(tmp_path / "n.csv")
    assert all(norms.number("cadence_spm", age) for age in inside)
    assert not any(norms.number("cadence_spm", age) for age in outside)


def test_what_cannot_be_imported_writes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("time,x\n1,2\n")
    for file, options, words in (
        ("bad.csv", (), "bad.csv is not a table of norms"),
        ("gone.csv", (), "there is no file"),
        ("bad.csv", ("--ages", "twelve"), "is not FROM-TO in years"),
        ("bad.csv", ("--ages", "12-6"), "12-6 are no ages"),
    ):
        code, _, err = run("norms", "import", tmp_path / file, "--to", tmp_path / "n.csv", *options)
        assert (code, len(err.strip().splitlines())) == (2, 1), err
        assert words in err
    assert [p.name for p in tmp_path.iterdir()] == ["bad.csv"]


def test_a_norm_of_what_is_not_measured_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text(
        "name,mean,sd,source\ncadance_spm,120,8,ours\nhappiness,1,1,ours\nstep_time_s,0.5,0.05,ours\n"
    )
    code, _, err = run("norms", "import", tmp_path / "lab.csv", "--to", tmp_path / "n.csv")
    assert code == 0
    assert "no number called cadance_spm is measured here, and it is not used: did you mean cadence_spm?" in err
    assert "no number called happiness is measured here, and it is not used\n" in err
    assert len(err.splitlines()) == 2


def test_the_list_names_every_measure_with_ages_and_source(run: Run) -> None:
    code, out, err = run("norms", "list")
    assert (code, err) == (0, "")
    for one in (*cited_norms().numbers, *cited_norms().curves):
        assert re.search(rf"^  {one.name} ", out, re.M), one.name
    assert re.search(r"stride_time_s +s +3-8, 10-14 years +6 groups +Hausdorff et al. 1999, Wu et al. 2013", out)


def test_one_measure_group_by_group(run: Run, ours: Path) -> None:
    code, out, err = run("norms", "show", "left_stride_time_s", "--age", 7)
    assert (code, err) == (0, "")
    assert out.startswith("stride_time_s (s), the same for both sides\n")
    assert "6-7 years: 0.955 ± " in out
    assert "Hausdorff et al. 1999, J Appl Physiol" in out
    assert run("norms", "show", "knee_flexion_deg")[1].count("a curve from") == 1
    assert "150 ± 2, band 146 to 154" in run("norms", "show", "cadence_spm", "--norms", ours)[1]
    code, _, err = run("norms", "show", "cadence")
    assert code == 2
    assert "did you mean cadence_spm" in err
    code, _, err = run("norms", "show", "step_length_m", "--age", 40)
    assert code == 2
    assert "there is no norm of step_length_m for 40 years. Found: norms for 6-11 years" in err


@pytest.mark.usefixtures("no_pictures")
def test_own_norms_reach_page_folder_and_cohort(run: Run, walks: Path, ours: Path, tmp_path: Path) -> None:
    code, _, err = run("report", walks / "side.csv", "--age", 7, "--norms", ours, "--out", tmp_path / "page.html", "--quiet")
    assert code == 0, err
    assert "Castle Hill 2024" in (tmp_path / "page.html").read_text(encoding="utf8")
    options = ("--age", 7, "--norms", ours, "--no-overlay", "--quiet")
    assert run("analyze", walks / "side.csv", "--out", tmp_path / "r", *options)[0] == 0
    assert "Castle Hill 2024" in (tmp_path / "r" / "report.html").read_text(encoding="utf8")
    cohort = ("cohort", walks / "trials.csv", "--out", tmp_path / "c", "--quiet")
    assert run(*cohort, "--norms", ours)[0] == 0
    (page,) = (tmp_path / "c" / "pages").iterdir()
    assert "Castle Hill 2024" in page.read_text(encoding="utf8")
    assert "worked on 0, kept 1" in run(*cohort[:-1], "--norms", ours)[1]
    assert "worked on 1, kept 0" in run(*cohort[:-1])[1]  # other norms, other pages
    assert "Castle Hill 2024" not in page.read_text(encoding="utf8")


def test_norms_that_cannot_be_read_are_told_before_the_work(
    run: Run, walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skelgait.io.poses.open_source", lambda *_: pytest.fail("read first"))
    for command, out in (("report", tmp_path / "p.html"), ("analyze", tmp_path / "r")):
        code, _, err = run(command, walks / "side.csv", "--out", out, "--norms", tmp_path / "gone.csv")
        assert code == 2
        assert "there is no file" in err
        assert not out.exists()
