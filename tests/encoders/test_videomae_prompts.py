"""The video transformer's whole sample: prompts, pruning, and what goes along when pictures are moved."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import COCO17
from skelgait.encoders.base import Inputs, Sample
from skelgait.encoders.videomae import VideoMae
from skelgait.training.augment import Augmentation

SMALL = {"width": 24, "depth": 2, "heads": 3, "frames": 4, "side": 48, "skeleton": "coco17", "mean": [0.0] * 3, "spread": [1.0] * 3}
HIP, KNEE = COCO17.index("left_hip"), COCO17.index("left_knee")


def leg(frames: int = 4) -> Sample:
    """Black pictures of 64 x 64 in which a left thigh points down from (32, 20) to (32, 44)."""
    keypoints = np.full((frames, 17, 3), np.nan, np.float32)
    keypoints[:, HIP], keypoints[:, KNEE] = (32, 20, 1), (32, 44, 1)
    return {
        "clip": np.zeros((frames, 64, 64, 3), np.uint8),
        "time_s": np.arange(frames) / 30,
        "fps": np.float32(30),
        "keypoints": keypoints,
    }


def figure(sample: Sample, left: float, top: float, width: float, height: float) -> Sample:
    """The same, with somebody who fills a box and is white in the pictures too."""
    clip = sample["clip"].copy()
    clip[:, round(top) : round(top + height), round(left) : round(left + width)] = 255
    box = np.tile(np.float32([left, top, width, height]), (len(clip), 1))
    return {**sample, "clip": clip, "figure": np.full((len(clip), 64, 44), 255, np.uint8), "figure_box": box}


def seen(encoder: VideoMae, inputs: Inputs) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Pictures (n, C, T, H, W) as the transformer gets them, and prompts."""
    got: list = []
    hook = encoder.vit.register_forward_pre_hook(lambda _module, given: got.append(given))
    encoder(inputs)
    hook.remove()
    return got[0][0], got[0][2]


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[sg.Trial]:
    """Four short walks with film, pose and silhouettes."""
    camera = sg.Camera(size=(160, 120))
    out = []
    for number in range(4):
        walk = sg.Walker(cadence_spm=100 + 8 * number).film(camera, fps=30, duration_s=0.5 + 0.1 * number)
        pictures = np.stack(list(islice(walk.frames(), 100)))
        whole = [[0.0, 0, 160, 120]] * len(pictures)
        path = tmp_path_factory.mktemp("clips") / f"{number}.clip.npz"
        clip = Clip(pictures[:, ::2, ::2], fps=30, boxes=whole, view="sagittal_left").save(path)
        out.append(
            sg.Trial(
                f"child{number}",
                {"sagittal": walk.pose},
                name=f"walk{number}",
                clips={"sagittal": clip},
                silhouettes={"sagittal": walk.silhouette_sequence()},
            )
        )
    return out


# prompts


def test_a_drawn_prompt_lies_where_the_limb_is_after_the_margin_is_cut_away() -> None:
    encoder = VideoMae(**SMALL, prompt="drawn", trim=0.25).eval()  # 48 of 64 pixels: 8 less at each edge
    pictures, prompt = seen(encoder, encoder.collate([leg()]))
    assert prompt is None
    assert pictures.shape == (1, 3, 4, 48, 48)
    assert pictures[0, :, :, 24, 24].T.tolist() == [[1.0, 0.0, 0.0]] * 4  # a left limb is red
    rows = pictures[0, 0, 0].sum(1).nonzero().flatten().tolist()
    columns = pictures[0, 0, 0].sum(0).nonzero().flatten().tolist()
    assert rows[0] in (10, 11, 12)
    assert rows[-1] in (36, 37, 38)
    assert min(columns) >= 21
    assert max(columns) <= 27
    twice = VideoMae(**{**SMALL, "side": 96}, prompt="drawn", trim=0.25).eval()
    larger = seen(twice, twice.collate([leg()]))[0][0, 0, 0]
    middle = (larger.sum(0) * torch.arange(96)).sum() / larger.sum()
    assert float(middle) == pytest.approx(2 * (24 + 0.5) - 0.5, abs=0.05)  # pixels are twice as many about the same place


