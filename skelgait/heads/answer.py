"""The last step: a feature and tokens in, log-probabilities (B, I, L) out."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from skelgait.core.errors import SkelgaitError
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
    plus what it found there: a score about the foot need not look where one about the trunk does. Where `restrict` has told it
    which streams an item may look at, an item reads nothing else: the mean of their tokens stands for the feature.
    """

    sees: Tensor | None

    def __init__(self, width: int, n_items: int, n_levels: int, hidden: int = 0, dropout: float = 0.0) -> None:
        super().__init__()
        self.n_items, self.n_levels = n_items, n_levels
        self.between = nn.Sequential(nn.Linear(width, hidden), nn.Dropout(dropout), nn.ReLU()) if hidden else nn.Dropout(dropout)
        self.out_width = hidden or width
        if n_items > 1:
            self.query = nn.Parameter(torch.randn(n_items, width) * 0.02)
            self.key = nn.Linear(width, width)
        self.looked: Tensor | None = None
        self.register_buffer("sees", None, persistent=False)

    def restrict(self, sees: Tensor) -> None:
        """Let each item look only at some streams: ``sees`` (S, I) bool."""
        self.sees = sees

    def per_item(self, fused: Fused) -> Tensor:
        """(B, I, D) what each item reads."""
        feature, mask = fused.feature[:, None], fused.mask[:, None]
        if self.sees is not None:
            assert fused.stream is not None
            mask = mask & self.sees.T[:, fused.stream]
            weight = mask.to(fused.values.dtype)
            feature = weight @ fused.values / weight.sum(-1, keepdim=True).clamp(min=1)
        if self.n_items == 1:
            return self.between(feature)
        score = torch.einsum("id,bnd->bin", self.query, self.key(fused.values)) / math.sqrt(self.query.shape[1])
        score = score.masked_fill(~mask, torch.finfo(score.dtype).min)
        looked = score.softmax(-1) * mask
        self.looked = looked.detach()
        return self.between(feature + looked @ fused.values)

    def by_part(self, fused: Fused) -> tuple[Tensor, Tensor | None]:
        """The answer, and where parts of the body answer each for itself (B, P, I, L) their log-probabilities."""
        return self(fused), None


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


class BNNeck(Answer):
    """Each part of the body answers by the angle between its feature and each level's direction; the mean of the parts decides.

    Parameters
    ----------
    width : int
        D of the feature and the tokens.
    n_items, n_levels : int
        I and L.
    parts : int
        1: the fused feature answers. More: so many tokens, each with directions of its own, as 16 strips do in the published
        network; there must be exactly as many.
    scale : float
        Factor on the cosines.

    Raises
    ------
    SkelgaitError
        As many parts as there are no tokens; a batch of one walk in training.

    Notes
    -----
    Batch normalisation is over all parts' numbers side by side; feature and directions then have length 1. The answer is the
    softmax of the mean over parts of ``scale`` times the cosine. In training each part is asked for
    itself (`Supervised`). All items of a task share the parts' features.

    References
    ----------
    Luo H et al. Bag of tricks and a strong baseline for deep person re-identification. CVPR workshops 2019, arXiv 1903.07071. As
    OpenGait has it (Fan C et al. CVPR 2023): cosines times 16.

    Examples
    --------
    >>> head = BNNeck(8, n_items=1, n_levels=3, parts=4).eval()
    >>> tokens = torch.randn(2, 4, 8)
    >>> head(Fused(tokens.mean(1), tokens, torch.ones(2, 4, dtype=torch.bool))).shape
    torch.Size([2, 1, 3])
    """

    def __init__(self, width: int, n_items: int, n_levels: int, parts: int = 1, scale: float = 16.0) -> None:
        super().__init__(width, 1, n_levels)  # no queries of its own for each item: every part answers every item
        self.n_items, self.parts, self.scale = n_items, parts, scale
        self.norm = nn.BatchNorm1d(parts * width)
        nn.init.normal_(self.norm.weight, 1.0, 0.02)
        self.weight = nn.Parameter(torch.empty(parts, width, n_items * n_levels))
        nn.init.xavier_uniform_(self.weight)

    def restrict(self, sees: Tensor) -> None:
        """Refused: every part answers every item."""
        raise SkelgaitError("bnneck answers every item from every token", do="by_plane=False, or the head nominal or ordinal")

    def forward(self, fused: Fused) -> Tensor:
        """(B, I, L) log-probabilities."""
        return self.logits(fused).mean(1).log_softmax(-1)

    def by_part(self, fused: Fused) -> tuple[Tensor, Tensor | None]:
        """The answer, and log-probabilities (B, P, I, L) of each part."""
        logits = self.logits(fused)
        return logits.mean(1).log_softmax(-1), logits.log_softmax(-1)

    def logits(self, fused: Fused) -> Tensor:
        """(B, P, I, L) scaled cosines."""
        features = fused.feature[:, None] if self.parts == 1 else fused.values
        if features.shape[1] != self.parts:
            raise SkelgaitError(
                f"bnneck has {self.parts} parts, and the walk has {features.shape[1]} tokens",
                do='{"bnneck": {"parts": ...}} as many as the encoder\'s tokens (16 strips), or 1 for the fused feature',
            )
        if self.training and len(features) == 1:
            raise SkelgaitError("bnneck learns from two walks or more at a time", found="a batch of one", do="batch_size=2 or more")
        features = self.norm(features.transpose(1, 2).flatten(1)).unflatten(1, (-1, self.parts)).permute(2, 0, 1)  # (P, B, D)
        cosines = F.normalize(features, dim=-1) @ F.normalize(self.weight, dim=1)
        return self.scale * cosines.transpose(0, 1).float().unflatten(-1, (self.n_items, self.n_levels))


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
