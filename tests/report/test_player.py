"""The player: its numbers are those of the measurement, and in a browser it plays, scrubs and steps."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelgait.gait.measure import Measurement
from skelgait.report.clip import MOST_FRAMES, Clip
from skelgait.report.embed import Drawings
from skelgait.report.page import render
from skelgait.report.player import MISSING, PER_DEGREE, PER_LEG, player_data, player_json
from skelgait.report.visit import Visit, gather_visit


@pytest.fixture(scope="module")
def visit(both_planes: Measurement) -> Visit:
    return gather_visit(both_planes.trial, measurement=both_planes)


def unpack(text: str) -> np.ndarray:
    values = np.frombuffer(base64.b64decode(text), "<i2").astype(float)
    return np.where(values == MISSING, np.nan, values)


def test_curves_are_the_measured_angles(visit: Visit, both_planes: Measurement) -> None:
    side, front = player_data(visit)["recordings"]
    m = both_planes.planes["sagittal"]
    step = round(m.pose.fps / side["fps"])
    assert (side["n"], step) == (len(m.pose.time_s[::2]), 2)
    knee = next(c for c in side["curves"] if c["title"] == "Knee")
    for leg in ("left", "right"):
        np.testing.assert_allclose(
            unpack(knee[leg]) / PER_DEGREE, m.angles[f"{leg}_knee_flexion_deg"][::step], atol=0.5 / PER_DEGREE
        )
    assert [c["title"] for c in front["curves"]] == ["Knee, frontal", "Pelvis", "Trunk, frontal"]
    assert np.isnan(unpack(front["curves"][0]["left"])).any()  # gated frames stay gaps


def test_the_skeleton_keeps_its_shape(visit: Visit, both_planes: Measurement) -> None:
    side = player_data(visit)["recordings"][0]
    xy = unpack(side["xy"]).reshape(side["n"], side["points"], 2) / PER_LEG
    pose = both_planes.planes["sagittal"].pose
    assert len(side["bones"]) > 10
    assert np.nanmax(np.abs(xy)) < 2.5  # leg lengths about the hips
    lengths = np.hypot(*(xy[:, side["bones"][-1][0]] - xy[:, side["bones"][-1][1]]).T)
    assert np.nanmax(lengths) < 1
    assert pose.n_frames / side["n"] == pytest.approx(2, abs=0.02)


def test_it_opens_at_the_first_contact_that_counts(visit: Visit) -> None:
    for r, recording in zip(visit.recordings, player_data(visit)["recordings"], strict=True):
        contact = r.measured.strides.start_s.min()
        assert contact > 0.1
        assert recording["start"] + recording["first"] == pytest.approx(contact, abs=1e-3)


def test_what_was_unsure_or_filled_in_is_faint(visit: Visit) -> None:
    r = visit.recordings[0]
    pose = r.measured.pose
    knee, ankle = (pose.skeleton.index(f"left_{joint}") for joint in ("knee", "ankle"))
    confidence, filled = np.full(pose.confidence.shape, 0.9), np.zeros(pose.filled.shape, bool)
    confidence[:60, knee], filled[60:100, ankle] = 0.3, True
    doubtful = replace(r, measured=replace(r.measured, pose=pose.with_(confidence=confidence, filled=filled)))
    recording = player_data(replace(visit, recordings=(doubtful,)))["recordings"][0]
    faint = np.frombuffer(base64.b64decode(recording["faint"]), "u1").reshape(recording["n"], recording["points"])
    assert faint[:30].sum() == 30  # every other frame is kept
    assert faint[30:50].sum() == 20
    assert faint[50:].sum() == 0


def test_a_clip_is_in_the_page_and_where_there_is_none_it_says_why(visit: Visit) -> None:
    side, front = player_data(visit, {1: Clip(b"film", 4, 4, "faces are blurred")})["recordings"]
    assert side["clip"] == "data:video/mp4;base64,ZmlsbQ=="
    assert side["note"] == "faces are blurred"
    assert front["clip"] == ""
    assert "No video" in front["note"]


def test_long_recordings_are_thinned_and_text_cannot_leave_the_element(visit: Visit) -> None:
    r = visit.recordings[0]
    n = 40 * r.measured.pose.n_frames
    assert n > 2 * MOST_FRAMES
    pose = r.measured.pose
    long = pose.with_(
        xy=np.tile(pose.xy, (40, 1, 1)),
        confidence=None,
        time_s=None,
        filled=np.zeros((n, pose.xy.shape[1]), bool),
        swapped=np.zeros(n, bool),
    )
    angles = {name: np.tile(v, 40) for name, v in r.measured.angles.items()}
    longer = replace(visit, recordings=(replace(r, measured=replace(r.measured, pose=long, angles=angles)),))
    assert player_data(longer)["recordings"][0]["n"] <= MOST_FRAMES
    text = player_json(visit)
    assert not set("<>&") & set(text)
    assert json.loads(text)["recordings"][0]["label"] == "1: side, right near"


# Runs in the page after the player: acts as a reader would and writes down what he sees.
ACTOR = """
<script>
(async function () {
  var root = document.getElementById("player"), out = {};
  var plot = root.querySelector(".plot"), slider = root.querySelector(".slider"), button = root.querySelector(".toggle");
  var wait = function (ms) { return new Promise(function (go) { setTimeout(go, ms); }); };
  var frame = function () { return Number(root.dataset.frame); };
  var ink = function (canvas) {
    var pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data, sum = 0;
    for (var i = 0; i < pixels.length; i += 4) if (pixels[i + 3]) sum += pixels[i] * 3 + pixels[i + 1] * 5 + (i % 9973);
    return sum;
  };
  var hit = function (element) {
    var box = element.getBoundingClientRect();
    return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  };
  var point = function (type, share) {
    var box = plot.getBoundingClientRect(), settings = { bubbles: true, buttons: 1, pointerId: 1 };
    settings.clientX = box.left + 46 + share * (box.width - 52);
    settings.clientY = box.top + 60;
    plot.dispatchEvent(new PointerEvent(type, settings));
  };
  var key = function (name, shift) {
    root.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey: !!shift, bubbles: true, cancelable: true }));
  };
  try {
    root.scrollIntoView();
    out.visible = !root.hidden;
    out.wide = document.documentElement.scrollWidth <= window.innerWidth;
    out.width = window.innerWidth;
    out.length = Number(slider.max);
    out.start = frame();
    out.onTop = hit(button) === button && hit(plot) === plot && hit(slider) === slider;
    out.body0 = ink(root.querySelector(".body"));
    button.click();
    out.playing = root.dataset.playing + " " + button.textContent;
    await wait(1500);
    out.played = frame();
    out.bodyMoved = ink(root.querySelector(".body")) !== out.body0;
    button.click();
    out.paused = root.dataset.playing + " " + button.textContent;
    await wait(300);
    out.still = frame() === out.played || frame();
    slider.value = 1.34;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    out.slid = root.dataset.time;
    out.readout = root.querySelector(".readout").textContent;
    point("pointerdown", 0.5);
    out.clicked = frame();
    point("pointermove", 0.25);
    out.dragged = frame();
    key("ArrowRight");
    key("ArrowRight");
    key("ArrowLeft");
    out.stepped = frame();
    key("ArrowRight", true);
    out.leapt = frame();
    key("End");
    out.end = frame();
    key(" ");
    await wait(400);
    out.restarted = root.dataset.playing === "true" && Number(root.dataset.time) < out.length / 2;
    key(" ");
    key("Home");
    out.home = frame();
    root.querySelectorAll(".tabs button")[1].click();
    out.second = root.dataset.recording + " " + root.querySelector(".readout").textContent;
    var tabs = Array.from(root.querySelectorAll(".tabs button"));
    out.pressed = tabs.map(function (tab) { return tab.getAttribute("aria-pressed"); }).join();
  } catch (error) { out.error = String(error); }
  fetch("/outcome", { method: "POST", body: JSON.stringify(out) });
})();
</script>
</body>"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1000, 400])
def test_in_a_browser_it_plays_scrubs_and_steps(visit: Visit, browser: Any, width: int) -> None:
    text = render(visit, Drawings())
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)  # the actor is no script of the page's
    out = browser.act(text.replace("</body>", ACTOR), width=width)
    assert "error" not in out, out
    n = 150
    assert out["width"] == width
    assert out["visible"]
    assert out["wide"], "the page is wider than the screen"
    assert out["length"] == pytest.approx((n - 1) / 30)
    first, second = (r["first"] for r in player_data(visit)["recordings"])
    assert out["start"] == round(30 * first) > 0
    assert out["onTop"]
    assert out["playing"] == "true Pause"
    assert 4 <= out["played"] - out["start"] <= 20  # 1.5 s at a quarter of 30 frames a second
    assert out["bodyMoved"]
    assert out["paused"] == "false Play"
    assert out["still"] is True
    assert out["slid"] == "1.3400"
    knee = visit.recordings[0].measured.angles["left_knee_flexion_deg"][80]
    assert "1.34 s" in out["readout"]
    assert f"Knee L {knee:.0f}°".replace("-", "−") in out["readout"]
    assert out["clicked"] == pytest.approx(n / 2, abs=1)
    assert out["dragged"] == pytest.approx(n / 4, abs=1)
    assert out["stepped"] == out["dragged"] + 1
    assert out["leapt"] == out["stepped"] + 10
    assert out["end"] == n - 1
    assert out["restarted"]
    assert out["home"] == 0
    assert out["second"].startswith(f"1 {second:.2f} s")
    assert "Pelvis" in out["second"]
    assert out["pressed"] == "false,true"


@pytest.mark.slow
def test_under_its_own_policy_the_player_runs_and_is_drawn(visit: Visit, browser: Any, tmp_path: Path) -> None:
    from PIL import Image

    page = tmp_path / "page.html"
    page.write_text(render(visit, Drawings()), encoding="utf8")
    seen = browser.look(page, "--dump-dom", "--window-size=1000,900")
    first = round(30 * player_data(visit)["recordings"][0]["first"])
    assert re.search(rf'<div id="player"[^>]*data-frame="{first}"', seen)
    assert not re.search(r'<div id="player"[^>]* hidden', seen)
    browser.look(page, f"--screenshot={tmp_path / 'shot.png'}", "--window-size=1000,6000")
    picture = np.asarray(Image.open(tmp_path / "shot.png").convert("RGB")).astype(int)
    left = np.abs(picture - (0xC9, 0x40, 0x2F)).max(axis=2) < 12
    right = np.abs(picture - (0x1C, 0x66, 0xB0)).max(axis=2) < 12
    assert left.sum() > 500
    assert right.sum() > 500
