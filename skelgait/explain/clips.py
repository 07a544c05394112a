"""Where in the clips of a walk a network of video saw what speaks for the answer."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.explain.question import Question, watch_stage

CLIP = ("clip", "time", "row", "column")


def clip_cam(asked: Question, place: int, stage: str | None = None) -> Attribution:
    """Grad-CAM over time, rows and columns of what a network of clips looks at.

    Parameters
    ----------
    asked : Question
    place : int
        Which encoder.
    stage : str, optional
        Of ``encoder.cam_layers``; default the deepest.

    Returns
    -------
    Attribution
        Axes ``time`` (seconds, in steps of the clips), ``row`` and ``column`` of the pictures the network sees;
        ``info["picture"]`` is their mean, 0 to 1. A moment no clip looked at is NaN.

    Notes
    -----
    Channel weights are the mean gradient over a clip's map. The stage's map is stretched over the clip by straight lines, and clips
    that overlap are averaged. Rows are not hidden one after the other to see what a map is worth, as for silhouettes: that would
    take hundreds of looks at a whole video.
    """
    one = asked.encoder_at(place)
    stage = stage or one.cam_layers[-1]
    walks = asked.model._walks([asked.trial])
    step = float(one.step_s)  # type: ignore[arg-type]
    heats, pictures, times = [], [], []
    for window, (walk, start, stop) in enumerate(walks.examples):
        sample = walks.samples[place][walk]
        begin = 0.0
        if walks.window:
            sample, begin = one.cut(sample, start, stop), start
        heat, picture = _look(asked, place, window, stage)
        heats.append(heat)
        pictures.append(picture)
        times += list(begin + one.moments(sample))  # type: ignore[operator]
    heat = torch.cat(heats).flatten(0, 1)  # (pictures of all clips, H, W)
    places = torch.from_numpy(np.rint(np.concatenate(times) / step).astype(int))
    moments = int(places.max()) + 1
    count = torch.zeros(moments).index_add_(0, places, torch.ones(len(places)))
    total = torch.zeros(moments, *heat.shape[1:]).index_add_(0, places, heat)
    values = (total / count.view(-1, 1, 1)).numpy()  # 0 / 0: nobody looked
    return Attribution(
        values,
        {"time": [i * step for i in range(moments)], "row": range(values.shape[1]), "column": range(values.shape[2])},
        "gradcam",
        asked.answer,
        info=asked.about(place, stage=stage, picture=torch.stack(pictures).mean(0).numpy()),
    )


def _look(asked: Question, place: int, window: int, stage: str) -> tuple[Tensor, Tensor]:
    """(clips, frames, H, W) map of one window's clips, and its mean picture (H, W)."""
    one = asked.encoder_at(place)
    inputs = [{key: value[[window]] for key, value in stream.items()} for stream in asked.batch.inputs]
    activation, gradient = watch_stage(asked.network, one, stage, lambda: asked.ask(inputs))
    weight = gradient.mean((2, 3, 4), keepdim=True)
    heat = torch.relu((weight * activation).sum(1, keepdim=True))
    with torch.no_grad():
        seen = one.pictures(inputs[place]["clip"][inputs[place]["mask"]])  # type: ignore[operator]
        seen = seen * one.spread.view(-1, 1, 1, 1) + one.mean.view(-1, 1, 1, 1)  # type: ignore[operator,union-attr]
    heat = F.interpolate(heat, tuple(seen.shape[2:]), mode="trilinear", align_corners=False)[:, 0]
    return heat, seen.mean((0, 1, 2))
