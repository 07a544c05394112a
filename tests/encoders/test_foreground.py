from __future__ import annotations

import numpy as np
import pytest
import torch

import skelgait as sg
from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BODY25, COCO17, Skeleton
from skelgait.encoders.clip_pose import figure_in_clip, pose_in_clip
from skelgait.encoders.layers.foreground import (
    FOOT,
    figure_share,
    keep_patches,
    kept_shares,
    limb_mask,
    mask_share,
    place_figures,
    pose_share,
)

NOBODY = float("nan")
BOTH = torch.tensor([[True, True]])


def test_a_pixel_counts_if_it_is_in_any_picture_of_the_tubelet() -> None:
    mask = torch.zeros(1, 4, 32, 48, dtype=torch.bool)
    mask[0, 0, :16, :8] = True
    mask[0, 1, :16, 4:12] = True  # half of it was there before
    mask[0, 2, 20, 40] = True
    share = mask_share(mask, torch.ones(1, 4, dtype=torch.bool), 16, 2)
    assert share.shape == (1, 2, 2, 3)
    assert share[0, 0].tolist() == [[0.75, 0, 0], [0, 0, 0]]
    assert share[0, 1].tolist() == [[0, 0, 0], [0, 0, 1 / 256]]
    assert mask_share(mask, torch.ones(1, 4, dtype=torch.bool), 16, 4)[0, 0].tolist() == [[0.75, 0, 0], [0, 0, 1 / 256]]


def test_what_nobody_knows_is_foreground() -> None:
    mask = torch.zeros(1, 6, 16, 16, dtype=torch.bool)
    mask[:, :, :4] = True
    known = torch.tensor([[True, False, False, False, True, True]])
    mask[0, 1] = True  # says nothing
    assert mask_share(mask, known, 16, 2).flatten().tolist() == [0.25, 1, 0.25]


def test_silhouettes_lie_in_their_boxes() -> None:
    figure = torch.zeros(1, 2, 64, 44, dtype=torch.uint8)
    figure[:, :, :, 22:] = 255  # the right half
    box = torch.tensor([[[8.0, 16.0, 16.0, 32.0], [NOBODY] * 4]])
    mask = place_figures(figure, box, (64, 48))
    wanted = torch.zeros(64, 48, dtype=torch.bool)
    wanted[16:48, 16:24] = True
    assert torch.equal(mask[0, 0], wanted)
    assert not mask[0, 1].any()
    assert figure_share(figure, box, (64, 48), 16, 2)[0, 0].tolist() == [[0, 0, 0], [0, 0.5, 0], [0, 0.5, 0], [0, 0, 0]]
    assert torch.equal(place_figures(figure > 0, box, (64, 48)), mask)
    outside = torch.tensor([[[-8.0, -16.0, 16.0, 32.0], [40.0, 40.0, 16.0, 32.0]]])
    mask = place_figures(figure, outside, (64, 48))
    assert mask.sum((2, 3)).tolist() == [[16 * 8, 0]]
    assert mask[0, 0, :16, :8].all()


def test_without_any_silhouette_everything_is_kept() -> None:
    share = figure_share(torch.zeros(2, 4, 64, 44), torch.full((2, 4, 4), NOBODY), 32, 16, 2)
    assert (share == 1).all()
    assert keep_patches(share, 0.5, 1).all()
    nobody = torch.full((1, 4, 17, 3), NOBODY)
    assert (pose_share(nobody, COCO17, 32, 16, 2) == 1).all()


def test_patches_are_kept_from_the_threshold_on() -> None:
    share = torch.tensor([0.0, 0.1, 0.3, 0.2, 0.3, 1.0]).view(1, 1, 2, 3)
    assert keep_patches(share, 0.3, 1)[0].tolist() == [False, False, True, False, True, True]
    assert keep_patches(share, 0, 1).all()
    assert keep_patches(share, 1, 1).sum() == 1


def test_the_best_are_kept_where_there_are_too_few() -> None:
    share = torch.tensor([[0.0, 0.1, 0.3, 0.2, 0.3, 0.4], [0.9] * 6, [0.0] * 6]).view(3, 1, 2, 3)
    keep = keep_patches(share, 0.8, 2)
    assert keep[0].tolist() == [False, False, True, False, False, True]  # of two alike the first
    assert keep[1].all()
    assert keep[2].tolist() == [True, True, False, False, False, False]
    assert keep_patches(share, 0.8, 100).all()
    assert torch.equal(keep, torch.cat([keep_patches(one, 0.8, 2) for one in share.split(1)]))


