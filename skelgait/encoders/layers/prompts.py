"""Kinematic prompts: a pose shown to a network of video, drawn on its pictures or added to its patches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import Skeleton
from skelgait.encoders.layers.capsules import body_height, draw_capsules, seen_points

PARTS = ("all", "body", "legs")
KINDS = ("left", "right", "middle")
# Each side is one channel of the picture alone: no colours are further apart for the first layer of a network.
COLOURS: Mapping[int, Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {
        3: {"left": (1.0, 0.0, 0.0), "right": (0.0, 0.0, 1.0), "middle": (0.0, 1.0, 0.0)},
        1: {"left": (1.0,), "right": (0.0,), "middle": (0.5,)},
    }
)
WIDTH = 0.02  # of a line, body heights: 4 pixels where the body is 200 high, a third of a shank
JOINT = 0.035  # of a joint's disc
LEAST = 1.0  # pixels: thinner lines would come and go with the grid of pixels
PICTURES_AT_ONCE = 16
_FACE = ("eye", "ear", "mouth", "face_")
_HAND = ("hand", "thumb", "finger", "pinky", "left_index", "right_index")
_LEG = ("hip", "knee", "ankle", "heel", "toe", "foot_index")


class Parts(NamedTuple):
    """What of a skeleton is shown: P joints and bones, bones first.

    Attributes
    ----------
    names : tuple of str
        ``left_knee``, or ``left_hip-left_knee``.
    ends : (P, 2) int64
        Keypoints; twice the same of a joint.
    kind : (P,) int64
        Index into `KINDS`: the side of both ends, else the middle.
    """

    names: tuple[str, ...]
    ends: np.ndarray
    kind: np.ndarray

    @property
    def is_joint(self) -> np.ndarray:
        """(P,) bool."""
        return self.ends[:, 0] == self.ends[:, 1]


@lru_cache(maxsize=32)
def choose_parts(skeleton: Skeleton, parts: str = "body") -> Parts:
    """Which joints and bones of a skeleton are shown.

    Parameters
    ----------
    skeleton : Skeleton
    parts : {"body", "all", "legs"}
        The body with its feet, without fingers, eyes, ears and mouth; every keypoint; hips and below.

    Returns
    -------
    Parts

    Raises
    ------
    SkelgaitError
        An unknown choice, or one that leaves nothing of this skeleton.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> chosen = choose_parts(COCO17, "legs")
    >>> chosen.names[:2], [KINDS[k] for k in chosen.kind[:2]], int(chosen.is_joint.sum())
    (('left_hip-right_hip', 'left_hip-left_knee'), ['middle', 'left'], 6)
    """
    if parts not in PARTS:
        raise SkelgaitError(f"there is no choice of parts {parts!r}", expected=", ".join(PARTS))

    def wanted(name: str) -> bool:
        if parts == "legs":
            return any(word in name for word in _LEG)
        return parts == "all" or not any(word in name for word in (*_FACE, *_HAND))

    joints = [name for name in skeleton.names if wanted(name)]
    if not joints:
        raise SkelgaitError(f"skeleton {skeleton.name!r} has nothing of the {parts}", found=", ".join(skeleton.names))
    ends = [bone for bone in skeleton.bones if bone[0] in joints and bone[1] in joints] + [(name, name) for name in joints]
    sides = [{name.split("_")[0] for name in pair} for pair in ends]
    kind = [KINDS.index(side.pop()) if side in ({"left"}, {"right"}) else 2 for side in sides]
    names = tuple(a if a == b else f"{a}-{b}" for a, b in ends)
    index = np.array([[skeleton.index(a), skeleton.index(b)] for a, b in ends], np.int64)
    return Parts(names, index, np.array(kind, np.int64))


def draw_prompt(
    pictures: Tensor,
    keypoints: Tensor,
    skeleton: Skeleton,
    *,
    parts: str = "body",
    width: float = WIDTH,
    joint: float = JOINT,
    colours: Mapping[str, Sequence[float]] | None = None,
    mean: Tensor | Sequence[float] | None = None,
    spread: Tensor | Sequence[float] | None = None,
) -> Tensor:
    """Draw joints and bones on normalised pictures.

    Parameters
    ----------
    pictures : (n, C, F, H, W)
        Clips as the network takes them.
    keypoints : (n, F, K, 3)
        x, y in pixels of these pictures, 0 being the middle of the first; confidence. NaN where not seen.
    skeleton : Skeleton
        Of the K keypoints.
    parts : {"body", "all", "legs"}
        What is drawn; see `choose_parts`.
    width, joint : float, body heights
        Width of a bone and of a joint's disc; a pixel at least. 0 leaves bones or joints out.
    colours : mapping of {"left", "right", "middle"} to C numbers, optional
        0 to 1, before normalisation. Default: red, blue and green; white, black and grey on pictures of one channel.
    mean, spread : C numbers, optional
        What was taken from the pictures and what they were divided by. Default: nothing.

    Returns
    -------
    (n, C, F, H, W)
        A new tensor, equal to the pictures where nothing is drawn.

    Raises
    ------
    SkelgaitError
        Keypoints of another skeleton or other pictures; a side without a colour.

    Notes
    -----
    Confidence is how opaque a joint is; of a bone it is the lower of its two ends. Edges are soft. Where two of one side meet the
    more opaque counts, so that joints are not darker than bones; where sides cross, colours mix by how opaque each is, because
    nobody knows which leg is nearer. So a mirrored child with sides exchanged is drawn as the mirror picture. How tall the body is
    in a clip tells `body_height`. A few clips are drawn at a time, see `draw_capsules`.

    References
    ----------
    Decoding Children's Gait Behavior (CGV, ChildGait-Video): token-level kinematic prompting, keypoints and their connections drawn
    on each frame before it is cut into patches. Width, colours and confidence are ours.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = torch.full((1, 1, 17, 3), torch.nan)
    >>> pose[0, 0, COCO17.index("left_hip")] = torch.tensor([20.0, 8.0, 1.0])
    >>> pose[0, 0, COCO17.index("left_knee")] = torch.tensor([20.0, 57.0, 1.0])
    >>> drawn = draw_prompt(torch.zeros(1, 3, 1, 64, 40), pose, COCO17)
    >>> drawn[0, :, 0, 30, 20].tolist(), round(float(drawn[0, 0, 0, 30].sum()), 2)
    ([1.0, 0.0, 0.0], 4.0)
    """
    frames, *size = pictures.shape[2:]
    if keypoints.shape != (len(pictures), frames, len(skeleton), 3):
        raise SkelgaitError(
            "these keypoints are not of these pictures",
            found=str(tuple(keypoints.shape)),
            expected=f"{(len(pictures), frames, len(skeleton), 3)}: clips, frames, keypoints of {skeleton.name}, 3",
        )
    chosen = choose_parts(skeleton, parts)
    shade = _shades(pictures, colours, mean, spread)
    device = keypoints.device
    ends, kind = torch.as_tensor(chosen.ends, device=device), torch.as_tensor(chosen.kind, device=device)
    wide = torch.where(torch.as_tensor(chosen.is_joint, device=device), joint, width)
    radius = torch.where(wide > 0, (body_height(keypoints, skeleton)[:, None] * wide).clamp(min=LEAST) / 2, torch.nan)
    xy, sure = seen_points(keypoints)
    drawn = torch.empty_like(pictures)
    step = max(1, PICTURES_AT_ONCE // frames)
    for first in range(0, len(pictures), step):
        rows = slice(first, first + step)
        layers = draw_capsules(
            xy[rows].flatten(0, 1)[:, ends],
            radius[rows].repeat_interleave(frames, 0),
            sure[rows].flatten(0, 1)[:, ends].amin(-1),
            kind,
            len(KINDS),
            *size,
        )
        layers = layers.unflatten(0, (-1, frames)).transpose(1, 2)  # (clips, sides, F, H, W)
        opaque = layers.amax(1, keepdim=True)
        layers = layers / layers.sum(1, keepdim=True).clamp(min=1e-6)
        mixed = sum(layers[:, k, None] * shade[k].view(-1, 1, 1, 1) for k in range(len(KINDS)))
        drawn[rows] = torch.lerp(pictures[rows], mixed.to(pictures.dtype), opaque.to(pictures.dtype))
    return drawn


def _shades(
    pictures: Tensor,
    colours: Mapping[str, Sequence[float]] | None,
    mean: Tensor | Sequence[float] | None,
    spread: Tensor | Sequence[float] | None,
) -> Tensor:
    """(3, C) what the colours are after normalisation."""
    channels = pictures.shape[1]
    chosen = colours if colours is not None else COLOURS.get(channels, {})
    if set(chosen) != set(KINDS) or any(len(colour) != channels for colour in chosen.values()):
        raise SkelgaitError(
            "these are no colours of a prompt",
            found=repr(dict(chosen)),
            expected=f"{', '.join(KINDS)}: {channels} numbers each",
        )
    shade = torch.tensor([list(chosen[kind]) for kind in KINDS], dtype=torch.float32, device=pictures.device)
    if mean is not None:
        shade = shade - torch.as_tensor(mean, dtype=torch.float32, device=pictures.device)
    return shade if spread is None else shade / torch.as_tensor(spread, dtype=torch.float32, device=pictures.device)


class PromptEmbedding(nn.Module):
    """What is learnt of a pose's joints and bones, for the patches in which they lie.

    Parameters
    ----------
    skeleton : Skeleton
    width : int
        D of a patch.
    parts : {"body", "all", "legs"}
        Which joints and bones; see `choose_parts`.

    Notes
    -----
    The learned alternative to `draw_prompt`, and ours: every joint and every bone has D numbers. A joint's go to the patch in which
    it lies, times its confidence; a bone's to the patches it passes through, times the lower confidence of its ends and by how long
    it is in each, in patch sides. Over the frames of a tubelet it is the mean. All begin as zero, so that a network says at first
    what it said without.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> prompt = PromptEmbedding(COCO17, 8)
    >>> pose = 32 * torch.rand(2, 4, 17, 3)
    >>> added = prompt(pose, (2, 2, 2), patch=16, tubelet=2)
    >>> tuple(added.shape), bool((added == 0).all())
    ((2, 8, 8), True)
    """

    def __init__(self, skeleton: Skeleton, width: int, parts: str = "body") -> None:
        super().__init__()
        self.parts = choose_parts(skeleton, parts)
        self.register_buffer("ends", torch.from_numpy(self.parts.ends), persistent=False)
        self.register_buffer("is_joint", torch.from_numpy(self.parts.is_joint), persistent=False)
        self.weight = nn.Parameter(torch.zeros(len(self.parts.names), width))

    def forward(self, keypoints: Tensor, grid: tuple[int, int, int], patch: int, tubelet: int) -> Tensor:
        """(n, tokens, D) to be added to patches, of keypoints (n, F, K, 3) in pixels; ``grid`` is (F / tubelet, rows, columns)."""
        if keypoints.shape[1] != grid[0] * tubelet:
            raise SkelgaitError(
                "keypoints and patches are not of the same frames",
                found=f"{keypoints.shape[1]} frames",
                expected=f"{grid[0]} x {tubelet}",
            )
        parts = keypoints.split(max(1, 8 * PICTURES_AT_ONCE // keypoints.shape[1]))
        shares = torch.cat([self.shares(part, grid, patch) for part in parts])
        return shares.to(self.weight.dtype) @ self.weight

    @torch.no_grad()
    def shares(self, keypoints: Tensor, grid: tuple[int, int, int], patch: int) -> Tensor:
        """(n, tokens, P) how much of each joint and bone lies in each patch."""
        xy, sure = seen_points(keypoints)
        ends = xy[:, :, self.ends]  # (n, F, P, 2, 2)
        along = ends[..., 1, :] - ends[..., 0, :]
        length = torch.where(self.is_joint, 1.0, along.norm(dim=-1) / patch)
        weight = (length * sure[:, :, self.ends].amin(-1))[..., None, None]
        (row_in, row_out), (column_in, column_out) = (
            _crossed(ends[..., 0, axis], along[..., axis], count, patch) for axis, count in ((1, grid[1]), (0, grid[2]))
        )
        inside = torch.minimum(row_out[..., None], column_out[..., None, :]) - torch.maximum(
            row_in[..., None], column_in[..., None, :]
        )
        shares = (inside.clamp_(min=0) * weight).nan_to_num_(0.0)  # (n, F, P, rows, columns)
        shares = shares.unflatten(1, (grid[0], keypoints.shape[1] // grid[0])).mean(2)
        return shares.flatten(3).transpose(2, 3).flatten(1, 2)


def _crossed(start: Tensor, along: Tensor, count: int, patch: int) -> tuple[Tensor, Tensor]:
    """(..., count) where on its way, 0 to 1, a line comes into each row of patches and leaves it; one it misses it leaves first."""
    still = along.abs() < 1e-6  # creeps on, so that it is in one patch, not on the edge of two
    along = torch.where(still, 1e-6, along)[..., None]
    edges = torch.arange(count + 1, device=start.device) * patch - 0.5
    at = (edges - start[..., None]) / along
    first, second = at[..., :-1], at[..., 1:]
    return torch.minimum(first, second).clamp(min=0), torch.maximum(first, second).clamp(max=1)
