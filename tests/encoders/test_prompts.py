from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BODY25, COCO17, SKELETONS, WHOLEBODY133, Skeleton
from skelgait.encoders.layers import capsules, prompts
from skelgait.encoders.layers.capsules import body_height, draw_capsules
from skelgait.encoders.layers.prompts import KINDS, PromptEmbedding, choose_parts, draw_prompt

NOBODY = float("nan")
SKETCH = Skeleton(
    "sketch",
    ("left_hip", "left_knee", "right_hip", "right_knee", "nose"),
    (("left_hip", "left_knee"), ("right_hip", "right_knee"), ("left_hip", "right_hip")),
)


def pose_of(points: dict[str, tuple[float, ...]], skeleton: Skeleton = SKETCH, frames: int = 1) -> torch.Tensor:
    """(1, F, K, 3) with these points (x, y, confidence), the same in all frames."""
    pose = torch.full((1, frames, len(skeleton), 3), NOBODY)
    for name, point in points.items():
        pose[:, :, skeleton.index(name)] = torch.tensor(point)
    return pose


def blank(pose: torch.Tensor, height: int = 40, width: int = 72, channels: int = 3) -> torch.Tensor:
    return torch.full((len(pose), channels, pose.shape[1], height, width), 0.5)


LYING = pose_of({"left_hip": (10.0, 20.0, 1.0), "left_knee": (59.0, 20.0, 1.0)})  # a thigh of 49: a body of 200


@pytest.mark.parametrize("width", [0.01, 0.02, 0.0333])
def test_a_bone_is_as_wide_as_it_should_be(width: float) -> None:
    drawn = draw_prompt(torch.zeros(1, 3, 1, 40, 72), LYING, SKETCH, width=width, joint=0)
    red, green, blue = drawn[0, :, 0]
    wide = red.sum(0)
    assert wide[12:58] == pytest.approx(200 * width, abs=1e-4)
    assert wide[10] < 200 * width + 1e-4
    half = 100 * width
    assert (wide > 0).nonzero().flatten()[[0, -1]].tolist() == [
        math.ceil(10 - half - 0.5 + 1e-4),
        math.floor(59 + half + 0.5 - 1e-4),
    ]
    assert (red[:, 30] - red[:, 30].flip(0).roll(1)).abs().max() < 1e-6  # about row 20
    assert float(green.max()) == float(blue.max()) == 0


def test_a_disc_is_as_large_as_it_should_be_and_lines_are_a_pixel_at_least() -> None:
    drawn = draw_prompt(torch.zeros(1, 3, 1, 40, 72), LYING, SKETCH, width=0, joint=0.07)[0, 0, 0]
    assert float(drawn[:, :30].sum()) == pytest.approx(math.pi * 7**2, rel=0.01)
    assert drawn[20, 30:40].sum() == 0
    thin = draw_prompt(torch.zeros(1, 3, 1, 40, 72), LYING, SKETCH, width=1e-4, joint=0)[0, 0, 0]
    assert thin.sum(0)[12:58] == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("sure", [0.25, 0.6, 1.0])
def test_confidence_is_how_opaque_it_is(sure: float) -> None:
    pose = pose_of({"left_hip": (10.0, 20.0, sure), "left_knee": (59.0, 20.0, 0.9 if sure < 0.9 else 1.0)})
    pictures, mean, spread = torch.randn(1, 3, 1, 40, 72), (0.4, 0.3, 0.2), (0.2, 0.25, 0.5)
    drawn = draw_prompt(pictures, pose, SKETCH, joint=0, mean=mean, spread=spread)
    colour = (torch.tensor([1.0, 0, 0]) - torch.tensor(mean)) / torch.tensor(spread)
    wanted = (1 - sure) * pictures[0, :, 0, 20, 12:58] + sure * colour[:, None]
    assert torch.allclose(drawn[0, :, 0, 20, 12:58], wanted, atol=1e-6)
    assert torch.equal(drawn[..., :15, :], pictures[..., :15, :])


def test_joints_are_not_darker_than_bones() -> None:
    pose = pose_of({"left_hip": (10.0, 20.0, 0.5), "left_knee": (59.0, 20.0, 0.5)})
    drawn = draw_prompt(torch.zeros(1, 3, 1, 40, 72), pose, SKETCH)[0, 0, 0]
    assert drawn.max() == 0.5
    assert drawn[20, 10] == 0.5


