"""Gradient-weighted class activation maps over whatever axes an encoder has."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.core.trial import Trial
from skelgait.explain.faithfulness import with_deletion
from skelgait.explain.question import Question, join_windows


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
        Axes ``time`` (seconds) and ``keypoint``, not negative, in units of log-odds per activation; maps of different walks
        are comparable only through `Attribution.normalised`.

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
    maps = cam_maps(asked, place, stage)
    spans, fps, frames = asked.times(place)
    counts = asked.batch.inputs[place]["mask"].sum(1)
    longest = int(asked.batch.inputs[place]["mask"].shape[1])
    real = [max(1, round(int(n) * maps.shape[1] / longest)) for n in counts]
    joined = join_windows([m[:n].numpy() for m, n in zip(maps, real, strict=True)], spans, frames)
    why = Attribution(
        joined,
        {"time": [i / fps for i in range(frames)], one.axes[1]: one.labels(one.axes[1])},
        "gradcam",
        asked.answer,
        info={
            "trial": trial.name,
            "encoder": asked.names[place],
            "stage": stage or one.cam_layers[-1],
            "probability": dict(zip(asked.task.levels, asked.probability.tolist(), strict=True)),
        },
    )
    return with_deletion(why, asked, place) if faithfulness else why


def cam_maps(asked: Question, place: int, stage: str | None = None) -> Tensor:
    """(windows, T', K) map of each window at the stage's own resolution."""
    one = asked.encoder_at(place)
    kept: list[Tensor] = []

    def keep(_module: object, _inputs: object, output: Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    hook = one.cam_layer(stage).register_forward_hook(keep)
    try:
        with torch.enable_grad():
            asked.network.zero_grad()
            asked.ask(asked.batch.inputs).sum().backward()
    finally:
        hook.remove()
        asked.network.zero_grad()
    activation, gradient = one.cam_grid(kept[0].detach()), one.cam_grid(kept[0].grad)
    n_real = (gradient != 0).any(1, keepdim=True).float().flatten(2).sum(-1).clamp(min=1)
    weight = gradient.flatten(2).sum(-1) / n_real
    return torch.relu((weight[:, :, None, None] * activation).sum(1)).detach()
