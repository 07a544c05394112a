"""Several views of time side by side: short and long convolutions, a maximum, and the frame itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.convolve import convolve
from skelgait.encoders.layers.frames import Frames
from skelgait.encoders.layers.spatial import point_conv_norm

DILATIONS = (1, 2, 3, 4)
BRANCHES = len(DILATIONS) + 2


class MultiBranchTemporalConv(nn.Module):
    """Six branches over time, joined by one more layer.

    Parameters
    ----------
    width_in, width : int
        Numbers a keypoint before and after.
    stride : int
        Every how many frames it gives one.

    Notes
    -----
    Four convolutions of 3 frames, 1 to 4 frames apart; the maximum over 3 frames; the frame itself. Each takes a sixth of the
    width, the first what is left over. Published code runs the six one after another. Here the five that enter the same way
    share one layer and one batch normalisation; without batch statistics (in use, not in training) the normalisation after them is
    folded into them too. The numbers are the same.

    References
    ----------
    Duan H, Wang J, Chen K, Lin D. PYSKL. ACM Multimedia 2022. doi:10.1145/3503161.3548546 (ST-GCN++)
    """

    def __init__(self, width_in: int, width: int, *, stride: int = 1) -> None:
        super().__init__()
        part = width // BRANCHES
        if part < 1:
            raise SkelgaitError("six branches need a width of six or more", found=f"a stage of width {width}")
        self.widths = (width - part * (BRANCHES - 1), *[part] * (BRANCHES - 2))  # of those that enter together
        self.stride = stride
        self.enter = nn.Conv2d(width_in, sum(self.widths), 1)
        self.enter_norm = FrameNorm(sum(self.widths))
        self.spans = nn.ModuleList(
            nn.Conv2d(w, w, (3, 1), stride=(stride, 1), padding=(d, 0), dilation=(d, 1))
            for w, d in zip(self.widths, DILATIONS, strict=False)
        )
        self.same = nn.Conv2d(width_in, part, 1)
        self.join_norm = FrameNorm(width)
        self.join = nn.Conv2d(width, width, 1)
        self.norm = FrameNorm(width)

    def forward(self, values: Tensor, before: Frames, after: Frames) -> Tensor:
        """(B, T, K, width_in) to (B, T / stride, K, width); padding as in `TemporalConv`."""
        if self.join_norm.settled and self.enter_norm.settled:
            joined = F.relu(self._settled(values, before), inplace=True)
        else:
            parts = point_conv_norm(values, self.enter, self.enter_norm, before, rectify=True).split(self.widths, dim=-1)
            spans = [self._span(part, conv, conv.weight, conv.bias) for part, conv in zip(parts, self.spans, strict=False)]
            same = convolve(self._frame(values), self.same.weight, self.same.bias)
            joined = self.join_norm(torch.cat([*spans, self._most(parts[-1]), same], dim=-1), after, rectify=True)
        return point_conv_norm(joined, self.join, self.norm, after)

    def _settled(self, values: Tensor, before: Frames) -> Tensor:
        """All branches with the normalisations before and after them folded into them."""
        inner = before.silence(point_conv_norm(values, self.enter, self.enter_norm, before, rectify=True))
        parts = inner.split(self.widths, dim=-1)
        scales, shifts = (x.split((*self.widths, self.same.out_channels)) for x in self.join_norm.affine())
        spans = [
            self._span(part, conv, conv.weight * scale.view(-1, 1, 1, 1), conv.bias * scale + shift)
            for part, conv, scale, shift in zip(parts, self.spans, scales, shifts, strict=False)
        ]
        most = torch.addcmul(shifts[-2].to(inner.dtype), self._most(parts[-1]), scales[-2].to(inner.dtype))
        weight, bias = self.same.weight * scales[-1].view(-1, 1, 1, 1), self.same.bias * scales[-1] + shifts[-1]
        return torch.cat([*spans, most, convolve(self._frame(values), weight, bias)], dim=-1)

    def _frame(self, values: Tensor) -> Tensor:
        return values if self.stride == 1 else values[:, :: self.stride]

    def _most(self, part: Tensor) -> Tensor:
        # what enters is never negative, so that a zero beyond the ends changes no maximum
        columns = part.permute(0, 3, 1, 2)
        return F.max_pool2d(columns, (3, 1), (self.stride, 1), (1, 0)).permute(0, 2, 3, 1)

    def _span(self, part: Tensor, conv: nn.Conv2d, weight: Tensor, bias: Tensor) -> Tensor:
        return convolve(part, weight, bias, stride=self.stride, dilation=int(conv.dilation[0]))
