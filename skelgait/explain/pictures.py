"""What in the pictures of a walk an answer rests on: heat over the silhouette, and its strips from head to foot."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from skelgait.core.attribution import Attribution
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.explain.faithfulness import with_deletion_of
from skelgait.explain.question import Question, join_windows, watch_stage

PICTURE = ("time", "row", "column")
MOST_FRAMES = 240  # gradients are kept of so many frames of a walk at most, evenly spread: some 5 MB each
LOOKS = 12  # frames looked at, evenly spread, each time something is hidden


def picture_cam(asked: Question, place: int, stage: str | None = None, *, faithfulness: bool = True) -> Attribution:
    """Grad-CAM over every picture of a walk.

    Parameters
    ----------
    asked : Question
    place : int
        Which encoder.
    stage : str, optional
    faithfulness : bool
        Hide rows of the picture, those that matter most first.

    Returns
    -------
    Attribution
        Axes ``time``, ``row`` (from the top) and ``column`` of the pictures; ``info["picture"]`` is the mean picture.

    Notes
    -----
    Each strip of the body has a layer of its own, and a channel that speaks for the answer at the shoulders may speak against it at
    the feet: channel weights are the mean gradient within each strip, not over the picture as in the reference, which showed the
    background instead of what was planted. With a cosine head the deepest stage is the least faithful (its gradients along a
    feature cancel), so the second is looked at by default; ``info["faithfulness"]`` says how much a map is worth.

    An encoder of a set keeps the maximum over frames: gradients reach the frames that hold it, and the map is high where any frame
    shows what they show. The stage's map is stretched over the picture by straight lines, as it is over frames that were left out.
    """
    one = asked.encoder_at(place)
    stage = stage or one.cam_default or one.cam_layers[-1]
    spans, fps, frames = asked.times(place)
    maps, seen = zip(*(_map(asked, place, window, stage) for window in range(len(spans))), strict=True)
    height, width = seen[0].shape
    joined = join_windows([m.reshape(len(m), -1) for m in maps], spans, frames).reshape(frames, height, width)
    when = [i / fps if np.isfinite(fps) else float(i) for i in range(frames)]
    why = Attribution(
        joined,
        {"time": when, "row": range(height), "column": range(width)},
        "gradcam",
        asked.answer,
        info=asked.about(place, stage=stage, picture=np.mean(seen, axis=0)),
    )
    return with_deletion_of(why, lambda hidden: _ask_hidden(asked, place, hidden)) if faithfulness else why


def strips(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
) -> Attribution:
    """How much each strip of the body, from head to foot, speaks for the answer: the log-odds that go when it is hidden.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`.

    Returns
    -------
    Attribution
        Signed, axis ``strip`` (``rows 0-3`` is the top of the head). ``info["strip_probability"]``, where the model's head asks
        each strip for itself (`bnneck`), is what each says of the answer; ``info["picture"]`` the mean picture.

    Notes
    -----
    A strip is hidden by emptying its rows in every picture before the network sees them, so that what its neighbours see of it is
    gone too. Twelve frames spread evenly over the walk are looked at; windows of a long walk are averaged.
    """
    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: e.axes == ("strip",), "strips")
    one = asked.encoder_at(place)
    names = one.labels("strip")
    said = _ask_hidden(asked, place, np.concatenate([np.zeros((1, len(names)), bool), np.eye(len(names), dtype=bool)]))
    odds = np.log(said.clip(1e-7, 1 - 1e-7) / (1 - said.clip(1e-7, 1 - 1e-7)))
    pictures = [_thin(asked, place, window, LOOKS) for window in range(len(asked.batch.codes))]
    info = asked.about(place, picture=np.mean([_mean_picture(one, part) for part in pictures], axis=0))
    with torch.no_grad():
        parts = asked.network(asked.batch.inputs).parts
    if parts is not None and parts.shape[1] == len(names):
        info["strip_probability"] = parts[:, :, asked.item_code, asked.level_code].exp().mean(0).tolist()
    why = Attribution(odds[0] - odds[1:], {"strip": names}, "strips", asked.answer, signed=True, info=info)
    return with_deletion_of(why, lambda hidden: _ask_hidden(asked, place, hidden)) if faithfulness else why


def _thin(asked: Question, place: int, window: int, most: int) -> Inputs:
    """One window's inputs, with ``most`` of its frames."""
    inputs, name = asked.batch.inputs[place], asked.encoder_at(place).sequence
    real = inputs["mask"][window].nonzero()[:, 0]
    chosen = real[torch.linspace(0, len(real) - 1, min(most, len(real))).round().long()]
    return {key: value[[window]][:, chosen] if key in (name, "mask") else value[[window]] for key, value in inputs.items()}


def _mean_picture(encoder: Any, inputs: Inputs) -> np.ndarray:
    """(H, W) mean over frames, of the highest channel."""
    with torch.no_grad():
        return encoder.pictures(inputs[encoder.sequence][0]).amax(1).mean(0).numpy()


def _map(asked: Question, place: int, window: int, stage: str) -> tuple[np.ndarray, np.ndarray]:
    """(t, H, W) map of one window's frames, and its mean picture (H, W)."""
    one = asked.encoder_at(place)
    part = _thin(asked, place, window, MOST_FRAMES)
    inputs = [part if i == place else {k: v[[window]] for k, v in other.items()} for i, other in enumerate(asked.batch.inputs)]
    activation, gradient = watch_stage(asked.network, one, stage, lambda: asked.ask(inputs))
    rows = gradient.shape[2]
    weight = gradient.mean((0, 3)).unflatten(1, (len(one.labels("strip")), -1)).mean(2)  # (C, strips)
    weight = weight.repeat_interleave(rows // weight.shape[1], 1)
    heat = torch.relu(torch.einsum("ch,tchw->thw", weight, activation))
    picture = _mean_picture(one, part)
    return F.interpolate(heat[:, None], picture.shape, mode="bilinear", align_corners=False)[:, 0].numpy(), picture


def _ask_hidden(asked: Question, place: int, hidden: np.ndarray) -> np.ndarray:
    """(V,) probability of the answer with parts (V, n) of the picture's height hidden; mean over windows."""
    said = []
    for window in range(len(asked.batch.codes)):
        part = _thin(asked, place, window, LOOKS)
        height = asked.encoder_at(place).pictures(part[asked.encoder_at(place).sequence][0, :1]).shape[-2]
        rows = torch.from_numpy(~np.repeat(hidden, height // hidden.shape[1], axis=1))
        variants = {key: value.expand(len(hidden), *value.shape[1:]) for key, value in part.items()} | {"rows": rows}
        said.append(asked.ask_many(place, variants, [window] * len(hidden)))
    return np.mean(said, axis=0)
