from __future__ import annotations

from math import radians

import pytest
import torch

from skelgait.core.trial import Trial
from skelgait.encoders.stgcn import StGcn
from skelgait.training.augment import Augmentation, Draw
from skelgait.walker import Camera, Walker

VIEWS = {"sagittal_left": "sagittal", "frontal_towards": "frontal", "frontal_away": "frontal"}


def unchanged(n: int) -> Draw:
    return Augmentation().draw(n, torch.Generator().manual_seed(0))


def batch(plane: str = "sagittal", view: str = "sagittal_right", **settings: object) -> tuple[StGcn, dict[str, torch.Tensor]]:
    encoder = StGcn(plane=plane, skeleton="body25", stages=(4,), **settings)
    poses = [Walker().film(Camera(view=view), fps=30, duration_s=s, random_state=0).pose for s in (3, 2)]
    return encoder, encoder.collate([encoder.prepare(Trial("child07", {plane: pose})) for pose in poses])


def test_a_draw_of_nothing_changes_nothing() -> None:
    encoder, inputs = batch()
    out = encoder.augment(inputs, unchanged(2))
    assert torch.allclose(out["pose"], inputs["pose"], atol=1e-6)
    assert torch.equal(out["mask"], inputs["mask"])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("settings", [{}, {"one_way": False}, {"normalise": "image"}], ids=["body", "as filmed", "image"])
def test_mirror_is_what_the_mirror_child_would_have_given(view: str, settings: dict) -> None:
    plane = VIEWS[view]
    encoder = StGcn(plane=plane, skeleton="body25", stages=(4,), **settings)
    pose = Walker().film(Camera(view=view), fps=30, duration_s=3, noise_px=2, random_state=1).pose
    pose = pose.with_(size=(1921, 1081))  # an odd number of columns: the middle one stays where it is
    plain, mirrored = (encoder.collate([encoder.prepare(Trial("child07", {plane: p}))]) for p in (pose, pose.mirrored()))
    draw = unchanged(1)
    draw.mirror[:] = True
    found = encoder.augment(plain, draw)["pose"]
    shift = 1 / 960.5 if settings.get("normalise") == "image" else 0  # pixel 0 is centred on 0: the picture's middle is 960
    assert torch.allclose(found[..., 1:], mirrored["pose"][..., 1:], atol=1e-5)
    assert torch.allclose(found[..., 0], mirrored["pose"][..., 0], atol=1.1 * shift + 1e-5)


def test_each_example_has_its_own_draw() -> None:
    encoder, inputs = batch()
    draw = unchanged(2)
    draw.mirror[1] = True
    out = encoder.augment(inputs, draw)["pose"]
    assert torch.allclose(out[0], inputs["pose"][0], atol=1e-6)
    assert torch.allclose(out[1], inputs["pose"][1][:, encoder.mirror], atol=1e-6)


def test_roll_is_anticlockwise_as_seen() -> None:
    encoder, inputs = batch()
    pose = torch.zeros_like(inputs["pose"])
    pose[..., 0], pose[..., 2] = 1.0, 1.0  # to the right
    draw = unchanged(2)
    draw.roll[:] = radians(90)
    out = encoder.augment({**inputs, "pose": pose * inputs["mask"][..., None, None]}, draw)["pose"]
    assert torch.allclose(out[0, 0, 0], torch.tensor([0.0, -1.0, 1.0]), atol=1e-6), "up is minus, with y down"


def test_size_and_shear_in_image_units_are_those_of_the_body() -> None:
    """A picture is wider than high: a roll of its normalised numbers must be a roll of the child, not a squeeze."""
    encoder, inputs = batch(normalise="image")
    draw = unchanged(2)
    draw.roll[:] = radians(20)
    out = encoder.augment(inputs, draw)["pose"]
    half = torch.tensor([1 / 1080, 1 / 1920])  # same ratio as a leg length in the two units
    assert torch.allclose(inputs["unit"] / inputs["unit"].sum(1, keepdim=True), (half / half.sum()).flip(0), atol=1e-5)
    knee, ankle = (encoder.skeleton.index(f"left_{p}") for p in ("knee", "ankle"))

    def length(pose: torch.Tensor) -> torch.Tensor:
        return ((pose[:, :40, knee, :2] - pose[:, :40, ankle, :2]) / inputs["unit"][:, None]).norm(dim=-1)

    seen = (inputs["pose"][:, :40, knee, 2] > 0) & (inputs["pose"][:, :40, ankle, 2] > 0)
    assert torch.allclose(length(out)[seen], length(inputs["pose"])[seen], atol=1e-4)


def test_crop_and_speed() -> None:
    encoder, inputs = batch()
    draw = unchanged(2)
    draw.crop[0] = torch.tensor([0.25, 0.5])
    draw.speed[1] = 1.2
    out = encoder.augment(inputs, draw)
    assert out["mask"].sum(1).tolist() == [45, 50]
    assert out["pose"].shape[1] == 50
    hip = encoder.skeleton.index("left_ankle")
    assert torch.allclose(
        out["pose"][0, :44, hip], inputs["pose"][0, 22:66, hip] * 0.5 + inputs["pose"][0, 23:67, hip] * 0.5, atol=1e-5
    )
    assert torch.allclose(out["pose"][1, 10, hip], inputs["pose"][1, 12, hip], atol=1e-5)
    assert not out["pose"][~out["mask"]].any()


def test_what_is_missing_stays_missing() -> None:
    encoder, inputs = batch()
    inputs["pose"][0, 10:20, 3] = 0
    draw = Augmentation(mirror=0.5, roll_deg=5, shear=0.1, speed=0.1, scale=0.1, jitter=0.02).draw(
        2, torch.Generator().manual_seed(1)
    )
    draw.mirror[:] = False
    draw.speed[:], draw.crop[:] = 1.0, torch.tensor([0.0, 1.0])
    out = encoder.augment(inputs, draw)["pose"]
    assert not out[inputs["pose"][..., 2] == 0].any()
    assert out[0, :10, 3, :2].ne(inputs["pose"][0, :10, 3, :2]).all()


def test_noise_and_hidden_keypoints_are_drawn_again_from_the_generator() -> None:
    encoder, inputs = batch()
    augmentation = Augmentation(jitter=0.01, joint_dropout=0.3)
    first, second, other = (
        encoder.augment(inputs, augmentation.draw(2, torch.Generator().manual_seed(seed)))["pose"] for seed in (5, 5, 6)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    hidden = (first[..., 2] == 0).all(1)
    assert 0 < hidden.float().mean() < 0.7
    shown = ~hidden[0]
    difference = (first - inputs["pose"])[0][:, shown, :2]
    assert abs(float(difference.std()) - 0.01) < 0.001


def test_nothing_is_changed_in_place() -> None:
    encoder, inputs = batch()
    before = inputs["pose"].clone()
    strong = Augmentation(mirror=1, roll_deg=10, shear=0.3, speed=0.2, scale=0.2, crop=0.5, jitter=0.1, joint_dropout=0.5)
    encoder.augment(inputs, strong.draw(2, torch.Generator().manual_seed(0)))
    assert torch.equal(inputs["pose"], before)
