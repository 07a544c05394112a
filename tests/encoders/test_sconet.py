"""ScoNet against the published arithmetic, written out here, and what this encoder adds to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from skelgait.core.errors import SkelgaitError, WrongView
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import Trial
from skelgait.encoders.checkpoints import load_checkpoint
from skelgait.encoders.sconet import ScoNet
from skelgait.heads.answer import BNNeck
from skelgait.heads.fusion import NoFusion
from skelgait.training.augment import Augmentation
from skelgait.training.network import GaitNetwork
from tests.published_sconet import published, reference

SMALL = {"channels": (4, 8, 8, 12), "width": 16}


def whole(encoder: ScoNet) -> GaitNetwork:
    return GaitNetwork([encoder], NoFusion([encoder.width]), BNNeck(encoder.width, 1, 3, parts=encoder.strips))


def blob(frames: int = 12, seed: int = 0, columns: int = 44) -> np.ndarray:
    """Silhouettes of something upright that moves."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :columns]
    middle = columns / 2 + 4 * np.sin(np.arange(frames) / 3 + seed)[:, None, None]
    lean = rng.normal(0, 0.1)
    return (np.hypot((x - middle - lean * (y - 32)) / (6 + rng.uniform(0, 3)), (y - 32) / 30) < 1).astype(np.uint8) * 255


def trial(frames: int = 12, seed: int = 0, columns: int = 44, **settings: object) -> Trial:
    walk = SilhouetteSequence(blob(frames, seed, columns), fps=30, view="frontal")
    return Trial(f"child{seed}", silhouettes={"frontal": walk}, **settings)  # type: ignore[arg-type]


def collate(encoder: ScoNet, *frames: int) -> dict[str, torch.Tensor]:
    return encoder.collate([encoder.prepare(trial(n, seed)) for seed, n in enumerate(frames)])


# the published network


def test_size_shapes_and_keys_are_the_published_ones() -> None:
    network = whole(ScoNet())
    assert sum(p.numel() for p in network.parameters()) == 7_014_592
    assert len(network.state_dict()) == len(published()) == 79
    pictures = torch.zeros(2, 1, 64, 44)
    encoder = network.encoders[0]
    shapes = []
    for stage in encoder.cam_layers:
        encoder.cam_layer(stage).register_forward_hook(lambda _m, _i, out: shapes.append(tuple(out.shape[1:])))
    encoder.eval().backbone(pictures)
    assert shapes == [(64, 64, 44), (128, 32, 22), (256, 16, 11), (512, 16, 11)]
    said = network.eval()([collate(encoder, 3, 3)])
    assert said.tokens[0].values.shape == (2, 16, 256)
    assert said.parts.shape == (2, 16, 1, 3)


