"""Learning who is alike: embeddings of one subject (or one level) closer together than to any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from skelgait.core.errors import SkelgaitError
from skelgait.training.objectives.base import Objective


class Triplet(Objective):
    """Batch-all triplet loss: mean over the triplets that still violate the margin.

    Parameters
    ----------
    weight : float
    margin : float
    alike : {"subject", "level"}
        What makes two walks alike: the same subject, or the same known answer to the first item.
    over : {"embedding", "tokens"}
        The fused feature, or each token on its own (parts of a body, say), and the mean over them. A token that is padding in a
        walk is compared with none.
    squared : bool
        Squared Euclidean distance, as printed in some papers, instead of the distance.

    Notes
    -----
    The root has no gradient at zero; equal embeddings get distance 0 and gradient 0, not NaN.

    References
    ----------
    Hermans A, Beyer L, Leibe B. In defense of the triplet loss for person re-identification, 2017, arXiv 1703.07737.
    """

    sampler = "subjects"

    def __init__(
        self, weight: float = 1.0, margin: float = 0.2, alike: str = "subject", over: str = "embedding", squared: bool = False
    ) -> None:
        super().__init__(weight)
        for name, value, known in (("alike", alike, ("subject", "level")), ("over", over, ("embedding", "tokens"))):
            if value not in known:
                raise SkelgaitError(f"triplet has no {name} {value!r}", expected=" or ".join(known))
        self.margin, self.alike, self.over, self.squared = margin, alike, over, squared
        if alike == "level":
            self.sampler = None

    def value(self, said: Sequence[Any], inputs: Sequence[Any], batch: Any, unmirror: Sequence[Tensor], progress: float) -> Tensor:
        """Mean over views."""
        name = batch.subject if self.alike == "subject" else batch.codes[:, 0]
        use = torch.ones_like(name, dtype=torch.bool) if self.alike == "subject" else name >= 0
        values = []
        for one in said:
            if self.over == "embedding":
                values.append(self.of(one.fused.feature[use, None], name[use]))
            else:
                values.append(self.of(one.fused.values[use], name[use], one.fused.mask[use]))
        return torch.stack(values).mean()

    def of(self, embedding: Tensor, name: Tensor, mask: Tensor | None = None) -> Tensor:
        """The loss of embeddings (B, P, D), P parts each on its own, given names (B,) and which parts are real (B, P)."""
        parts = embedding.float().transpose(0, 1)  # (P, B, D)
        real = parts.new_ones(parts.shape[:2], dtype=torch.bool) if mask is None else mask.T
        parts = torch.where(real[..., None], parts, 0.0)
        with torch.autocast(parts.device.type, enabled=False):  # a small difference of large numbers, lost in eight bits
            dots = parts @ parts.transpose(1, 2)
        square = (parts.pow(2).sum(-1)[:, :, None] + parts.pow(2).sum(-1)[:, None] - 2 * dots).clamp(min=0)
        apart = square
        if not self.squared:
            zero = square <= 1e-12
            apart = torch.where(zero, 0.0, torch.where(zero, 1.0, square).sqrt())
        same = name[:, None] == name[None]
        oneself = torch.eye(len(name), dtype=torch.bool, device=name.device)
        positive, negative = same & ~oneself, ~same
        rows, columns = positive.nonzero(as_tuple=True)  # anchor and its positive
        compared = (real[:, rows] & real[:, columns])[..., None] & real[:, None] & negative[rows]  # (P, pairs, B)
        asked = compared.any(2).any(1)
        if not asked.any():
            return parts.sum() * 0.0
        over = self.margin + apart[:, rows, columns][..., None] - apart[:, rows]  # (P, pairs, B)
        over = torch.where(compared, over, 0.0).clamp(min=0)
        count = (over > 0).sum((1, 2))
        return (over.sum((1, 2)) / count.clamp(min=1))[asked].mean()
