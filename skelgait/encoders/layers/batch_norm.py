"""Batch normalisation that does not see padding."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.encoders.layers.frames import Frames


class FrameNorm(nn.Module):
    """Batch normalisation over the real frames of a padded batch; padding comes out as zero.

    Parameters
    ----------
    width : int
        Size of the last axis.

    Notes
    -----
    Deviation from every published skeleton network: there, padding is zeros that count as observations. Here the mean and the
    spread of a padded batch are those of its real frames, to the last bit those of the same frames without padding.

    The statistics live in a plain `torch.nn.BatchNorm1d`, so that what looks for those (synchronised batch normalisation, freezing)
    finds them.

    References
    ----------
    Ioffe S, Szegedy C. Batch normalization. ICML 2015. arXiv:1502.03167

    Examples
    --------
    >>> frames = Frames.of(torch.tensor([[True, True, False]]))
    >>> FrameNorm(1)(torch.tensor([[[1.0], [3.0], [50.0]]]), frames).flatten().round().tolist()
    [-1.0, 1.0, 0.0]
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.fixed = False

    def fix(self, mean: Tensor, variance: Tensor) -> None:
        """Use these statistics, (width,) each, from now on, in training too; scale and shift are still learnt."""
        with torch.no_grad():
            self.norm.running_mean.copy_(mean)
            self.norm.running_var.copy_(variance)
        self.fixed = True
        self.train(self.training)

    def train(self, mode: bool = True) -> FrameNorm:
        """As for any module; fixed statistics stay fixed."""
        super().train(mode)
        self.norm.train(mode and not self.fixed)
        return self

    @property
    def settled(self) -> bool:
        """Whether it only scales and shifts, by what it has learnt, and so can be folded into the layer before it."""
        return not self.norm.training

    def forward(self, values: Tensor, frames: Frames, *, rectify: bool = False) -> Tensor:
        """Normalise (B, T, ..., width); with ``rectify`` what is negative after that becomes zero."""
        real = frames.take(values)
        out = self.norm(real.reshape(-1, real.shape[-1]))
        if rectify:
            out = F.relu(out, inplace=True)
        return frames.spread(out.view(real.shape))

    def affine(self) -> tuple[Tensor, Tensor]:
        """Scale and shift, each (width,), when `settled`."""
        norm = self.norm
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return scale, norm.bias - norm.running_mean * scale
