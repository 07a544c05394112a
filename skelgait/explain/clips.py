"""Where in the clips of a walk a network of video saw what speaks for the answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.encoders.base import Inputs
from skelgait.explain.faithfulness import with_deletion_of
from skelgait.explain.question import Question, watch_stage

CLIP = ("clip", "time", "row", "column")
CELLS = 7  # a picture is hidden in so many rows and columns of squares
LOOKS = 2  # clips of a window that are looked at, evenly spread, each time something is hidden
TOGETHER = 8  # ways of hiding that are asked about at a time: some 7 MB each


def clip_cam(asked: Question, place: int, stage: str | None = None, *, faithfulness: bool = True) -> Attribution:
    """Grad-CAM over time, rows and columns of what a network of clips looks at.

    Parameters
    ----------
    asked : Question
    place : int
        Which encoder.
    stage : str, optional
        Of ``encoder.cam_layers``; default the deepest.
    faithfulness : bool
        Hide squares of the picture, those that matter most first.

    Returns
    -------
    Attribution
        Axes of `map_of_clips`.

    Notes
    -----
    Channel weights are the mean gradient over a clip's map; the stage's map is stretched over the clip by straight lines.
    """
    one = asked.encoder_at(place)
    stage = stage or one.cam_layers[-1]

    def look(inputs: list[Inputs]) -> Tensor:
        activation, gradient = watch_stage(asked.network, one, stage, lambda: asked.ask(inputs))
        weight = gradient.mean((2, 3, 4), keepdim=True)
        return torch.relu((weight * activation).sum(1))

    return map_of_clips(asked, place, look, "gradcam", faithfulness=faithfulness, stage=stage)


def map_of_clips(asked: Question, place: int, look: Any, method: str, *, faithfulness: bool = True, **more: Any) -> Attribution:
    """What a method says of each clip, brought together over the walk.

    Parameters
    ----------
    asked : Question
    place : int
        Which encoder.
    look : callable
        From one window's inputs, a mapping an encoder, to (clips, T', H', W'), at whatever resolution.
    method : str
    faithfulness : bool
        Hide squares of the picture, those that matter most first.
    **more
        For ``info``.

    Returns
    -------
    Attribution
        Axes ``time`` (seconds after the first picture of the walk, of each picture that was looked at), ``row`` and ``column`` of
        the pictures the network sees. ``info["picture"]`` is their mean, 0 to 1; ``info["part"]`` left, top, width and height of
        the clip's pixels that they show; ``info["plane"]`` whose clip.

    Notes
    -----
    Where clips overlap the mean counts. For the deletion curve squares (7 x 7) take the clip's mean colour over the whole walk, in
    two clips of each window.
    """
    one: Any = asked.encoder_at(place)
    walks = asked.model._walks([asked.trial])
    heats, pictures, shown = [], [], []
    time_s = np.asarray(walks.samples[place][0]["time_s"])
    for window, (walk, start, stop) in enumerate(walks.examples):
        sample, first = walks.samples[place][walk], 0
        if walks.window:
            sample = one.cut(sample, start, stop)
            first = int(np.searchsorted(time_s, sample["time_s"][0]))
        inputs = [{key: value[[window]] for key, value in stream.items()} for stream in asked.batch.inputs]
        heat = look(inputs).detach()
        with torch.no_grad():
            seen = one.pictures(inputs[place]["clip"][inputs[place]["mask"]])
            seen = seen * one.spread.view(-1, 1, 1, 1) + one.mean.view(-1, 1, 1, 1)
        heats.append(F.interpolate(heat[:, None], tuple(seen.shape[2:]), mode="trilinear", align_corners=False)[:, 0].flatten(0, 1))
        pictures.append(seen.mean((0, 1, 2)))
        shown += [first + one.nearest(sample, wanted) for wanted in one.moments(sample)]
    which, places = np.unique(np.concatenate(shown), return_inverse=True)
    heat, at = torch.cat(heats), torch.from_numpy(places)
    count = torch.zeros(len(which)).index_add_(0, at, torch.ones(len(at)))
    values = (torch.zeros(len(which), *heat.shape[1:]).index_add_(0, at, heat) / count.view(-1, 1, 1)).numpy()
    factor, across, down = one.in_pictures(*walks.samples[place][0]["clip"].shape[1:3])
    part = [-across / factor, -down / factor, *(size / factor for size in values.shape[:0:-1])]
    why = Attribution(
        values,
        {"time": (time_s[which] - time_s[0]).tolist(), "row": range(values.shape[1]), "column": range(values.shape[2])},
        method,
        asked.answer,
        info=asked.about(place, **more, plane=one.plane, picture=torch.stack(pictures).mean(0).numpy(), part=part),
    )
    if not faithfulness:
        return why
    squares = F.adaptive_avg_pool2d(torch.from_numpy(values.mean(0))[None], CELLS)[0].flatten().numpy()
    return with_deletion_of(why, lambda hidden: _ask_hidden(asked, place, hidden, part), importance=squares)


def _ask_hidden(asked: Question, place: int, hidden: np.ndarray, part: list[float]) -> np.ndarray:
    """(V,) probability of the answer with squares (V, 49) of the pictures hidden; mean over windows."""
    one, said = asked.encoder_at(place), []
    left, top, width, height = part
    for window in range(len(asked.batch.codes)):
        inputs = asked.batch.inputs[place]
        real = inputs["mask"][window].nonzero()[:, 0]
        chosen = real[torch.linspace(0, len(real) - 1, min(LOOKS, len(real))).round().long()]
        thin = {key: value[[window]][:, chosen] for key, value in inputs.items()}
        clips = thin["clip"]
        rows, columns = (
            torch.from_numpy(((np.arange(n) + 0.5 - first) / whole * CELLS).clip(0, CELLS - 1).astype(int))
            for n, first, whole in zip(clips.shape[3:5], (top, left), (height, width), strict=True)
        )
        cover = torch.from_numpy(hidden).unflatten(1, (CELLS, CELLS))[:, rows][:, :, columns]  # (V, H, W)
        black = one.edge == "zeros"  # type: ignore[attr-defined]
        fill = torch.zeros_like(clips[:, :, :1, :1, :1]) if black else clips.float().mean((2, 3, 4), keepdim=True).to(clips.dtype)
        each = []
        for some in cover.split(TOGETHER):
            variants = {key: value.expand(len(some), *value.shape[1:]) for key, value in thin.items()}
            variants["clip"] = torch.where(some[:, None, None, :, :, None], fill, clips)
            each.append(asked.ask_many(place, variants, [window] * len(some)))
        said.append(np.concatenate(each))
    return np.mean(said, axis=0)
