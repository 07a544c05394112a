"""Residual networks whose convolutions run over time, rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEPTHS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
STEMS = ("kenshohara", "torchvision")
DEEP = 50  # from this depth on a block narrows, looks, and widens fourfold


class Convolution(nn.Conv3d):
    """A convolution over time, rows and columns; in bf16 on a processor right for short clips too.

    Notes
    -----
    Where fewer pictures than the kernel is long are padded, torch 2.13 (oneDNN, AMD EPYC with avx512_bf16) makes the gradient of
    bf16 weights of memory nobody wrote: now and then a loss that is no number, now and then only a wrong step. The third stage
    of the 18-layer network over 16 pictures is such a case. Zeros behind the last picture, and results of them left out, are the
    same convolution.
    """

    def forward(self, values: Tensor) -> Tensor:
        """(n, channels, T, H, W) to (n, channels', T', H', W')."""
        time, size, stride, around = values.shape[2], self.kernel_size[0], self.stride[0], int(self.padding[0])
        low = values.dtype == torch.bfloat16 or torch.is_autocast_enabled("cpu")
        if low and values.is_cpu and torch.is_grad_enabled() and 1 < time < size:
            longer = F.pad(values, (0, 0, 0, 0, 0, size - time))
            return super().forward(longer)[:, :, : (time + 2 * around - size) // stride + 1]
        return super().forward(values)


class Block(nn.Module):
    """Convolutions with batch normalisation, and a way past them.

    Parameters
    ----------
    before, middle : int
        Channels that come in, and of the convolutions.
    stride : int
        In time, rows and columns.
    deep : bool
        1, 3 and 1 wide with four times ``middle`` at the end, instead of twice 3 wide.
    shortcut : {"A", "B"}
        The way past where sizes change: every ``stride``-th place with zeros for new channels, or a convolution.
    attention : callable, optional
        Makes what stands before the sum.
    """

    def __init__(
        self,
        before: int,
        middle: int,
        stride: int,
        deep: bool,
        shortcut: str = "B",
        attention: Callable[[], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        after = middle * (4 if deep else 1)
        sizes = ((before, middle, 1, 1), (middle, middle, 3, stride), (middle, after, 1, 1))
        sizes = sizes if deep else ((before, middle, 3, stride), (middle, middle, 3, 1))
        self.count, self.stride, self.more = len(sizes), stride, after - before
        for i, (source, target, size, step) in enumerate(sizes, 1):
            self.add_module(f"conv{i}", Convolution(source, target, size, step, size // 2, bias=False))
            self.add_module(f"bn{i}", nn.BatchNorm3d(target))
        self.attention = nn.Identity() if attention is None else attention()
        self.downsample: nn.Module | None = None
        if shortcut == "B" and (stride != 1 or before != after):
            self.downsample = nn.Sequential(nn.Conv3d(before, after, 1, stride, bias=False), nn.BatchNorm3d(after))

    def forward(self, values: Tensor) -> Tensor:
        """(n, before, T, H, W) to (n, after, T', H', W')."""
        out = values
        for i in range(1, self.count + 1):
            out = self.get_submodule(f"bn{i}")(self.get_submodule(f"conv{i}")(out))
            if i < self.count:
                out = F.relu(out, inplace=True)
        return F.relu(self.attention(out) + self.past(values), inplace=True)

    def past(self, values: Tensor) -> Tensor:
        """The way past the convolutions."""
        if self.downsample is not None:
            return self.downsample(values)
        thin = values[:, :, :: self.stride, :: self.stride, :: self.stride]
        return F.pad(thin, (0, 0, 0, 0, 0, 0, 0, self.more)) if self.more else thin


class SpaceTimeResNet(nn.Module):
    """A first convolution and four stages.

    Parameters
    ----------
    channels : int
        Of a picture.
    depth : {10, 18, 34, 50}
    stem : {"kenshohara", "torchvision"}
        7 x 7 x 7 and then pooling in time, rows and columns; or 3 x 7 x 7 that keeps time, and no pooling.
    widths : sequence of four int
        Channels of the stages, before a deep block widens them.
    shortcut : {"A", "B"}
    last_stride : {1, 2}
        Of the last stage: 1 keeps twice as many rows, columns and moments, with the same weights.
    attention : callable, optional
        Makes what stands at the end of each block.

    Notes
    -----
    Names of modules are those of the code of Hara et al. Its shortcut A cuts the gradient of the way past (``out.data``); here it
    passes.

    References
    ----------
    Hara K, Kataoka H, Satoh Y. Can spatiotemporal 3D CNNs retrace the history of 2D CNNs and ImageNet? CVPR 2018.
    Tran D et al. A closer look at spatiotemporal convolutions for action recognition. CVPR 2018 (torchvision's r3d_18).

    Examples
    --------
    >>> import torch
    >>> SpaceTimeResNet(depth=10, widths=(4, 8, 8, 16))(torch.zeros(1, 3, 16, 112, 112)).shape
    torch.Size([1, 16, 1, 4, 4])
    """

    def __init__(
        self,
        channels: int = 3,
        depth: int = 18,
        stem: str = "kenshohara",
        widths: Sequence[int] = (64, 128, 256, 512),
        shortcut: str = "B",
        last_stride: int = 2,
        attention: Callable[[], nn.Module] | None = None,
    ) -> None:
        super().__init__()
        long = stem == "kenshohara"
        size = (7 if long else 3, 7, 7)
        padding = (size[0] // 2, 3, 3)
        self.conv1 = Convolution(channels, widths[0], size, (1, 2, 2), padding, bias=False)
        self.bn1 = nn.BatchNorm3d(widths[0])
        self.pool = nn.MaxPool3d(3, 2, 1) if long else nn.Identity()
        deep = depth >= DEEP
        before = widths[0]
        for stage, (middle, count, stride) in enumerate(zip(widths, DEPTHS[depth], (1, 2, 2, last_stride), strict=True), 1):
            blocks = []
            for i in range(count):
                blocks.append(Block(before, middle, stride if i == 0 else 1, deep, shortcut, attention))
                before = middle * (4 if deep else 1)
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))
        self.width = before
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, clips: Tensor) -> Tensor:
        """(n, channels, T, H, W) to (n, width, T', H', W')."""
        out = self.pool(F.relu(self.bn1(self.conv1(clips)), inplace=True))
        for stage in range(1, 5):
            out = self.get_submodule(f"layer{stage}")(out)
        return out
