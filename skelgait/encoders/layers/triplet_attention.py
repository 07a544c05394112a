"""Triplet attention: a gate for each pair of axes, seen from the most and the mean over all others."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError

AXES = "bthwc"  # channels lie side by side: every maximum and mean then goes over whole rows of memory
GATES = ("ct", "hc", "cw", "hw")  # c channels, t time, h rows, w columns; in the published order of a pair


class Gate(nn.Module):
    """How much passes at each place of one plane: 7 x 7 over the most and the mean of what lies behind it.

    Parameters
    ----------
    plane : {"ct", "hc", "cw", "hw"}
    identity : bool
        Begin with a factor of exactly 1 everywhere (twice a sigmoid whose batch normalisation scales by 0), not about a half.
    size : int
        Of the convolution, odd.
    """

    def __init__(self, plane: str, identity: bool, size: int = 7) -> None:
        super().__init__()
        self.plane, self.identity = plane, identity
        self.conv = nn.Module()  # the names of the published module
        self.conv.conv = nn.Conv2d(2, 1, size, padding=size // 2, bias=False)
        self.conv.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)
        if identity:
            nn.init.zeros_(self.conv.bn.weight)

    def forward(self, values: Tensor) -> Tensor:
        """(B, T, H, W, C) to its factors for (B, C, T, H, W), with size 1 along what is not of the plane."""
        first, second = (AXES.index(axis) for axis in self.plane)
        behind = [axis for axis in range(1, 5) if axis not in (first, second)]
        seen = torch.stack([values.amax(behind), values.mean(behind)], 1)
        if first > second:
            seen = seen.transpose(2, 3)
        factor = torch.sigmoid(self.conv.bn(self.conv.conv(seen)))[:, 0]
        if first > second:
            factor = factor.transpose(1, 2)
        if self.identity:
            factor = 2 * factor
        for axis in behind:
            factor = factor.unsqueeze(axis)
        return factor.movedim(-1, 1).contiguous()


class TripletAttention(nn.Module):
    """The mean of several gates, times what they saw.

    Parameters
    ----------
    gates : sequence of {"ct", "hc", "cw", "hw"}
        Planes: channels and time, rows and channels, channels and columns, rows and columns.
    identity : bool
        Begin by changing nothing, so that weights trained without attention say what they said; the published module begins by
        halving.
    size : int
        Of the convolutions.

    Notes
    -----
    There is no published form over time: ours sees, for each pair, the maximum and the mean over all other axes. With the gates
    ``("cw", "hc", "hw")``, ``identity=False`` and time folded into the batch (T = 1) it is the published module, with its names of
    weights. All gates look at one copy, and they are added before they touch the values; the published code makes four permuted
    copies.

    References
    ----------
    Misra D, Nalamada T, Arasanipalai AU, Hou Q. Rotate to attend: convolutional triplet attention module. WACV 2021,
    arXiv 2010.03045.

    Examples
    --------
    >>> x = torch.randn(2, 8, 4, 7, 7)
    >>> torch.equal(TripletAttention()(x), x)
    True
    """

    def __init__(self, gates: Sequence[str] = ("ct", "hc", "cw"), identity: bool = True, size: int = 7) -> None:
        super().__init__()
        unknown = [gate for gate in gates if gate not in GATES]
        if unknown or not gates or len(set(gates)) < len(gates):
            raise SkelgaitError(
                "these are no gates of triplet attention", found=repr(list(gates)), expected=f"some of {', '.join(GATES)}"
            )
        self.gates = tuple(gates)
        for gate in gates:
            self.add_module(gate, Gate(gate, identity, size))

    def forward(self, values: Tensor) -> Tensor:
        """(B, C, T, H, W), changed."""
        beside = values.movedim(1, -1).contiguous()
        first, *others = [self.get_submodule(gate)(beside) / len(self.gates) for gate in self.gates]
        factor = first
        for other in others:  # the first sum is as large as the values, and takes up the rest
            factor = factor.add_(other) if factor.shape == values.shape else factor + other
        return values * factor
