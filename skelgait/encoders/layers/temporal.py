"""Convolution of each keypoint over time."""

from __future__ import annotations

from torch import Tensor, nn

from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.convolve import convolve
from skelgait.encoders.layers.frames import Frames


class TemporalConv(nn.Module):
    """A convolution over time, the same for every keypoint, and its batch normalisation.

    Parameters
    ----------
    width_in, width : int
        Numbers a keypoint before and after.
    size : int
        Frames it sees, odd.
    stride : int
        Every how many frames it gives one.

    Notes
    -----
    A frame that is given stands for the middle of those it was made of: frame i of the output for frame ``i * stride`` of the
    input. What it is given must be zero where a frame is padding; then the end of a padded walk sees what the end of an unpadded
    one sees.

    References
    ----------
    Yan S, Xiong Y, Lin D. AAAI 2018. doi:10.1609/aaai.v32i1.12328 (9 frames)
    """

    def __init__(self, width_in: int, width: int, *, size: int = 9, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(width_in, width, (size, 1), stride=(stride, 1), padding=(size // 2, 0))
        self.norm = FrameNorm(width)

    def forward(self, values: Tensor, before: Frames, after: Frames) -> Tensor:
        """(B, T, K, width_in) to (B, T / stride, K, width); frames ``before`` and ``after`` are those of input and output.

        Padding comes out as zero in training, as anything otherwise.
        """
        if not self.norm.settled:
            return self.norm(convolve(values, self.conv.weight, self.conv.bias, stride=self.stride), after)
        scale, shift = self.norm.affine()
        weight, bias = self.conv.weight * scale.view(-1, 1, 1, 1), self.conv.bias * scale + shift
        return convolve(values, weight, bias, stride=self.stride)
