"""Items that look at their own plane only, and limbs that share one head."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.encoders.base import Encoder
from skelgait.encoders.descriptors import Descriptors

EVGS = sg.tasks.EVGS_BINARY
SAGITTAL = np.array([plane == "sagittal" for plane in EVGS.planes])
SMALL = {
    "stgcn": {"stages": [8, 16], "fps": 20.0},
    "graph_conv": {"stages": [8, 16], "fps": 20.0},
    "resnet3d": {"source": "silhouette", "depth": 10, "widths": [4, 4, 8, 8], "frames": 4, "step_s": 0.2, "side": 32},
    "sconet": {"channels": [4, 4, 8, 8], "width": 16, "frames": 8},
    "descriptors": {"names": ["cadence_spm", "left_step_length_ll", "right_step_length_ll"], "width": 16},
}


@pytest.fixture(scope="module")
def visits() -> list[sg.Trial]:
    """Eight visits of four children, seen from the side and from the front, with silhouettes."""
    rng = np.random.default_rng(0)
    trials = []
    for i in range(8):
        child = sg.Walker(cadence_spm=95 + 6 * i, crouch_deg=(4 * i, 5))
        poses = {
            "sagittal": child.film(fps=30, duration_s=2.6).pose,
            "frontal": child.film(sg.Camera(view="frontal_towards", distance_m=9), fps=30, duration_s=2.6).pose,
        }
        bodies = {p: sg.SilhouetteSequence(rng.random((40, 64, 44)) > 0.5, fps=15, view=v) for p, v in (
            ("sagittal", "sagittal_left"), ("frontal", "frontal_towards"))}  # fmt: skip
        labels = {"evgs": rng.integers(0, 3, 34).tolist()}
        trials.append(sg.Trial(f"child{i // 2}", poses, name=f"visit{i}", silhouettes=bodies, labels=labels))
    return trials


def both(name: str = "stgcn") -> list[dict]:
    return [{name: {**SMALL[name], "plane": plane}} for plane in ("sagittal", "frontal")]


def model(**settings: object) -> sg.GaitClassifier:
    given = {"encoders": both(), "batch_size": 3, "max_epochs": 1, "progress": False, "random_state": 0, **settings}
    return sg.GaitClassifier(EVGS, **given)  # type: ignore[arg-type]


def without(trial: sg.Trial, plane: str) -> sg.Trial:
    held = {what: {p: one for p, one in getattr(trial, what).items() if p != plane} for what in ("pose", "silhouettes")}
    return trial.with_(**held)


# limbs


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_batch_mirrored_twice_is_what_it_was_and_once_is_not(name: str, visits: list[sg.Trial]) -> None:
    plane = {} if name == "descriptors" else {"plane": "frontal"}
    fitted = model(encoders={name: {**SMALL[name], **plane}}).fit(visits)
    (inputs,) = fitted.prepare_batch(visits).inputs
    encoder = fitted.network_.encoders[0]
    once = encoder.mirrored(inputs)
    again = encoder.mirrored(once)
    changed = [key for key in inputs if not torch.equal(once[key].nan_to_num(), inputs[key].nan_to_num())]
    assert changed
    assert all(torch.equal(again[key].nan_to_num(), inputs[key].nan_to_num()) for key in inputs)


@pytest.mark.parametrize("encoders", [both(), both("resnet3d"), [*both(), {"descriptors": SMALL["descriptors"]}]])
def test_a_mirrored_walk_has_exactly_the_mirrored_answers(encoders: list[dict], visits: list[sg.Trial]) -> None:
    fitted = model(encoders=encoders, share_limbs=True, max_epochs=2).fit(visits)
    network = fitted.network_
    inputs = fitted.prepare_batch(visits).inputs
    mirrored = [encoder.mirrored(one) for encoder, one in zip(network.encoders, inputs, strict=True)]
    with torch.no_grad():
        said, other = network(inputs).log_probs, network(mirrored).log_probs
    assert said.shape == (8, 34, 2)
    assert torch.equal(other, said[:, EVGS.mirrored_items])
    assert not torch.allclose(other, said), "the walks are not symmetric"


def test_the_mirrored_film_of_a_child_has_the_mirrored_answers(visits: list[sg.Trial]) -> None:
    fitted = model(encoders=both()[1], share_limbs=True).fit(visits)
    child = sg.Walker(crouch_deg=(30, 5), knee_valgus_deg=(8, 0), pelvis_left_up_deg=4)
    camera = sg.Camera(view="frontal_towards", distance_m=9)
    films = [sg.Trial("x", {"frontal": one.film(camera, fps=30, duration_s=2.6).pose}) for one in (child, child.mirrored())]
    said, other = (fitted.predict_proba([one])[0] for one in films)
    assert np.allclose(other, said[EVGS.mirrored_items], atol=1e-4)


def test_a_shared_head_has_half_the_answers_and_is_the_same_from_a_file(visits: list[sg.Trial], tmp_path: Path) -> None:
    fitted = model(share_limbs=True, by_plane=True).fit(visits)
    assert fitted.network_.answer.n_items == 17
    again = sg.GaitClassifier.load(fitted.save(tmp_path / "shared.safetensors"))
    assert np.allclose(again.predict_proba(visits), fitted.predict_proba(visits), atol=1e-6)


def test_limbs_cannot_share_where_nothing_has_a_twin_or_an_encoder_cannot_mirror(visits: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match="every item has a twin"):
        sg.GaitClassifier("GMFCS", both()[0], share_limbs=True, progress=False).fit(visits, ["I", "II"] * 4)

    class Blind(Descriptors):
        mirrored = Encoder.mirrored

    with pytest.raises(SkelgaitError, match="encoder Blind does not mirror walks"):
        model(encoders={Blind: SMALL["descriptors"]}, share_limbs=True).fit(visits)


# planes


@pytest.mark.parametrize("fusion", [None, "concat", "apart"])
def test_an_item_sees_its_own_plane_only(fusion: str | None, visits: list[sg.Trial]) -> None:
    fitted = model(by_plane=True, fusion=fusion).fit(visits)
    before = fitted.predict_proba(visits)
    swapped = [a.with_(pose={**a.pose, "frontal": b.pose["frontal"]}) for a, b in zip(visits, visits[::-1], strict=True)]
    after = fitted.predict_proba(swapped)
    assert np.allclose(after[:, SAGITTAL], before[:, SAGITTAL], atol=1e-6)
    assert (np.abs(after - before)[:, ~SAGITTAL].max(axis=(0, 2)) > 1e-6).all()


@pytest.mark.parametrize("name", ["stgcn", "resnet3d"])
def test_items_of_a_plane_not_filmed_get_no_answer_and_say_why(name: str, visits: list[sg.Trial], tmp_path: Path) -> None:
    fitted = model(encoders=both(name), by_plane=True).fit(visits)
    whole = fitted.predict_proba(visits)
    part = [without(visits[0], "frontal"), *visits[1:3], without(visits[3], "sagittal")]
    with pytest.warns(UserWarning, match=r"no answer to 34 of 34 items for 2 of 4 walks \(visit0, visit3\): .*frontal.*sagittal"):
        said = fitted.predict_proba(part)
    assert np.isnan(said[0, ~SAGITTAL]).all()
    assert np.isnan(said[3, SAGITTAL]).all()
    assert np.allclose(said[0, SAGITTAL], whole[0, SAGITTAL], atol=1e-6)
    assert np.allclose(said[3, ~SAGITTAL], whole[3, ~SAGITTAL], atol=1e-6)
    assert np.allclose(said[1:3], whole[1:3], atol=1e-6)
    with pytest.warns(UserWarning, match="no answer to 12 of 34 items"):
        levels = fitted.predict(part[:1])[0]
    assert [answer is None for answer in levels] == (~SAGITTAL).tolist()
    with pytest.warns(UserWarning, match="no answer to 12 of 34 items"):
        alone = fitted.predict_proba(part[:1])
    assert np.allclose(alone[0, SAGITTAL], whole[0, SAGITTAL], atol=1e-6)
    again = sg.GaitClassifier.load(fitted.save(tmp_path / "planes.safetensors"))
    assert np.allclose(again.predict_proba(visits), whole, atol=1e-6)


def test_an_item_is_explained_where_the_other_plane_was_not_filmed(visits: list[sg.Trial]) -> None:
    fitted = model(by_plane=True).fit(visits)
    half, item = without(visits[0], "frontal"), EVGS.items[0]
    with pytest.warns(UserWarning, match="no answer to 12 of 34"):
        part = sg.explain(fitted, half, item=item, method="gradcam")
    whole = sg.explain(fitted, visits[0], item=item, method="gradcam")
    assert np.allclose(part.values, whole.values, atol=1e-6)
    assert part.info["faithfulness"] == pytest.approx(whole.info["faithfulness"], abs=1e-5)
    with pytest.raises(SkelgaitError, match="no answer to left_foot_rotation"), pytest.warns(match="12 of 34"):
        sg.explain(fitted, half, item="left_foot_rotation", method="gradcam")


def test_answers_that_cannot_be_seen_teach_nothing(visits: list[sg.Trial]) -> None:
    half = [without(t, "frontal") if i % 2 else t for i, t in enumerate(visits)]
    turned = []
    for i, trial in enumerate(half):
        scores = np.array(trial.labels["evgs"])
        if i % 2:
            scores[~SAGITTAL] = 2 - scores[~SAGITTAL]
        turned.append(trial.with_(labels={"evgs": scores.tolist()}))
    augmentation = {"mirror": 0.5, "roll_deg": 2, "crop": 0.8}
    one, other = (model(by_plane=True, augmentation=augmentation, max_epochs=2).fit(given) for given in (half, turned))
    assert np.array_equal(one.predict_proba(visits), other.predict_proba(visits))


def test_items_nobody_scored_in_training_get_no_answer(visits: list[sg.Trial], tmp_path: Path) -> None:
    scores = [[None if i in (3, 7, 7 + 17) else one for i, one in enumerate(t.labels["evgs"])] for t in visits]
    never = np.isin(np.arange(34), (3, 7, 7 + 17))
    given = [t.with_(labels={"evgs": one}) for t, one in zip(visits, scores, strict=True)]
    fitted = model().fit(given)
    for one in (fitted, sg.GaitClassifier.load(fitted.save(tmp_path / "some.safetensors")), model().fit(given, start=fitted)):
        with pytest.warns(UserWarning, match="no answer to 3 of 34 items that no training walk had an answer to: left_hindfoot"):
            said = one.predict_proba(visits)
        assert (np.isnan(said).all(axis=(0, 2)) == never).all()
        assert np.isfinite(said[:, ~never]).all()
    assert [answer is None for answer in fitted.predict(visits[:1])[0]] == never.tolist()
    with pytest.raises(SkelgaitError, match="no answer to left_hindfoot_varus_valgus in trial 'visit0'"):
        sg.explain(fitted, visits[0], item=EVGS.items[3], method="gradcam")
    for taught in ({"share_limbs": True}, {"augmentation": {"mirror": 0.5}}):  # the right hindfoot teaches the left one
        said = model(**taught).fit(given).predict_proba(visits[:1])[0]
        assert np.flatnonzero(np.isnan(said).any(-1)).tolist() == [7, 24]


def test_a_walk_without_any_plane_is_refused_and_one_without_a_plane_too_unless_items_go_by_plane(visits: list[sg.Trial]) -> None:
    fitted = model(by_plane=True).fit(visits)
    with pytest.raises(SkelgaitError):
        fitted.predict_proba([visits[0].with_(pose={})])
    with pytest.raises(SkelgaitError):
        model().fit(visits).predict_proba([without(visits[0], "frontal")])


def test_a_batch_in_which_nobody_was_filmed_from_a_plane(visits: list[sg.Trial]) -> None:
    fitted = model(by_plane=True, batch_size=2, share_limbs=True)
    fitted.fit([*(without(t, "frontal") for t in visits[:4]), *visits[4:]])
    with pytest.warns(UserWarning, match="no answer to 12 of 34"):
        assert np.isfinite(fitted.predict_proba([without(t, "frontal") for t in visits[:2]])[:, SAGITTAL]).all()


def test_by_plane_needs_a_task_that_knows_planes_and_parts_that_keep_them_apart(visits: list[sg.Trial]) -> None:
    with pytest.raises(SkelgaitError, match="does not say from which plane"):
        sg.GaitClassifier(replace(EVGS, planes=()), both(), by_plane=True, progress=False).fit(visits)
    for fusion in ("gated", "cross_attention"):
        with pytest.raises(SkelgaitError, match="mixes what is seen from one plane"):
            model(by_plane=True, fusion=fusion).fit(visits)
    with pytest.raises(SkelgaitError, match="bnneck answers every item from every token"):
        model(by_plane=True, head="bnneck").fit(visits)
    with pytest.raises(SkelgaitError, match=r"2 planes.*34, one an item"):
        replace(EVGS, planes=("sagittal", "frontal"))


def test_one_encoder_answers_the_items_of_its_plane(visits: list[sg.Trial]) -> None:
    fitted = model(encoders=both()[0], by_plane=True).fit(visits)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        said = fitted.predict_proba(visits)
    assert np.isnan(said[:, ~SAGITTAL]).all()
    assert np.isfinite(said[:, SAGITTAL]).all()
    assert "frontal" in str(told[0].message)


# weights of levels


def test_no_level_weighs_more_than_told() -> None:
    from skelgait.training.objectives.supervised import Supervised

    codes = torch.tensor([[0, 1]] * 9 + [[1, 0]])
    network = type("Network", (), {"answer": type("Answer", (), {"n_levels": 2})})
    free, held = Supervised(class_weights="balanced"), Supervised(class_weights="balanced", most=2.0)
    for one in (free, held):
        one.begin(network, codes)
    assert torch.allclose(free.level_weight, torch.tensor([[10 / 18, 5.0], [5.0, 10 / 18]]))
    assert torch.allclose(held.level_weight, torch.tensor([[10 / 18, 2.0], [2.0, 10 / 18]]))
    with pytest.raises(SkelgaitError, match="above zero"):
        Supervised(most=0.0)


def test_an_item_is_explained_by_its_own_plane(visits: list[sg.Trial]) -> None:
    fitted = model(by_plane=True).fit(visits)
    for item, place in ((EVGS.items[0], 0), ("left_max_trunk_lateral_shift", 1)):
        why = sg.explain(fitted, visits[0], item=item, method="gradcam")
        own = sg.explain(fitted, visits[0], item=item, method="gradcam", encoder=place)
        assert np.array_equal(why.values, own.values)
        with pytest.raises(SkelgaitError, match=f"{item} is not answered from the encoder asked for"):
            sg.explain(fitted, visits[0], item=item, method="gradcam", encoder=1 - place)
