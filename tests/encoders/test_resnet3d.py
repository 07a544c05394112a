"""The 3D ResNet against the published arithmetic, written out, and what this encoder adds to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError, WrongView
from skelgait.core.events import GaitEvents
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import Trial
from skelgait.encoders.checkpoints import load_checkpoint
from skelgait.encoders.layers.pyramid import StripPyramid
from skelgait.encoders.layers.resnet3d import Block, Convolution
from skelgait.encoders.layers.triplet_attention import TripletAttention
from skelgait.encoders.resnet3d import ResNet3d
from skelgait.training.augment import Augmentation
from skelgait.walker import Camera, Walker
from tests.published_resnet3d import published, published_triplet, random_triplet, reference

WIDTHS = (4, 6, 8, 10)
SMALL = {"depth": 10, "widths": WIDTHS, "frames": 8, "side": 32}


def film(fps: float, seconds: float, size: tuple[int, int] = (36, 36), channels: int = 3) -> dict[str, np.ndarray]:
    """A sample in which something moves up and down once a second."""
    time = np.arange(round(fps * seconds)) / fps
    y, x = np.mgrid[: size[0], : size[1]]
    place = size[0] / 2 + 6 * np.sin(2 * np.pi * time)[:, None, None]
    bright = 255 * np.exp(-((y - place) ** 2 + (x - size[1] / 2) ** 2) / 40)
    clip = np.repeat(bright[..., None], channels, -1).astype(np.uint8)
    return {"clip": clip, "time_s": time, "fps": np.float32(fps)}


# the published network


@pytest.mark.parametrize(
    ("settings", "classes", "parameters", "gmacs", "shape"),
    [
        ({"depth": 18}, 700, 33_563_004, 8.31, (512, 1, 4, 4)),
        ({"depth": 50}, 700, 47_633_276, 10.07, (2048, 1, 4, 4)),
        ({"depth": 18, "stem": "torchvision"}, 400, 33_371_472, 40.70, (512, 2, 7, 7)),
    ],
)
def test_sizes_work_and_shapes_are_the_published_ones(
    settings: dict, classes: int, parameters: int, gmacs: float, shape: tuple[int, ...]
) -> None:
    with torch.device("meta"):
        encoder = ResNet3d(**settings)
        clips = torch.zeros(1, 3, 16, 112, 112)
    assert sum(p.numel() for p in encoder.parameters()) + (encoder.width + 1) * classes == parameters
    with FlopCounterMode(display=False) as counter:
        seen = encoder.backbone(clips)
    assert tuple(seen.shape[1:]) == shape
    assert counter.get_total_flops() / 2e9 == pytest.approx(gmacs, abs=0.006)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("stem", "depth", "shortcut"),
    [("kenshohara", 10, "B"), ("kenshohara", 18, "A"), ("kenshohara", 18, "B"), ("kenshohara", 34, "B"), ("kenshohara", 50, "B")]
    + [("torchvision", 18, "B"), ("torchvision", 50, "B")],
)
def test_published_weights_give_the_published_numbers(stem: str, depth: int, shortcut: str, wrapped: bool, tmp_path: Path) -> None:
    sd = published(stem, depth, WIDTHS, shortcut)
    given = {"state_dict": {f"module.{key}": value for key, value in sd.items()}, "epoch": 200, "arch": "r3d"} if wrapped else sd
    torch.save(given, tmp_path / "r3d.pth")
    encoder = ResNet3d(depth=depth, stem=stem, shortcut=shortcut, widths=WIDTHS, frames=8, side=48).eval()
    report = load_checkpoint(encoder, tmp_path / "r3d.pth")
    assert (report.layout, report.ignored, report.kept) == (stem, ("fc.bias", "fc.weight"), ())
    sample = film(15, 8 / 15, (48, 48))
    encoder.trim = 0.0
    inputs = encoder.collate([sample])
    last, logits = reference(sd, stem, depth, encoder.pictures(inputs["clip"][0]), shortcut)
    tokens = encoder(inputs)
    assert torch.allclose(encoder.backbone(encoder.pictures(inputs["clip"][0])), last, atol=1e-5, rtol=1e-5)
    ours = tokens.mean() @ report.head["weight"].T + report.head["bias"]
    assert torch.allclose(ours, logits, atol=1e-5, rtol=1e-4)


def test_weights_of_another_network_are_refused_and_parts_that_were_added_stay() -> None:
    sd = published("kenshohara", 18, WIDTHS)
    with pytest.raises(SkelgaitError, match="downsample"):
        load_checkpoint(ResNet3d(depth=18, shortcut="A", widths=WIDTHS), sd)
    with pytest.raises(SkelgaitError, match="missing"):
        load_checkpoint(ResNet3d(depth=18, widths=WIDTHS), {k: v for k, v in sd.items() if k != "layer2.0.bn1.bias"})
    encoder = ResNet3d(depth=18, widths=WIDTHS, attention="triplet", pooling="pyramid", width=8).eval()
    before = encoder.pyramid.weight.clone()
    report = load_checkpoint(encoder, sd)
    assert "pyramid.weight" in report.kept
    assert all(".attention." in key or key == "pyramid.weight" for key in report.kept)
    assert torch.equal(encoder.pyramid.weight, before)
    clips = torch.randn(1, 3, 8, 32, 32)
    assert torch.allclose(encoder.backbone(clips), reference(sd, "kenshohara", 18, clips)[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("stem", ["kenshohara", "torchvision"])
def test_weights_of_colours_are_added_up_for_brightness_and_for_silhouettes(stem: str, tmp_path: Path) -> None:
    sd = published(stem, 10, WIDTHS)
    torch.save(sd, tmp_path / "r3d.pth")
    first = sd["conv1.weight" if stem == "kenshohara" else "stem.0.weight"]
    alike = {"mean": [0.4], "spread": [0.25]}  # of each colour too, so that the two must agree exactly
    settings = {"depth": 10, "widths": WIDTHS, "stem": stem, "frames": 8, "side": 48, "trim": 0.0}
    colour = ResNet3d(**settings, mean=[0.4] * 3, spread=[0.25] * 3, pretrained=str(tmp_path / "r3d.pth")).eval()
    grey = ResNet3d(**settings, channels=1, **alike, pretrained=str(tmp_path / "r3d.pth")).eval()
    assert torch.equal(grey.backbone.conv1.weight, first.sum(1, keepdim=True))
    assert load_checkpoint(grey, sd).summed == ("backbone.conv1.weight",)
    assert load_checkpoint(colour, sd).summed == ()
    sample = film(15, 8 / 15, (48, 48), channels=1)
    assert torch.allclose(grey(grey.collate([sample])).values, colour(colour.collate([sample])).values, atol=1e-4, rtol=1e-4), (
        "a grey clip is seen alike"
    )
    outline = ResNet3d(**settings, source="silhouette", pretrained=str(tmp_path / "r3d.pth"))
    assert outline.backbone.conv1.weight.shape[1] == 1


def test_the_way_past_of_shortcut_a_has_a_gradient() -> None:
    block = Block(2, 4, 2, deep=False, shortcut="A")
    for parameter in block.parameters():
        torch.nn.init.zeros_(parameter)  # only the way past is left
    x = torch.rand(1, 2, 4, 4, 4, requires_grad=True)
    block(x).sum().backward()
    by_hand = torch.zeros(1, 2, 4, 4, 4)
    by_hand[:, :, ::2, ::2, ::2] = 1
    assert torch.equal(x.grad, by_hand)


@pytest.mark.parametrize(
    ("size", "stride", "frames"), [(3, 1, 2), (3, 2, 2), (7, (1, 2, 2), 2), (7, (1, 2, 2), 5), (7, 2, 4), (3, 1, 4)]
)
def test_gradients_in_bf16_are_those_of_fp32_for_clips_shorter_than_the_kernel(size: int, stride: object, frames: int) -> None:
    torch.manual_seed(0)
    layer = Convolution(16, 16, size, stride, size // 2, bias=False)  # type: ignore[arg-type]
    clips = torch.randn(3, 16, frames, 14, 14)
    gradients = []
    for bf16 in (False, *[True] * 8):
        unclean = [
            torch.full((n,), torch.nan, dtype=dtype) for n in (1000, 30_000, 300_000) * 3 for dtype in (torch.bfloat16, None)
        ]
        del unclean  # memory handed out next holds NaN, unless it is cleaned
        layer.zero_grad()
        seen = clips.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            out = layer(seen)
        assert out.shape == torch.nn.Conv3d.forward(layer, clips).shape
        out.backward(torch.ones_like(out))
        assert layer.weight.grad is not None
        assert seen.grad is not None
        gradients.append(torch.cat([layer.weight.grad.flatten(), seen.grad.flatten()]))
    for low in gradients[1:]:
        torch.testing.assert_close(low, gradients[0], rtol=0.02, atol=0.02 * float(gradients[0].abs().max()))


def test_the_last_stage_without_stride_has_the_same_weights_and_more_rows() -> None:
    sd = published("kenshohara", 10, WIDTHS)
    encoder = ResNet3d(depth=10, widths=WIDTHS, last_stride=1)
    load_checkpoint(encoder, sd)
    assert encoder.eval().backbone(torch.zeros(1, 3, 16, 112, 112)).shape[2:] == (2, 7, 7)


# triplet attention


@pytest.mark.parametrize("spatial", [True, False])
def test_with_time_folded_it_is_the_published_module(spatial: bool) -> None:
    torch.manual_seed(0)
    gates = ("cw", "hc", "hw") if spatial else ("cw", "hc")
    sd = random_triplet(gates)
    ours = TripletAttention(gates, identity=False).eval()
    ours.load_state_dict(sd, strict=True)
    assert sum(p.numel() for p in ours.parameters()) == 100 * len(gates)
    assert len(sd) == 6 * len(gates)
    x = torch.randn(2, 5, 3, 9, 6)  # (B, C, T, H, W)
    folded = x.transpose(1, 2).flatten(0, 1)
    theirs = published_triplet(sd, folded, spatial)
    assert torch.allclose(ours(folded[:, :, None])[:, :, 0], theirs, atol=1e-6)


def test_a_gate_over_channels_and_time_by_hand() -> None:
    torch.manual_seed(1)
    attention = TripletAttention(("ct",), identity=False).eval()
    weight = attention.get_submodule("ct").conv.conv.weight.detach()
    x = torch.randn(1, 4, 3, 2, 2)
    out = attention(x)
    for c in range(4):
        for t in range(3):
            total = 0.0
            for dc in range(-3, 4):
                for dt in range(-3, 4):
                    if 0 <= c + dc < 4 and 0 <= t + dt < 3:
                        place = x[0, c + dc, t + dt]
                        total += float(weight[0, 0, dc + 3, dt + 3] * place.max() + weight[0, 1, dc + 3, dt + 3] * place.mean())
            factor = 1 / (1 + np.exp(-total / np.sqrt(1 + 1e-5)))
            assert torch.allclose(out[0, c, t], x[0, c, t] * factor, atol=1e-5)


@pytest.mark.parametrize("spatial", [True, False])
def test_it_begins_by_changing_nothing_and_learns(spatial: bool) -> None:
    attention = TripletAttention(("ct", "hc", "cw", "hw") if spatial else ("ct", "hc", "cw"))
    x = torch.randn(2, 6, 4, 5, 5)
    assert torch.equal(attention(x), x)
    assert torch.equal(attention.eval()(x), x)
    attention.train()(x).pow(2).sum().backward()
    assert all(one.conv.bn.weight.grad.abs().item() > 0 for one in attention.children())
    with pytest.raises(SkelgaitError, match="no gates"):
        TripletAttention(("ht",))


# strips


def test_strips_by_hand() -> None:
    torch.manual_seed(2)
    pyramid = StripPyramid(3, 4, (1, 2, 4))
    x = torch.randn(2, 3, 2, 7, 5)
    rows = [(0, 7), (0, 4), (3, 7), (0, 2), (1, 4), (3, 6), (5, 7)]
    assert pyramid.edges(7) == rows
    out = pyramid(x)
    assert out.shape == (2, 2, 7, 4)
    for s, (a, b) in enumerate(rows):
        part = x[:, :, :, a:b]
        by_hand = (part.mean((3, 4)) + part.amax((3, 4))).transpose(1, 2) @ pyramid.weight[s]
        assert torch.allclose(out[:, :, s], by_hand, atol=1e-5)
    assert pyramid.edges(8)[3:] == [(0, 2), (2, 4), (4, 6), (6, 8)]
    assert StripPyramid(3, 4, (8,)).edges(4) == [(i // 2, i // 2 + 1) for i in range(8)]


# time


def test_the_frame_rate_of_a_camera_does_not_change_what_is_seen() -> None:
    encoder = ResNet3d(**SMALL, step_s=0.1)
    slow, fast = (encoder.collate([film(fps, 3.2)])["clip"] for fps in (30, 60))
    assert slow.shape[:3] == (1, 4, 8)
    assert torch.equal(slow, fast)
    uneven = film(120, 3.2)
    kept = np.unique(np.concatenate([np.arange(0, 384, 12), np.arange(4, 190, 12)]))  # twice as many pictures in its first half
    uneven = {"clip": uneven["clip"][kept], "time_s": uneven["time_s"][kept], "fps": np.float32(10)}
    assert torch.equal(encoder.collate([uneven])["clip"], slow)


def test_clips_cover_the_walk_and_a_short_one_is_played_there_and_back() -> None:
    encoder = ResNet3d(**SMALL, step_s=0.1)  # clips of 0.8 s
    starts = encoder.starts(film(30, 2.0))
    assert starts == pytest.approx([0, 0.6, 1.2])
    assert len(encoder.starts(film(30, 0.8))) == 1
    assert len(ResNet3d(**SMALL, step_s=0.1, clips=2).starts(film(30, 9.0))) == 2
    short = {"clip": np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1), "time_s": np.arange(4) / 10, "fps": np.float32(10)}
    assert encoder.collate([short])["clip"].flatten().tolist() == [0, 1, 2, 3, 2, 1, 0, 1]
    one = {name: value[:1] if value.ndim else value for name, value in short.items()}
    assert encoder.collate([one])["clip"].flatten().tolist() == [0] * 8


def test_training_draws_one_clip_from_anywhere_and_reads_no_more() -> None:
    encoder = ResNet3d(**SMALL)
    sample, rng = film(30, 4.0), np.random.default_rng(0)
    drawn = [encoder.draw(sample, rng) for _ in range(20)]
    assert all(one["clip"].shape[0] == 8 for one in drawn)
    assert len({one["clip"].tobytes() for one in drawn}) > 10
    batch = encoder.collate(drawn)
    assert batch["mask"].shape == (20, 1)
    assert all(np.array_equal(batch["clip"][i, 0].numpy(), one["clip"]) for i, one in enumerate(drawn))
    half = encoder.cut(sample, 1.0, 2.0)
    assert len(half["clip"]) == 30
    assert encoder.duration_s(half) == pytest.approx(1.0)


def timed(fps: float = 30.0, seconds: float = 4.0, late_s: float = 0.5) -> Clip:
    """Pictures whose brightness is the time since the walk began, in hundredths of a second."""
    time = late_s + np.arange(round(fps * seconds)) / fps
    shown = np.round(100 * (time - late_s)).astype(int)[:, None, None, None]
    frames = np.concatenate([shown // 2 + np.zeros((1, 8, 8, 1), int)] * 3, -1)
    return Clip(frames.astype(np.uint8), fps=fps, time_s=time, view="frontal_towards")


def contacts(*times: float, side: str = "left") -> GaitEvents:
    return GaitEvents([side] * len(times), ["initial_contact"] * len(times), times, frame=np.array(times) * 30)


def test_no_clip_lies_over_a_gap_in_which_nobody_was_seen() -> None:
    encoder = ResNet3d(**SMALL, step_s=0.1)
    sample = film(30, 6.0)
    seen = (sample["time_s"] < 1.0) | ((sample["time_s"] > 3.5) & (sample["time_s"] < 3.6)) | (sample["time_s"] >= 4.5)
    sample = {**sample, "clip": sample["clip"][seen], "time_s": sample["time_s"][seen]}
    assert encoder.starts(sample) == pytest.approx([0, 0.2, 4.5, 5.2], abs=1e-6), "the three pictures between are too few"
    assert len(ResNet3d(**SMALL, step_s=0.1, clips=2).starts(sample)) == 2
    rng = np.random.default_rng(0)
    for wanted in (*encoder.moments(sample), *(encoder.starts(sample)[:, None] + np.arange(8) * 0.1)):
        at = sample["time_s"][encoder.nearest(sample, wanted)]
        assert np.abs(at - wanted).max() < 0.5 / 30 + 1e-3, "a picture of the moment itself"
    halves = [sample["time_s"][encoder.nearest(sample, one)] for one in (np.arange(8) * 0.1 + 0.6, np.arange(8) * 0.1 + 5.6)]
    assert halves[0].max() < 1.0 < 4.5 <= halves[1].min(), "there and back, not over the gap"
    drawn = [
        encoder.draw({**sample, "clip": np.arange(len(seen))[seen][:, None, None, None]}, rng)["clip"].ravel() for _ in range(40)
    ]
    assert all(np.diff(numbers).max() <= 3 and len(set(numbers)) == 8 for numbers in drawn)
    assert {bool(numbers[0] > 100) for numbers in drawn} == {True, False}, "from either side of it"


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_aligned_clips_are_strides_whatever_they_last(fps: float) -> None:
    encoder = ResNet3d(**SMALL, align="cycle")
    both = GaitEvents(
        ["left", "right", "left", "right", "left"], ["initial_contact"] * 5, [0.9, 1.4, 1.9, 2.8, 3.7], frame=np.arange(5.0)
    )
    trial = Trial("child", clips={"frontal": timed(fps)}, events={"frontal": both})
    sample = encoder.prepare(trial)
    assert sample["strides"].tolist() == [pytest.approx([0.4, 1.4]), pytest.approx([0.9, 2.3]), pytest.approx([1.4, 3.2])]
    batch = encoder.collate([sample])
    seen = 2 * batch["clip"][0, :, :, 0, 0, 0].numpy().astype(int) / 100
    for row, (start, length) in zip(seen, ((0.4, 1.0), (0.9, 1.4), (1.4, 1.8)), strict=True):
        assert np.abs(row - (start + np.arange(8) * length / 8)).max() <= 0.5 / fps + 0.025
    drawn = [encoder.draw(sample, np.random.default_rng(seed)) for seed in range(12)]
    starts = {round(2 * int(one["clip"][0, 0, 0, 0]) / 100, 1) for one in drawn}
    assert starts == {0.4, 0.9, 1.4}, "each of them some time, and nothing else"
    again = encoder.collate(drawn)
    assert again["mask"].shape == (12, 1)
    assert all(np.array_equal(again["clip"][i, 0].numpy(), one["clip"]) for i, one in enumerate(drawn))
    assert encoder.collate([encoder.cut(sample, 0.8, 2.4)])["clip"].shape[1] == 1
    assert ResNet3d(**SMALL, align="cycle", clips=2).collate([sample])["clip"].shape[1] == 2


def test_strides_are_detected_from_the_pose_and_silhouettes_keep_their_own_time() -> None:
    film = Walker(cadence_spm=120).film(Camera(view="frontal_towards"), fps=30, duration_s=4)
    clip = timed(late_s=0.0)
    found = ResNet3d(**SMALL, align="cycle").prepare(Trial("child", {"frontal": film.pose}, clips={"frontal": clip}))["strides"]
    true = film.truth.events.times("left", "initial_contact")
    assert min(abs(found[:, 0] - true[1])) < 0.05
    assert np.diff(found).mean() == pytest.approx(1.0, abs=0.05)
    body = np.zeros((60, 64, 44), np.uint8)
    body[:, 4:60, 18:26] = 255
    at = np.concatenate([np.arange(20), np.arange(100, 140)])  # 80 frames in which nobody was seen
    walk = SilhouetteSequence(body, fps=30, frame=at, view="frontal")
    trial = Trial("child", silhouettes={"frontal": walk}, events={"frontal": contacts(0.1, 1.0, 2.0, 3.5, 4.5)})
    sample = ResNet3d(**SMALL, source="silhouette", align="cycle").prepare(trial)
    assert sample["strides"].tolist() == [pytest.approx([25 / 30, 55 / 30], abs=1e-6)], "3.5 to 4.5 s lie in pictures 25 to 55"


def test_a_walk_without_a_whole_stride_is_refused_with_the_reason() -> None:
    encoder = ResNet3d(**SMALL, align="cycle")
    clip = timed()
    with pytest.raises(SkelgaitError, match=r"when the feet land.*no frontal events and no frontal pose.*align=None"):
        encoder.prepare(Trial("child", clips={"frontal": clip}))
    with pytest.raises(SkelgaitError, match=r"no stride is seen whole.*1 strides, pictures from 0.50 to 4.47 s"):
        encoder.prepare(Trial("child", clips={"frontal": clip}, events={"frontal": contacts(4.0, 5.0)}))
    gap = clip.with_(time_s=np.where(np.arange(len(clip)) > 30, clip.time_s + 1, clip.time_s))
    with pytest.raises(SkelgaitError, match="no stride is seen whole"):
        encoder.prepare(Trial("child", clips={"frontal": gap}, events={"frontal": contacts(1.2, 2.6)}))
    sample = encoder.prepare(Trial("child", clips={"frontal": clip}, events={"frontal": contacts(1.0, 2.0, 3.0)}))
    with pytest.raises(SkelgaitError, match="a window of a walk holds no whole stride"):
        encoder.collate([encoder.cut(sample, 0.6, 1.4)])
    with pytest.raises(SkelgaitError, match="no align 'step'"):
        ResNet3d(**SMALL, align="step")


@pytest.mark.parametrize("pooling", ["average", "pyramid"])
def test_padding_never_changes_an_answer(pooling: str) -> None:
    torch.manual_seed(3)
    encoder = ResNet3d(**SMALL, pooling=pooling, strips=(1, 2), width=8, attention="triplet").eval()
    short, long = film(30, 0.9), film(25, 3.0)
    both, alone = encoder(encoder.collate([short, long])), encoder(encoder.collate([short]))
    assert torch.allclose(both.mean()[0], alone.mean()[0], atol=1e-5)
    assert both.values.shape[1] == both.grid[0] * both.grid[1] == both.mask.shape[1]
    assert both.mask.sum(1).tolist()[0] == alone.mask.sum()
    assert encoder.labels("strip") == (["whole", "1 of 2", "2 of 2"] if pooling == "pyramid" else ["whole"])
    with torch.no_grad():
        assert torch.allclose(encoder(encoder.collate([short, long])).values, both.values, atol=1e-6)


# pictures


def test_colour_brightness_and_cut() -> None:
    colour = torch.zeros(1, 2, 128, 128, 3, dtype=torch.uint8)
    colour[..., 0] = 255
    seen = ResNet3d(depth=10, widths=WIDTHS).pictures(colour)
    assert seen.shape == (1, 3, 2, 112, 112)
    expected = (torch.tensor([1.0, 0, 0]) - torch.tensor([0.4345, 0.4051, 0.3775])) / torch.tensor([0.2768, 0.2713, 0.2737])
    assert torch.allclose(seen[0, :, 0, 50, 50], expected, atol=1e-5)
    grey = ResNet3d(depth=10, widths=WIDTHS, channels=1, mean=[0.0], spread=[1.0]).pictures(colour)
    assert grey.shape[1] == 1
    assert float(grey[0, 0, 0, 5, 5]) == pytest.approx(0.299, abs=1e-4)
    edge = torch.zeros(1, 1, 128, 128, 1, dtype=torch.uint8)
    edge[..., :8, :, :] = 255  # all of it is cut away
    assert float(ResNet3d(depth=10, widths=WIDTHS, channels=1, mean=[0.0], spread=[1.0]).pictures(edge).abs().max()) == 0
    assert ResNet3d(depth=10, widths=WIDTHS).pictures(edge).shape[1] == 3


def test_silhouettes_are_clips_of_one_channel() -> None:
    body = np.zeros((30, 64, 44), np.uint8)
    body[:, 4:60, 18:26] = 255
    trial = Trial("child", silhouettes={"frontal": SilhouetteSequence(body, fps=30, view="frontal")})
    encoder = ResNet3d(**SMALL, source="silhouette", mean=[0.0], spread=[1.0]).eval()
    sample = encoder.prepare(trial)
    assert sample["clip"].shape == (30, 64, 44, 1)
    seen = encoder.pictures(encoder.collate([sample])["clip"][0])
    assert seen.shape[1:] == (1, 8, 32, 32)
    columns = seen[0, 0, 0].amax(0) > 0.5
    assert columns.float().flip(0).equal(columns.float())  # in the middle, as wide as it was
    assert columns.sum() == 4
    turned = trial.with_(silhouettes={"frontal": SilhouetteSequence(body, fps=30, view="sagittal_left")})
    with pytest.raises(WrongView, match="the other plane"):
        encoder.prepare(turned)


def test_a_trials_clip_is_taken_with_its_times_and_stays_where_it_lies(tmp_path: Path) -> None:
    sample = film(25, 1.0)
    clip = Clip(sample["clip"], fps=25, time_s=sample["time_s"] + 5.0, view="frontal_towards").save(tmp_path / "walk.clip.npz")
    found = ResNet3d(**SMALL).prepare(Trial("child", clips={"frontal": clip}))
    assert isinstance(found["clip"], np.memmap)
    assert np.allclose(found["time_s"], sample["time_s"])
    with pytest.raises(SkelgaitError, match="no frontal clip"):
        ResNet3d(**SMALL).prepare(Trial("child"))


def test_augmented_pictures_are_mirrored_and_moved_alike_over_the_walk() -> None:
    encoder = ResNet3d(**SMALL, trim=0.0)
    sample = film(30, 2.0)
    sample["clip"][:, :, :10] = 200  # something at the left
    inputs = encoder.collate([sample, sample])
    draw = Augmentation(mirror=1.0).draw(2, torch.Generator().manual_seed(0))
    out = encoder.augment(inputs, draw)["clip"]
    assert out.dtype == torch.uint8
    assert torch.equal(out, inputs["clip"].flip(4))
    moving = ResNet3d(**SMALL)
    still = film(30, 2.0)
    still["clip"][:] = still["clip"][0]
    moved = moving.augment(moving.collate([still]), Augmentation(roll_deg=3).draw(1, torch.Generator().manual_seed(1)))["clip"]
    assert torch.equal(moved[0, 0, 0], moved[0, -1, -1])
    assert not torch.equal(moved[0, 0, 0], moving.collate([still])["clip"][0, 0, 0])


def test_stages_for_grad_cam_have_the_map_of_each_clip() -> None:
    encoder = ResNet3d(**SMALL).eval()
    shapes = {}
    for stage in encoder.cam_layers:
        encoder.cam_layer(stage).register_forward_hook(lambda _m, _i, out, stage=stage: shapes.update({stage: tuple(out.shape)}))
    encoder(encoder.collate([film(30, 1.2), film(30, 0.5)]))
    assert shapes == {"layer1": (4, 4, 4, 8, 8), "layer2": (4, 6, 2, 4, 4), "layer3": (4, 8, 1, 2, 2), "layer4": (4, 10, 1, 1, 1)}
    assert encoder.cam_layer() is encoder.backbone.get_submodule("layer4")


@pytest.mark.parametrize(
    "wrong", [{"depth": 17}, {"stem": "c3d"}, {"attention": "se"}, {"pooling": "max"}, {"trim": 1.0}, {"mean": [0.1]}]
)
def test_settings_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(SkelgaitError):
        ResNet3d(**{"widths": WIDTHS, "depth": 10, **wrong})
