"""A classifier of silhouettes learns as published settings have it: few frames a step, in steps, by subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.encoders.sconet import ScoNet
from skelgait.training.batches import Walks
from skelgait.training.module import Rate
from skelgait.training.samplers import Subjects

SMALL = {"channels": [8, 8, 16, 16], "width": 16, "frames": 6}


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Twelve children, twice each: those with scoliosis lean to one side, and every one is built differently."""
    y, x = np.mgrid[:64, :44]
    trials = []
    for child in range(12):
        rng = np.random.default_rng(child)
        wide, lean = rng.uniform(7, 11), (0.35, 0.0)[child % 2]
        for visit in range(2):
            middle = 22 + 1.5 * np.sin(np.arange(25 + 5 * visit) / 3 + visit)[:, None, None] + lean * (y - 40).clip(max=0)
            body = np.hypot((x - middle) / wide, (y - 32) / 30) < 1
            walk = sg.SilhouetteSequence(body, fps=25, view="frontal")
            labels = {"scoliosis": ("positive", "negative")[child % 2]}
            trials.append(sg.Trial(f"child{child}", name=f"child{child} visit {visit}", silhouettes=walk, labels=labels))
    return trials


def published(**settings: object) -> sg.GaitClassifier:
    given = {
        "encoders": {"sconet": SMALL},
        "head": {"bnneck": {"parts": 16}},
        "objectives": {"supervised": {"smoothing": 0.1}, "triplet": {"over": "tokens"}},
        "batches": {"subjects": {"subjects": 4, "walks_each": 4}},
        "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}},
        "schedule": {"steps": {"at": [10, 14, 18]}},
        "max_steps": 20,
        "clip": 0,
        "progress": False,
        "random_state": 0,
        **settings,
    }
    return sg.GaitClassifier("SCOLIOSIS", **given)


def test_it_learns_in_steps_and_answers_the_same_each_time(walks: list[sg.Trial], tmp_path: Path) -> None:
    model = published(max_steps=60, schedule={"steps": {"at": [30, 42, 54]}}).fit(walks[:16])
    assert model.history_[-1]["epoch"] == 59  # one batch of 4 x 4 sees each of the 16 walks once
    unseen = walks[16:]
    said = model.predict_proba(unseen)
    assert np.array_equal(said, model.predict_proba(unseen)), "answering looks at every frame and draws nothing"
    assert model.score(unseen) == 1.0
    loaded = sg.GaitClassifier.load(model.save(tmp_path / "sconet.safetensors"))
    assert np.allclose(loaded.predict_proba(unseen), said, atol=1e-6)
    assert loaded.embed(unseen).shape == (8, 16)


def test_the_same_seed_draws_the_same_frames(walks: list[sg.Trial]) -> None:
    one, same, other = (published(max_steps=5, random_state=seed).fit(walks[:8]).predict_proba(walks[8:10]) for seed in (1, 1, 2))
    assert np.allclose(one, same, atol=1e-6)
    assert not np.allclose(one, other, atol=1e-3)


def test_a_run_that_stops_and_goes_on_draws_what_it_would_have_drawn(walks: list[sg.Trial], tmp_path: Path) -> None:
    settings = {"max_steps": None, "schedule": "constant", "optimizer": {"sgd": {"lr": 0.05}}}
    at_once = published(max_epochs=4, **settings).fit(walks)
    published(max_epochs=2, folder=str(tmp_path), **settings).fit(walks)
    later = published(max_epochs=4, folder=str(tmp_path), resume=True, **settings).fit(walks)
    assert np.allclose(later.predict_proba(walks), at_once.predict_proba(walks), atol=1e-5)


def test_only_the_training_walks_are_drawn_from(walks: list[sg.Trial]) -> None:
    encoder = ScoNet(**SMALL)
    samples = [encoder.prepare(t) for t in walks]
    subjects = np.repeat(np.arange(12), 2)
    data = Walks([encoder], [samples], np.zeros((24, 1), int), subjects)
    assert data.collate([0, 1]).inputs[0]["mask"].sum(1).tolist() == [25, 30]
    batches = Subjects(data, 0, seed=3, subjects=4, walks_each=8)
    first = next(iter(batches))
    assert len(first) == 32
    assert len(np.unique(data.subjects[data.walk[first]])) == 4
    drawn = data.collate(first).inputs[0]
    assert drawn["mask"].shape == (32, 6)
    assert drawn["mask"].all()
    same = [i for i in range(32) if first[i] == first[0]]  # a child with two walks gives each several times: other frames of it
    assert len(same) > 1
    assert len({drawn["silhouette"][i].numpy().tobytes() for i in same}) > 1
    batches.set_epoch(0)
    assert torch.equal(data.collate(next(iter(batches))).inputs[0]["silhouette"], drawn["silhouette"])


def test_places_of_a_schedule_are_steps_or_shares() -> None:
    for at in ([10_000, 14_000, 18_000], [0.5, 0.7, 0.9]):
        rate = Rate("steps", 20_000, at=at)
        places = [0, 9_999, 10_000, 13_999, 14_000, 18_000, 19_999]
        assert np.allclose([rate(step) for step in places], [1, 1, 0.1, 0.1, 0.01, 0.001, 0.001])


def test_a_training_without_steps_is_refused(walks: list[sg.Trial]) -> None:
    with pytest.raises(sg.SkelgaitError, match="needs a step"):
        published(max_steps=0).fit(walks)
