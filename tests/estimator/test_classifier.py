from __future__ import annotations

import copy
import json
import pickle
import sys
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.encoders.base import Encoder, Inputs, Sample, Tokens
from skelgait.encoders.descriptors import Descriptors
from skelgait.encoders.stgcn import StGcn
from skelgait.estimator.classifier import GaitClassifier, fit_temperature
from skelgait.training.augment import Augmentation
from skelgait.training.batches import Window
from skelgait.training.module import GaitModule
from skelgait.training.objectives.mean_teacher import MeanTeacher
from skelgait.training.objectives.supervised import Supervised

FEW = {"descriptors": {"names": ["cadence_spm", "stride_time_s", "left_knee_flexion_max_swing_deg"], "width": 8}}


def model(**settings: object) -> GaitClassifier:
    given: dict = {"encoders": FEW, "max_epochs": 12, "progress": False, "random_state": 0, "optimizer": {"adamw": {"lr": 0.02}}}
    return GaitClassifier("GAIT_BINARY", **{**given, **settings})


def test_it_learns_what_there_is_to_learn_and_says_how_sure_it_is(walks: list[sg.Trial]) -> None:
    fitted = model(max_epochs=30).fit(walks)
    assert fitted.score(walks) > 0.9
    probabilities = fitted.predict_proba(walks)
    assert probabilities.shape == (24, 2)
    assert np.allclose(probabilities.sum(1), 1)
    assert (fitted.classes_ == ["normal", "abnormal"]).all()
    assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
    assert fitted.embed(walks).shape == (24, 8)


def test_the_same_seed_gives_the_same_model_and_torch_is_left_alone(walks: list[sg.Trial]) -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = model(augmentation={"mirror": 0.5}).fit(walks).predict_proba(walks)
    assert torch.rand(1) == expected
    assert np.array_equal(first, model(augmentation={"mirror": 0.5}).fit(walks).predict_proba(walks))
    assert not np.array_equal(first, model(random_state=1, augmentation={"mirror": 0.5}).fit(walks).predict_proba(walks))


def test_fit_leaves_what_it_was_given_as_it_was(walks: list[sg.Trial]) -> None:
    encoders = copy.deepcopy(FEW)
    y = [t.labels["gait"] for t in walks]
    before = list(y)
    model(encoders=encoders).fit(walks, y)
    assert encoders == FEW
    assert y == before


def test_scikit_learns_manners(walks: list[sg.Trial]) -> None:
    one = model()
    same = clone(one)
    assert same.get_params() == one.get_params()
    y = np.array([t.labels["gait"] for t in walks])
    groups = [t.subject for t in walks]
    scores = cross_val_score(one, walks, y, groups=groups, cv=GroupKFold(3))
    assert scores.shape == (3,)
    assert scores.mean() > 0.6
    searched = GridSearchCV(
        one, {"encoders": [FEW, {"descriptors": {"names": ["trunk_lean_mean_deg"], "width": 4}}]}, cv=GroupKFold(2)
    )
    searched.fit(walks, y, groups=groups)
    assert searched.best_params_["encoders"] == FEW
    with pytest.raises(NotFittedError, match="has not learnt anything yet"):
        model().predict(walks)


def test_the_best_epoch_is_kept_when_walks_are_held_out_by_subject(walks: list[sg.Trial]) -> None:
    fitted = model(validation=0.34, patience=3, calibrate=True, max_epochs=40).fit(walks)
    assert all("val_loss" in epoch for epoch in fitted.history_)
    assert fitted.temperature_ > 0
    with pytest.raises(SkelgaitError, match=r"validation=0\.2"):
        model(patience=3).fit(walks)
    with pytest.raises(SkelgaitError, match="too few subjects"):
        model(validation=0.2).fit(walks[:4], ["normal", "abnormal"] * 2)