@pytest.mark.parametrize("trim", [0.0, 0.25])
def test_keypoints_lie_in_pictures_brought_to_another_size(trim: float) -> None:
    encoder = VideoMae(**{**SMALL, "side": 96}, prompt="drawn", trim=trim).eval()
    sample = leg()
    sample["clip"] = np.zeros((4, 64, 40, 3), np.uint8)
    sample["clip"][:, 43:46, 17:20] = 255
    sample["keypoints"][:, KNEE] = (18, 44, 1)
    inputs = encoder.collate([sample])
    bright = encoder.pictures(inputs["clip"][0])[0, 0, 0]
    y, x = ((bright * axis).sum() / bright.sum() for axis in torch.meshgrid(torch.arange(96), torch.arange(96), indexing="ij"))
    assert torch.allclose(encoder._keypoints(inputs)[0, 0, 0, KNEE, :2], torch.stack([x, y]), atol=0.05)


def test_a_prompt_may_have_other_colours_and_other_widths() -> None:
    green = {"left": [0, 1, 0], "right": [0, 0, 1], "middle": [1, 0, 0]}
    thin, thick = (VideoMae(**SMALL, prompt="drawn", trim=0.25, line=line, joint=0.0, colours=green).eval() for line in (0.02, 0.1))
    drawn, wide = (seen(encoder, encoder.collate([leg()]))[0] for encoder in (thin, thick))
    assert drawn[0, :, 0, 24, 24].tolist() == [0, 1, 0]
    assert float(wide[0, 1].sum()) > 3 * float(drawn[0, 1].sum())


def test_a_learned_prompt_begins_as_nothing_and_is_added_where_the_limb_is() -> None:
    torch.manual_seed(0)
    encoder = VideoMae(**SMALL, prompt="learned", trim=0.25).eval()
    inputs = encoder.collate([leg()])
    without = VideoMae(**SMALL, trim=0.25).eval()
    without.load_state_dict({key: value for key, value in encoder.state_dict().items() if key != "prompt.weight"})
    assert torch.equal(encoder(inputs).values, without(inputs).values)
    torch.nn.init.ones_(encoder.prompt.weight)
    prompt = seen(encoder, inputs)[1].view(1, 2, 3, 3, 24)
    assert set(prompt.sum(-1).nonzero()[:, 2].tolist()) == {0, 1, 2}  # rows: hip at 12, knee at 36
    assert set(prompt.sum(-1).nonzero()[:, 3].tolist()) == {1}
    encoder(inputs).values.square().sum().backward()
    assert float(encoder.prompt.weight.grad.abs().sum()) > 0


def test_weights_of_a_network_without_prompts_load() -> None:
    from skelgait.encoders.checkpoints import load_checkpoint
    from tests.published_videomae import published

    encoder = VideoMae(**SMALL, prompt="learned")
    assert load_checkpoint(encoder, published(24, 2)).kept == ("prompt.weight",)


# pruning