@pytest.mark.parametrize(
    "lost", [(NOBODY, NOBODY, 0.0), (30.0, NOBODY, 1.0), (30.0, 20.0, 0.0), (30.0, 20.0, NOBODY), (math.inf, 3.0, 1.0)]
)
def test_what_is_not_seen_is_not_drawn(lost: tuple[float, ...]) -> None:
    pose = pose_of(
        {"left_hip": (10.0, 20.0, 1.0), "left_knee": lost, "right_hip": (10.0, 8.0, 1.0), "right_knee": (59.0, 8.0, 1.0)}
    )
    pictures = blank(pose)
    drawn = draw_prompt(pictures, pose, SKETCH)
    only = pose.clone()
    only[:, :, SKETCH.index("left_knee")] = NOBODY
    assert torch.equal(drawn, draw_prompt(pictures, only, SKETCH))
    assert drawn.isfinite().all()
    nobody = torch.full_like(pose, NOBODY)
    assert torch.equal(draw_prompt(pictures, nobody, SKETCH), pictures)
    assert torch.equal(draw_prompt(pictures, torch.zeros_like(pose), SKETCH), pictures)


def test_sides_have_their_colours() -> None:
    pose = pose_of(
        {
            "left_hip": (10, 8, 1.0),
            "left_knee": (59, 8, 1.0),
            "right_hip": (10, 32, 1.0),
            "right_knee": (59, 32, 1.0),
            "nose": (40, 20, 1.0),
        }
    )
    drawn = draw_prompt(blank(pose), pose, SKETCH)[0, :, 0]
    assert drawn[:, 8, 30].tolist() == [1, 0, 0]
    assert drawn[:, 32, 30].tolist() == [0, 0, 1]
    assert drawn[:, 20, 40].tolist() == [0, 1, 0]  # a joint of no side
    assert drawn[:, 20, 10].tolist() == [0, 1, 0]  # from side to side
    own = {"left": (0.1, 0.2, 0.3), "right": (0.4, 0.5, 0.6), "middle": (0.7, 0.8, 0.9)}
    assert draw_prompt(blank(pose), pose, SKETCH, colours=own)[0, :, 0, 8, 30].tolist() == pytest.approx(own["left"])
    grey = draw_prompt(blank(pose, channels=1), pose, SKETCH)[0, 0, 0]
    assert [grey[8, 30], grey[32, 30], grey[20, 10]] == [1, 0, 0.5]


def test_where_sides_cross_neither_wins() -> None:
    pose = pose_of({"left_hip": (10, 10, 1.0), "left_knee": (59, 30, 1.0), "right_hip": (10, 30, 0.5), "right_knee": (59, 10, 0.5)})
    crossing = draw_prompt(blank(pose, 41), pose, SKETCH, width=0.06)[0, :, 0, 20, 34]
    assert crossing.tolist() == pytest.approx([2 / 3, 0, 1 / 3])


def by_hand(pictures: np.ndarray, pose: np.ndarray, skeleton: Skeleton, tall: float, width: float, joint: float) -> np.ndarray:
    """One picture (3, H, W), pixel by pixel."""
    out = pictures.copy()
    shades = np.eye(3)[[0, 2, 1]]
    strokes = [(skeleton.index(a), skeleton.index(b), width) for a, b in skeleton.bones]
    strokes += [(k, k, joint) for k in range(len(skeleton))]
    for row in range(out.shape[1]):
        for column in range(out.shape[2]):
            opaque = np.zeros(3)
            for a, b, wide in strokes:
                if np.isnan(pose[[a, b]]).any():
                    continue
                (ax, ay), (bx, by) = pose[a, :2], pose[b, :2]
                length = (bx - ax) ** 2 + (by - ay) ** 2
                share = min(max(((column - ax) * (bx - ax) + (row - ay) * (by - ay)) / length, 0), 1) if length else 0
                away = math.hypot(column - ax - share * (bx - ax), row - ay - share * (by - ay))
                cover = min(max(max(wide * tall, 1) / 2 + 0.5 - away, 0), 1) * min(pose[a, 2], pose[b, 2])
                sides = {skeleton.names[k].split("_")[0] for k in (a, b)}
                kind = 0 if sides == {"left"} else 1 if sides == {"right"} else 2
                opaque[kind] = max(opaque[kind], cover)
            if opaque.any():
                out[:, row, column] += opaque.max() * (opaque @ shades / opaque.sum() - out[:, row, column])
    return out


