"""Graph convolution: each keypoint sums what its neighbours send, by subset, and weighs the subsets apart."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.convolve import convolve
from skelgait.encoders.layers.frames import Frames
from skelgait.encoders.layers.mixing import mix


class SpatialGraphConv(nn.Module):
    """Graph convolution over the keypoints of each frame, batch normalisation, rectifier.

    Parameters
    ----------
    width_in, width : int
        Numbers a keypoint before and after.
    adjacency : (S, K, K)
        ``[subset, from, to]``, as `skelgait.encoders.graph.adjacency` gives it.
    learn : {"importance", "adjacency"}
        What is learnt of the graph: a factor on each bone (the adjacency stays), or the adjacency itself, which may then grow
        edges that are no bones.
    residual : bool
        Add the input, brought to the new width where that differs, before the rectifier.

    Notes
    -----
    Published code widens first and sends along the bones afterwards; the two are linear, so the order is free. Here the
    neighbours are summed first: only 1/S of the numbers, and a layer of a single matrix product. The bias of each subset goes
    along the bones as it does there.

    References
    ----------
    Yan S, Xiong Y, Lin D. AAAI 2018. doi:10.1609/aaai.v32i1.12328 (equation 10, with learnable edge importance of section 3.4)
    Duan H, Wang J, Chen K, Lin D. PYSKL. ACM Multimedia 2022. doi:10.1145/3503161.3548546 (adjacency learnt, inner residual)
    """

    def __init__(self, width_in: int, width: int, adjacency: Tensor, *, learn: str = "importance", residual: bool = False) -> None:
        super().__init__()
        subsets = len(adjacency)
        bound = 1 / math.sqrt(width_in)
        self.weight = nn.Parameter(torch.empty(subsets, width, width_in).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(subsets, width).uniform_(-bound, bound))
        if learn == "adjacency":
            self.adjacency = nn.Parameter(adjacency.clone())
            self.register_parameter("importance", None)
        else:
            self.register_buffer("adjacency", adjacency.clone())
            self.importance = nn.Parameter(torch.ones_like(adjacency))
        self.norm = FrameNorm(width)
        self.residual = residual
        self.widen = nn.Conv2d(width_in, width, 1) if residual and width_in != width else None
        self.widen_norm = FrameNorm(width) if self.widen is not None else None

    def forward(self, values: Tensor, frames: Frames) -> Tensor:
        """(B, T, K, width_in) to (B, T, K, width); padding comes out as zero."""
        learnt = self.importance is not None
        graph = self.adjacency * self.importance if learnt else self.adjacency
        mixed = mix(values, graph, self.adjacency if learnt else None)
        weight = self.weight.transpose(0, 1).flatten(1)[..., None, None]
        sent = torch.einsum("svw,sc->wc", graph, self.bias)  # what the biases of the senders add up to at each keypoint
        if self.norm.settled:
            scale, shift = self.norm.affine()
            out = convolve(mixed, weight * scale.view(-1, 1, 1, 1), sent * scale + shift)
            out = self._with_input(out, values, frames)
            return frames.silence(F.relu(out, inplace=True))
        out = convolve(mixed, weight, sent)
        if not self.residual:
            return self.norm(out, frames, rectify=True)
        return F.relu(self._with_input(self.norm(out, frames), values, frames), inplace=True)

    def _with_input(self, out: Tensor, values: Tensor, frames: Frames) -> Tensor:
        if not self.residual:
            return out
        if self.widen is None:
            return out.add_(values)
        return out.add_(point_conv_norm(values, self.widen, self.widen_norm, frames))


def point_conv_norm(values: Tensor, conv: nn.Conv2d, norm: FrameNorm | None, frames: Frames, *, rectify: bool = False) -> Tensor:
    """A convolution of size 1 and its batch normalisation, folded into one where that is settled."""
    assert norm is not None
    assert conv.bias is not None
    if not norm.settled:
        return norm(convolve(values, conv.weight, conv.bias), frames, rectify=rectify)
    scale, shift = norm.affine()
    out = convolve(values, conv.weight * scale.view(-1, 1, 1, 1), conv.bias * scale + shift)
    return F.relu(out, inplace=True) if rectify else out
