from __future__ import annotations

import pytest
import torch

from skelgait.core.skeleton import COCO17
from skelgait.encoders.graph import parents, published_parents
from skelgait.encoders.streams import to_stream

AT = COCO17.index
BONES = torch.from_numpy(parents(COCO17))


def walks() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    pose = torch.rand(2, 6, 17, 3, generator=generator) + 0.1
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    return pose * mask[..., None, None], mask


def test_joint_is_the_pose() -> None:
    pose, mask = walks()
    assert torch.equal(to_stream(pose, mask, "joint", BONES), pose)


def test_bones_point_from_the_centre_outwards() -> None:
    pose, mask = walks()
    bone = to_stream(pose, mask, "bone", BONES)
    knee, ankle, hip, other = (AT(f"left_{p}") for p in ("knee", "ankle", "hip", "shoulder"))
    assert torch.allclose(bone[:, :, ankle, :2], pose[:, :, ankle, :2] - pose[:, :, knee, :2])
    assert torch.allclose(bone[:, :, ankle, 2], (pose[:, :, ankle, 2] + pose[:, :, knee, 2]) / 2)
    middle = (pose[:, :, hip, :2] + pose[:, :, AT("right_hip"), :2]) / 2
    assert torch.allclose(bone[:, :, hip, :2], pose[:, :, hip, :2] - middle, atol=1e-6), "the pelvis tilts"
    assert torch.allclose(bone[:, :, other, :2], pose[:, :, other, :2] - pose[:, :, hip, :2])


@pytest.mark.parametrize("stream", ["joint_motion", "bone_motion"])
def test_motion_ends_with_the_walk_not_with_the_batch(stream: str) -> None:
    pose, mask = walks()
    moved = to_stream(pose, mask, stream, BONES)
    still = to_stream(pose, mask, "bone", BONES) if stream == "bone_motion" else pose
    assert torch.allclose(moved[0, :5, :, :2], still[0, 1:, :, :2] - still[0, :-1, :, :2], atol=1e-6)
    assert not moved[0, 5].any()
    assert not moved[1, 3:].any(), "no motion from the last frame into the padding"
    alone = to_stream(pose[1:, :4], mask[1:, :4], stream, BONES)
    assert torch.equal(alone[0], moved[1, :4])


def test_a_bone_or_a_step_with_a_missing_end_is_missing() -> None:
    pose, mask = walks()
    pose[0, 2, AT("left_knee")] = 0
    bone = to_stream(pose, mask, "bone", BONES)
    assert not bone[0, 2, AT("left_knee")].any()
    assert not bone[0, 2, AT("left_ankle")].any()
    assert bone[0, 2, AT("left_hip")].any()
    moved = to_stream(pose, mask, "joint_motion", BONES)
    assert not moved[0, 1:3, AT("left_knee")].any()
    assert moved[0, 3, AT("left_knee")].any()


def test_published_code_subtracts_zeros() -> None:
    pose, mask = walks()
    pose[0, 2, AT("left_knee")] = 0
    start = torch.from_numpy(published_parents(COCO17))
    bone = to_stream(pose, mask, "bone", start, missing_is_zero=False)
    assert torch.equal(bone[0, 2, AT("left_ankle"), :2], pose[0, 2, AT("left_ankle"), :2])
    assert torch.equal(bone[0, :, AT("left_hip"), :2], pose[0, :, AT("left_hip"), :2] - pose[0, :, AT("nose"), :2])
    assert not bone[0, :, AT("nose"), :2].any()
