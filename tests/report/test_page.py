"""The page: self-contained, escaped, and with the numbers it was given."""

from __future__ import annotations

import base64
import hashlib
import inspect
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.report.embed import Drawings
from skelgait.report.page import render, report
from skelgait.report.visit import gather_visit
from skelgait.walker import Camera, Walker


class Page(HTMLParser):
    """Tags, what they point to, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.points_to: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.points_to += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action", "poster")]
        if tag not in ("meta", "img", "link", "br", "col", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def page(both_planes: Measurement, tmp_path_factory: pytest.TempPathFactory) -> Page:
    to = tmp_path_factory.mktemp("page") / "child07.html"
    assert report(both_planes.trial, to, measurement=both_planes) == to
    return Page(to.read_text(encoding="utf8"))


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures out where only words are looked at: they take a second a page."""
    monkeypatch.setattr("skelgait.report.page.draw_visit", lambda *_, **__: Drawings())


def shown(result: Measurement, **settings: object) -> str:
    """The page of a measurement without its figures."""
    return render(gather_visit(result.trial, measurement=result, **settings), Drawings())


def test_it_asks_nothing_of_the_network(page: Page) -> None:
    assert page.open == []
    assert not {"link", "iframe", "object", "form", "base"} & set(page.tags)
    assert page.points_to
    assert all(target.startswith("data:image/") for target in page.points_to)


def test_style_and_pictures_point_nowhere_either(both_planes: Measurement, tmp_path: Path) -> None:
    text = report(both_planes.trial, tmp_path / "p.html", measurement=both_planes).read_text(encoding="utf8")
    assert "@import" not in text
    assert not re.search(r"url\(\s*['\"]?(?!data:|#)", text)
    for encoded in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", text):
        svg = base64.b64decode(encoded).decode("utf8")
        targets = re.findall(r"(?:href|src)=\"([^\"]*)\"", svg)
        assert all(t.startswith(("#", "data:")) for t in targets)
        assert "<script" not in svg


def test_it_holds_the_numbers_it_was_given(both_planes: Measurement) -> None:
    values = {**both_planes.values, "cadence_spm": 123.4, "left_knee_flexion_max_swing_deg": 61.73, "right_stance_time_s": 0.587}
    text = Page(shown(replace(both_planes, values=values))).text
    for printed in ("123", "61.7", "0.59"):
        assert re.search(rf"(?<![\d.]){re.escape(printed)}(?![\d.])", text), printed


def test_head_says_who_when_and_what(page: Page) -> None:
    assert "child07" in page.text
    assert "7 years · female · height 1.21 m" in page.text
    assert "Screening aid, not a medical device" in page.text
    assert f"skelgait {sg.__version__}" in page.text
    assert "side, right near" in page.text
    assert "60 /s" in page.text
    assert "no norm" in page.text
    assert "Hausdorff et al. 1999" in page.text


def test_nothing_but_its_own_script_may_run_or_load(both_planes: Measurement) -> None:
    text = shown(both_planes)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|WebSocket|eval|innerHTML)\b", script)


def test_no_name_but_the_subjects_code_is_told_unless_asked(both_planes: Measurement, no_pictures: None) -> None:
    planes = {p: m.raw.with_(source=f"/home/ward/Anna Smith/{p}_anna_smith.json") for p, m in both_planes.planes.items()}
    trial = Trial("child07", planes, name="anna_smith_1", video={"sagittal": "/home/ward/Anna Smith/anna.mp4"})
    result = measure(trial)
    result = replace(result, failures={"frontal": "/home/ward/Anna Smith/anna.mp4 cannot be read: anna_smith_1"})
    text = shown(result)
    assert "anna" not in re.sub(r"[A-Za-z0-9+/=]{60,}", "", text).lower()  # numbers in base64 spell anything
    assert "child07" not in re.search("<title>(.*)</title>", text)[1]
    named = shown(result, identify=True)
    assert "anna_smith_1" in named
    assert "sagittal_anna_smith.json" in named
    assert "child07" in re.search("<title>(.*)</title>", named)[1]


def test_a_visit_of_four_recordings_is_one_page(child: Walker, tmp_path: Path, no_pictures: None) -> None:
    views = ("sagittal_left", "sagittal_right", "frontal_towards", "frontal_away")
    trials = [
        Trial("child07", child.film(Camera(view=v), fps=60, duration_s=4).pose, name=v, age_years=7, height_m=1.2) for v in views
    ]
    text = Page(report(trials, tmp_path / "visit.html").read_text(encoding="utf8")).text
    for number, view in enumerate(("side, left near", "side, right near", "front", "behind"), start=1):
        assert f"Recording {number}: {view}" in text
    assert "in 4 recordings (side, left near; side, right near; front; behind)" in text
    with pytest.raises(SkelgaitError, match="one subject"):
        report([trials[0], trials[1].with_(subject="child08")], tmp_path / "visit.html")


def test_a_recording_that_fails_is_told_and_the_others_stay(both_planes: Measurement, tmp_path: Path, no_pictures: None) -> None:
    blind = Trial("child07", name="blind", video={"sagittal": "walk.mp4"})
    text = Page(report([both_planes.trial, blind], tmp_path / "page.html").read_text(encoding="utf8")).text
    assert "A recording could not be measured:" in text
    assert "Recording 2: front" in text