def test_how_much_is_kept_is_told() -> None:
    share = torch.tensor([[0.0, 0.1, 0.3, 0.6], [0.0, 0.0, 0.0, 0.0]]).view(2, 1, 2, 2)
    kept, covered = kept_shares(share, keep_patches(share, 0.3, 1))
    assert kept.tolist() == [0.5, 0.25]
    assert float(covered[0]) == pytest.approx(0.9)
    assert covered[1].isnan()


def test_settings_that_make_no_sense_are_refused() -> None:
    share = torch.zeros(1, 1, 2, 2)
    for threshold, least in ((-0.1, 1), (1.1, 1), (NOBODY, 1), (0.5, 0)):
        with pytest.raises(SkelgaitError, match="no settings of pruning"):
            keep_patches(share, threshold, least)
    for size in ((3, 32, 32), (2, 30, 32), (2, 32, 30)):
        with pytest.raises(SkelgaitError, match="do not come out even"):
            mask_share(torch.zeros(1, *size, dtype=torch.bool), torch.ones(1, size[0], dtype=torch.bool), 16, 2)
    with pytest.raises(SkelgaitError, match="no limb"):
        limb_mask(torch.zeros(1, 1, 2, 3), Skeleton("mouse", ("snout", "tail")), 32)


def standing(skeleton: Skeleton, *left_out: str) -> torch.Tensor:
    """(1, 2, K, 3) somebody 100 pixels high who stands with legs apart, seen from the front; the feet at row 110."""
    places = {"hip": (10, 57), "knee": (12, 81), "ankle": (13, 106), "shoulder": (11, 28), "elbow": (16, 46), "wrist": (18, 61)}
    places |= {"heel": (13, 109), "big_toe": (16, 110), "ear": (5, 15), "eye": (2, 13)}
    pose = torch.full((1, 2, len(skeleton), 3), NOBODY)
    for k, name in enumerate(skeleton.names):
        side, _, joint = name.partition("_")
        sign = {"left": 1, "right": -1}.get(side)
        if sign and joint in places and name not in left_out:
            pose[:, :, k] = torch.tensor([64 + sign * places[joint][0], places[joint][1], 0.9])
    return pose


def test_limbs_are_as_thick_as_a_childs() -> None:
    mask, known = limb_mask(standing(COCO17), COCO17, 128)
    assert known.all()
    assert torch.equal(mask[0, 0], mask[0, 1])
    assert torch.equal(mask, limb_mask(standing(COCO17).where(standing(COCO17) != 0.9, 0.05), COCO17, 128)[0])  # however unsure
    tall = 100 * np.hypot(1, 25) / 24.6
    wide = mask[0, 0].sum(1)
    assert float(wide[93]) == pytest.approx(2 * 2 * 0.043 * tall, abs=3)  # two shanks
    assert mask[0, 0, 30:57, 54:75].all()  # the trunk is filled
    assert not mask[0, 0, 85, 62:67].any()  # between the legs nobody is
    assert torch.equal(mask[0, 0, :, 1:].flip(1), mask[0, 0, :, 1:])


def test_a_foot_without_keypoints_is_somewhere_about_its_ankle() -> None:
    feet = limb_mask(standing(BODY25), BODY25, 128)[0][0, 0]
    none = limb_mask(standing(COCO17), COCO17, 128)[0][0, 0]
    lost = limb_mask(standing(BODY25, "left_big_toe"), BODY25, 128)[0][0, 0]
    assert [bool(one[106, 64 + 13 + 8]) for one in (feet, none, lost)] == [False, True, True]
    assert [bool(one[106, 64 - 13 - 8]) for one in (feet, none, lost)] == [False, True, False]
    assert 100 * FOOT > 8


