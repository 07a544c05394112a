"""Gradient-weighted class activation maps over whatever axes an encoder has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from skelgait.core.attribution import Attribution
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.explain.clips import CLIP, clip_cam
from skelgait.explain.faithfulness import with_deletion
from skelgait.explain.pictures import PICTURE, picture_cam
from skelgait.explain.question import Question, join_windows, log_odds, watch_stage
from skelgait.explain.tokens import TOKENS, token_cam


def gradcam(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
    stage: str | None = None,
) -> Attribution:
    """Where a stage saw what speaks for the answer.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`.
    stage : str, optional
        Of ``encoder.cam_layers``; default the deepest.

    Returns
    -------
    Attribution
        Axes ``time`` (seconds) and ``keypoint``, or of pictures ``time``, ``row`` and ``column`` (`picture_cam`, `clip_cam`,
        `token_cam`); not negative, in units of log-odds per activation; maps of different walks are comparable only through
        `Attribution.normalised`.

    Notes
    -----
    Channel weights are the mean gradient over the real places of the stage; the map is the positive part of the weighted sum.
    A stage has fewer frames than the walk: the map is stretched back over the walk by straight lines. Windows of a long walk are
    explained each and averaged where they overlap.

    References
    ----------
    Selvaraju RR et al. Grad-CAM: visual explanations from deep networks via gradient-based localization, 2017.
    Yang K, Chen X, He J. arXiv 2603.22371, 2026: over the last stage of ST-GCN, averaged over time, to rank keypoints.
    """
    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: bool(e.cam_layers), "Grad-CAM")
    one = asked.encoder_at(place)
    if one.cam_axes == CLIP:
        return clip_cam(asked, place, stage, faithfulness=faithfulness)
    if one.cam_axes == TOKENS:
        return token_cam(asked, place, stage, faithfulness=faithfulness)
    if one.cam_axes == PICTURE:
        return picture_cam(asked, place, stage, faithfulness=faithfulness)
    (joined,) = cam_of_walks(model, [trial], [asked.level_code], place, item=asked.item_code, stage=stage)
    _, fps, frames = asked.times(place)
    why = Attribution(
        joined,
        {"time": [i / fps for i in range(frames)], one.axes[1]: one.labels(one.axes[1])},
        "gradcam",
        asked.answer,
        info=asked.about(place, stage=stage or one.cam_layers[-1]),
    )
    return with_deletion(why, asked, place) if faithfulness else why


def cam_of_walks(
    model: Any,
    trials: Sequence[Trial],
    levels: Sequence[int],
    place: int,
    *,
    item: int = 0,
    stage: str | None = None,
    progress: bool = False,
) -> list[np.ndarray]:
    """Grad-CAM maps of many walks, a batch at a time.

    Parameters
    ----------
    model : GaitClassifier
        Fitted.
    trials : sequence of Trial
    levels : sequence of int
        Code of the level each walk's map is about.
    place : int
        Which encoder.
    item : int
    stage : str, optional
    progress : bool

    Returns
    -------
    list of (T, K)
        One a walk, at the frame rate of the encoder's own sample; windows are averaged where they overlap.
    """
    walks, one = model._walks(trials), model.network_.encoders[place]
    order, codes = np.argsort(walks.lengths(), kind="stable"), np.asarray(levels)
    maps: dict[int, tuple[np.ndarray, int]] = {}
    starts = range(0, len(order), model.batch_size)
    for start in tqdm(starts, "Grad-CAM", unit="batch", disable=not progress or None, leave=False):
        some = order[start : start + model.batch_size].tolist()
        inputs = walks.collate(some).inputs
        found = _cam(model.network_, inputs, place, torch.from_numpy(codes[walks.walk[some]]), item, stage)
        real = one.cam_frames(inputs[place]["mask"], found.shape[1], stage)
        frames = inputs[place]["mask"].sum(1)
        maps |= {e: (m[:n].numpy(), int(f)) for e, m, n, f in zip(some, found, real, frames, strict=True)}
    joined = []
    for walk, sample in enumerate(walks.samples[place]):
        fps, frames = float(sample["fps"]), len(sample[one.sequence])
        mine = np.flatnonzero(walks.walk == walk)
        begins = [0 if walks.window is None else min(max(round(walks.examples[e][1] * fps), 0), frames - 1) for e in mine]
        spans = [(begin, begin + maps[e][1]) for begin, e in zip(begins, mine, strict=True)]
        joined.append(join_windows([maps[e][0] for e in mine], spans, frames))
    return joined


def _cam(network: Any, inputs: list[Inputs], place: int, levels: Tensor, item: int, stage: str | None) -> Tensor:
    """(B, T', K) map of each example at the stage's own resolution."""
    one = network.encoders[place]
    seen = watch_stage(network, one, stage, lambda: log_odds(network(inputs).log_probs[:, item], levels))
    activation, gradient = (one.cam_grid(grid) for grid in seen)
    n_real = (gradient != 0).any(1, keepdim=True).float().flatten(2).sum(-1).clamp(min=1)
    weight = gradient.flatten(2).sum(-1) / n_real
    return torch.relu((weight[:, :, None, None] * activation).sum(1)).detach()