def test_minus_one_is_an_answer_nobody_knows(walks: list[sg.Trial]) -> None:
    y = [t.labels["gait"] if i % 2 else -1 for i, t in enumerate(walks)]
    fitted = model(objectives={"supervised": {}, "mean_teacher": {}}).fit(walks, y)
    known = [t for i, t in enumerate(walks) if i % 2]
    assert fitted.score(walks, y) == fitted.score(known)
    more = model(objectives=["supervised", "mean_teacher"]).fit(known, unlabelled=walks[::2])
    assert more.predict_proba(walks).shape == (24, 2)
    assert more.network_ is not None


class Told(MeanTeacher):
    """A mean teacher that remembers how long it was told the training is, and how far it was ramped up."""

    seen: ClassVar[list[tuple[int, int]]] = []
    ramps: ClassVar[list[float]] = []

    def plan(self, steps: int, steps_per_epoch: int) -> None:
        super().plan(steps, steps_per_epoch)
        self.seen.append((steps, steps_per_epoch))

    def ramp(self, progress: float) -> float:
        self.ramps.append(super().ramp(progress))
        return self.ramps[-1]


def test_objectives_are_told_how_long_the_training_is(walks: list[sg.Trial]) -> None:
    Told.seen.clear()
    Told.ramps.clear()
    given = {"objectives": {"supervised": {}, Told: {"ramp_up": 2, "ramp_in": "epochs"}}, "batches": "random", "batch_size": 6}
    model(**given, max_epochs=3).fit(walks)
    assert Told.seen == [(12, 4)]
    assert Told.ramps == pytest.approx([np.exp(-5 * (1 - min(1, step / 8)) ** 2) for step in range(12)])
    model(**given, max_steps=5, accumulate=2).fit(walks)
    assert Told.seen[1] == (5, 2)


def test_it_can_abstain(walks: list[sg.Trial]) -> None:
    fitted = model(max_epochs=2, abstain_below=0.999).fit(walks)
    assert None in fitted.predict(walks).tolist()
    assert fitted.score(walks) < 1


def test_save_and_load_are_one_file_without_pickle(walks: list[sg.Trial], tmp_path) -> None:
    fitted = model(validation=0.34, calibrate=True).fit(walks)
    path = fitted.save(tmp_path / "gait.safetensors")
    again = GaitClassifier.load(path)
    assert np.array_equal(again.predict_proba(walks), fitted.predict_proba(walks))
    assert again.task_ == fitted.task_
    assert again.has_seen([walks[0], walks[0].with_(subject="stranger")]) == ["child0"]
    assert [p.name for p in tmp_path.iterdir()] == ["gait.safetensors"]
    assert clone(again).fit(walks).score(walks) > 0.5
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(walks), fitted.predict_proba(walks))


def table_of(walks: list[sg.Trial], seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(len(walks), 3)), index=[t.name for t in walks], columns=["left_a", "right_a", "b"])


@pytest.mark.parametrize("given", ["frame", "file", "mapping"])
def test_a_model_file_has_no_row_of_ones_own_table(walks: list[sg.Trial], tmp_path, given: str) -> None:
    numbers = table_of(walks)
    numbers.to_csv(tmp_path / "child_numbers.csv")
    table = {"frame": numbers, "file": str(tmp_path / "child_numbers.csv"), "mapping": numbers.to_dict(orient="split")}[given]
    fitted = model(encoders={"descriptors": {"table": table, "width": 8}}).fit(walks)
    path = fitted.save(tmp_path / "own.safetensors")
    assert b"child" not in path.read_bytes()
    assert str(numbers.iloc[0, 0])[:8].encode() not in path.read_bytes()
    again = GaitClassifier.load(path)
    with pytest.raises(SkelgaitError, match=r"'child0_0' has no row.*a model file does not keep them.*bring_table"):
        again.predict_proba(walks)
    assert np.array_equal(again.bring_table(numbers[["b", "right_a", "left_a"]]).predict_proba(walks), fitted.predict_proba(walks))
    with pytest.raises(SkelgaitError, match=r"lacks columns.*no left_a, right_a"):
        again.bring_table(numbers[["b"]])
    goes_on = model(encoders={"descriptors": {"table": table_of(walks, 1), "width": 8}}, max_epochs=0)
    assert np.array_equal(
        goes_on.fit(walks, start=GaitClassifier.load(path)).bring_table(table).predict_proba(walks), fitted.predict_proba(walks)
    )
    assert np.array_equal(
        GaitClassifier.load(again.save(tmp_path / "b.safetensors")).bring_table(table).predict_proba(walks),
        fitted.predict_proba(walks),
    )