def test_another_language_is_a_file(both_planes: Measurement, tmp_path: Path, no_pictures: None) -> None:
    (tmp_path / "de.csv").write_text("key,text\nsection.summary,Zusammenfassung\nside.left,links\n", encoding="utf8")
    own = str(tmp_path / "de.csv")
    text = report(both_planes.trial, tmp_path / "p.html", measurement=both_planes, language=own).read_text(encoding="utf8")
    assert '<html lang="de">' in text
    assert "Zusammenfassung" in text
    assert "links" in text
    with pytest.raises(SkelgaitError, match="no texts in 'xx'"):
        report(both_planes.trial, tmp_path / "p.html", measurement=both_planes, language="xx")


def test_a_page_is_light(both_planes: Measurement, tmp_path: Path) -> None:
    start = time.process_time()
    page = report(both_planes.trial, tmp_path / "p.html")
    assert time.process_time() - start < 6  # 2 on a free core; the promise is 4
    assert page.stat().st_size < 2_000_000


def test_every_refusal_is_told_with_its_reason(page: Page, both_planes: Measurement) -> None:
    told = page.text.lower()
    for name, value in both_planes.values.items():
        reason = re.sub(r"\s+", " ", both_planes.reasons.get(name, "")).lower()
        if np.isnan(value):
            assert reason in told or re.search(re.sub(r"^\d+ cycles?", r"\\d+ cycles?", reason), told)


def test_names_that_are_html_stay_text(both_planes: Measurement) -> None:
    nasty = '<script>alert("x")</script> & <b>'
    trial = replace(both_planes.trial, subject=nasty, name=nasty)
    reasons = dict.fromkeys(both_planes.reasons, nasty)
    result = replace(both_planes, trial=trial, reasons=reasons, failures={"frontal": nasty})
    text = shown(result, norms={"cadence_spm": (1, 2, nasty)}, identify=True)
    assert text.count("<script") == 2
    assert "<script>alert" not in text
    assert " & <b>" not in text
    assert nasty in Page(text).text.replace("  ", " ")


def test_a_front_view_alone_has_a_page(both_planes: Measurement, tmp_path: Path, no_pictures: None) -> None:
    trial = Trial("front", {"frontal": both_planes.planes["frontal"].raw})
    text = Page(report(trial, tmp_path / "front.html").read_text(encoding="utf8")).text
    assert "Recording 1: front" in text
    assert "Joint angles from the side" not in text
    assert "Knees from the front" in text
    assert "age and height not given" in text


def test_a_hidden_leg_has_a_page_that_says_so(both_planes: Measurement, tmp_path: Path) -> None:
    pose = both_planes.planes["sagittal"].raw
    xy = pose.xy.copy()
    xy[:, [k for k, name in enumerate(pose.skeleton.names) if name.startswith("left_") and "hip" not in name]] = np.nan
    result = measure(Trial("hidden", pose.with_(xy=xy, confidence=None, view="sagittal_right")))
    text = Page(report(result.trial, tmp_path / "hidden.html", measurement=result).read_text(encoding="utf8")).text
    assert np.isnan(result.values["left_knee_flexion_range_deg"])
    assert result.reasons["left_knee_flexion_range_deg"].lower() in text.lower()


def test_a_walk_without_events_has_a_page_that_says_so(both_planes: Measurement, tmp_path: Path) -> None:
    nothing = GaitEvents([], [], [], [])
    trial = Trial("still", {"sagittal": both_planes.planes["sagittal"].raw}, events={"sagittal": nothing})
    text = Page(report(trial, tmp_path / "still.html").read_text(encoding="utf8")).text
    assert "No foot contact was found" in text
    assert "No number could be measured" in text
    assert "Not drawn: there is no gait cycle to draw" in text


def test_an_older_page_is_replaced_whole_and_nothing_else_is_left(
    both_planes: Measurement, tmp_path: Path, no_pictures: None
) -> None:
    to = tmp_path / "page.html"
    to.write_text("old")
    report(both_planes.trial, to, measurement=both_planes)
    assert to.read_text(encoding="utf8").startswith("<!DOCTYPE html>")
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_refusals(both_planes: Measurement, tmp_path: Path, no_pictures: None) -> None:
    with pytest.raises(FileError, match="no folder"):
        report(both_planes.trial, tmp_path / "nowhere" / "page.html", measurement=both_planes)
    with pytest.raises(SkelgaitError, match=r"has no pose.*read_pose"):
        report(Trial("blank", video={"sagittal": "walk.mp4"}), tmp_path / "page.html")
    with pytest.raises(SkelgaitError, match="no source"):
        report(both_planes.trial, tmp_path / "page.html", measurement=both_planes, norms={"cadence_spm": (1, 2, "")})
    assert not list(tmp_path.iterdir())


def test_own_norms_come_first(both_planes: Measurement) -> None:
    text = Page(shown(both_planes, norms={"cadence_spm": (111.0, 112.0, "our laboratory")})).text
    assert "111 to 112" in text
    assert "our laboratory" in text


@pytest.mark.parametrize("first", ["import skelgait.report.curves", "from skelgait.report.page import report", "pass"])
def test_the_door_works_however_the_room_was_entered(first: str) -> None:
    code = f"{first}\nimport skelgait as sg\nassert callable(sg.report)\nimport skelgait.report.style as s\nassert s.INK"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_door_takes_what_report_takes() -> None:
    door, room = inspect.signature(sg.report).parameters, inspect.signature(report).parameters
    assert [(p.name, p.kind, p.default) for p in door.values()] == [(p.name, p.kind, p.default) for p in room.values()]
