"""Light, noise and hidden places of pictures by hand, and through the encoders."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.clip_augment import relight
from skelgait.encoders.resnet3d import ResNet3d
from skelgait.training.augment import Augmentation

GREY = torch.arange(40, 200, 10, dtype=torch.uint8).view(1, 1, 1, 4, 4, 1).repeat(2, 1, 3, 1, 1, 1)


def drawn(seed: int = 0, n: int = 2, **settings: float):
    return Augmentation(**settings).draw(n, torch.Generator().manual_seed(seed))


def test_brightness_and_contrast_by_hand() -> None:
    draw = drawn(light=0.5)
    draw.light = torch.tensor([[1.2, 1.0], [1.0, 0.5]])
    brighter, flatter = relight(GREY, draw)
    assert brighter.flatten()[:3].tolist() == [48, 60, 72]
    mean = GREY[0].float().mean()
    assert torch.equal(flatter, ((GREY[1].float() - mean) / 2 + mean).round().to(torch.uint8))


def test_light_is_drawn_within_its_limits_for_each_walk_and_is_the_same_over_it() -> None:
    light = drawn(n=500, light=0.3).light
    assert light.min() >= 0.7
    assert light.max() <= 1.3
    assert light.std() > 0.1
    for walk in relight(GREY, drawn(light=0.3)):
        assert torch.equal(walk[:, :1].expand_as(walk), walk)


def test_a_hidden_rectangle_lies_in_the_picture_and_has_the_mean_of_the_walk() -> None:
    draw = drawn(n=500, hidden=0.5)
    left, top, right, bottom = draw.hidden.unbind(1)
    assert left.min() >= 0
    assert top.min() >= 0
    assert right.max() <= 1
    assert bottom.max() <= 1
    assert (right - left).max() <= 0.5
    assert (right - left).mean() == pytest.approx(0.25, abs=0.02)
    draw = drawn(hidden=0.5)
    draw.hidden = torch.tensor([[0.5, 0.0, 1.0, 0.5], [0.0, 0.0, 0.0, 0.0]])
    hidden, whole = relight(GREY, draw)
    assert torch.equal(whole, GREY[1])
    changed = hidden != GREY[0]
    assert changed[..., :2, 2:, :].all()
    assert not changed[..., 2:, :, :].any()
    assert not changed[..., :, :2, :].any()
    assert (hidden[..., :2, 2:, :] == GREY[0].float().mean().round()).all()


def test_noise_has_the_spread_asked_for_and_differs_from_picture_to_picture() -> None:
    grey = torch.full((1, 1, 8, 32, 32, 3), 128, dtype=torch.uint8)
    seen = relight(grey, drawn(n=1, noise=0.04)).float()
    assert seen.std() == pytest.approx(0.04 * 255, rel=0.05)
    assert seen.mean() == pytest.approx(128, abs=0.5)
    assert not torch.equal(seen[0, 0, 0], seen[0, 0, 1])


def test_draws_of_other_changes_stay_what_they_were() -> None:
    """What an older run drew, a new one draws, as long as it asks for no light."""
    plain, lit = (drawn(mirror=0.5, roll_deg=5, crop=0.5, light=light, hidden=light) for light in (0.0, 0.4))
    for name in ("mirror", "roll", "crop"):
        assert torch.equal(getattr(plain, name), getattr(lit, name))
    generator = torch.Generator().manual_seed(0)
    Augmentation(mirror=0.5).draw(2, generator)
    other = torch.Generator().manual_seed(0)
    torch.rand(2, 8, generator=other)
    assert torch.equal(torch.rand(1, generator=generator), torch.rand(1, generator=other))


def test_a_clip_is_lit_and_a_silhouette_only_hidden() -> None:
    clip = np.random.default_rng(0).integers(60, 190, (8, 36, 36, 3), np.uint8)
    small = {"depth": 10, "widths": (2, 2, 2, 2), "frames": 4, "side": 32, "trim": 0.0}
    times = {"time_s": np.arange(8) / 25, "fps": np.float32(25)}
    encoder = ResNet3d(**small)
    inputs = encoder.collate([{"clip": clip, **times}] * 2)
    lit = encoder.augment(inputs, drawn(light=0.4))
    assert not torch.equal(lit["clip"], inputs["clip"])
    assert torch.equal(encoder.augment(inputs, drawn(mirror=0.0))["clip"], inputs["clip"])
    figure = ((clip[..., :1] > 120) * 255).astype(np.uint8)
    encoder = ResNet3d(source="silhouette", **small)
    inputs = encoder.collate([{"clip": figure, **times}] * 2)
    assert torch.equal(encoder.augment(inputs, drawn(light=0.4, noise=0.1))["clip"], inputs["clip"])
    assert not torch.equal(encoder.augment(inputs, drawn(hidden=0.8))["clip"], inputs["clip"])


@pytest.mark.parametrize("name", ["light", "hidden", "noise"])
def test_a_share_outside_0_to_1_is_refused(name: str) -> None:
    with pytest.raises(SkelgaitError, match=name):
        Augmentation(**{name: 1.5})
