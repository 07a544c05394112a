"""What a video transformer looked at: rolled out by hand, put back where the blocks lie, and where the answer comes from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from tests.explain.test_clips import make

SMALL = {"plane": "frontal", "width": 32, "depth": 2, "heads": 2, "patch": 8, "frames": 4, "step_s": 0.1, "side": 56}


def fit(encoder: dict, epochs: int = 1, count: int = 4) -> tuple[sg.GaitClassifier, list[sg.Trial]]:
    walks = [make(child) for child in range(count)]
    settings = {"batch_size": 4, "max_epochs": epochs, "optimizer": {"adamw": {"lr": 3e-3}}, "progress": False, "random_state": 0}
    return sg.GaitClassifier("GENU_BINARY", {"videomae": {**SMALL, **encoder}}, **settings).fit(walks), walks


@torch.no_grad()
def by_hand(model: sg.GaitClassifier, walk: sg.Trial) -> torch.Tensor:
    """(moments, 7, 7) what came through of the first clip, all tokens kept."""
    encoder = model.network_.encoders[0].eval()
    inputs = model.prepare_batch([walk]).inputs[0]
    values, kept = encoder.vit.embed(encoder.pictures(inputs["clip"][0, :1]))
    through = torch.eye(len(values))
    for block in encoder.vit.blocks:
        x = block.norm1(values)
        weight = block.attn.qkv.weight
        query = (x @ weight[:32].T + block.attn.q_bias).view(-1, 2, 16)
        key = (x @ weight[32:64].T).view(-1, 2, 16)
        attention = sum((query[:, h] @ key[:, h].T / 4).softmax(-1) for h in range(2)) / 2
        through = (0.5 * attention + 0.5 * torch.eye(len(values))) @ through
        values = block(values, kept)
    return through.mean(0).view(2, 7, 7)


def test_attention_is_rolled_out_over_the_blocks() -> None:
    model, walks = fit({"clips": 1})
    why = sg.explain(model, walks[0], "rollout", faithfulness=False)
    hand = by_hand(model, walks[0])
    assert float(hand.sum()) == pytest.approx(1, abs=1e-5)
    assert why.values.shape == (4, 56, 56)
    stretched = torch.nn.functional.interpolate(hand[None, None], (4, 56, 56), mode="trilinear", align_corners=False)[0, 0]
    assert np.allclose(why.values, stretched.numpy(), atol=1e-6)
    assert why.method == "rollout"
    assert sg.plot_clip_heat(why, walks[0], moments=2, faces=True).axes
    pooled, _ = fit({"clips": 1, "pooling": "attention", "checkpointing": True})
    begun = sg.explain(pooled, walks[0], "rollout", faithfulness=False)
    assert begun.values.min() >= 0
    assert begun.values.max() > 0
    assert sg.explain(pooled, walks[0], faithfulness=False).values.shape == (4, 56, 56)


@pytest.mark.parametrize("method", ["rollout", "gradcam"])
def test_blocks_that_were_left_out_get_nothing_and_the_others_lie_where_they_were(method: str) -> None:
    model, walks = fit({"clips": 2, "prune": "pose", "keep_at_least": 4})
    encoder = model.network_.encoders[0]
    keep = encoder.kept_patches(model.prepare_batch([walks[1]]).inputs[0])
    assert keep is not None
    keep = keep[0].view(-1, *encoder.grid)
    assert 0.05 < float(keep.float().mean()) < 0.7
    why = sg.explain(model, walks[1], method, level="abnormal", faithfulness=False)
    near = torch.nn.functional.max_pool3d(keep.float()[:, None], (1, 3, 3), 1, (0, 1, 1))[:, 0].amax(
        1
    )  # a block further is mixed in
    anywhere = near.amax(0).repeat_interleave(8, 0).repeat_interleave(8, 1).numpy() > 0
    assert why.values[:, ~anywhere].max() == 0
    assert why.values.max() > 0


def test_tokens_at_the_knee_speak_for_the_answer() -> None:
    model, walks = fit({}, epochs=25, count=12)
    assert model.score(walks) == 1.0
    table = sg.joint_relevance(
        model,
        walks[1::2],
        ("shoulder", "knee", "ankle"),
        levels=["abnormal"] * 6,
        radius=0.12,
        controls=2,
        n_boot=100,
        progress=False,
    )
    knee = table.loc[("abnormal", "knee")]
    assert knee.share > 1.5 * knee.area
    assert knee.difference_low > 0
    assert sg.explain(model, walks[1], level="abnormal", stage="block1").info["faithfulness"] > 0
    with pytest.raises(SkelgaitError, match="no stage 'layer4'"):
        sg.explain(model, walks[1], stage="layer4")
