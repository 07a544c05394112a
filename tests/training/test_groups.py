"""Rates of their own for an encoder's parameters, and what does not learn at all."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

import skelgait as sg
from skelgait.core.parts import Part
from skelgait.encoders.base import RateGroup
from skelgait.encoders.stgcn import StGcn
from skelgait.encoders.videomae import VideoMae
from skelgait.heads.answer import Nominal
from skelgait.heads.fusion import Concat, NoFusion
from skelgait.training.groups import build_optimizer, hold_still
from skelgait.training.module import Rate
from skelgait.training.network import GaitNetwork

SMALL = {"width": 16, "depth": 3, "heads": 2, "frames": 4, "side": 32}
ADAMW = Part("adamw", torch.optim.AdamW, {"lr": 0.01, "weight_decay": 0.05})


def rates(network: GaitNetwork, part: Part = ADAMW) -> dict[int, tuple[float, float]]:
    """Learning rate and decay of each parameter, by its id."""
    groups = build_optimizer(network, part).param_groups
    return {id(p): (group["lr"], group.get("weight_decay", -1.0)) for group in groups for p in group["params"]}


def test_a_network_that_asks_for_nothing_is_one_group_in_its_own_order() -> None:
    network = GaitNetwork([StGcn(stages=(8,))], NoFusion([8]), Nominal(8, 1, 2))
    (group,) = build_optimizer(network, ADAMW).param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in network.parameters()]
    assert (group["lr"], group["weight_decay"]) == (0.01, 0.05)


def test_blocks_learn_slower_towards_the_first_and_biases_do_not_decay() -> None:
    encoder = VideoMae(**SMALL, layer_decay=0.5, prompt="learned", pooling="attention")
    network = GaitNetwork([encoder, StGcn(stages=(8,))], Concat([16, 8], 8), Nominal(8, 1, 2))
    found = rates(network)
    assert set(found) == {id(p) for p in network.parameters()}
    vit = encoder.vit
    assert found[id(vit.patch_embed["proj"].weight)] == (0.01 / 16, 0.05)
    assert found[id(vit.patch_embed["proj"].bias)] == (0.01 / 16, 0.0)
    assert [found[id(block.attn.qkv.weight)] for block in vit.blocks] == [(0.01 / 8, 0.05), (0.01 / 4, 0.05), (0.01 / 2, 0.05)]
    assert [found[id(block.attn.q_bias)] for block in vit.blocks] == [(0.01 / 8, 0.0), (0.01 / 4, 0.0), (0.01 / 2, 0.0)]
    assert found[id(vit.fc_norm.weight)] == (0.01, 0.0)
    for parameter in (encoder.prompt.weight, vit.pool.key.weight, *network.answer.parameters(), *network.encoders[1].parameters()):
        assert found[id(parameter)] == (0.01, 0.05)
    assert found[id(vit.pool.query)] == (0.01, 0.05)
    plain = rates(network, Part("rprop", torch.optim.Rprop, {"lr": 0.01}))  # an optimiser without decay
    assert plain[id(vit.blocks[0].norm1.bias)] == (0.01 / 8, -1.0)


def test_warm_up_and_schedule_multiply_each_rate() -> None:
    encoder = VideoMae(**SMALL, layer_decay=0.5)
    optimizer = build_optimizer(GaitNetwork([encoder], NoFusion([16]), Nominal(16, 1, 2)), ADAMW)
    first = [group["lr"] for group in optimizer.param_groups]
    schedule = LambdaLR(optimizer, Rate("cosine", 10, warm_up=0.4))
    shares = []
    for _ in range(10):
        now = [group["lr"] / lr for group, lr in zip(optimizer.param_groups, first, strict=True)]
        assert now == pytest.approx([now[0]] * len(now))
        shares.append(now[0])
        optimizer.step()
        schedule.step()
    assert shares[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert shares[4] == max(shares)
    assert shares[-1] < 0.1


def test_what_is_asked_to_stay_has_no_gradient_and_no_place_in_the_optimiser() -> None:
    encoder = VideoMae(**SMALL, frozen_blocks=2, drop_path=0.3)
    network = GaitNetwork([encoder], NoFusion([16]), Nominal(16, 1, 2))
    hold_still(network)
    still = {id(p) for layer in (encoder.vit.patch_embed, *encoder.vit.blocks[:2]) for p in layer.parameters()}
    assert {id(p) for p in network.parameters() if not p.requires_grad} == still
    assert set(rates(network)) == {id(p) for p in network.parameters()} - still
    assert [block.drop for block in encoder.vit.blocks] == [0, 0, 0.3]
    assert not [group for group in VideoMae(**SMALL).rate_groups() if not group.rate]


@pytest.mark.parametrize("frozen_epochs", [0, 1])
def test_while_training_frozen_blocks_stay_and_the_others_learn(frozen_epochs: int) -> None:
    rng = np.random.default_rng(0)
    clips = [sg.Clip(rng.integers(0, 256, (8, 36, 36, 3), dtype=np.uint8), fps=30, view="sagittal_left") for _ in range(4)]
    trials = [sg.Trial(f"child{i}", clips=clip) for i, clip in enumerate(clips)]
    settings = {**SMALL, "frozen_blocks": 1, "layer_decay": 0.7}
    model = sg.GaitClassifier(
        "GAIT_BINARY",
        {"videomae": settings},
        max_epochs=2,
        batch_size=4,
        frozen_epochs=frozen_epochs,
        progress=False,
        random_state=0,
    )
    start = sg.GaitClassifier(**{**model.get_params(), "max_epochs": 0}).fit(trials, ["normal", "abnormal"] * 2)
    vit = model.fit(trials, ["normal", "abnormal"] * 2, start=start).network_.encoders[0].vit
    before = start.network_.encoders[0].vit
    for name, value in vit.state_dict().items():
        stays = name.startswith(("patch_embed.", "blocks.0."))
        assert torch.equal(value, before.state_dict()[name]) == stays, name
    assert all(parameter.requires_grad for parameter in vit.parameters())  # an explanation may ask for any gradient


def test_an_encoder_of_ones_own_asks_by_the_same_door() -> None:
    class Slow(StGcn):
        def rate_groups(self) -> list[RateGroup]:
            return [RateGroup(tuple(self.parameters()), 0.1)]

    network = GaitNetwork([Slow(stages=(8,))], NoFusion([8]), Nominal(8, 1, 2))
    found = rates(network)
    assert {found[id(p)][0] for p in network.encoders.parameters()} == {0.01 * 0.1}
    assert {found[id(p)][0] for p in network.answer.parameters()} == {0.01}