def test_another_table_is_for_models_that_have_one_and_names_a_walk_once(walks: list[sg.Trial], tmp_path) -> None:
    fitted = model(max_epochs=1).fit(walks)
    with pytest.raises(SkelgaitError, match=r"did not learn from a table.*leave the table out"):
        fitted.bring_table(table_of(walks))
    with pytest.raises(SkelgaitError, match=r"does not look at descriptors.*Stride"):
        model(encoders=Stride, max_epochs=1).fit(walks).bring_table(table_of(walks))
    twice = table_of([*walks, walks[0]])
    with pytest.raises(SkelgaitError, match=r"one name twice.*child0_0"):
        model(encoders={"descriptors": {"table": twice}}).fit(walks)
    with pytest.raises(SkelgaitError, match="cannot be read"):
        model(encoders={"descriptors": {"table": str(tmp_path / "nowhere.csv")}}).fit(walks)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("encoders", {"skelgait.core.parts:import_module": {"name": "this"}}),
        ("objectives", {"subprocess:Popen": {"args": ["true"]}}),
        ("optimizer", {"torch.optim.optimizer:os": {}}),
        ("batches", "skelgait.io.atomic:Path"),
    ],
)
def test_a_file_cannot_name_what_is_not_a_known_part(walks: list[sg.Trial], tmp_path, setting: str, value: object) -> None:
    path = model(max_epochs=1).fit(walks).save(tmp_path / "m.safetensors")
    with safe_open(path, "pt") as file:
        header, state = json.loads(file.metadata()["skelgait"]), {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    header["settings"][setting] = value
    save_file(state, path, metadata={"skelgait": json.dumps(header)})
    with pytest.raises(SkelgaitError, match=r"names classes that are not skelgait's.*own_parts=True"):
        GaitClassifier.load(path)
    assert "this" not in sys.modules


def test_classes_of_known_parts_and_settings_as_objects_are_saved(walks: list[sg.Trial], tmp_path) -> None:
    given = {"optimizer": {torch.optim.NAdam: {"lr": 0.01}}, "augmentation": Augmentation(mirror=0.5), "window": Window(1.0)}
    fitted = model(objectives=Supervised, encoders={Descriptors: FEW["descriptors"]}, max_epochs=1, **given).fit(walks)
    again = GaitClassifier.load(fitted.save(tmp_path / "m.safetensors"))
    assert np.array_equal(again.predict_proba(walks), fitted.predict_proba(walks))
    assert np.allclose(clone(again).fit(walks).predict_proba(walks), fitted.predict_proba(walks), atol=1e-6)


def test_a_model_that_began_from_published_weights_needs_them_no_more(walks: list[sg.Trial], tmp_path) -> None:
    few = {"stages": [4, 8], "fps": 15.0}
    save_file(StGcn(**few).state_dict(), tmp_path / "published.safetensors")
    encoders = {"stgcn": {**few, "pretrained": str(tmp_path / "published.safetensors")}}
    fitted = model(encoders=encoders, max_epochs=1).fit(walks)
    path = fitted.save(tmp_path / "m.safetensors")
    (tmp_path / "published.safetensors").unlink()
    assert np.allclose(GaitClassifier.load(path).predict_proba(walks), fitted.predict_proba(walks), atol=1e-6)


def test_files_that_are_no_models_are_refused(tmp_path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"not a model")
    with pytest.raises(SkelgaitError, match=r"x\.safetensors is not a model of skelgait"):
        GaitClassifier.load(tmp_path / "x.safetensors")
    with pytest.raises(SkelgaitError, match="there is no model file"):
        GaitClassifier.load(tmp_path / "y.safetensors")


class Stride(Encoder):
    """An encoder of one's own: two numbers a frame, one token a frame."""

    inputs, axes = "pose", ("time",)

    def __init__(self, *, width: int = 8) -> None:
        super().__init__()
        self.width = width
        self.layer = torch.nn.Linear(2, width)

    @property
    def sequence(self) -> str:
        return "xy"

    def prepare(self, trial: sg.Trial) -> Sample:
        pose = trial.pose["sagittal"]
        apart = np.nan_to_num(pose.point("left_ankle") - pose.point("right_ankle"))
        return {"xy": (apart / 100).astype(np.float32), "fps": np.float32(pose.fps)}

    def collate(self, samples: list[Sample]) -> Inputs:
        from skelgait.encoders.base import pad_sequences

        values, mask = pad_sequences([s["xy"] for s in samples])
        return {"xy": values, "mask": mask}

    def forward(self, inputs: Inputs) -> Tokens:
        return Tokens(torch.relu(self.layer(inputs["xy"])), inputs["mask"], inputs["mask"].shape[1:])


def test_an_encoder_of_ones_own_alone_in_windows_and_in_a_file(walks: list[sg.Trial], tmp_path) -> None:
    fitted = model(encoders={Stride: {"width": 6}, **FEW}, fusion="cross_attention", window={"length_s": 1.0}).fit(walks)
    assert fitted.predict_proba(walks).shape == (24, 2)
    path = fitted.save(tmp_path / "own.safetensors")
    with pytest.raises(SkelgaitError, match=r"not skelgait's.*own_parts=True"):
        GaitClassifier.load(path)


def test_windows_of_a_walk_vote(walks: list[sg.Trial]) -> None:
    fitted = model(encoders=Stride, window={"length_s": 1.0, "stride_s": 0.5}, vote="majority").fit(walks)
    shares = fitted.predict_proba(walks[:3])
    assert np.allclose(shares * 5, np.round(shares * 5)), "3 s in windows of 1 s every 0.5 s are five votes"
    mean = clone(fitted).set_params(vote="mean").fit(walks).predict_proba(walks[:3])
    assert not np.allclose(mean, shares)


def test_one_walk_alone_is_answered_as_in_a_batch(walks: list[sg.Trial]) -> None:
    short = walks[0].with_(pose={"sagittal": walks[0].pose["sagittal"].cut(0, 50)})
    fitted = model(encoders=Stride).fit(walks)
    together = fitted.predict_proba([short, *walks[:5]])
    alone = np.concatenate([fitted.predict_proba([t]) for t in (short, *walks[:5])])
    assert np.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoders": "stgnc"}, r"there is no encoder 'stgnc'.*did you mean 'stgcn'"),
        ({"fusion": "cross"}, r"there is no fusion 'cross'.*cross_attention"),
        ({"objectives": {"supervised": {"smoothin": 1}}}, "no setting 'smoothin'.*did you mean 'smoothing'"),
        ({"schedule": "linear"}, "no schedule 'linear'.*cosine"),
        ({"optimizer": "lion"}, "no optimizer 'lion'.*adamw"),
        ({"augmentation": {"flip": 1}}, "no setting 'flip'.*mirror"),
        ({"vote": "most"}, "unknown vote"),
        ({"encoders": FEW, "fusion": "gated"}, "cannot join 1 encoder"),
        ({"resume": True}, "needs the folder"),
        ({"window": {"length_s": -1}}, "above zero"),
        ({"window": {"lenght_s": 2}}, "no setting 'lenght_s'.*did you mean 'length_s'"),
        ({"window": "long"}, "neither seconds"),
        ({"schedule": {"cosine": {"warmup": 0.1}}}, "no setting 'warmup'.*warm_up"),
        ({"schedule": {"one_cycle": {"warmup": 0.1}}}, "no setting 'warmup'.*pct_start"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"calibrate": True, "validation": 0.3, "vote": "majority"}, "does not change a majority's vote"),
        ({"resume": True, "folder": "run", "random_state": None}, "same number as random_state"),
        ({"precision": "half"}, r"precision='half'.*invalid.*precision 32-true, bf16-mixed"),
        ({"accelerator": "quantum"}, r"accelerator='quantum'.*accelerator auto, cpu"),
        ({"accelerator": "tpu"}, r"accelerator='tpu'.*accelerator auto, cpu"),
        ({"accelerator": "cpu", "devices": 0}, r"devices=0.*devices auto, or how many"),
        ({"accelerator": "cpu", "devices": "two"}, r"devices='two'.*devices auto, or how many"),
        ({"strategy": "ddq"}, r"strategy='ddq'.*strategy auto, ddp, ddp_spawn"),
        ({"accumulate": 0}, r"accumulate=0.*from 1"),
        ({"patience": 0, "validation": 0.3}, "patience=0"),
        ({"abstain_below": 2}, r"between 0 and 1.*abstain_below=2"),
        ({"optimizer": {"adamw": {"lr": "fast"}}}, r"does not take these settings.*'fast'"),
        ({"optimizer": {"sgd": {"lr": -1.0}}}, r"does not take these settings.*Invalid learning rate"),
        ({"clip": -1.0}, r"clip=-1\.0.*from 0"),
        ({"max_epochs": -1}, r"max_epochs=-1.*from 0"),
    ],
)
def test_parts_that_are_not_there_are_refused_with_what_is(walks: list[sg.Trial], settings: dict, message: str) -> None:
    with pytest.raises(SkelgaitError, match=message):
        model(**settings).fit(walks)


