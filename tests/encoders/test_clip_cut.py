"""A network of video knows how its clips were cut, and refuses others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.encoders.resnet3d import ResNet3d
from skelgait.encoders.videomae import VideoMae
from skelgait.estimator.preparation import find_clips

SMALL = {"depth": 10, "widths": (4, 4, 8, 8), "frames": 4, "step_s": 0.1, "side": 32}
TINY = {"width": 32, "depth": 1, "heads": 2, "frames": 4, "side": 32, "plane": "frontal"}
LEGS = {"margin": 0.75, "middle": "knees"}


def walk(name: str, **info: object) -> sg.Trial:
    pictures = np.random.default_rng(len(name)).integers(0, 256, (12, 36, 36, 3), np.uint8)
    return sg.Trial(name, clips={"frontal": sg.Clip(pictures, fps=15, view="frontal", info=info)})


def taught(walks: list[sg.Trial], encoder: dict | None = None, **settings: object) -> sg.GaitClassifier:
    model = sg.GaitClassifier("GENU_BINARY", encoder or {"resnet3d": SMALL}, max_epochs=1, progress=False, random_state=0)
    return model.set_params(**settings).fit(walks, (["normal", "abnormal"] * len(walks))[: len(walks)])


@pytest.mark.parametrize("encoder", [{"resnet3d": SMALL}, {"videomae": TINY}])
def test_a_model_remembers_how_its_clips_were_cut_and_refuses_others(encoder: dict, tmp_path: Path) -> None:
    model = taught([walk("a", **LEGS), walk("b", margin=0.77, middle="knees"), walk("c")], encoder)
    again = sg.GaitClassifier.load(model.save(tmp_path / "genu.safetensors"))
    about = {"margin": 0.76, "middle": "knees", "side": 36, "channels": 3}
    assert find_clips(model) == find_clips(again) == {"frontal": about}
    alike, silent = walk("d", margin=0.8, middle="knees"), walk("e")
    wide, hips = walk("f", margin=1.0, middle="knees"), walk("g", margin=0.75)
    assert np.array_equal(again.predict_proba([alike, silent]), model.predict_proba([alike, silent]))
    for other, found in ((wide, "margin 1 about the knees"), (hips, "margin 0.75 about the hips")):
        wrong = f"'{other.name}'.*not cut as those.*Found: {found}. Expected: margin 0.76 about the knees"
        for ask in (again.predict_proba, again.embed):
            with pytest.raises(SkelgaitError, match=wrong):
                ask([alike, other])


def test_a_walk_that_was_prepared_before_is_refused_all_the_same() -> None:
    legs, body = walk("a", **LEGS), walk("b", margin=1.25)
    of_body = taught([body, walk("c", margin=1.25)])
    assert np.isfinite(of_body.predict_proba([body])).all()
    with pytest.raises(SkelgaitError, match=r"sg.extract_clip\(video, margin=0.75, middle=.knees.\)"):
        taught([legs, walk("d", **LEGS)]).predict_proba([body])


def test_clips_cut_in_several_ways_do_not_teach_together() -> None:
    with pytest.raises(
        SkelgaitError, match=r"not all cut alike.*2 with margin 1.25 about the hips; 1 with margin 0.75 about the knees"
    ):
        taught([walk("a", margin=1.25), walk("b", margin=1.25, middle="hips"), walk("c", **LEGS)])
    with pytest.raises(SkelgaitError, match=r"margins within 10%"):
        taught([walk("a", margin=1.0), walk("b", margin=1.2)])


def test_the_clips_that_are_held_out_must_be_alike_too() -> None:
    walks = [walk(name, margin=1.25) for name in "abcdef"]
    for one in range(6):  # whoever is held out
        mixed = [t if n != one else walk(t.name, **LEGS) for n, t in enumerate(walks)]
        with pytest.raises(SkelgaitError, match=r"not all cut alike|not cut as those"):
            taught(mixed, validation=0.34)


def test_what_says_nothing_is_taken_and_an_older_model_too(tmp_path: Path) -> None:
    model = taught([walk("a"), walk("b")])
    assert find_clips(model) == {"frontal": {"channels": 3}}
    assert np.isfinite(model.predict_proba([walk("c", **LEGS)])).all()
    file = taught([walk("a", **LEGS), walk("b", **LEGS)]).save(tmp_path / "new.safetensors")
    with safe_open(file, "pt") as opened:
        header = json.loads(opened.metadata()["skelgait"])
    header["learned"] = [{}]  # as before it was kept
    save_file(load_file(file), tmp_path / "old.safetensors", metadata={"skelgait": json.dumps(header)})
    old = sg.GaitClassifier.load(tmp_path / "old.safetensors")
    assert np.isfinite(old.predict_proba([walk("c", margin=1.25)])).all()


def test_what_is_cut_for_a_model_that_learnt_nothing_yet() -> None:
    two = [{"resnet3d": {**SMALL, "channels": 1}}, {"videomae": {**TINY, "plane": "sagittal"}}]
    assert find_clips(sg.GaitClassifier("GENU", two)) == {"frontal": {"channels": 1}, "sagittal": {"channels": 3}}
    assert find_clips(sg.GaitClassifier("GENU", {"resnet3d": {**SMALL, "source": "silhouette"}})) == {}


def test_a_network_that_begins_from_another_goes_by_its_own_clips() -> None:
    first = taught([walk("a", margin=1.25), walk("b", margin=1.25)])
    walks = [walk("c", **LEGS), walk("d", **LEGS)]
    then = sg.GaitClassifier("GENU_BINARY", {"resnet3d": SMALL}, max_epochs=1, progress=False).fit(
        walks, ["normal", "abnormal"], start=first
    )
    assert find_clips(then)["frontal"]["middle"] == "knees"


@pytest.mark.parametrize("kind", [ResNet3d(**SMALL), VideoMae(**TINY)])
def test_the_cut_is_no_part_of_a_batch(kind: ResNet3d | VideoMae) -> None:
    one, other = kind.prepare(walk("a", **LEGS)), kind.prepare(walk("a"))
    assert set(one) - set(other) == {"margin", "middle"}
    assert set(kind.collate([one])) == set(kind.collate([other]))
    assert "margin" in kind.cut(one, 0, 0.4)
