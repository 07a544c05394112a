"""The genu valgum network and AGRM, from clips to answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.recipes.genu import TEACHER, agrm, agrm_rows, genu_valgum, genu_valgum_rows
from skelgait.training.objectives.mean_teacher import MeanTeacher

SMALL = {"depth": 10, "widths": [4, 4, 8, 8], "width": 8, "frames": 4, "step_s": 0.1, "side": 32, "strips": [1, 2]}
QUICK = {"encoder": SMALL, "max_epochs": 1, "batch_size": 4, "progress": False, "random_state": 0}
LEVELS = ("normal", "varum", "valgum")


def legs(child: int, apart: float, fps: float = 30.0) -> sg.Clip:
    """Two bright legs on a dark ground whose knees are so far apart, from the front."""
    rng = np.random.default_rng(child)
    time = np.arange(round(fps * 1.2)) / fps
    y, x = np.mgrid[:36, :36]
    middle = 18 + np.sin(2 * np.pi * time)[:, None, None]
    bend = apart * np.sin(np.pi * y / 35)
    legs = [np.exp(-((x - middle - side * (5 + bend)) ** 2) / 4) for side in (-1, 1)]
    grey = 40 * rng.uniform(0.5, 1) + 170 * np.maximum(*legs) + rng.normal(0, 5, (len(time), 36, 36))
    colour = np.repeat(grey[..., None], 3, -1) * rng.uniform(0.8, 1, 3)
    return sg.Clip(colour.clip(0, 255).astype(np.uint8), fps=fps, view="frontal_towards")


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> list[sg.Trial]:
    """Twelve children, one walk each, filmed at two rates, in files."""
    folder = tmp_path_factory.mktemp("clips")
    trials = []
    for child in range(12):
        level = LEVELS[child % 3]
        apart = {"normal": 0.0, "varum": 4.0, "valgum": -4.0}[level]
        path = folder / f"{child}.clip.npz"
        legs(child, apart, (25.0, 30.0)[child % 2]).save(path)
        trials.append(sg.Trial(f"child{child}", clips={"frontal": str(path)}, labels={"genu": level}))
    return trials


def test_every_row_learns_and_answers_by_settings_alone(walks: list[sg.Trial]) -> None:
    y = [t.labels["genu"] for t in walks]
    some = [level if i % 2 else -1 for i, level in enumerate(y)]
    sizes = {}
    for rows, task, answers in ((genu_valgum_rows, "GENU_BINARY", y), (agrm_rows, "GENU", some)):
        for name, model in rows(task=task, **QUICK).items():
            if task == "GENU_BINARY":
                answers = ["normal" if level == "normal" else "abnormal" for level in y]
            model.fit(walks, answers)
            assert np.allclose(model.predict_proba(walks).sum(1), 1)
            assert model.predict_proba(walks).shape[1] == (2 if task == "GENU_BINARY" else 3)
            assert ("loss_MeanTeacher" in model.history_[-1]) == (task == "GENU" and name in ("+ MT", "+ both"))
            sizes[task, name] = model.n_parameters_
    assert sizes["GENU", "3D ResNet"] == sizes["GENU", "+ MT"] < sizes["GENU", "+ SHPM"]
    assert sizes["GENU_BINARY", "+ attention"] - sizes["GENU_BINARY", "3D ResNet"] == 300 * 4  # a block a stage, three gates each


class Watching(MeanTeacher):
    """Keeps what student and teacher are shown."""

    seen: ClassVar[list[tuple[list[int], list[int]]]] = []

    def value(self, said: Any, inputs: Any, *others: Any) -> torch.Tensor:
        self.seen.append(tuple(view[0]["clip"][..., 0, 0, 0].flatten().tolist() for view in inputs))
        return super().value(said, inputs, *others)


def test_student_and_teacher_see_other_moments_of_a_walk() -> None:
    counted = np.zeros((60, 36, 36, 3), np.uint8) + np.arange(60, dtype=np.uint8)[:, None, None, None]
    walks = [sg.Trial(f"child{i}", clips={"frontal": sg.Clip(counted, fps=30.0)}) for i in range(4)]
    Watching.seen.clear()
    model = agrm(**{**QUICK, "max_epochs": 3}, augmentation={}).set_params(objectives=["supervised", Watching])
    model.fit(walks, ["normal", "varum", "valgum", -1])
    assert len(Watching.seen) >= 3
    for student, teacher in Watching.seen:
        assert student != teacher  # the numbers of the pictures
        assert np.diff(np.reshape(student, (-1, 4)), axis=1).tolist() == np.diff(np.reshape(teacher, (-1, 4)), axis=1).tolist()


@pytest.mark.parametrize("teacher_sees", ["changed", "plain"])
def test_the_teacher_sees_the_walk_changed_or_as_it_is(teacher_sees: str) -> None:
    pictures = np.full((4, 36, 36, 3), 100, np.uint8)
    walks = [sg.Trial(f"child{i}", clips={"frontal": sg.Clip(pictures, fps=10.0)}) for i in range(4)]
    Watching.seen.clear()
    objectives = {"supervised": {}, Watching: {"teacher_sees": teacher_sees}}
    model = agrm(**QUICK, augmentation={"light": 0.5}).set_params(objectives=objectives)
    model.fit(walks, ["normal", "varum", "valgum", -1])
    for student, teacher in Watching.seen:
        assert set(student) != {100}
        assert (set(teacher) == {100}) == (teacher_sees == "plain")


def test_it_learns_what_there_is_to_see_and_a_file_answers_alike(walks: list[sg.Trial], tmp_path: Path) -> None:
    model = genu_valgum("GENU", **{**QUICK, "max_epochs": 15}, optimizer={"adamw": {"lr": 0.02}}, augmentation={})
    model.fit(walks)
    assert model.score(walks) > 0.9
    assert model.history_[-1]["loss"] < 0.7 * model.history_[0]["loss"]
    walk = sg.Trial("new", clips={"frontal": legs(50, -4.0)})
    why = sg.explain(model, walk, stage="layer2")  # four channels of the first may all speak against it
    assert why.values.shape == (12, 32, 32)  # 1.2 s in steps of 0.1, three clips of four pictures
    assert (why.values >= 0).all()
    assert why.values.max() > 0
    assert why.info["picture"].shape == (32, 32)
    across = why.info["picture"][16]  # bright legs on a dark ground, in colours that can be looked at
    assert across[14:18].min() > 2 * across[0]
    assert 0 <= why.info["picture"].min() <= why.info["picture"].max() <= 1
    assert sg.plot_silhouette_heat(why).axes
    again = sg.GaitClassifier.load(model.save(tmp_path / "genu.safetensors"))
    assert np.array_equal(again.predict_proba(walks), model.predict_proba(walks))


def test_grad_cam_of_one_clip_by_hand(walks: list[sg.Trial]) -> None:
    model = genu_valgum("GENU", **QUICK).fit(walks)
    clip = legs(60, 4.0)
    walk = sg.Trial("short", clips={"frontal": clip.with_(frames=clip.frames[:12], time_s=None, boxes=None)})
    why = sg.explain(model, walk, stage="layer2", level="varum")
    kept = []
    encoder = model.network_.encoders[0]
    hook = encoder.cam_layer("layer2").register_forward_hook(lambda _m, _i, out: kept.append(out))
    said = model.network_.eval()(model.prepare_batch([walk]).inputs).log_probs[0, 0]
    hook.remove()
    p = said[1]
    (gradient,) = torch.autograd.grad(p - torch.log1p(-p.exp()), kept[0])
    seen, slope = kept[0][0].detach(), gradient[0]
    heat = sum(seen[c] * slope[c].mean() for c in range(len(seen))).clamp(min=0)
    assert why.values.shape == (4, 32, 32)
    assert tuple(heat.shape) == (1, 4, 4)
    for row, column in ((0, 0), (31, 31), (0, 31)):  # corners are not mixed with anything
        assert why.values[0, row, column] == pytest.approx(float(heat[0, row // 8, column // 8]), rel=1e-4, abs=1e-7)


def test_walks_of_another_source_without_answers_join_in_and_the_teacher_answers(walks: list[sg.Trial]) -> None:
    others = [sg.Trial(f"public{i}", clips={"frontal": legs(100 + i, 2.0 * i - 4)}) for i in range(5)]
    model = agrm(**QUICK).fit(walks, unlabelled=others)
    everything_known = agrm(**QUICK).fit(walks)
    assert model.sources_ == {}, "nobody said where they come from"
    assert {"loss_Supervised", "loss_MeanTeacher"} <= set(model.history_[-1])
    assert np.isfinite(everything_known.predict_proba(others)).all()
    given = agrm(teacher={"decay": 0.999, "weight": 5.0, "ramp_up": 0.2}).get_params(deep=False)["objectives"]
    assert given == {"supervised": {}, "mean_teacher": {**TEACHER, "weight": 5.0, "decay": 0.999, "ramp_up": 0.2}}
    assert genu_valgum(augmentation={}).augmentation is None
    assert agrm(augmentation={}).augmentation is None
    assert {**genu_valgum().augmentation, "light": 0.6, "noise": 0.05, "hidden": 0.2} == agrm().augmentation, (
        "what a student sees differs in more than place"
    )


def test_sources_are_balanced_in_both_streams_and_stand_in_the_model(walks: list[sg.Trial], tmp_path: Path) -> None:
    clinics = [walk.with_(covariates={"source": ("north", "south")[i > 8]}) for i, walk in enumerate(walks)]
    public = {"source": "CASIA-B"}
    others = [sg.Trial(f"public{i}", clips={"frontal": legs(100 + i, 2.0 * i - 4)}, covariates=public) for i in range(5)]
    model = agrm(**QUICK, batches={"two_stream": {"by": "source"}}).fit(clinics, unlabelled=others)
    assert model.sources_ == {"CASIA-B": 5, "north": 9, "south": 3}
    assert sg.GaitClassifier.load(model.save(tmp_path / "agrm.safetensors")).sources_ == model.sources_
    genu_valgum("GENU", **QUICK, batches={"balanced": {"by": "source", "shares": {"north": 3, "south": 1}}}).fit(clinics)
    held = genu_valgum("GENU", **QUICK, validation=0.3, batches={"balanced": {"by": ["a", "b"] * 6}}).fit(clinics)
    assert np.isfinite(held.predict_proba(walks)).all()
    with pytest.raises(sg.SkelgaitError, match="source of every walk"):
        agrm(**QUICK, batches={"two_stream": {"by": "source"}}).fit(walks, unlabelled=others)


@pytest.mark.parametrize("fusion", [{"cross_attention": {"width": 16}}, "concat"])
def test_video_is_fused_with_skeleton_and_descriptors_in_a_few_lines(fusion: object, tmp_path: Path) -> None:
    trials = []
    for child in range(4):
        film = sg.Walker(cadence_spm=100 + 6 * child).film(fps=20, duration_s=2.5)
        clip = legs(child, 4.0 * (child % 2)).with_(view="sagittal")
        trials.append(sg.Trial(f"child{child}", film.pose, clips=clip, labels={"gait": ("normal", "abnormal")[child % 2]}))
    parts = {"resnet3d": {**SMALL, "plane": "sagittal"}, "stgcn": {"stages": [8, 16]}, "descriptors": {"names": ["cadence_spm"]}}
    model = sg.GaitClassifier("GAIT_BINARY", parts, fusion=fusion, max_epochs=1, progress=False, random_state=0).fit(trials)
    said = model.predict_proba(trials)
    assert np.allclose(said.sum(1), 1)
    assert sg.explain(model, trials[0], encoder="resnet3d", stage="layer1", faithfulness=False).values.ndim == 3
    again = sg.GaitClassifier.load(model.save(tmp_path / "fused.safetensors"))
    assert np.allclose(again.predict_proba(trials[:1]), said[:1], atol=1e-5)
