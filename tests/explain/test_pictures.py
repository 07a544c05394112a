"""Explanations of a model of silhouettes: the answer rests on a raised shoulder, and the maps must find it."""

from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.explain import pictures

SHOULDER = range(12, 18)  # rows that differ


def make(child: int, frames: int = 20) -> sg.Trial:
    rng = np.random.default_rng(child)
    y, x = np.mgrid[:64, :44]
    middle = 22 + 2 * np.sin(np.arange(frames) / 3 + child)[:, None, None]
    body = np.hypot((x - middle) / rng.uniform(6, 8), (y - 32) / 30) < 1
    if child % 2:
        body |= (y >= SHOULDER.start) & (y < SHOULDER.stop) & (x > middle) & (x < middle + 14)
    labels = {"scoliosis": "positive" if child % 2 else "negative"}
    walk = sg.SilhouetteSequence(body, fps=20, view="frontal")
    return sg.Trial(f"child{child}", silhouettes=walk, labels=labels)


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    return [make(child) for child in range(12)]


@pytest.fixture(scope="module")
def model(walks: list[sg.Trial]) -> sg.GaitClassifier:
    settings = {"encoder": {"channels": [8, 8, 16, 16], "width": 16, "frames": 5}, "max_steps": 60, "subjects": 6, "walks_each": 2}
    fitted = sg.recipes.sconet(**settings, progress=False, random_state=0).fit(walks)
    assert fitted.score(walks) == 1.0
    return fitted


def test_heat_lies_where_the_answer_comes_from(model: sg.GaitClassifier, walks: list[sg.Trial]) -> None:
    why = sg.explain(model, walks[1])
    assert why.values.shape == (20, 64, 44)
    assert why.axes["time"][-1] == pytest.approx(19 / 20)
    assert why.values.min() >= 0
    rows = why.over("row")
    assert SHOULDER.start - 8 <= rows.idxmax() < SHOULDER.stop + 8
    at_shoulders = why.values.mean(0)[SHOULDER.start - 2 : SHOULDER.stop + 2]
    assert at_shoulders[:, 26:38].mean() > 1.05 * at_shoulders[:, 6:18].mean(), "on the side that is raised"
    assert why.info["faithfulness"] > 0
    assert np.allclose(why.info["picture"], walks[1].silhouette_sequence().frames_at(slice(None)).mean(0) / 255, atol=1e-5)
    for stage in ("layer1", "layer3"):
        assert sg.explain(model, walks[1], stage=stage, faithfulness=False).values.shape == (20, 64, 44)
    with pytest.raises(SkelgaitError, match="no stage 'layer9'"):
        sg.explain(model, walks[1], stage="layer9")


def test_strips_tell_which_height_of_the_body_speaks_for_the_answer(model: sg.GaitClassifier, walks: list[sg.Trial]) -> None:
    why = sg.explain(model, walks[1], "strips")
    assert why.signed
    assert len(why.axes["strip"]) == 16
    assert why.axes["strip"][3] == "rows 12-15"
    assert int(why.values.argmax()) in (2, 3, 4)
    assert why.info["faithfulness"] > 0
    assert len(why.info["strip_probability"]) == 16
    hidden = walks[1].silhouettes["frontal"].frames_at(slice(None))
    best = int(why.values.argmax())
    hidden[:, 4 * best : 4 * best + 4] = 0
    thin = np.linspace(0, 19, pictures.LOOKS).round().astype(int)  # by hand: the same frames with the strip painted over
    by_hand = [
        sg.Trial("x", silhouettes=sg.SilhouetteSequence(frames[thin], fps=20, view="frontal"))
        for frames in (walks[1].silhouettes["frontal"].frames_at(slice(None)), hidden)
    ]
    level = list(model.classes_).index("positive")
    p = model.predict_proba(by_hand)[:, level]
    assert why.values[best] == pytest.approx(np.diff(np.log(p / (1 - p)))[0] * -1, abs=1e-3)


def test_few_frames_stand_for_a_long_walk(model: sg.GaitClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_FRAMES", 8)
    why = sg.explain(model, make(3, frames=60), faithfulness=False)
    assert why.values.shape == (60, 64, 44)
    assert why.values.max() > 0


def test_a_model_of_skeleton_maps_is_explained_the_same_way() -> None:
    camera = sg.Camera(view="frontal_towards")
    poses = [sg.Walker(cadence_spm=100 + 4 * i).film(camera, fps=30, duration_s=2).pose for i in range(4)]
    walks = [sg.Trial(f"child{i}", {"frontal": pose}) for i, pose in enumerate(poses)]
    encoder = {"source": "skeleton_map", "channels": [4, 4, 8, 8], "width": 8, "frames": 6}
    model = sg.recipes.sconet(encoder=encoder, max_steps=2, subjects=4, walks_each=2, progress=False, random_state=0)
    model.fit(walks, ["negative", "neutral", "positive", "negative"])
    assert sg.explain(model, walks[0], faithfulness=False).values.shape[1:] == (64, 44)
    assert sg.explain(model, walks[0], "strips", faithfulness=False).values.shape == (16,)
    with pytest.raises(SkelgaitError, match="integrated gradients cannot look"):
        sg.explain(model, walks[0], "integrated_gradients")


def test_figures_show_heat_and_strips(model: sg.GaitClassifier, walks: list[sg.Trial]) -> None:
    heat, strips = sg.explain(model, walks[1], faithfulness=False), sg.explain(model, walks[1], "strips", faithfulness=False)
    for figure in (sg.plot_silhouette_heat(heat), sg.plot_silhouette_heat(heat, strips), sg.plot_silhouette_heat(strips)):
        figure.canvas.draw()
        assert len(figure.axes) == 2
    with pytest.raises(SkelgaitError, match="another attribution"):
        sg.plot_silhouette_heat(sg.Attribution([1.0], {"descriptor": ("a",)}, "shap", "gmfcs = II"))
    with pytest.raises(SkelgaitError, match="strips cannot look"):
        sg.explain(
            sg.GaitClassifier("GAIT_BINARY", {"stgcn": {"stages": [4]}}, max_epochs=1, progress=False, random_state=0).fit(
                [sg.Trial(f"c{i}", sg.Walker().film(fps=30, duration_s=2).pose) for i in range(2)], ["normal", "abnormal"]
            ),
            sg.Trial("c0", sg.Walker().film(fps=30, duration_s=2).pose),
            "strips",
        )
