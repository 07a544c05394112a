"""What a model attended to: cross-attention between streams, or an item's query over tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.explain.faithfulness import with_deletion
from skelgait.explain.question import Question, join_windows


def attention(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
) -> Attribution:
    """How much of the attention each token of a stream received.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`. ``encoder`` is the stream that is looked *at*; default the descriptors.

    Returns
    -------
    Attribution
        Not negative, sums to 1. Axes of the stream's tokens. ``info["received"]`` is the share of the asking streams' attention
        that goes to this one and not to a third: 1 where there are two.

    Raises
    ------
    SkelgaitError
        The model has no attention: neither ``cross_attention`` nor a task with many items.

    Notes
    -----
    With cross-attention: mean over heads and over the tokens that ask. With many items and no cross-attention: the item's own
    query. Attention says where a model looks, not what it makes of it: the deletion curve beside it says how much that matters.

    References
    ----------
    Jain S, Wallace BC. Attention is not explanation, 2019.
    """
    asked = Question(model, trial, item, level, encoder)
    encoders = list(asked.network.encoders)
    crossed = hasattr(asked.network.fusion, "keep_weights")
    if encoder is None:
        asked.encoder = next((i for i, e in enumerate(encoders) if e.inputs == "descriptors"), 0)
    place = asked.find_stream(lambda e: True, "attention")
    with torch.no_grad():
        weights = _received(asked, place) if crossed else _looked_at(asked, place)
    one = asked.encoder_at(place)
    info = asked.about(place, received=float(weights.sum(1).mean()))
    if one.axes == ("descriptor",):
        values = weights.mean(0) / max(float(weights.mean(0).sum()), 1e-12)
        why = Attribution(values, {"descriptor": one.labels("descriptor")}, "attention", asked.answer, info=info)
    elif len(one.axes) != 2:
        raise SkelgaitError(
            f"attention to {asked.names[place]!r} cannot be laid out",
            found=f"axes {', '.join(one.axes)}",
            expected="tokens over descriptors, or over time and keypoints",
        )
    else:
        spans, fps, frames = asked.times(place)
        keypoints = one.labels(one.axes[1])
        maps = [w.reshape(-1, len(keypoints)) for w in weights]
        real = (asked.tokens[place].mask.sum(1) // len(keypoints)).tolist()
        values = join_windows([m[:n] for m, n in zip(maps, real, strict=True)], spans, frames)
        values = values / max(float(values.sum()), 1e-12)
        axes = {"time": [i / fps for i in range(frames)], one.axes[1]: keypoints}
        why = Attribution(values, axes, "attention", asked.answer, info=info)
    return with_deletion(why, asked, place) if faithfulness else why


def _received(asked: Question, place: int) -> np.ndarray:
    """(windows, N) attention the stream's tokens received from all streams that ask it."""
    fusion: Any = asked.network.fusion
    fusion.keep_weights = True
    try:
        said = asked.network(asked.batch.inputs)
        weights = {s: w for s, w in fusion.weights.items() if s != place}
    finally:
        fusion.keep_weights = False
        fusion.weights = {}
    if not weights:
        raise SkelgaitError(
            f"no stream attends to {asked.names[place]!r} in this model", do="direction='both', or explain the other encoder"
        )
    sizes = [t.values.shape[1] for t in said.tokens]
    received = []
    for s, weight in weights.items():
        others = [o for o in range(len(sizes)) if o != s]
        start = sum(sizes[o] for o in others[: others.index(place)])
        mine = weight[:, :, start : start + sizes[place]]
        if weight.shape[1] == sizes[s]:  # every token asks: only real ones count
            asks = said.tokens[s].mask.float()
            received.append((mine * asks[..., None]).sum(1) / asks.sum(1, keepdim=True).clamp(min=1))
        else:
            received.append(mine.mean(1))
    return torch.stack(received).mean(0).double().numpy()


def _looked_at(asked: Question, place: int) -> np.ndarray:
    said = asked.network(asked.batch.inputs)
    looked = asked.network.answer.looked
    if looked is None:
        raise SkelgaitError(
            "this model has no attention to show", do="fusion='cross_attention', or another method: gradcam, integrated_gradients"
        )
    sizes = [t.values.shape[1] for t in said.tokens]
    start = sum(sizes[:place])
    return looked[:, asked.item_code, start : start + sizes[place]].double().numpy()
