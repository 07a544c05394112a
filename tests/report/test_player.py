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
from skelgait.report.clip import MOST_FRAMES, Clip, make_clip, player_frames
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
    assert out["start"] == 0
    assert out["onTop"]
    assert out["playing"] == "true Pause"
    assert 4 <= out["played"] <= 20  # 1.5 s at a quarter of 30 frames a second
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
    assert out["second"].startswith("1 0.00 s")
    assert "Pelvis" in out["second"]
    assert out["pressed"] == "false,true"


@pytest.mark.slow
def test_under_its_own_policy_the_player_runs_and_is_drawn(visit: Visit, browser: Any, tmp_path: Path) -> None:
    from PIL import Image

    page = tmp_path / "page.html"
    page.write_text(render(visit, Drawings()), encoding="utf8")
    seen = browser.look(page, "--dump-dom", "--window-size=1000,900")
    assert re.search(r'<div id="player"[^>]*data-frame="0"', seen)
    assert not re.search(r'<div id="player"[^>]* hidden', seen)
    browser.look(page, f"--screenshot={tmp_path / 'shot.png'}", "--window-size=1000,6000")
    picture = np.asarray(Image.open(tmp_path / "shot.png").convert("RGB")).astype(int)
    left = np.abs(picture - (0xC9, 0x40, 0x2F)).max(axis=2) < 12
    right = np.abs(picture - (0x1C, 0x66, 0xB0)).max(axis=2) < 12
    assert left.sum() > 500
    assert right.sum() > 500


# Scrubs, steps and plays with the video on show, and reads the number of the frame off the picture itself.
FILM_ACTOR = """
<script>
(async function () {
  var root = document.getElementById("player"), out = { seen: [], played: [] }, pad = document.createElement("canvas");
  var slider = root.querySelector(".slider"), button = root.querySelector(".toggle"), video = root.querySelector("video");
  var modes = Array.from(root.querySelectorAll(".modes button"));
  var wait = function (ms) { return new Promise(function (go) { setTimeout(go, ms); }); };
  var until = async function (ready) { for (var i = 0; i < 100 && !ready(); i++) await wait(50); return ready(); };
  var still = function () {
    return until(function () { return video.readyState >= 2 && !video.seeking && root.dataset.shown === root.dataset.frame; });
  };
  var pixel = function () {
    pad.width = video.videoWidth;
    pad.height = video.videoHeight;
    var pen = pad.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0);
    return Array.from(pen.getImageData(Math.round(pad.width / 2), Math.round(pad.height / 2), 1, 1).data).slice(0, 3);
  };
  var state = function () { return { time: Number(root.dataset.time), frame: Number(root.dataset.frame), pixel: pixel() }; };
  try {
    root.scrollIntoView();
    out.labels = modes.map(function (one) { return one.textContent; }).join();
    out.ready = await still();
    out.remark = root.querySelector(".remark").textContent;
    for (var t of [0, 1.0, 0.2, 2.515, 3.9]) {
      slider.value = t;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      await still();
      out.seen.push(state());
    }
    slider.value = 1;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await still();
    button.click();
    for (var i = 0; i < 8; i++) { await wait(130); out.played.push(state()); }
    button.click();
    await still();
    out.stopped = state();
    out.rate = video.playbackRate;
    var box = video.getBoundingClientRect(), hold = root.querySelector(".picture").getBoundingClientRect();
    out.inside = box.left >= hold.left - 1 && box.right <= hold.right + 1;
    out.inside = out.inside && box.top >= hold.top - 1 && box.bottom <= hold.bottom + 1;
    out.shape = box.width / box.height / (video.videoWidth / video.videoHeight);
    modes[2].click();
    await wait(100);
    out.skeleton = getComputedStyle(video).visibility + " " + root.dataset.mode;
    button.click();
    await wait(400);
    button.click();
    out.onwards = Number(root.dataset.time) > out.stopped.time;
    modes[1].click();
    await still();
    out.back = getComputedStyle(video).visibility + " " + root.dataset.mode;
    out.after = state();
    root.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true, cancelable: true }));
    await still();
    button.click();
    await until(function () { return root.dataset.playing === "true" && Number(root.dataset.time) < 1; });
    out.again = Number(root.dataset.time);
    document.querySelector(".speed").value = "1";
    document.querySelector(".speed").dispatchEvent(new Event("change"));
    out.faster = video.playbackRate;
    out.ended = await until(function () { return root.dataset.playing === "false"; });
    out.end = root.dataset.frame;
  } catch (error) { out.error = String(error); }
  fetch("/outcome", { method: "POST", body: JSON.stringify(out) });
})();
</script>
</body>"""


