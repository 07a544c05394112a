"""Strips of a feature map from head to foot, coarse to fine, each through a layer of its own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError


class StripPyramid(nn.Module):
    """Mean plus maximum over each strip of the rows, each strip through its own layer without bias.

    Parameters
    ----------
    channels : int
        Of the map.
    width : int
        D of what comes out.
    strips : sequence of int
        Into how many strips the rows are cut, at each level: ``(1, 2, 4, 8)`` gives 15.

    Notes
    -----
    A strip takes every row it touches: 7 rows in 4 strips are rows 0-1, 1-3, 3-5 and 5-6. Where a level has more strips than the
    map has rows, neighbours share a row. The mean over strips of what comes out is one fully connected layer over all of them side
    by side.

    References
    ----------
    Fu Y et al. Horizontal pyramid matching for person re-identification. AAAI 2019, arXiv 1804.05275.

    Examples
    --------
    >>> StripPyramid(8, 16, (1, 2))(torch.zeros(3, 8, 2, 7, 7)).shape
    torch.Size([3, 2, 3, 16])
    """

    def __init__(self, channels: int, width: int, strips: Sequence[int] = (1, 2, 4, 8)) -> None:
        super().__init__()
        if not len(strips) or any(int(n) != n or n < 1 for n in strips):
            raise SkelgaitError("a pyramid needs whole numbers of strips", found=repr(list(strips)), expected="(1, 2, 4, 8)")
        self.strips = tuple(int(n) for n in strips)
        self.weight = nn.Parameter(torch.empty(sum(self.strips), channels, width))
        bound = (6 / (channels + width)) ** 0.5  # Xavier's, for each strip
        nn.init.uniform_(self.weight, -bound, bound)

    def edges(self, rows: int) -> list[tuple[int, int]]:
        """First row and row after the last of each strip."""
        return [(i * rows // n, -(-(i + 1) * rows // n)) for n in self.strips for i in range(n)]

    def forward(self, values: Tensor) -> Tensor:
        """(n, C, T, H, W) to (n, T, S, D)."""
        edges = self.edges(values.shape[3])
        mean, most = values.mean(-1), values.amax(-1)  # (n, C, T, H)
        strips = torch.stack([mean[..., a:b].mean(-1) + most[..., a:b].amax(-1) for a, b in edges])  # (S, n, C, T)
        return torch.einsum("snct,scd->ntsd", strips, self.weight)
