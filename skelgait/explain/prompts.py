"""A contact sheet of what a video network with prompts and pruning is given: to look at before anything is learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.encoders.clip_pose import figure_in_clip, pose_in_clip
from skelgait.encoders.layers.foreground import KEEP_AT_LEAST, THRESHOLD, figure_share, keep_patches, kept_shares, pose_share
from skelgait.encoders.layers.prompts import JOINT, WIDTH, draw_prompt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TUBELET = 2
PALE = 0.25  # how much is left of what is pruned
EDGE = (0.88, 0.63, 0.0)
_GAP = 6  # pixels between pictures
_INCH = 1.5  # side of a picture
INK, MUTED = "#1f2a36", "#5d6b7a"


def plot_prompt(
    clip: Clip,
    pose: PoseSequence | None = None,
    silhouettes: SilhouetteSequence | None = None,
    *,
    parts: str = "body",
    width: float = WIDTH,
    joint: float = JOINT,
    side: int = 224,
    patch: int = 16,
    threshold: float = THRESHOLD,
    keep_at_least: int = KEEP_AT_LEAST,
    most: int = 8,
    columns: int = 4,
) -> Figure:
    """Draw pictures of a clip side by side, evenly spread over it, with the prompt on them and what is pruned made pale.

    Parameters
    ----------
    clip : Clip
    pose : PoseSequence, optional
        Of the same video: what is drawn, and what tells the foreground where there are no silhouettes.
    silhouettes : SilhouetteSequence, optional
        Of the same video: they tell the foreground.
    parts, width, joint
        As `skelgait.encoders.layers.prompts.draw_prompt` takes them.
    side, patch : int, pixels
        Of the pictures as the network takes them, and of a patch.
    threshold, keep_at_least
        As `skelgait.encoders.layers.foreground.keep_patches` takes them, for the pictures shown and the one after each, which
        share their patches.
    most : int
        Pictures at most.
    columns : int
        In a row.

    Returns
    -------
    Figure
        An amber line goes round the patches that are kept. The number over a picture is its time in seconds.

    Raises
    ------
    SkelgaitError
        Neither pose nor silhouettes; less than one picture; settings that do not fit; a pose of another video.

    Examples
    --------
    >>> import skelgait as sg
    >>> walk = sg.Walker().film(sg.Camera(size=(320, 320)), fps=25, duration_s=1)
    >>> clip = Clip(np.stack(list(walk.frames())), fps=25, boxes=[[0, 0, 320, 320]] * 25)
    >>> sheet = plot_prompt(clip, walk.pose, side=64, most=2, columns=2)
    >>> sheet.axes[0].get_title(loc="left").split(":")[0]
    'body25, body'
    """
    if pose is None and silhouettes is None:
        raise SkelgaitError("there is nothing to show", expected="a pose, silhouettes or both")
    if most < 1 or columns < 1 or not 1 <= patch <= side:
        raise SkelgaitError(
            "a sheet needs pictures, and these a patch",
            found=f"most={most}, columns={columns}, side={side}, patch={patch}",
            expected="1 or more, and a patch no larger than the side",
        )
    last = max(0, len(clip) - TUBELET)
    first = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(int))
    frames = np.minimum(first[:, None] + np.arange(TUBELET), len(clip) - 1)
    pictures, scale = _pictures(clip, frames, side, patch)
    size = (int(pictures.shape[3]), int(pictures.shape[4]))
    share, by, words = None, "", []
    if silhouettes is not None:
        figure, box = (torch.from_numpy(array[frames]) for array in figure_in_clip(silhouettes, clip))
        share, by = figure_share(figure, box * scale.repeat(2), size, patch, TUBELET), "silhouettes"
    if pose is not None:
        keypoints = torch.from_numpy(pose_in_clip(pose, clip)[frames])
        keypoints[..., :2] = (keypoints[..., :2] + 0.5) * scale - 0.5
        if share is None:
            share, by = pose_share(keypoints, pose.skeleton, size, patch, TUBELET), "the pose"
        pictures = draw_prompt(pictures, keypoints, pose.skeleton, parts=parts, width=width, joint=joint)
        words.append(f"{pose.skeleton.name}, {parts}")
    assert share is not None
    # all moments are one clip here, as they are for a network
    keep = keep_patches(share.flatten(0, 1)[None], threshold, keep_at_least)
    kept, covered = (float(one) for one in kept_shares(share.flatten(0, 1)[None], keep))
    words.append(f"{100 * kept:.0f} % of the patches kept, with {100 * covered:.1f} % of the foreground ({by})")
    shown = _made_pale(pictures[:, :, 0], keep.unflatten(1, (len(first), *share.shape[2:]))[0], patch)
    return _sheet(shown.permute(0, 2, 3, 1).numpy(), clip.time_s[first], columns, ": ".join(words))


def _pictures(clip: Clip, frames: np.ndarray, side: int, patch: int) -> tuple[Tensor, Tensor]:
    """(n, 3, F, H, W) pictures 0 to 1, the longer side as the network has it, and (2,) how much larger they are in x and y."""
    values = torch.from_numpy(clip.frames_at(frames.ravel())).permute(0, 3, 1, 2).float() / 255
    height, width = values.shape[2:]
    size = [max(1, round(one * side / max(height, width) / patch)) * patch for one in (height, width)]
    values = F.interpolate(values.expand(-1, 3, -1, -1), size, mode="bilinear", align_corners=False, antialias=True)
    return values.unflatten(0, frames.shape).transpose(1, 2), torch.tensor([size[1] / width, size[0] / height])


def _made_pale(pictures: Tensor, keep: Tensor, patch: int) -> Tensor:
    """Pictures (n, 3, H, W) of which only kept patches (n, rows, columns) stay as they are, with a line about these."""
    kept = keep.repeat_interleave(patch, 1).repeat_interleave(patch, 2)[:, None]
    pale = torch.where(kept, pictures, 1 - PALE + PALE * pictures)
    around = F.max_pool2d(kept.float(), 3, 1, 1) > F.avg_pool2d(kept.float(), 3, 1, 1, count_include_pad=False)
    return torch.where(around, pale.new_tensor(EDGE).view(3, 1, 1), pale)


def _sheet(pictures: np.ndarray, time_s: np.ndarray, columns: int, title: str) -> Figure:
    from matplotlib.figure import Figure as New

    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height, width = pictures.shape[1:3]
    head = height // 14
    tall, wide = height + head + _GAP, width + _GAP
    sheet = np.ones((rows * columns, tall, wide, 3))
    sheet[: len(pictures), head : head + height, :width] = pictures
    sheet = sheet.reshape(rows, columns, tall, wide, 3).swapaxes(1, 2).reshape(rows * tall, columns * wide, 3)
    figure = New(figsize=(max(_INCH * columns, 4.5), _INCH * rows * tall / wide + 0.3), layout="constrained")
    ax = figure.subplots()
    ax.imshow(sheet, interpolation="nearest")
    for place, time in enumerate(time_s):
        x, y = place % columns * wide, place // columns * tall
        ax.text(x, y + head - 2, f"{time:.2f} s", fontsize=6, color=MUTED, va="bottom")
    ax.set_axis_off()
    ax.set_title(title, fontsize=8, color=INK, loc="left")
    return figure
