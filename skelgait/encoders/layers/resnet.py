"""A small residual network for small pictures, whose height and width are only halved twice."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDES = (1, 2, 2, 1)
SHRINKS = 4  # rows of a picture to a row of the last stage


class Block(nn.Module):
    """Two convolutions of 3 x 3 with batch normalisation, and a way past them.

    Parameters
    ----------
    before, after : int
        Channels.
    stride : int
        Of the first convolution.
    shortcut : bool
        Whether there is a way past; without, the block is two plain convolutions.
    """

    def __init__(self, before: int, after: int, stride: int, shortcut: bool = True) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut = shortcut
        widens = shortcut and (stride != 1 or before != after)
        self.downsample = (
            nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)) if widens else nn.Identity()
        )

    def forward(self, values: Tensor) -> Tensor:
        """(n, before, h, w) to (n, after, h', w')."""
        out = F.relu(convolve(values, self.conv1, self.bn1), inplace=True)
        out = convolve(out, self.conv2, self.bn2)
        if self.shortcut:
            past = convolve(values, *self.downsample) if isinstance(self.downsample, nn.Sequential) else values
            out = out + past
        return F.relu(out, inplace=True)


class SmallResNet(nn.Module):
    """A first convolution and four stages of blocks; no pooling.

    Parameters
    ----------
    inputs : int
        Channels of a picture.
    channels : sequence of four int
        Channels of each stage.
    blocks : sequence of four int
        Blocks of each stage.
    shortcut : bool
        See `Block`.

    Notes
    -----
    Names of modules are those of torchvision's residual networks. Outside training each batch normalisation is folded into the
    convolution before it: the same numbers in fewer passes over memory. Weights lie channels-last, as pictures do.

    References
    ----------
    He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition. CVPR 2016. doi:10.1109/CVPR.2016.90
    Fan C et al. OpenGait: revisiting gait recognition toward better practicality. CVPR 2023, arXiv 2211.06597: ResNet9 for
    silhouettes: one block a stage, 64 to 512 channels, strides 1, 2, 2, 1, no pooling after the first convolution.

    Examples
    --------
    >>> SmallResNet(1, (4, 8, 8, 16))(torch.zeros(2, 1, 64, 44)).shape
    torch.Size([2, 16, 16, 11])
    """

    def __init__(
        self,
        inputs: int = 1,
        channels: Sequence[int] = (64, 128, 256, 512),
        blocks: Sequence[int] = (1, 1, 1, 1),
        shortcut: bool = True,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels[0], 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        before = channels[0]
        for stage, (after, count, stride) in enumerate(zip(channels, blocks, STRIDES, strict=True), 1):
            made = [Block(before if i == 0 else after, after, stride if i == 0 else 1, shortcut) for i in range(count)]
            self.add_module(f"layer{stage}", nn.Sequential(*made))
            before = after
        self.to(memory_format=torch.channels_last)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, channels[-1], h / 4, w / 4)."""
        out = F.relu(convolve(pictures.contiguous(memory_format=torch.channels_last), self.conv1, self.bn1), inplace=True)
        for stage in range(1, 5):
            out = self.get_submodule(f"layer{stage}")(out)
        return out


def convolve(values: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d) -> Tensor:
    """A convolution and its batch normalisation; as one convolution, where the normalisation only scales and shifts."""
    if norm.training:
        return norm(conv(values))
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    weight, shift = conv.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale
    return F.conv2d(values, weight, shift, conv.stride, conv.padding)