@pytest.mark.parametrize(
    ("trials", "y", "message"),
    [
        (slice(0, 4), ["normal"] * 3, "3 answers, 4 trials"),
        (slice(0, 2), ["normal", "odd"], "answer 1 to GAIT_BINARY is not one of its levels"),
        (slice(0, 2), [-1, -1], "no trial has a known answer"),
        (slice(0, 0), [], "no trials"),
    ],
)
def test_answers_that_do_not_match_are_refused(walks: list[sg.Trial], trials: slice, y: list, message: str) -> None:
    with pytest.raises(SkelgaitError, match=message):
        model().fit(walks[trials], y)


def test_what_is_no_trial_is_refused(walks: list[sg.Trial]) -> None:
    fitted = model(max_epochs=1).fit(walks)
    with pytest.raises(SkelgaitError, match=r"put it in a list"):
        fitted.predict(walks[0])
    with pytest.raises(SkelgaitError, match=r"takes a list of trials.*str"):
        fitted.predict(["walk.json"])
    assert fitted.predict_proba([]).shape == (0, 2)


def test_a_temperature_mends_overconfidence() -> None:
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(size=(4000, 1, 3)))
    truth = np.array([rng.choice(3, p=p) for p in logits[:, 0].softmax(-1).numpy()])[:, None]
    assert fit_temperature((4 * logits).log_softmax(-1), truth) == pytest.approx(4, rel=0.1)
    assert fit_temperature(logits.log_softmax(-1), np.full((4000, 1), -1)) == 1