def test_pictures_are_those_of_a_loop_over_every_pixel() -> None:
    random = torch.Generator().manual_seed(3)
    pose = torch.rand(1, 2, 5, 3, generator=random) * torch.tensor([60.0, 44.0, 1.0]) - torch.tensor([5.0, 5.0, 0.0])
    pose[0, 1, 4] = NOBODY
    pictures = torch.rand(1, 3, 2, 35, 50, generator=random)
    tall = float(body_height(pose, SKETCH))
    drawn = draw_prompt(pictures, pose, SKETCH, width=0.03, joint=0.05)
    for frame in range(2):
        wanted = by_hand(pictures[0, :, frame].double().numpy(), pose[0, frame].double().numpy(), SKETCH, tall, 0.03, 0.05)
        assert np.abs(drawn[0, :, frame].numpy() - wanted).max() < 1e-5


def random_walk(n: int, frames: int, side: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    pose = torch.rand(n, frames, 25, 3, generator=random) * torch.tensor([side, side, 1.0])
    pose[torch.rand(n, frames, 25, generator=random) < 0.2] = NOBODY
    return torch.randn(n, 3, frames, side, side, generator=random), pose


def test_a_mirrored_child_is_the_mirror_picture_with_sides_exchanged() -> None:
    pictures, pose = random_walk(1, 3, 50)
    mirrored = pose[:, :, BODY25.mirror].clone()
    mirrored[..., 0] = 49 - mirrored[..., 0]
    same = {"left": (1.0, 0.5, 0.0), "right": (0.0, 0.5, 1.0), "middle": (0.0, 1.0, 0.0)}
    exchanged = {"left": same["right"], "right": same["left"], "middle": same["middle"]}
    drawn = draw_prompt(pictures.flip(-1), mirrored, BODY25, colours=exchanged)
    assert torch.allclose(drawn.flip(-1), draw_prompt(pictures, pose, BODY25, colours=same), atol=1e-4)
    assert not torch.allclose(drawn.flip(-1), draw_prompt(pictures, pose, BODY25, colours=exchanged), atol=0.1)


def test_the_batch_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, pose = random_walk(5, 6, 52)
    drawn = draw_prompt(pictures, pose, BODY25)
    for k in range(5):
        assert torch.equal(draw_prompt(pictures[[k]], pose[[k]], BODY25)[0], drawn[k])
    order = [3, 1, 4, 0, 2]
    assert torch.equal(draw_prompt(pictures[order], pose[order], BODY25), drawn[order])
    monkeypatch.setattr(capsules, "TILES_AT_ONCE", 7)
    monkeypatch.setattr(prompts, "PICTURES_AT_ONCE", 1)
    assert torch.equal(draw_prompt(pictures, pose, BODY25), drawn)
    assert draw_prompt(pictures[:0], pose[:0], BODY25).shape == (0, 3, 6, 52, 52)


def test_pictures_of_any_kind_of_number() -> None:
    pictures, pose = random_walk(1, 2, 32)
    half = draw_prompt(pictures.bfloat16(), pose, BODY25)
    assert half.dtype == torch.bfloat16
    assert torch.allclose(half.float(), draw_prompt(pictures, pose, BODY25), atol=0.05)
    pictures.requires_grad_()
    draw_prompt(pictures, pose, BODY25).sum().backward()
    assert 0 < float((pictures.grad == 1).float().mean()) < 1  # a gradient where nothing is drawn


def test_a_tile_is_looked_at_wherever_a_capsule_reaches_it() -> None:
    random = torch.Generator().manual_seed(1)
    ends = torch.rand(40, 1, 2, 2, generator=random) * 80 - 10
    radius = torch.rand(40, 1, generator=random) * 12
    one = torch.ones(40, 1)
    drawn = draw_capsules(ends, radius, one, torch.zeros(1, dtype=torch.int64), 1, 60, 70)[:, 0]
    x, y = torch.arange(70.0), torch.arange(60.0)[:, None]
    start, along = ends[:, 0, 0, :, None, None], (ends[:, 0, 1] - ends[:, 0, 0])[..., None, None]
    share = (((x - start[:, 0]) * along[:, 0] + (y - start[:, 1]) * along[:, 1]) / along.square().sum(1)).clamp(0, 1)
    away = ((x - start[:, 0] - share * along[:, 0]) ** 2 + (y - start[:, 1] - share * along[:, 1]) ** 2).sqrt()
    assert torch.allclose(drawn, (radius[..., None] + 0.5 - away).clamp(0, 1), atol=1e-4)


def test_how_tall_the_body_is() -> None:
    legs = {"left_hip": (0.0, 0, 1.0), "left_knee": (0.0, 49, 1), "left_ankle": (30.0, 49, 1)}  # a shank seen from its end
    pose = pose_of({**legs, "left_shoulder": (0, -57.6, 1)}, COCO17)
    assert float(body_height(pose, COCO17)) == pytest.approx(200)
    trunk = {"left_shoulder": (0.0, 0, 1.0), "right_shoulder": (4.0, 0, 1), "left_hip": (0, 57.6, 1), "right_hip": (4, 57.6, 1)}
    assert float(body_height(pose_of(trunk, COCO17), COCO17)) == pytest.approx(200)
    arm = {"left_shoulder": (0.0, 0, 1.0), "left_elbow": (37.2, 0, 1)}
    assert float(body_height(pose_of(arm, COCO17), COCO17)) == pytest.approx(200)
    face = {"nose": (0.0, 0, 1.0), "left_eye": (3.0, 4, 1)}
    assert float(body_height(pose_of(face, COCO17), COCO17)) == pytest.approx(5)
    assert body_height(pose_of({}, COCO17), COCO17).isnan().all()
    several = torch.cat(
        [pose, pose, pose_of({k: (3 * x, 3 * y, c) for k, (x, y, c) in legs.items()}, COCO17), pose_of({}, COCO17)], 1
    )
    assert float(body_height(several, COCO17)) == pytest.approx(200)  # the median of those that tell


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_every_skeleton_has_parts(skeleton: Skeleton) -> None:
    whole, body, legs = (set(choose_parts(skeleton, parts).names) for parts in ("all", "body", "legs"))
    assert legs < body < whole
    assert {"left_knee", "left_hip-left_knee", "right_knee-right_ankle"} <= legs
    assert len(whole) == len(skeleton) + len(skeleton.bones)
    assert not [name for name in body if any(word in name for word in ("eye", "face_", "finger", "pinky", "thumb"))]
    assert not [name for name in legs if any(word in name for word in ("shoulder", "nose", "wrist"))]
    assert ("left_foot_index" in skeleton.names) == ("left_foot_index" in legs)
    chosen = choose_parts(skeleton, "all")
    assert {
        KINDS[k] for k, name in zip(chosen.kind, chosen.names, strict=True) if name.startswith("right_") and "-left" not in name
    } <= {
        "right",
        "middle",
    }


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"no choice of parts 'arms'.*all, body, legs"):
        choose_parts(COCO17, "arms")
    with pytest.raises(SkelgaitError, match="nothing of the legs"):
        choose_parts(Skeleton("hand", ("wrist", "thumb_1")), "legs")
    with pytest.raises(SkelgaitError, match=r"not of these pictures.*\(1, 1, 5, 3\).*\(1, 1, 17, 3\)"):
        draw_prompt(blank(LYING), LYING, COCO17)
    with pytest.raises(SkelgaitError, match=r"no colours of a prompt.*3 numbers"):
        draw_prompt(blank(LYING), LYING, SKETCH, colours={"left": (1, 0, 0)})
    with pytest.raises(SkelgaitError, match=r"not of the same frames.*1 frames.*2 x 2"):
        PromptEmbedding(SKETCH, 4)(LYING, (2, 3, 4), 16, 2)


