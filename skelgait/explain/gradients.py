"""Integrated gradients: how much each coordinate or descriptor moved the answer from that of a plain child to this one's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.explain.faithfulness import with_deletion
from skelgait.explain.question import Question, join_windows

BASELINES = ("still", "zero")


def integrated_gradients(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
    baseline: str = "still",
    steps: int = 32,
) -> Attribution:
    """Signed contributions to the log-odds of the answer.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`.
    baseline : {"still", "zero"}
        For poses: the child standing still in the walk's own mean pose, so that movement is what is explained, or the origin.
        Descriptors start from the middle of the training walks.
    steps : int
        Points on the way.

    Returns
    -------
    Attribution
        Signed; axes ``time`` and ``keypoint`` (x and y together), or ``descriptor``. The sum is the log-odds here less those of
        the baseline, up to ``info["error"]``. Several windows are averaged.

    References
    ----------
    Sundararajan M, Taly A, Yan Q. Axiomatic attribution for deep networks, 2017. The implementation is captum's.
    """
    from captum.attr import IntegratedGradients

    if baseline not in BASELINES:
        raise SkelgaitError(f"there is no baseline {baseline!r}", expected=" or ".join(BASELINES))
    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: e.axes in (("time", "keypoint"), ("descriptor",)), "integrated gradients")
    one, inputs = asked.encoder_at(place), asked.batch.inputs[place]
    name = "values" if one.inputs == "descriptors" else "pose"
    given = inputs[name]
    plain = torch.nan_to_num(given)
    start = _middle(one, given) if name == "values" else _baseline(inputs, baseline)
    known = torch.isfinite(given)

    def evidence(values: Tensor, window: Tensor) -> Tensor:
        real = torch.where(known[window], values, torch.nan) if name == "values" else values
        varied: Inputs = {key: value[window] for key, value in inputs.items()} | {name: real}
        return asked.ask(
            [varied if i == place else {k: v[window] for k, v in other.items()} for i, other in enumerate(asked.batch.inputs)]
        )

    rows = torch.arange(len(given))
    shares, error = IntegratedGradients(evidence).attribute(
        plain, start, additional_forward_args=(rows,), n_steps=steps, internal_batch_size=64, return_convergence_delta=True
    )
    asked.network.zero_grad()
    compared = "middle of the training walks" if name == "values" else baseline
    info = asked.about(place, baseline=compared, error=float(error.abs().max()))
    if name == "values":
        values, axes = shares.mean(0).detach().numpy(), {"descriptor": one.labels("descriptor")}
    else:
        spans, fps, frames = asked.times(place)
        maps = [m[: stop - begin].sum(-1).detach().numpy() for m, (begin, stop) in zip(shares, spans, strict=True)]
        values = join_windows(maps, spans, frames)
        axes = {"time": [i / fps for i in range(frames)], "keypoint": one.labels("keypoint")}
    why = Attribution(values, axes, "integrated_gradients", asked.answer, signed=True, info=info)
    return with_deletion(why, asked, place) if faithfulness else why


def _middle(encoder: Any, given: Tensor) -> Tensor:
    return torch.where(torch.isfinite(given), encoder.middle.expand_as(given), 0.0)


def _baseline(inputs: Inputs, baseline: str) -> Tensor:
    pose, mask = inputs["pose"], inputs["mask"]
    if baseline == "zero":
        return pose * pose.new_tensor([0.0, 0.0, 1.0])
    seen = (pose[..., 2:] > 0) & mask[:, :, None, None]
    mean = (pose * seen).sum(1, keepdim=True) / seen.sum(1, keepdim=True).clamp(min=1)
    return torch.where(seen, torch.cat([mean[..., :2].expand_as(pose[..., :2]), pose[..., 2:]], -1), pose)