@pytest.mark.parametrize("wrapped", ["plain", "model", "module"])
def test_published_weights_give_the_published_numbers_head_included(wrapped: str, tmp_path: Path) -> None:
    state = published()
    given: dict = {f"module.{key}": value for key, value in state.items()} if wrapped == "module" else dict(state)
    if wrapped != "plain":
        given = {"model": given, "optimizer": {"lr": 0.1}, "iteration": 20000}
    torch.save(given, tmp_path / "ScoNet-20000.pt")
    encoder = ScoNet()
    report = load_checkpoint(encoder, tmp_path / "ScoNet-20000.pt")
    assert report.layout == "opengait"
    assert len(report.loaded) == 73
    assert len(report.ignored) == 6
    network = whole(encoder)
    network.answer.load_state_dict(report.head)
    inputs = collate(encoder, 5, 5)
    with torch.no_grad():
        said = network.eval()([inputs])
        embedding, cosines = reference(state, inputs["silhouette"].float() / 255)
    tokens = said.tokens[0].values
    assert (tokens - embedding.transpose(1, 2)).abs().max() < 1e-5 * embedding.abs().max()
    assert torch.allclose(network.answer.logits(said.fused)[:, :, 0] / 16, cosines.transpose(1, 2), atol=1e-5)
    assert torch.allclose(said.log_probs[:, 0], (16 * cosines.mean(-1)).log_softmax(-1), atol=1e-4)
    assert torch.equal(said.log_probs[:, 0].argmax(-1), cosines.mean(-1).argmax(-1))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("Backbone.forward_block.layer3.0.bn2.weight"), "missing Backbone.forward_block.layer3.0.bn2.weight"),
        (lambda s: s.update({"Backbone.forward_block.layer4.1.conv1.weight": torch.ones(1)}), "unexpected .*layer4.1.conv1"),
        (lambda s: s.update({"FCs.fc_bin": torch.ones(31, 512, 256)}), "of another shape FCs.fc_bin"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(change, said: str) -> None:  # type: ignore[no-untyped-def]
    state = published()
    change(state)
    with pytest.raises(SkelgaitError, match=said):
        load_checkpoint(ScoNet(), state)


def test_weights_begin_as_published() -> None:
    torch.manual_seed(0)
    network = whole(ScoNet())
    encoder = network.encoders[0]
    conv = encoder.backbone.layer4[0].conv2.weight
    assert conv.abs().max() <= (6 / (2 * 512 * 9)) ** 0.5
    assert conv.abs().max() > 0.99 * (6 / (2 * 512 * 9)) ** 0.5
    # the fan of a tensor of three axes: torch takes the first two for the layer and the third for its reach
    assert torch.isclose(encoder.strip_weight.abs().max(), torch.tensor((6 / (256 * (512 + 16))) ** 0.5), rtol=1e-3)
    assert torch.isclose(network.answer.weight.abs().max(), torch.tensor((6 / (3 * (256 + 16))) ** 0.5), rtol=1e-3)
    for norm in (encoder.backbone.layer4[0].bn1, network.answer.norm):
        assert abs(norm.weight.mean() - 1) < 0.01
        assert 0.015 < norm.weight.std() < 0.025


# a set of pictures


def test_a_walk_in_a_padded_batch_gives_the_tokens_it_gives_alone() -> None:
    encoder = ScoNet(**SMALL).eval()
    together = encoder(collate(encoder, 4, 9, 7))
    for seed, n in enumerate((4, 9, 7)):
        alone = encoder(encoder.collate([encoder.prepare(trial(n, seed))]))
        assert torch.allclose(together.values[seed], alone.values[0], atol=1e-5)
    wild = collate(encoder, 4, 9, 7)
    wild["silhouette"][~wild["mask"]] = 255
    assert torch.equal(encoder(wild).values, together.values)


def test_padding_does_not_move_batch_statistics_in_training() -> None:
    torch.manual_seed(0)
    one = ScoNet(**SMALL).train()
    other = ScoNet(**SMALL).train()
    other.load_state_dict(one.state_dict())
    inputs = collate(one, 6, 6)
    padded = {
        "silhouette": F.pad(inputs["silhouette"], (0, 0, 0, 0, 0, 5), value=200),
        "mask": F.pad(inputs["mask"], (0, 5)),
    }
    assert torch.allclose(one(inputs).values, other(padded).values, atol=1e-5)
    assert torch.allclose(one.backbone.bn1.running_var, other.backbone.bn1.running_var, atol=1e-6)


def test_neither_order_nor_repetition_of_frames_matters_and_long_walks_are_seen_in_parts(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    encoder = ScoNet(**SMALL).eval()
    inputs = collate(encoder, 11)
    frames = inputs["silhouette"]
    with torch.no_grad():
        tokens = encoder(inputs).values
        shuffled = torch.cat([frames[:, torch.randperm(11)], frames[:, :4]], 1)
        assert torch.allclose(
            encoder({"silhouette": shuffled, "mask": torch.ones(1, 15, dtype=torch.bool)}).values, tokens, atol=1e-5
        )
        two = collate(encoder, 11, 5)
        at_once = encoder(two).values
        monkeypatch.setattr("skelgait.encoders.sconet.AT_ONCE", 3)
        assert torch.allclose(encoder(two).values, at_once, atol=1e-5)


def test_training_draws_frames_anew_and_answering_looks_at_all() -> None:
    encoder = ScoNet(frames=5, **SMALL)
    sample = encoder.prepare(trial(40))
    rng = np.random.default_rng(0)
    draws = [encoder.draw(sample, rng)["silhouette"] for _ in range(2)]
    assert [len(d) for d in draws] == [5, 5]
    assert not np.array_equal(*draws)
    assert all((one == np.asarray(sample["silhouette"])).all((1, 2)).any() for d in draws for one in d)
    assert len(encoder.draw(encoder.prepare(trial(3)), rng)["silhouette"]) == 3
    assert encoder.collate([sample])["mask"].sum() == 40


def test_wide_pictures_are_cut_to_their_middle_and_files_stay_where_they_are(tmp_path: Path) -> None:
    encoder = ScoNet(**SMALL)
    wide = SilhouetteSequence(blob(7, columns=64), fps=30, view="frontal")
    path = tmp_path / "walk.silhouettes.npz"
    wide.save(path)
    sample = encoder.prepare(Trial("a", silhouettes={"frontal": str(path)}))
    assert not isinstance(sample["silhouette"], np.ndarray) or isinstance(sample["silhouette"], np.memmap)
    inputs = encoder.collate([sample])
    assert np.array_equal(inputs["silhouette"][0], wide.frames_at(slice(None)))
    assert len(encoder.cut(sample, 0.1, 0.2)["silhouette"]) == 3
    assert len(encoder.cut({**sample, "fps": np.float32("nan")}, 0.0, float("nan"))["silhouette"]) == 7


def test_half_precision_and_the_folded_network_say_the_same() -> None:
    torch.manual_seed(0)
    network = whole(ScoNet(channels=(16, 32, 32, 64), width=32))
    inputs = [collate(network.encoders[0], 6, 6, 6, 6)]
    for _ in range(3):
        network.train()(inputs)  # statistics worth folding
    with torch.no_grad():
        folded = network.eval()(inputs)
        with torch.autocast("cpu", torch.bfloat16):
            half = network(inputs)
    assert torch.equal(folded.log_probs.argmax(-1), half.log_probs.argmax(-1))
    assert (folded.log_probs.exp() - half.log_probs.exp()).abs().max() < 0.02
    assert network.encoders[0].backbone.conv1.weight.is_contiguous(memory_format=torch.channels_last)


def test_a_mirrored_walk_is_the_mirrored_picture_and_a_roll_turns_as_seen() -> None:
    encoder = ScoNet(**SMALL)
    inputs = collate(encoder, 6, 8)
    draw = Augmentation(mirror=1.0).draw(2, torch.Generator().manual_seed(0))
    mirrored = encoder.augment(inputs, draw)
    assert torch.equal(mirrored["silhouette"], inputs["silhouette"].flip(-1))
    assert torch.equal(mirrored["mask"], inputs["mask"])
    still = Augmentation().draw(2, torch.Generator().manual_seed(0))
    dot = {"silhouette": torch.zeros(2, 1, 64, 44, dtype=torch.uint8), "mask": torch.ones(2, 1, dtype=torch.bool)}
    dot["silhouette"][:, :, 31:33, 38:42] = 255  # to the right of the middle
    rolled = encoder.augment(dot, replace(still, roll=torch.full((2,), np.pi / 2)))["silhouette"][0, 0]
    row, column = (rolled > 128).nonzero().float().mean(0)
    assert row < 20
    assert 20 < column < 23
    part = encoder.augment(inputs, replace(still, crop=torch.tensor([[0.5, 0.5], [0.0, 1.0]])))["mask"]
    assert part.sum(1).tolist() == [3, 8]
    assert part[0].nonzero().flatten().tolist() == [3, 4, 5]


def test_baselines_are_settings() -> None:
    plain = ScoNet(shortcut=False, strips=1)
    assert not [name for name in plain.state_dict() if "downsample" in name]
    assert plain.strip_weight.shape == (1, 512, 256)
    deeper = ScoNet(blocks=(1, 4, 4, 1))
    network = GaitNetwork([deeper], NoFusion([256]), BNNeck(256, 1, 3000, parts=16))
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 1) == 23.7  # DeepGaitV2 without time, 3,000 classes


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"source": "depth"}, "no source 'depth'"),
        ({"plane": "top"}, "no plane 'top'"),
        ({"strips": 5}, "do not divide the rows"),
        ({"channels": (8, 8)}, "four stages"),
        ({"frames": 0}, "needs a frame"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(SkelgaitError, match=said):
        ScoNet(**settings)


def test_a_trial_without_silhouettes_is_refused_by_name() -> None:
    with pytest.raises(SkelgaitError, match="'child9' has no frontal silhouettes"):
        ScoNet(**SMALL).prepare(Trial("child9"))


def test_silhouettes_of_the_other_plane_are_refused() -> None:
    aside = SilhouetteSequence(blob(), fps=30, view="sagittal_left")
    with pytest.raises(WrongView, match="frontal silhouettes, and these were filmed from the other plane"):
        ScoNet(**SMALL).prepare(Trial("child9", silhouettes={"frontal": aside}))
    assert len(ScoNet(plane="sagittal", **SMALL).prepare(Trial("child9", silhouettes=aside))["silhouette"]) == 12