# the learned prompt


def test_a_learned_prompt_begins_as_nothing_and_learns() -> None:
    prompt = PromptEmbedding(BODY25, 12)
    assert [name for name, _ in prompt.named_parameters()] == ["weight"]
    assert list(prompt.state_dict()) == ["weight"]
    added = prompt(random_walk(2, 4, 48)[1], (2, 3, 3), 16, 2)
    assert added.shape == (2, 18, 12)
    assert (added == 0).all()
    (added * torch.randn_like(added)).sum().backward()
    assert (prompt.weight.grad.abs().sum(1) > 0).all()


def test_joints_go_to_the_patch_they_lie_in() -> None:
    pose = pose_of({"left_hip": (15.4, 3.0, 0.5)}, frames=4)
    pose[0, 1, 0] = torch.tensor([15.6, 3.0, 1.0])  # in the next patch in the second frame
    pose[0, 2:, 0] = torch.tensor([[40.0, 20.0, 1.0], [-0.6, 3.0, 1.0]])  # then another, then out of the picture
    prompt = PromptEmbedding(SKETCH, 2)
    shares = prompt.shares(pose, (2, 2, 3), 16)[0]
    place = prompt.parts.names.index("left_hip")
    assert shares[:, place].tolist() == pytest.approx([0.25, 0.5, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0.5])
    assert shares.sum() == shares[:, place].sum()