def test_a_stopped_run_goes_on_where_it_was(walks: list[sg.Trial], tmp_path) -> None:
    whole = model(folder=str(tmp_path / "a"), max_epochs=6, schedule="constant").fit(walks)
    model(folder=str(tmp_path / "b"), max_epochs=3, schedule="constant").fit(walks)
    resumed = model(folder=str(tmp_path / "b"), max_epochs=6, schedule="constant", resume=True).fit(walks)
    assert np.allclose(resumed.predict_proba(walks), whole.predict_proba(walks), atol=1e-6)
    assert [round(e["loss"], 4) for e in resumed.history_] == [round(e["loss"], 4) for e in whole.history_]
    logs = [pd.read_csv(tmp_path / name / "log" / "metrics.csv") for name in "ab"]
    assert logs[0]["epoch"].tolist() == [0, 1, 2, 3, 4, 5]
    pd.testing.assert_frame_equal(*logs, check_exact=False, atol=1e-6)
    model(folder=str(tmp_path / "b"), max_epochs=2, schedule="constant").fit(walks)
    assert len(pd.read_csv(tmp_path / "b" / "log" / "metrics.csv")) == 2, "a run that does not go on begins its log anew"


def test_a_folder_of_another_model_is_not_gone_on_with(walks: list[sg.Trial], tmp_path) -> None:
    model(folder=str(tmp_path), max_epochs=1).fit(walks)
    wider = {"descriptors": {**FEW["descriptors"], "width": 16}}
    with pytest.raises(SkelgaitError, match=r"not of this model.*there.*here.*another folder"):
        model(folder=str(tmp_path), encoders=wider, resume=True).fit(walks)


