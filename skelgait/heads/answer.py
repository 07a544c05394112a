"""The last step: a feature and tokens in, log-probabilities (B, I, L) out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skelgait.heads.fusion import Fused


class Answer(nn.Module):
    """What the heads share: one feature an item.

    Parameters
    ----------
    width : int
        D of the feature and the tokens.
    n_items, n_levels : int
        I and L.
    hidden : int
        Width of a layer between; 0 for none.
    dropout : float
        Before the last layer.

    Notes
    -----
    One item reads the feature. With many items each has a query of its own that attends to the tokens, and reads the feature
    plus what it found there: a score about the foot need not look where one about the trunk does.
    """

    def __init__(self, width: int, n_items: int, n_levels: int, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.n_items, self.n_levels = n_items, n_levels
        self.between = nn.Sequential(nn.Linear(width, hidden), nn.Dropout(dropout), nn.ReLU()) if hidden else nn.Dropout(dropout)
        self.out_width = hidden or width
        if n_items > 1:
            self.query = nn.Parameter(torch.randn(n_items, width) * 0.02)
            self.key = nn.Linear(width, width)
        self.looked: Tensor | None = None

    def per_item(self, fused: Fused) -> Tensor:
        """(B, I, D) what each item reads."""
        if self.n_items == 1:
            return self.between(fused.feature)[:, None]
        score = torch.einsum("id,bnd->bin", self.query, self.key(fused.values)) / math.sqrt(self.query.shape[1])
        score = score.masked_fill(~fused.mask[:, None], torch.finfo(score.dtype).min)
        looked = score.softmax(-1) * fused.mask[:, None]
        self.looked = looked.detach()
        return self.between(fused.feature[:, None] + looked @ fused.values)


class Nominal(Answer):
    """Levels without order: a softmax an item."""

    def __init__(self, width: int, n_items: int, n_levels: int, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__(width, n_items, n_levels, hidden, dropout)
        self.weight = nn.Parameter(torch.empty(n_items, n_levels, self.out_width))
        self.bias = nn.Parameter(torch.zeros(n_items, n_levels))
        bound = 1 / math.sqrt(self.out_width)
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, fused: Fused) -> Tensor:
        """(B, I, L) log-probabilities."""
        return (torch.einsum("bid,ild->bil", self.per_item(fused), self.weight) + self.bias).float().log_softmax(-1)


class Ordinal(Answer):
    """Levels in order: one number an item, and increasing cut-points it falls between (cumulative link, logistic).

    Notes
    -----
    ``P(level <= k) = sigmoid(cut_k - score)``. Cut-points are kept increasing by adding softplus steps, which start at 2 apart.

    References
    ----------
    McCullagh P. Regression models for ordinal data. J R Stat Soc B 1980;42:109-142.
    """

    def __init__(self, width: int, n_items: int, n_levels: int, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__(width, n_items, n_levels, hidden, dropout)
        self.weight = nn.Parameter(torch.empty(n_items, self.out_width))
        bound = 1 / math.sqrt(self.out_width)
        nn.init.uniform_(self.weight, -bound, bound)
        self.first = nn.Parameter(torch.full((n_items, 1), -(n_levels - 2.0)))
        self.steps = nn.Parameter(torch.full((n_items, n_levels - 2), math.log(math.expm1(2.0))))

    @property
    def cuts(self) -> Tensor:
        """(I, L - 1) increasing cut-points."""
        return torch.cat([self.first, self.first + F.softplus(self.steps).cumsum(1)], 1)

    def forward(self, fused: Fused) -> Tensor:
        """(B, I, L) log-probabilities."""
        score = torch.einsum("bid,id->bi", self.per_item(fused), self.weight).float()
        return cumulative_link(score, self.cuts.float())


def cumulative_link(score: Tensor, cuts: Tensor) -> Tensor:
    """Log-probabilities of ordered levels.

    Parameters
    ----------
    score : (B, I) tensor
    cuts : (I, L - 1) tensor, increasing

    Returns
    -------
    (B, I, L) tensor

    Notes
    -----
    Between two cut-points ``log(sigmoid(b) - sigmoid(a)) = logsigmoid(b) + logsigmoid(-a) + log(1 - exp(a - b))``, which stays
    finite far from the cut-points, where the difference itself would be 0.
    """
    z = cuts - score.unsqueeze(-1)
    first, last = F.logsigmoid(z[..., :1]), F.logsigmoid(-z[..., -1:])
    gap = (cuts[:, 1:] - cuts[:, :-1]).clamp(min=1e-6)
    middle = F.logsigmoid(z[..., 1:]) + F.logsigmoid(-z[..., :-1]) + torch.log(-torch.expm1(-gap))
    return torch.cat([first, middle, last], -1)