def test_bones_go_to_the_patches_they_pass() -> None:
    pose = pose_of({"left_hip": (7.5, 8.0, 0.5), "left_knee": (39.5, 8.0, 0.8)})
    prompt = PromptEmbedding(SKETCH, 2)
    names = prompt.parts.names
    with torch.no_grad():
        prompt.weight[names.index("left_hip-left_knee")] = torch.tensor([1.0, -2.0])
    added = prompt(pose, (1, 1, 3), 16, 1)[0]
    assert torch.allclose(added, 0.5 * torch.tensor([[0.5, -1.0], [1.0, -2.0], [0.5, -1.0]]), atol=1e-6)
    # along the edge of two patches, and across their corner: each piece of it once
    for ends in (((3.0, 15.5), (30.0, 15.5)), ((15.5, 2.0), (15.5, 29.0)), ((2.0, 2.0), (29.0, 29.0)), ((-20.0, 8.0), (60.0, 8.0))):
        pose = pose_of({"left_hip": (*ends[0], 1.0), "left_knee": (*ends[1], 1.0)})
        inside = np.clip(np.array(ends), -0.5, 31.5)
        length = np.linalg.norm(inside[1] - inside[0]) / 16
        share = prompt.shares(pose, (1, 2, 2), 16)[0, :, names.index("left_hip-left_knee")]
        assert float(share.sum()) == pytest.approx(length, abs=1e-5)


def test_shares_of_bones_are_those_of_points_along_them() -> None:
    _, pose = random_walk(2, 4, 60)
    pose[..., :2] -= 6
    prompt = PromptEmbedding(BODY25, 3)
    shares = prompt.shares(pose, (2, 3, 3), 16).unflatten(1, (2, 3, 3))
    steps = (torch.arange(4000) + 0.5) / 4000
    wanted = torch.zeros_like(shares)
    for clip, frame, p in np.ndindex(2, 4, len(prompt.parts.names)):
        first, second = pose[clip, frame, prompt.parts.ends[p]]
        if first.isnan().any() or second.isnan().any():
            continue
        points = first[:2] + steps[:, None] * (second - first)[:2]
        weight = 1.0 if prompt.parts.is_joint[p] else float((second - first)[:2].norm()) / 16
        column, row = ((points + 0.5) / 16).floor().long().T
        seen = (column >= 0) & (column < 3) & (row >= 0) & (row < 3)
        counts = torch.zeros(3, 3).index_put_((row[seen], column[seen]), torch.tensor(1 / 4000), accumulate=True)
        wanted[clip, frame // 2, :, :, p] += counts * weight * min(first[2], second[2]) / 2
    assert (shares - wanted).abs().max() < 2e-3


def test_a_learned_prompt_does_not_depend_on_the_batch() -> None:
    _, pose = random_walk(3, 2, 48)
    prompt = PromptEmbedding(WHOLEBODY133, 8, "all")
    pose = torch.cat([pose] * 6, 2)[:, :, :133]
    torch.nn.init.normal_(prompt.weight)
    together = prompt(pose, (1, 3, 3), 16, 2)
    alone = torch.cat([prompt(one, (1, 3, 3), 16, 2) for one in pose.split(1)])
    assert torch.allclose(together, alone, atol=1e-5)
