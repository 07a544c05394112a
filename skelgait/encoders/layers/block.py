"""One stage: over the skeleton, then over time, around a residual."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.branches import MultiBranchTemporalConv
from skelgait.encoders.layers.frames import Frames
from skelgait.encoders.layers.spatial import SpatialGraphConv, point_conv_norm
from skelgait.encoders.layers.temporal import TemporalConv


class StGcnBlock(nn.Module):
    """A spatial graph convolution and a temporal convolution around a residual.

    Parameters
    ----------
    width_in, width : int
        Numbers a keypoint before and after.
    spatial : nn.Module
        ``(values, frames) -> values``: what happens within a frame; (B, T, K, width_in) to (B, T, K, width), zero on padding.
    branches : bool
        Time in six branches (ST-GCN++) instead of one convolution of 9 frames.
    stride : int
        Every how many frames it gives one.
    residual : bool
        Add the input, brought to the new width and rate where those differ. The first stage has none.
    dropout : float
        Share of numbers hidden after the temporal convolution while training.

    References
    ----------
    Yan S, Xiong Y, Lin D. AAAI 2018. doi:10.1609/aaai.v32i1.12328 (section 3.6)
    """

    def __init__(
        self,
        width_in: int,
        width: int,
        spatial: SpatialGraphConv | nn.Module,
        *,
        branches: bool = False,
        stride: int = 1,
        residual: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.width, self.stride = width, stride
        self.spatial = spatial
        over_time = MultiBranchTemporalConv if branches else TemporalConv
        self.temporal = over_time(width, width, stride=stride)
        self.dropout = nn.Dropout(dropout)
        self.residual = residual
        reshaped = residual and (width_in != width or stride != 1)
        self.shortcut = nn.Conv2d(width_in, width, 1) if reshaped else None
        self.shortcut_norm = FrameNorm(width) if reshaped else None

    def forward(self, values: Tensor, before: Frames, after: Frames) -> Tensor:
        """(B, T, K, width_in) to (B, T / stride, K, width), zero on padding."""
        within = self.spatial(values, before)
        out = self.dropout(self.temporal(within, before, after))
        if self.shortcut is not None:
            out = out + point_conv_norm(values[:, :: self.stride], self.shortcut, self.shortcut_norm, after)
        elif self.residual:
            out = out + values
        return after.silence(F.relu(out, inplace=self.residual))
