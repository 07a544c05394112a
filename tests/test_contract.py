"""Every encoder with every fusion, head, objective and task: one step, probabilities that sum to 1, a clone, a file.

The default run takes a set of combinations in which every pair of parts meets; ``pytest -m slow tests/test_contract.py`` takes all.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

import skelgait as sg
from skelgait.encoders import ENCODERS
from skelgait.heads import ANSWERS, FUSIONS
from skelgait.tasks import QUESTIONS
from skelgait.training import OBJECTIVES

# Small settings of every encoder there is: a new one that is missing here fails the first test.
SMALL: dict[str, dict] = {
    "stgcn": {"stages": [8, 16]},
    "graph_conv": {"stages": [8, 16]},
    "sconet": {"channels": [4, 4, 8, 8], "width": 16, "frames": 8},
    "resnet3d": {
        "source": "silhouette",
        "depth": 10,
        "widths": [4, 4, 8, 8],
        "attention": "triplet",
        "pooling": "pyramid",
        "strips": [1, 2],
        "width": 16,
        "frames": 4,
        "step_s": 0.2,
        "side": 32,
    },
    "videomae": {
        "width": 16,
        "depth": 2,
        "heads": 2,
        "frames": 4,
        "step_s": 0.2,
        "side": 32,
        "prompt": "drawn",
        "prune": "auto",
        "keep_at_least": 1,
    },
    "descriptors": {"names": ["cadence_spm", "left_step_length_ll", "right_step_length_ll", "trunk_lean_mean_deg"], "width": 16},
}
NAMES = sorted(ENCODERS)
TEAMS = [(name,) for name in NAMES] + [(a, b) for i, a in enumerate(NAMES) for b in NAMES[i:]]
TERMS = [("supervised",), ("supervised", "mean_teacher"), ("supervised", "triplet"), ("supervised", "mean_teacher", "triplet")]
Combination = tuple[tuple[str, ...], str, str, tuple[str, ...], str]


def all_combinations() -> list[Combination]:
    return [
        (team, fusion, head, terms, task)
        for team, fusion, head, terms, task in product(TEAMS, FUSIONS, ANSWERS, TERMS, QUESTIONS)
        if (len(team) == 1) == (fusion == "none")
    ]


def pairs(combination: Combination) -> set:
    return {((i, a), (j, b)) for i, a in enumerate(combination) for j, b in enumerate(combination) if i < j}


def covering() -> list[Combination]:
    """Few combinations in which every pair of parts that can meet does."""
    everything = all_combinations()
    left = set().union(*map(pairs, everything))
    chosen = []
    while left:
        best = max(everything, key=lambda c: len(pairs(c) & left))
        chosen.append(best)
        left -= pairs(best)
    return chosen


def name_of(combination: Combination) -> str:
    team, fusion, head, terms, task = combination
    return "-".join(["+".join(team), fusion, head, "+".join(terms), task])


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Six walks of three children, of different length, with silhouettes and clips as long as they."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :44]
    trials = []
    for i in range(6):
        pose = sg.Walker(cadence_spm=95 + 9 * i).film(fps=30, duration_s=2.4 + 0.2 * i).pose
        wide = rng.uniform(6, 14, (len(pose), 1, 1))
        body = sg.SilhouetteSequence(np.hypot((x - 22) / wide, (y - 32) / 30) < 1, fps=30, view="frontal")
        pictures = rng.integers(0, 256, (len(pose), 36, 64, 3), dtype=np.uint8)
        clip = sg.Clip(pictures, fps=30, boxes=[[0, 0, 1920, 1080]] * len(pose), view="sagittal_left")
        trials.append(sg.Trial(f"child{i // 2}", pose, name=f"walk{i}", silhouettes=body, clips=clip))
    return trials


def keep_contract(combination: Combination, walks: list[sg.Trial], folder: Path) -> None:
    team, fusion, head, terms, name = combination
    task = QUESTIONS[name]
    rng = np.random.default_rng(0)
    codes = rng.integers(0, task.n_levels, (len(walks), task.n_items))
    codes[0] = codes[3] = -1
    model = sg.GaitClassifier(
        task,
        [{one: SMALL[one]} for one in team],
        fusion=fusion if fusion == "none" else {fusion: {"width": 16}},
        head=head,
        objectives={term: {} for term in terms},
        augmentation={"mirror": 0.5, "crop": 0.8, "speed": 0.1, "roll_deg": 3, "jitter": 0.01, "joint_dropout": 0.1},
        batch_size=4,
        max_epochs=1,
        progress=False,
        random_state=0,
    )
    answers = list(task.decode(codes))
    before = clone(model).get_params()
    model.fit(walks, answers)
    assert clone(model).get_params() == before
    probabilities = model.predict_proba(walks)
    assert probabilities.shape == ((6, task.n_levels) if task.n_items == 1 else (6, task.n_items, task.n_levels))
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(-1), 1)
    assert np.isfinite(model.embed(walks)).all()
    alone = np.concatenate([model.predict_proba([t]) for t in walks[:3]])
    assert np.allclose(alone, probabilities[:3], atol=1e-5), "a walk alone is answered as in a padded batch"
    again = sg.GaitClassifier.load(model.save(folder / "model.safetensors"))
    assert np.allclose(again.predict_proba(walks), probabilities, atol=1e-6)


def test_every_encoder_is_in_the_table() -> None:
    assert set(SMALL) == set(ENCODERS)
    assert {one for terms in TERMS for one in terms} == set(OBJECTIVES)


@pytest.mark.parametrize("combination", covering(), ids=name_of)
def test_parts_that_meet_keep_the_contract(combination: Combination, walks: list[sg.Trial], tmp_path: Path) -> None:
    keep_contract(combination, walks, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("combination", all_combinations(), ids=name_of)
def test_all_parts_keep_the_contract(combination: Combination, walks: list[sg.Trial], tmp_path: Path) -> None:
    keep_contract(combination, walks, tmp_path)
