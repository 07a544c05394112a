"""Which blocks of a clip a video transformer's answer rests on: Grad-CAM over tokens, and attention rolled out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor

from skelgait.core.attribution import Attribution
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.encoders.layers.packed import Kept
from skelgait.explain.clips import map_of_clips
from skelgait.explain.question import Question, watch_stage

TOKENS = ("clip", "token")


def token_cam(asked: Question, place: int, stage: str | None = None, *, faithfulness: bool = True) -> Attribution:
    """Grad-CAM over the tokens a block of a video transformer gives.

    Parameters
    ----------
    asked : Question
    place : int
        Which encoder.
    stage : str, optional
        ``block1`` and so on; default the deepest.
    faithfulness : bool

    Returns
    -------
    Attribution
        Axes of `map_of_clips`. Blocks of pixels that were left out of the network are 0.

    Notes
    -----
    Channel weights are the mean gradient over a clip's tokens; tokens are put back where their blocks lie in the clip.
    """
    one: Any = asked.encoder_at(place)
    stage = stage or one.cam_layers[-1]

    def look(inputs: list[Inputs]) -> Tensor:
        seen: list[Kept] = []
        layer = one.cam_layer(stage)
        with _watched([(layer, lambda args: seen.append(args[1]))]), _plain(one):
            activation, gradient = watch_stage(asked.network, one, stage, lambda: asked.ask(inputs))
        kept = seen[0]
        weight = torch.stack([part.mean(0) for part in gradient.split(kept.counts)])
        return _laid_out(torch.relu((weight[kept.owner] * activation).sum(1)), kept, one.grid)

    return map_of_clips(asked, place, look, "gradcam", faithfulness=faithfulness, stage=stage)


def rollout(
    model: Any, trial: Trial, *, item: str | None = None, level: Any = None, encoder: Any = None, faithfulness: bool = True
) -> Attribution:
    """Attention of a video transformer, rolled out over its blocks: how much each block of pixels came through to the end.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`.

    Returns
    -------
    Attribution
        Not negative; axes of `map_of_clips`. Over the tokens of a clip it adds up to 1.

    Notes
    -----
    Attention is averaged over heads, half of each token's way past it is added (0.5 A + 0.5 I), and the blocks are multiplied; at
    the end tokens count as the network pools them. It is the same whatever answer is explained: it says what was passed on, not
    what for. Blocks of pixels that were left out are 0.

    References
    ----------
    Abnar S, Zuidema W. Quantifying attention flow in transformers. ACL 2020.
    """
    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: e.cam_axes == TOKENS, "attention roll-out")
    one: Any = asked.encoder_at(place)

    def look(inputs: list[Inputs]) -> Tensor:
        flows: list[list[Tensor]] = []  # of each part of the clips that went through at once: what came through so far
        which: list[Kept] = []
        last: list[list[Tensor]] = []

        def pass_on(number: int, args: tuple[Any, ...]) -> None:
            values, kept = args
            if number == 0:
                flows.append([torch.eye(count, device=values.device) for count in kept.counts])
                which.append(kept)
            query, key, _ = one.vit.blocks[number].attn.split(values)
            for n, (q, k) in enumerate(zip(query.split(kept.counts), key.split(kept.counts), strict=True)):
                weights = (torch.einsum("nhd,mhd->hnm", q, k) / q.shape[-1] ** 0.5).softmax(-1).mean(0)
                flows[-1][n] = 0.5 * (weights @ flows[-1][n] + flows[-1][n])

        def pool(args: tuple[Any, ...]) -> None:
            values, kept = args
            heads, size = one.vit.pool.query.shape
            score = (one.vit.pool.key(values).unflatten(1, (heads, size)) * one.vit.pool.query).sum(-1) / size**0.5
            last.append([part.softmax(0).mean(1) for part in score.split(kept.counts)])

        hooks = [(block.attn, lambda args, n=n: pass_on(n, args)) for n, block in enumerate(one.vit.blocks)]
        if one.vit.pool is not None:
            hooks.append((one.vit.pool, pool))
        with torch.no_grad(), _watched(hooks):
            one(inputs[place])
        maps = []
        for n, (flow, kept) in enumerate(zip(flows, which, strict=True)):
            ends = last[n] if last else [torch.full((count,), 1 / count) for count in kept.counts]
            through = torch.cat([end.to(passed.device) @ passed for end, passed in zip(ends, flow, strict=True)])
            maps.append(_laid_out(through, kept, one.grid))
        return torch.cat(maps)

    return map_of_clips(asked, place, look, "rollout", faithfulness=faithfulness)


def _laid_out(values: Tensor, kept: Kept, grid: tuple[int, int, int]) -> Tensor:
    """(n, T', H', W') of packed tokens (M,), each where its block lies in the clip; 0 where none was kept."""
    moments, rows, columns = grid
    out = values.new_zeros(len(kept.counts), moments * rows * columns)
    out[kept.owner, kept.index] = values
    return out.view(-1, moments, rows, columns)


@contextmanager
def _watched(hooks: list[tuple[Any, Any]]) -> Iterator[None]:
    """Functions told of what layers are given, as they are given it."""
    with ExitStack() as stack:
        for layer, tell in hooks:
            stack.callback(layer.register_forward_pre_hook(lambda _, args, tell=tell: tell(args) and None).remove)
        yield


@contextmanager
def _plain(encoder: Any) -> Iterator[None]:
    """Without working blocks out a second time on the way back: a block that is watched is seen once."""
    before = encoder.vit.checkpointing
    encoder.vit.checkpointing = False
    try:
        yield
    finally:
        encoder.vit.checkpointing = before