def test_what_shows_the_child_is_kept_and_nothing_else_is_looked_at() -> None:
    encoder = VideoMae(**SMALL, prune="silhouette", trim=0.25, keep_at_least=1).eval()
    sample = figure(leg(), 8 + 20, 8, 20, 34)  # columns 20 to 40 and rows 0 to 34 of 48
    inputs = encoder.collate([sample])
    shares = np.outer([16, 16, 2], [0, 12, 8]) / 256
    assert encoder.kept_patches(inputs)[0, 0].view(2, 3, 3).tolist() == [(shares >= 0.1).tolist()] * 2
    tokens = encoder(inputs)
    assert tokens.grid == (8,)
    assert float(encoder.kept_share(inputs)) == pytest.approx(8 / 18)
    spoilt = {**inputs, "clip": inputs["clip"].clone()}
    spoilt["clip"][..., 8:24, :] = 77  # the first column of patches
    spoilt["clip"][..., 40:56, :, :] = 77  # the last row
    assert torch.equal(encoder(spoilt).values, tokens.values)
    assert encoder.kept_patches(encoder.collate([leg()])) is None  # who has no silhouettes is looked at whole
    eager = VideoMae(**SMALL, prune="silhouette", trim=0.25, threshold=0.9, keep_at_least=5).eval()
    assert int(eager.kept_patches(inputs).sum()) == 5


def test_a_silhouette_that_shows_nobody_tells_nothing() -> None:
    encoder = VideoMae(**SMALL, prune="silhouette", trim=0.25, keep_at_least=1).eval()
    sample = figure(leg(), 8 + 20, 8, 20, 34)
    sample["figure"][:] = 0
    assert encoder.kept_patches(encoder.collate([sample])).all(), "who was not found is looked at whole"
    by_pose = VideoMae(**SMALL, prune="auto", trim=0.25, keep_at_least=1).eval()
    posed = VideoMae(**SMALL, prune="pose", trim=0.25, keep_at_least=1).eval()
    assert torch.equal(by_pose.kept_patches(by_pose.collate([sample])), posed.kept_patches(posed.collate([sample])))


def test_auto_takes_silhouettes_then_the_pose_then_everything_picture_by_picture() -> None:
    encoder = VideoMae(**SMALL, prune="auto", trim=0.25, keep_at_least=1).eval()
    outlined, posed = figure(leg(), 8, 8, 16, 16), leg()
    nobody = {name: value for name, value in leg().items() if name != "keypoints"}
    outlined["figure_box"][2:] = np.nan  # the second tubelet knows the pose only
    keep = encoder.kept_patches(encoder.collate([outlined, posed, nobody]))[:, 0].view(3, 2, 3, 3)
    by_pose = VideoMae(**SMALL, prune="pose", trim=0.25, keep_at_least=1).kept_patches(encoder.collate([posed]))[0, 0].view(2, 3, 3)
    assert keep[0, 0].nonzero().tolist() == [[0, 0]]
    assert torch.equal(keep[0, 1], by_pose[1])
    assert torch.equal(keep[1], by_pose)
    assert bool(by_pose[:, :, 1].all())
    assert not bool(by_pose.all())
    assert bool(keep[2].all())
    tokens = encoder(encoder.collate([outlined, posed, nobody]))
    for row, sample in enumerate((outlined, posed, nobody)):
        alone = encoder(encoder.collate([sample]))
        assert torch.allclose(alone.mean()[0], tokens.mean()[row], atol=1e-5)


# moved pictures


