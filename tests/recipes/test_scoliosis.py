from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.recipes.scoliosis import ROWS, read_sconet, scoliosis_rows, sconet, sconet_mt
from tests.published_sconet import published, reference

SMALL = {"channels": [4, 8, 8, 8], "width": 8, "frames": 4}


@pytest.fixture(scope="module")
def walks() -> list[sg.Trial]:
    """Six children of three grades, one walk each."""
    y, x = np.mgrid[:64, :44]
    trials = []
    for child in range(6):
        middle = 22 + np.sin(np.arange(12) / 2 + child)[:, None, None] + 0.15 * (child % 3) * (40 - y)
        walk = sg.SilhouetteSequence(np.hypot((x - middle) / (7 + child), (y - 32) / 30) < 1, fps=30, view="frontal")
        grade = ("negative", "neutral", "positive")[child % 3]
        trials.append(sg.Trial(f"child{child}", silhouettes=walk, labels={"scoliosis": grade}))
    return trials


def test_the_published_settings_are_those_of_the_recipe() -> None:
    given = sconet_mt().get_params(deep=False)
    assert given["objectives"] == {
        "supervised": {"smoothing": 0.1},
        "triplet": {"margin": 0.2, "alike": "subject", "over": "tokens", "squared": False},
    }
    assert given["optimizer"] == {"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}}
    assert given["batches"] == {"subjects": {"subjects": 8, "walks_each": 8}}
    assert [place * given["max_steps"] for place in given["schedule"]["steps"]["at"]] == [10_000, 14_000, 18_000]
    assert given["augmentation"] is None
    assert given["clip"] == 0


def test_every_row_of_the_table_learns_and_answers_by_settings_alone(walks: list[sg.Trial]) -> None:
    rows = scoliosis_rows(encoder=SMALL, max_steps=2, subjects=4, walks_each=2, progress=False, random_state=0)
    assert list(rows) == ["CNN", "CNN-Triplet", "CNN-MT", "ScoNet", "ScoNet-Triplet", "ScoNet-MT"] == list(ROWS)
    sizes = {}
    for name, model in rows.items():
        model.fit(walks)
        assert np.allclose(model.predict_proba(walks).sum(1), 1)
        terms = {key.removeprefix("loss_") for key in model.history_[-1] if key.startswith("loss_")}
        assert ("Triplet" in terms) == (name.rpartition("-")[2] in ("Triplet", "MT"))
        sizes[name] = model.n_parameters_
    assert sizes["CNN"] == sizes["CNN-Triplet"] == sizes["CNN-MT"] < sizes["ScoNet"] == sizes["ScoNet-MT"]
    assert rows["ScoNet-Triplet"].objectives["triplet"]["alike"] == "level"


def test_half_precision_trains_and_answers_the_same_way(walks: list[sg.Trial]) -> None:
    given = {"encoder": SMALL, "max_steps": 20, "subjects": 6, "walks_each": 2, "progress": False, "random_state": 0}
    whole, half = (sconet_mt(**given, precision=precision).fit(walks) for precision in ("32-true", "bf16-mixed"))
    assert np.isfinite([epoch["loss"] for epoch in half.history_]).all()
    assert next(half.network_.parameters()).dtype == torch.float32
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        said = half.network_(half.prepare_batch(walks).inputs).log_probs[:, 0]
    assert (half.predict_proba(walks).argmax(1) == said.argmax(-1).numpy()).all()
    assert half.history_[0]["loss"] == pytest.approx(whole.history_[0]["loss"], rel=0.05)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(SkelgaitError, match="no triplet of 'identity'"):
        sconet(triplet="identity")


# published weights


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return published(1)


def test_published_weights_answer_by_the_published_arithmetic_in_either_order_of_classes(
    state: dict[str, torch.Tensor], walks: list[sg.Trial], tmp_path: Path
) -> None:
    torch.save({"model": state, "iteration": 20000}, tmp_path / "ScoNet.pt")
    model = read_sconet(tmp_path / "ScoNet.pt")
    pictures = torch.from_numpy(np.stack([t.silhouette_sequence().frames_at(slice(None)) for t in walks[:2]])).float() / 255
    with torch.no_grad():
        said = (16 * reference(state, pictures)[1].mean(-1)).softmax(-1).numpy()
    assert np.allclose(model.predict_proba(walks[:2]), said, atol=1e-4)
    older = read_sconet(tmp_path / "ScoNet.pt", levels=("negative", "positive", "neutral"))
    assert np.allclose(older.predict_proba(walks[:2]), said[:, [0, 2, 1]], atol=1e-4)
    again = sg.GaitClassifier.load(model.save(tmp_path / "model.safetensors"))
    assert np.allclose(again.predict_proba(walks[:2]), said, atol=1e-4)


def test_weights_of_something_else_are_refused(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    with pytest.raises(SkelgaitError, match="not the levels"):
        read_sconet(state, levels=("healthy", "ill"))
    recognition = {**state, "BNNecks.fc_bin": torch.zeros(16, 256, 3000)}
    with pytest.raises(SkelgaitError, match="answer layer in these weights is not ScoNet's"):
        read_sconet(recognition)
    with pytest.raises(SkelgaitError, match="missing Backbone"):
        read_sconet({key: value for key, value in state.items() if "layer2" not in key})
    with pytest.raises(FileError, match="no weights"):
        read_sconet(tmp_path / "nothing.pt")


def test_two_channels_are_skeleton_maps(state: dict[str, torch.Tensor]) -> None:
    first = "Backbone.forward_block.conv1.conv.weight"
    model = read_sconet({**state, first: state[first].expand(-1, 2, -1, -1)})
    assert model.encoders["sconet"]["source"] == "skeleton_map"
    pose = sg.Walker().film(sg.Camera(view="frontal_towards"), fps=30, duration_s=2).pose
    walk = sg.Trial("child", {"frontal": pose})
    assert model.predict_proba([walk]).shape == (1, 3)
