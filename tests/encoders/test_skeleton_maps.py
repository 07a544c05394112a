from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import COCO17
from skelgait.encoders.sconet import ScoNet
from skelgait.encoders.skeleton_maps import SkeletonMaps
from skelgait.training.augment import Augmentation

ROWS, COLUMNS = 64, 44
A_LEG = 85 / 1.83 / 2  # rows of the picture to a leg


def by_hand(pose: np.ndarray, joint_sigma: float, limb_sigma: float) -> np.ndarray:
    """One frame (K, 3), pixel by pixel; sigmas in rows of 128."""
    out = np.zeros((2, ROWS, COLUMNS))
    at = pose[:, :2] * A_LEG + [(COLUMNS - 1) / 2, (ROWS - 1) / 2]
    for row in range(ROWS):
        for column in range(COLUMNS):
            for x, y, sure in np.c_[at, pose[:, 2]]:
                d, sigma = math.hypot(column - x, row - y), joint_sigma / 2
                if d <= 3 * sigma:
                    out[1, row, column] = max(out[1, row, column], sure * math.exp(-(d**2) / (2 * sigma**2)))
            for a, b in COCO17.bones:
                i, j = COCO17.index(a), COCO17.index(b)
                (ax, ay), (bx, by) = at[i], at[j]
                share = ((column - ax) * (bx - ax) + (row - ay) * (by - ay)) / max((bx - ax) ** 2 + (by - ay) ** 2, 1e-6)
                share = min(max(share, 0.0), 1.0)
                d = math.hypot(column - ax - share * (bx - ax), row - ay - share * (by - ay))
                sigma = limb_sigma / 2
                if d <= 3 * sigma:
                    out[0, row, column] = max(out[0, row, column], min(pose[i, 2], pose[j, 2]) * math.exp(-(d**2) / (2 * sigma**2)))
    return out


@pytest.fixture(scope="module")
def walk() -> sg.PoseSequence:
    return sg.Walker().film(sg.Camera(view="frontal_towards"), fps=30, duration_s=3).pose.map_to(COCO17)


def prepare(encoder: ScoNet, pose: sg.PoseSequence) -> dict[str, torch.Tensor]:
    return encoder.collate([encoder.prepare(sg.Trial("child", {encoder.plane: pose}))])


@pytest.mark.parametrize("sigmas", [(8.0, 8.0), (8.0, 1.5)])
def test_pictures_are_those_of_a_loop_over_every_pixel(walk: sg.PoseSequence, sigmas: tuple[float, float]) -> None:
    maps = SkeletonMaps(joint_sigma=sigmas[0], limb_sigma=sigmas[1])
    sample = maps.prepare(sg.Trial("child", {"frontal": walk}))
    pose = torch.from_numpy(sample["pose"][[5, 40]].copy())
    pose[..., 2] *= torch.linspace(0.3, 1.0, 17)  # each as sure as it is
    pose[1, COCO17.index("left_knee")] = 0.0  # missing
    pictures = maps(pose)
    assert pictures.shape == (2, 2, ROWS, COLUMNS)
    for one, frame in zip(pictures, pose, strict=True):
        assert np.allclose(one.numpy(), by_hand(frame.double().numpy(), *sigmas), atol=1e-4)


def test_what_is_missing_is_left_out_with_its_limbs(walk: sg.PoseSequence) -> None:
    maps = SkeletonMaps(joint_sigma=2.0, limb_sigma=2.0)
    pose = torch.from_numpy(maps.prepare(sg.Trial("child", {"frontal": walk}))["pose"][:1].copy())
    at = (pose[0, :, :2] * A_LEG + torch.tensor([21.5, 31.5])).round().int().tolist()
    x, y = at[COCO17.index("left_ankle")]
    assert maps(pose)[0, :, y, x].min() > 0.5
    pose[0, COCO17.index("left_ankle")] = 0.0
    assert maps(pose)[0, :, y, x].max() < 0.05
    assert maps(torch.zeros(1, 17, 3)).max() == 0


def test_limbs_and_keypoints_have_one_cut_and_true_height(walk: sg.PoseSequence) -> None:
    """A lifted arm moves no other part of the picture, and a body that crouches is lower in it."""
    encoder = ScoNet(source="skeleton_map", channels=(4, 4, 4, 4), joint_sigma=3.0, limb_sigma=2.0)
    assert encoder.inputs == "pose"
    still = encoder.pictures(prepare(encoder, walk)["pose"][0])
    lifted = walk.xy.copy()
    wrist = COCO17.index("left_wrist")
    lifted[:, wrist, 1] = lifted[:, COCO17.index("nose"), 1] - 40
    after = encoder.pictures(prepare(encoder, walk.with_(xy=lifted))["pose"][0])
    assert torch.allclose(still[..., 40:, :], after[..., 40:, :], atol=0.02), "legs stay where they are"
    for one in (still, after):  # where a keypoint is drawn, the limbs that end in it are drawn too
        peaks = one[:, 1] > 0.7 * one[:, 1].max()
        assert peaks.sum() > 17 * len(one)
        assert one[:, 0][peaks].min() > 0.4
    low = walk.xy.copy()
    upper = [not name.endswith(("knee", "ankle")) for name in COCO17.names]
    leg = float(np.median(low[:, COCO17.index("left_ankle"), 1] - low[:, COCO17.index("left_hip"), 1]))
    low[len(low) // 3 : len(low) // 3 + 9, upper, 1] += 0.15 * leg
    crouched = encoder.pictures(prepare(encoder, walk.with_(xy=low))["pose"][0])
    top = [(pictures[:, 1].amax(2) > 0.3).float().argmax(1) for pictures in (still, crouched)]
    assert (top[1] - top[0])[len(low) // 3 + 2 : len(low) // 3 + 7].float().mean() > 1.5, "a dip is seen, not stretched away"


def test_a_padded_walk_and_a_mirrored_child(walk: sg.PoseSequence) -> None:
    torch.manual_seed(0)
    encoder = ScoNet(source="skeleton_map", channels=(4, 4, 8, 8), width=8).eval()
    short = walk.with_(xy=walk.xy[:40], confidence=walk.confidence[:40], filled=None, swapped=None, time_s=None)
    samples = [encoder.prepare(sg.Trial("child", {"frontal": one})) for one in (walk, short)]
    together = encoder(encoder.collate(samples)).values
    assert torch.allclose(together[1], encoder(encoder.collate(samples[1:])).values[0], atol=1e-5)
    draw = Augmentation(mirror=1.0, speed=0.3, crop=0.5).draw(1, torch.Generator().manual_seed(1))
    inputs = encoder.collate(samples[:1])
    mirrored = encoder.augment(inputs, draw)
    assert mirrored["pose"].shape == inputs["pose"].shape, "frames in no order have no speed"
    assert torch.allclose(encoder.pictures(mirrored["pose"][0]), encoder.pictures(inputs["pose"][0]).flip(-1), atol=1e-5)
    drawn = encoder.draw(samples[0], np.random.default_rng(0))
    assert drawn["pose"].shape == (30, 17, 3)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(SkelgaitError, match="limb_sigma is not a spread"):
        SkeletonMaps(limb_sigma=0)