def test_keypoints_and_silhouettes_move_with_the_pictures() -> None:
    encoder = VideoMae(**SMALL, prompt="drawn", prune="auto", trim=0.25)
    sample = figure(leg(), 25, 16, 15, 30)
    point = leg()
    point["clip"][:, 43:46, 31:34] = 255  # about the knee
    draw = Augmentation(mirror=0.5, roll_deg=20, shear=0.1, scale=0.2).draw(8, torch.Generator().manual_seed(2))
    assert 0 < int(draw.mirror.sum()) < 8
    state = draw.generator.get_state()
    moved = encoder.augment(encoder.collate([point] * 8), draw)
    other = COCO17.index("right_knee")
    for row in range(8):
        bright = moved["clip"][row, 0, 0, :, :, 0].float()
        y, x = ((bright * axis).sum() / bright.sum() for axis in torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij"))
        knee = moved["keypoints"][row, 0, 0, other if draw.mirror[row] else KNEE]
        assert torch.allclose(knee, torch.tensor([x, y, 1.0]), atol=0.3)
        assert moved["keypoints"][row, 0, 0, KNEE if draw.mirror[row] else other].isnan().all()
    draw.generator.set_state(state)
    moved = encoder.augment(encoder.collate([sample] * 8), draw)
    white, body = moved["clip"][..., 0] > 127, moved["figure"] > 127
    inside = torch.zeros_like(white)
    inside[..., 4:-4, 4:-4] = True  # beyond its edge a picture goes on as it ends, a silhouette does not
    both, either = (white & body & inside).sum((1, 2, 3, 4)), ((white | body) & inside).sum((1, 2, 3, 4))
    assert (both / either > 0.95).all()
    assert (either > 500).all()
    assert moved["figure_box"][0, 0, 0].tolist() == [0, 0, 64, 64]


def test_the_mirror_child_is_the_mirror_picture_with_sides_exchanged() -> None:
    encoder = VideoMae(**SMALL, prompt="drawn", prune="silhouette", trim=0.25, keep_at_least=1).eval()
    sample = figure(leg(), 20, 10, 12, 40)
    sample["clip"][:] = 0
    inputs = encoder.collate([sample])
    mirrored = encoder.mirrored(inputs)
    drawn, turned = seen(encoder, inputs)[0], seen(encoder, mirrored)[0]
    assert torch.allclose(turned, drawn.flip(-1)[:, [2, 1, 0]], atol=1e-5)
    keep, other = (encoder.kept_patches(one).view(2, 3, 3) for one in (inputs, mirrored))
    assert torch.equal(other, keep.flip(-1))
    assert not torch.equal(other, keep)
    again = encoder.mirrored(mirrored)
    assert all(torch.equal(again[name].nan_to_num(-1.0), inputs[name].nan_to_num(-1.0)) for name in inputs)
    draw = Augmentation(mirror=1.0).draw(1, torch.Generator().manual_seed(0))
    encoder.trim = 0.0
    assert torch.allclose(encoder.augment(inputs, draw)["keypoints"], mirrored["keypoints"], atol=1e-4, equal_nan=True)


# from walks


def test_a_walk_gives_what_the_settings_need(trials: list[sg.Trial]) -> None:
    walk = trials[0]
    plain = VideoMae(**SMALL).prepare(walk)
    assert set(plain) == {"clip", "time_s", "fps"}
    assert isinstance(plain["clip"], np.memmap)
    drawn = VideoMae(**SMALL, prompt="drawn").prepare(walk)
    assert drawn["keypoints"].shape == (len(plain["clip"]), 17, 3)
    assert np.allclose(drawn["keypoints"][:, KNEE, :2], (walk.pose["sagittal"].point("left_knee") + 0.5) / 2 - 0.5, atol=1e-3)
    assert set(VideoMae(**SMALL, prune="auto").prepare(walk)) == {*plain, "figure", "figure_box"}
    bare = walk.with_(silhouettes={})
    assert set(VideoMae(**SMALL, prune="auto").prepare(bare)) == {*plain, "keypoints"}
    assert set(VideoMae(**SMALL, prune="auto").prepare(bare.with_(pose={}))) == set(plain)
    feet = VideoMae(**{**SMALL, "skeleton": "halpe26"}, prompt="drawn").prepare(walk)["keypoints"]
    assert feet.shape[1] == 26
    with pytest.raises(SkelgaitError, match=r"walk0.*no sagittal pose to show"):
        VideoMae(**SMALL, prompt="learned").prepare(walk.with_(pose={}))
    with pytest.raises(SkelgaitError, match="silhouettes"):
        VideoMae(**SMALL, prune="silhouette").prepare(bare)
    blind = walk.with_(clips={"sagittal": walk.clip("sagittal").with_(boxes=None)})
    with pytest.raises(SkelgaitError, match=r"walk0.*which part of the video"):
        VideoMae(**SMALL, prune="pose").prepare(blind)


def test_the_child_is_kept_and_most_of_the_room_is_not(trials: list[sg.Trial]) -> None:
    encoder = VideoMae(**{**SMALL, "side": 96}, prune="auto", keep_at_least=1, trim=0.0).eval()
    inputs = encoder.collate([encoder.prepare(trial) for trial in trials])
    share = encoder.kept_share(inputs)
    assert ((share > 0.05) & (share < 0.5)).all()
    posed = VideoMae(**{**SMALL, "side": 96}, prune="pose", keep_at_least=1, trim=0.0).eval()
    by_pose = posed.kept_patches(posed.collate([posed.prepare(trial) for trial in trials]))[inputs["mask"]]
    by_outline = encoder.kept_patches(inputs)[inputs["mask"]]
    assert float((by_outline & by_pose).sum() / by_outline.sum()) > 0.9  # dilated limbs hold the figure
    tokens = encoder(inputs)
    alone = encoder(encoder.collate([encoder.prepare(trials[0])]))
    assert torch.allclose(alone.mean()[0], tokens.mean()[0], atol=1e-5)
    cut = encoder.cut(encoder.prepare(trials[3]), 0.2, 0.5)
    assert len(cut["clip"]) == len(cut["figure"]) == len(cut["figure_box"]) == 9
    drawn = posed.draw(posed.prepare(trials[3]), np.random.default_rng(0))
    assert len(drawn["clip"]) == len(drawn["keypoints"]) == 4


def test_clips_may_be_strides() -> None:
    walk = sg.Walker(cadence_spm=120).film(sg.Camera(size=(160, 120)), fps=30, duration_s=2.6)
    pictures = np.zeros((len(walk.pose), 30, 40, 3), np.uint8)
    clip = Clip(pictures, fps=30, boxes=[[0.0, 0, 160, 120]] * len(pictures), view="sagittal_left")
    encoder = VideoMae(**SMALL, prompt="drawn", align="cycle").eval()
    sample = encoder.prepare(sg.Trial("child", {"sagittal": walk.pose}, clips={"sagittal": clip}))
    inputs = encoder.collate([sample])
    assert inputs["mask"].shape[1] == len(sample["strides"]) > 1
    assert inputs["keypoints"].shape == (1, len(sample["strides"]), 4, 17, 3)
    assert encoder(inputs).grid == (2 * len(sample["strides"]), 3, 3)


@pytest.mark.parametrize("prompt", ["drawn", "learned"])
def test_a_model_learns_answers_and_goes_into_a_file(prompt: str, trials: list[sg.Trial], tmp_path: Path) -> None:
    settings = {**SMALL, "prompt": prompt, "prune": "auto", "keep_at_least": 2, "layer_decay": 0.75, "frozen_blocks": 1}
    model = sg.GaitClassifier(
        "EVGS",
        {"videomae": {**settings, "drop_path": 0.1, "checkpointing": True}},
        augmentation={"mirror": 0.5, "roll_deg": 5, "scale": 0.1},
        batch_size=4,
        max_epochs=2,
        progress=False,
        random_state=0,
    )
    answers = np.random.default_rng(0).integers(0, 3, (4, 34))
    probabilities = model.fit(trials, answers).predict_proba(trials)
    assert probabilities.shape == (4, 34, 3)
    assert np.isfinite(probabilities).all()
    assert np.allclose(model.predict_proba(trials[:1]), probabilities[:1], atol=1e-5)
    again = sg.GaitClassifier.load(model.save(tmp_path / "model.safetensors"))
    assert np.allclose(again.predict_proba(trials), probabilities, atol=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"prompt": "written"}, {"prune": "mask"}, {"parts": "arms"}, {"threshold": 1.5}, {"keep_at_least": 0}]
)
def test_settings_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(SkelgaitError):
        VideoMae(**{**SMALL, **wrong})