@pytest.fixture(scope="module")
def filmed(side_only: Measurement, tmp_path_factory: pytest.TempPathFactory) -> tuple[Visit, Clip]:
    """A walk whose video tells the number of every frame by its colour, and its clip."""
    pytest.importorskip("av")
    from skelgait.io.video_writing import write_video

    pose = side_only.planes["sagittal"].raw
    film = tmp_path_factory.mktemp("film") / "film.mp4"
    colours = ((20 + 18 * (k % 12), 20 + 18 * (k // 12 % 12), 20 + 18 * (k // 144)) for k in range(pose.n_frames))
    write_video(film, (np.full((270, 480, 3), colour, np.uint8) for colour in colours), pose.fps)
    trial = side_only.trial.with_(video={"sagittal": str(film)})
    visit = gather_visit(trial, measurement=replace(side_only, trial=trial))
    return visit, make_clip(visit.recordings[0])


def told(state: dict) -> int:
    """The number of the frame of the recording a picture shows."""
    low, middle, high = (round((v - 20) / 18) for v in state["pixel"])
    return low + 12 * middle + 144 * high


@pytest.mark.slow
def test_the_video_shows_the_moment_of_the_cursor(filmed: tuple[Visit, Clip], browser: Any) -> None:
    visit, clip = filmed
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(visit, Drawings(clips={1: clip})))
    out = browser.act(text.replace("</body>", FILM_ACTOR))
    assert "error" not in out, out
    assert out["ready"]
    assert out["labels"] == "Both,Video,Skeleton"
    assert "blurred" in out["remark"]
    at = player_frames(visit.recordings[0].measured.pose)
    for state, time in zip(out["seen"], (0, 1.0, 0.2, 2.515, 3.9), strict=True):
        assert state["time"] == pytest.approx(time)
        assert state["frame"] == round(time * 30)
        assert told(state) == at[state["frame"]]
    for state in out["played"]:  # between reading the picture and the clock the next picture may come
        assert abs(told(state) - at[state["frame"]]) <= 2
        assert 1 <= state["time"] < 1.6
    assert out["played"][-1]["time"] > out["played"][0]["time"] + 0.1
    assert out["rate"] == 0.25
    assert told(out["stopped"]) == at[out["stopped"]["frame"]]
    assert out["inside"]
    assert out["shape"] == pytest.approx(1, abs=0.02)
    assert out["skeleton"] == "hidden skeleton"
    assert out["onwards"]
    assert out["back"] == "visible video"
    assert told(out["after"]) == at[out["after"]["frame"]]
    assert out["again"] < 1
    assert out["faster"] == 1
    assert (out["ended"], out["end"]) == (True, str(len(at) - 1))


@pytest.mark.slow
def test_a_video_that_cannot_be_played_gives_way_to_the_skeleton(filmed: tuple[Visit, Clip], browser: Any) -> None:
    visit, clip = filmed
    broken = replace(clip, data=b"\x00" * 3000)
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(visit, Drawings(clips={1: broken})))
    actor = """<script>setTimeout(function () {
      var root = document.getElementById("player"), button = root.querySelector(".toggle");
      button.click();
      setTimeout(function () {
        fetch("/outcome", { method: "POST", body: JSON.stringify({ mode: root.dataset.mode, time: Number(root.dataset.time),
          remark: root.querySelector(".remark").textContent, modes: root.querySelector(".modes").hidden }) });
      }, 600);
    }, 800);</script></body>"""
    out = browser.act(text.replace("</body>", actor))
    assert out["mode"] == "skeleton"
    assert out["modes"]
    assert out["time"] > 0.05
    assert "cannot play" in out["remark"]


@pytest.mark.slow
def test_from_a_file_under_its_own_policy_the_video_is_seen(filmed: tuple[Visit, Clip], browser: Any, tmp_path: Path) -> None:
    from PIL import Image

    visit, clip = filmed
    page = tmp_path / "page.html"
    page.write_text(render(visit, Drawings(clips={1: clip})), encoding="utf8")
    browser.look(page, f"--screenshot={tmp_path / 'shot.png'}", "--window-size=1000,6000")
    picture = np.asarray(Image.open(tmp_path / "shot.png").convert("RGB")).astype(int)
    first = np.abs(picture - (20, 20, 20)).max(axis=2) < 6  # the colour of frame 0
    assert first.sum() > 20_000
