"""Networks of video on the command line: from files to an answer, and a video of what it rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import skelgait as sg
from skelgait.cli.filmed import cut_videos
from skelgait.cli.models import LeftOut
from skelgait.io.video import read_video_info
from skelgait.io.video_writing import write_video
from tests.cli.conftest import Run

ENCODER = {"resnet3d": {"depth": 10, "widths": [4, 4, 8, 8], "frames": 4, "step_s": 0.1, "side": 32}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four children filmed from the front, two of them with crooked knees, with their poses."""
    folder = tmp_path_factory.mktemp("filmed")
    rows = []
    for child in range(4):
        camera = sg.Camera(size=(240, 320), view="frontal_towards")
        film = sg.Walker(knee_valgus_deg=12.0 * (child % 2), cadence_spm=110 + 5 * child).film(camera, fps=15, duration_s=1.2)
        write_video(folder / f"child{child}.mp4", film.frames(), 15)
        sg.write_pose(film.pose, folder / f"child{child}.csv")
        files = {"frontal": f"child{child}.csv", "frontal_video": f"child{child}.mp4"}
        rows.append({"subject": f"child{child}", **files, "label_genu": ("normal", "abnormal")[child % 2]})
    pd.DataFrame(rows).to_csv(folder / "trials.csv", index=False)
    return folder


def test_from_videos_to_an_answer_and_what_it_rests_on(run: Run, folder: Path, tmp_path: Path) -> None:
    model, clips = tmp_path / "genu.safetensors", tmp_path / "clips"
    about = ("--task", "GENU_BINARY", "--encoders", json.dumps(ENCODER), "--epochs", "1", "--test-size", "0", "--quiet")
    code, out, err = run("train", folder / "trials.csv", *about, "--out", model)
    assert code == 2
    assert "no frontal clip" in err
    code, out, err = run("train", folder / "trials.csv", *about, "--out", model, "--clips-folder", clips)
    assert code == 0, out + err
    assert len(list(clips.glob("*.clip.npz"))) == 4
    code, out, err = run("predict", model, folder / "trials.csv", "--out", tmp_path / "said.csv", "--quiet")
    assert code == 0, out + err
    said = pd.read_csv(tmp_path / "said.csv")
    assert said.answer.isin(["normal", "abnormal"]).all()
    kept = next(clips.glob("child1*"))
    code, out, err = run("predict", model, kept)
    assert code == 0, out + err
    assert float(out.splitlines()[1].split(",")[3]) == pytest.approx(said.p_normal[1], abs=2e-3), "a clip says what its video says"
    one = pd.read_csv(folder / "trials.csv").iloc[:1].assign(frontal="child0.csv")
    one.to_csv(folder / "one.csv", index=False)
    code, out, err = run("explain", model, folder / "one.csv", "--stage", "layer1", "--out", tmp_path / "why", "--quiet")
    assert code == 0, out + err
    answers = pd.read_csv(tmp_path / "why" / "answers.csv")
    assert answers["first"].str.startswith("row ").all()
    film = read_video_info(tmp_path / "why" / answers.video[0])
    assert film.size[0] == 384
    assert (tmp_path / "why" / answers.figure[0]).stat().st_size > 10_000


def test_a_bare_video_is_estimated_once_and_cut(run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pose = sg.read_pose(folder / "child1.csv", fps=15).with_(view="frontal_towards", size=(240, 320))
    asked = []
    monkeypatch.setattr("skelgait.estimation.estimate.estimate_pose", lambda path, *_, **__: asked.append(path) or pose)
    walks = [
        sg.Trial(f"child{i}", clips={"frontal": sg.extract_clip(folder / f"child{i}.mp4", pose=p, view="frontal", progress=False)})
        for i, p in ((1, pose), (3, sg.read_pose(folder / "child3.csv", fps=15)))
    ]
    model = sg.GaitClassifier("GENU_BINARY", ENCODER, max_epochs=1, progress=False, random_state=0).fit(
        walks, ["normal", "abnormal"]
    )
    model.save(tmp_path / "genu.safetensors")
    code, out, err = run("predict", tmp_path / "genu.safetensors", folder / "child1.mp4", "--quiet")
    assert code == 0, out + err
    assert len(asked) == 1, "the pose that was estimated says where to cut"
    expected = model.predict_proba(walks[:1])[0, 0]
    assert float(out.splitlines()[1].split(",")[3]) == pytest.approx(expected, abs=1e-3)
    bad = pd.read_csv(folder / "trials.csv")
    bad["frontal_video"] = [str(tmp_path / "none.mp4"), *(str(folder / name) for name in bad.frontal_video[1:])]
    bad["frontal"] = [str(folder / name) for name in bad.frontal]
    bad.to_csv(tmp_path / "bad.csv", index=False)
    code, out, err = run("predict", tmp_path / "genu.safetensors", tmp_path / "bad.csv", "--quiet")
    assert code == 0, out + err
    assert len(out.splitlines()) == 4
    assert "1 row left out" in err


def test_videos_are_cut_as_the_clips_that_were_learnt_from(run: Run, folder: Path, tmp_path: Path) -> None:
    walks = sg.read_trials(folder / "trials.csv")
    about = {"margin": 0.7, "middle": "knees", "side": 64, "channels": 1}
    walks = sg.extract_clips(walks, tmp_path / "legs", progress=False, **about)
    model = sg.GaitClassifier("GENU_BINARY", ENCODER, max_epochs=1, progress=False, random_state=0).fit(walks)
    file = model.save(tmp_path / "genu.safetensors")
    cut, _ = cut_videos(model, [walks[1].with_(clips={})], LeftOut(), quiet=True)
    clip = cut[0].clip("frontal")
    assert (clip.info["margin"], clip.info["middle"], clip.frames.shape[1:]) == (0.7, "knees", (64, 64, 1))
    code, out, err = run("predict", file, folder / "trials.csv", "--quiet")
    assert code == 0, out + err
    said = [float(line.split(",")[3]) for line in out.splitlines()[1:]]
    assert said == pytest.approx(model.predict_proba(walks)[:, 0], abs=1e-3), "a video says what its clip says"
    code, out, err = run("predict", file, sg.extract_clips(walks[:1], tmp_path, progress=False)[0].clips["frontal"])
    assert code == 2
    assert "margin 1.25 about the hips" in err
    assert "margin 0.7 about the knees" in err


def test_silhouettes_tell_where_somebody_is_where_there_is_no_pose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = sg.Walker().film(sg.Camera(size=(240, 320), view="frontal_towards"), fps=15, duration_s=1)
    write_video(tmp_path / "child.mp4", film.frames(), 15)
    monkeypatch.setattr("skelgait.estimation.clips.estimate_pose", lambda *_, **__: pytest.fail("nothing has to be estimated"))
    video = {"frontal": str(tmp_path / "child.mp4")}
    walk = sg.Trial("child", video=video, silhouettes={"frontal": film.silhouette_sequence()})
    model = sg.GaitClassifier("GENU_BINARY", ENCODER)
    clips = [cut_videos(model, [walk], LeftOut(), folder=to, quiet=True)[0][0].clip("frontal") for to in (None, tmp_path / "clips")]
    assert (clips[0].boxes == clips[1].boxes).all()
    assert clips[0].view == clips[1].view == "frontal"