def test_a_head_is_where_ears_are_else_where_the_nose_is() -> None:
    pose = standing(COCO17, "left_ear", "right_ear")
    assert not limb_mask(pose, COCO17, 128)[0][0, 0, 5:18].any()
    pose[:, :, COCO17.index("nose")] = torch.tensor([70.0, 14.0, 1.0])
    assert limb_mask(pose, COCO17, 128)[0][0, 0, 14, 63:78].all()
    pose[:, :, COCO17.index("left_ear")] = torch.tensor([55.0, 14.0, 1.0])  # one of them, in a side view
    mask = limb_mask(pose, COCO17, 128)[0][0, 0]
    assert mask[14, 48:63].all()
    assert not mask[14, 75:].any()


def test_the_batch_changes_nothing() -> None:
    random = torch.Generator().manual_seed(0)
    pose = torch.rand(9, 4, 25, 3, generator=random) * torch.tensor([64.0, 64.0, 1.0])
    pose[torch.rand(9, 4, 25, generator=random) < 0.3] = NOBODY
    share = pose_share(pose, BODY25, 64, 16, 2)
    assert torch.equal(share, torch.cat([pose_share(one, BODY25, 64, 16, 2) for one in pose.split(1)]))
    figure = (torch.rand(9, 4, 64, 44, generator=random) * 255).to(torch.uint8)
    box = torch.rand(9, 4, 4, generator=random) * 40 + 1
    share = figure_share(figure, box, 64, 16, 2)
    assert torch.equal(
        share, torch.cat([figure_share(f, b, 64, 16, 2) for f, b in zip(figure.split(1), box.split(1), strict=True)])
    )


def test_no_clips_give_no_shares() -> None:
    assert pose_share(torch.zeros(0, 4, 25, 3), BODY25, 64, 16, 2).shape == (0, 2, 4, 4)
    assert figure_share(torch.zeros(0, 4, 64, 44), torch.zeros(0, 4, 4), 64, 16, 2).shape == (0, 2, 4, 4)
    assert keep_patches(torch.zeros(0, 2, 4, 4), 0.1, 3).shape == (0, 32)


@pytest.mark.parametrize(("view", "least"), [("sagittal", 0.68), ("frontal_towards", 0.75)])
def test_on_a_drawn_child_the_masks_agree_and_the_child_is_kept(view: str, least: float) -> None:
    """Measured: 0.71 and 0.82 with feet, 0.66 and 0.78 without; silhouettes of 64 x 44 have 0.93."""
    walk = sg.Walker().film(sg.Camera(view=view, size=(480, 480)), fps=10, duration_s=2)
    masks = np.stack(list(walk.silhouettes()))
    rows, columns = np.nonzero(masks.any(0))
    side = 16 * (max(np.ptp(rows), np.ptp(columns)) // 16 + 1)
    left, top = columns.min(), rows.min() - 4
    boxes = np.tile([left, top, side, side], (len(masks), 1))
    clip = Clip(np.zeros((len(masks), side, side, 1), np.uint8), fps=10, boxes=boxes)
    padded = np.pad(masks, ((0, 0), (0, side), (0, side)))[:, top : top + side, left : left + side]
    true = torch.from_numpy(padded)[None]
    figure, box = (torch.from_numpy(a)[None] for a in figure_in_clip(walk.silhouette_sequence(), clip))
    drawn = place_figures(figure, box, side)
    assert float((drawn & true).sum() / (drawn | true).sum()) > 0.9
    share = mask_share(true, torch.ones(true.shape[:2], dtype=torch.bool), 16, 2)
    for skeleton, floor in ((walk.pose.skeleton, least), (COCO17, least - 0.08)):
        keypoints = torch.from_numpy(pose_in_clip(walk.pose.map_to(skeleton), clip))[None]
        limbs, known = limb_mask(keypoints, skeleton, side)
        assert known.all()
        agree = float((limbs & true).sum() / (limbs | true).sum())
        print(f"{view}, {skeleton.name}: limbs and child overlap by {agree:.2f}")
        assert agree > floor
        kept, covered = kept_shares(share, keep_patches(pose_share(keypoints, skeleton, side, 16, 2), 0.1, 1))
        assert float(covered) > 0.98
        assert float(kept) < 1.5 * float(keep_patches(share, 0.1, 1).float().mean())
    kept, covered = kept_shares(share, keep_patches(figure_share(figure, box, side, 16, 2), 0.1, 1))
    assert float(covered) > 0.97
