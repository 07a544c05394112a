"""Stages over skeletons: what ST-GCN and its kin have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.base import Inputs, Sample, Tokens
from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.block import StGcnBlock
from skelgait.encoders.layers.frames import Frames
from skelgait.encoders.pose_inputs import PoseEncoder

STAGES = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
CHANNELS = 3  # x, y, confidence
CHUNK = 5 << 19  # numbers of the first activation worked on at a time when nothing is learnt: about what a cache holds


LEAST_SPREAD = 0.02  # leg lengths that a coordinate is taken to move at least
LEAST_STEP = 0.002  # the same from one frame to the next
LEAST_DOUBT = 0.25  # spread that a confidence is taken to have at least


def scale_of(encoder: PoseEncoder, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Mean and variance of what an encoder sees of some walks, (K * 3,) each; what hardly changes counts as changing a little."""
    count, total, squares = 0, 0.0, 0.0
    for start in range(0, len(samples), 64):
        inputs = encoder.collate(samples[start : start + 64])
        rows = encoder.look({name: value.to(encoder.bone_start.device) for name, value in inputs.items()})
        real = rows[inputs["mask"].to(rows.device)].flatten(1).double()
        count += len(real)
        total, squares = total + real.sum(0), squares + (real**2).sum(0)
    mean = total / count
    place = LEAST_STEP if encoder.stream.endswith("motion") else LEAST_SPREAD
    least = torch.tensor([place, place, LEAST_DOUBT], dtype=torch.double, device=mean.device).repeat(len(encoder.skeleton)) ** 2
    return mean.float(), torch.maximum(squares / count - mean**2, least).float()


class SkeletonStages(PoseEncoder):
    """Stages of `StGcnBlock` over poses; a subclass calls `build_stages` and says what a stage does within a frame.

    A stage that is wider than the one before it gives half as many frames.
    """

    published = False  # whether it started from published weights

    def build_stages(
        self, widths: Sequence[int], spatial: Callable[[int, int], nn.Module], *, branches: bool = False, dropout: float = 0.0
    ) -> None:
        """The stages, and the normalisation before them.

        Parameters
        ----------
        widths : sequence of int
            Of each stage.
        spatial : callable
            What a stage does within a frame, from its width before and after.
        branches : bool
            Time in six branches.
        dropout : float
            At the end of each stage but the first.
        """
        if not len(widths) or any(int(width) != width or width < 1 for width in widths):
            raise SkelgaitError("an encoder needs the width of each of its stages", found=repr(widths), expected="(64, 128, 256)")
        if not 0 <= dropout < 1:
            raise SkelgaitError("dropout is a share", found=str(dropout), expected="0 to below 1")
        widths = [int(width) for width in widths]
        self.width = widths[-1]
        self.data_norm = FrameNorm(len(self.skeleton) * CHANNELS)
        self.stages = nn.ModuleList()
        for before, after in pairwise([CHANNELS, *widths]):
            first = not len(self.stages)
            self.stages.append(
                StGcnBlock(
                    before,
                    after,
                    spatial(before, after),
                    branches=branches,
                    stride=2 if after > before and not first else 1,
                    residual=not first,
                    dropout=0.0 if first else dropout,
                )
            )
        self.cam_layers = tuple(f"stage{i}" for i in range(1, len(widths) + 1))

    def learn(self, samples: Sequence[Sample]) -> None:
        """Take the scale of the input from the training walks and keep it (`scale_of`).

        Notes
        -----
        Deviation from published code, which normalises the input by the statistics of each batch and, in use, by their running
        mean: that mean starts from a variance of 1, a hundred times what walks in leg lengths have, and needs some hundred steps
        to forget it; and a confidence that never changed in training, then does, comes out three hundred times too large.
        Weights that were published keep their own.
        """
        if not self.published:
            with torch.no_grad():
                self.data_norm.fix(*scale_of(self, samples))

    def learned(self) -> dict[str, Any]:
        """Whether `learn` was asked; the scale itself is among the weights."""
        return {"scaled": self.data_norm.fixed}

    def relearn(self, learned: dict[str, Any]) -> None:
        """Take up what `learned` gave, before weights are loaded."""
        if learned.get("scaled"):
            self.data_norm.fix(self.data_norm.norm.running_mean, self.data_norm.norm.running_var)

    @property
    def stride(self) -> int:
        """Frames of the input a token stands for."""
        return prod(stage.stride for stage in self.stages)

    def forward(self, inputs: Inputs) -> Tokens:
        """One token a keypoint and `stride` frames.

        Parameters
        ----------
        inputs : dict
            ``pose`` (B, T, K, 3) and ``mask`` (B, T).

        Returns
        -------
        Tokens
            ``values`` (B, ceil(T / stride) * K, width), time before keypoint; zero where a token is padding.
        """
        values, mask = self.look(inputs), inputs["mask"]
        size = self._chunk(mask)
        if size < len(mask):
            parts = [self._run(v, m) for v, m in zip(values.split(size), mask.split(size), strict=True)]
            out, mask = (torch.cat(both) for both in zip(*parts, strict=True))
        else:
            out, mask = self._run(values, mask)
        time, keypoints = out.shape[1:3]
        tokens = out.float() if out.dtype in (torch.bfloat16, torch.float16) else out
        return Tokens(tokens.flatten(1, 2), mask.repeat_interleave(keypoints, dim=1), (time, keypoints))

    def _run(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        frames = Frames.of(mask)
        out = self.data_norm(values.flatten(2), frames).view(values.shape)
        for stage in self.stages:
            after = frames.every(stage.stride)
            out = stage(out, frames, after)
            frames = after
        return out, frames.mask

    def _chunk(self, mask: Tensor) -> int:
        """How many walks go through together: all, unless nothing is learnt, nobody listens, and a CPU's cache overflows."""
        if self.training or torch.is_grad_enabled() or mask.device.type != "cpu" or torch.compiler.is_compiling():
            return len(mask)
        if any(stage._forward_hooks for stage in self.stages):
            return len(mask)
        return max(1, CHUNK // (mask.shape[1] * len(self.skeleton) * self.stages[0].width))

    def cam_layer(self, stage: str | None = None) -> nn.Module:
        """A stage by its name in ``cam_layers``; the last by default.

        Raises
        ------
        SkelgaitError
            No such stage.
        """
        name = self.cam_layers[-1] if stage is None else stage
        if name not in self.cam_layers:
            raise SkelgaitError(f"there is no stage {name!r} to look at", expected=", ".join(self.cam_layers))
        return self.stages[self.cam_layers.index(name)]

    def cam_frames(self, mask: Tensor, frames: int, stage: str | None = None) -> list[int]:
        """How many of a stage's frames are real in each walk of a batch."""
        last = len(self.stages) if stage is None else self.cam_layers.index(stage) + 1
        return mask[:, :: prod(one.stride for one in list(self.stages)[:last])].sum(1).tolist()

    def cam_grid(self, activation: Tensor) -> Tensor:
        """A stage's output (B, T', K, C) as (B, C, T', K)."""
        return activation.permute(0, 3, 1, 2)
