"""The video in the player, in a browser: the picture is that of the cursor, and where there can be none the skeleton is shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelgait.gait.measure import Measurement
from skelgait.report.clip import Clip, make_clip, player_frames
from skelgait.report.embed import Drawings
from skelgait.report.page import render
from skelgait.report.visit import Visit, gather_visit

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
    contact = visit.recordings[0].measured.strides.start_s.min()
    shown = player_frames(visit.recordings[0].measured.pose)[round(30 * contact)]  # where it opens
    colour = (20 + 18 * (shown % 12), 20 + 18 * (shown // 12 % 12), 20 + 18 * (shown // 144))
    first = np.abs(picture - colour).max(axis=2) < 6
    assert first.sum() > 20_000