def test_left_and_right_are_not_exchanged_for_an_encoder_that_does_not_mirror(walks: list[sg.Trial]) -> None:
    task = sg.Task("TWO", items=("left_a", "right_a"), levels=(0, 1))
    sided = model(encoders=Stride, augmentation={"mirror": 0.5}, max_epochs=1).set_params(task=task)
    with pytest.raises(SkelgaitError, match=r"Stride does not mirror walks.*augment"):
        sided.fit(walks, [[0, 1]] * 24)
    sided.set_params(augmentation={"jitter": 0.01}).fit(walks, [[0, 1]] * 24)
    model(encoders=Stride, augmentation={"mirror": 0.5}, max_epochs=1).fit(walks)


def test_encoders_that_were_still_learn_again_with_their_norms_and_dropout(walks: list[sg.Trial], monkeypatch) -> None:
    modes = []
    step = GaitModule.training_step

    def watched(self: GaitModule, batch: object, batch_idx: int) -> object:
        modes.append((self.current_epoch, self.network.encoders[0].training))
        return step(self, batch, batch_idx)

    monkeypatch.setattr(GaitModule, "training_step", watched)
    model(frozen_epochs=1, max_epochs=3).fit(walks)
    assert sorted(set(modes)) == [(0, False), (1, True), (2, True)]


def test_a_model_learnt_in_half_precision_answers_and_is_saved(walks: list[sg.Trial], tmp_path) -> None:
    for precision in ("bf16-mixed", "bf16-true"):
        fitted = model(precision=precision, max_epochs=2).fit(walks)
        assert np.allclose(fitted.predict_proba(walks).sum(1), 1)
        again = GaitClassifier.load(fitted.save(tmp_path / "half.safetensors"))
        assert np.array_equal(again.predict_proba(walks), fitted.predict_proba(walks))


def test_what_a_model_begins_from_brings_its_columns_and_scaling(walks: list[sg.Trial]) -> None:
    rng = np.random.default_rng(0)
    numbers = pd.DataFrame(rng.normal(size=(24, 3)), index=[t.name for t in walks], columns=["a", "b", "c"])
    numbers.iloc[:12, 1], numbers.iloc[12:, 2] = 1.0, 1.0  # a column that does not differ is not kept
    settings = {"encoders": {"descriptors": {"table": numbers, "width": 8}}}
    y = ["normal", "abnormal"] * 6
    first = model(**settings).fit(walks[:12], y)
    assert model(**settings).fit(walks[12:], y).network_.encoders[0].columns == ("a", "b")
    then = model(**settings, max_epochs=0).fit(walks[12:], y, start=first)
    assert then.network_.encoders[0].columns == first.network_.encoders[0].columns == ("a", "c")
    assert np.allclose(then.predict_proba(walks), first.predict_proba(walks), atol=1e-6)


def test_a_class_written_anew_prepares_anew(walks: list[sg.Trial]) -> None:
    def make(factor: float) -> type:
        class Mine(Stride):
            def prepare(self, trial: sg.Trial) -> Sample:
                sample = super().prepare(trial)
                return {**sample, "xy": sample["xy"] * factor}

        return Mine

    one, other = (model(encoders=make(factor), max_epochs=1).fit(walks) for factor in (1.0, 0.0))
    assert not np.allclose(one.embed(walks), other.embed(walks))
